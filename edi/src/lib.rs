//! tradewind-edi
