//! tradewind-transfer
