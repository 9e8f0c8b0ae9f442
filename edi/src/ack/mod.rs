//! Acknowledgments: TA1, 999, 277CA, written from the same events and findings that the engine tells.
