//! tradewind-broker
