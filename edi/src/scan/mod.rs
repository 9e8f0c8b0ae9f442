//! Where the delimiters are.
