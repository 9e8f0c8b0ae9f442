//! A received acknowledgment beside the segments that it speaks of; a rule's page.
