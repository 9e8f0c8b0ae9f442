//! tradewind-api
