//! tradewind-ledger
