//! Rules beyond the tables, one a file; its doc comment is its user's page.
