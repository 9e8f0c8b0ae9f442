//! X12 to JSON and back, driven by the guide.
//!
//! A file becomes
//!
//! ```json
//! {"interchanges":[{"delimiters":{"element":"*","component":":","repetition":"^","terminator":"~","line_end":"\n"},
//!   "interchange_header":{"sender_id":"…"},
//!   "interchange_acknowledgments":[],
//!   "groups":[{"functional_group_header":{},"sets":[{"guide":"005010X222A1","set":"837"}],"functional_group_trailer":{}}],
//!   "interchange_trailer":{}}]}
//! ```
//!
//! - A loop is an object, its members named as the guide names them. What the guide lets stand more than once is an array,
//!   even of one, and so are an item's loop and the loops that lead to it; so the shape does not change with the content.
//! - A segment is an object of its elements; an empty element is left out. A composite is an object of its components.
//!   Values are strings, exactly as they stood. What is not UTF-8 is kept as the private-use characters U+F780 to U+F7FF,
//!   one for a byte.
//! - Members whose name starts with `_` keep what names alone would lose, and are there only if need be: `_order` the
//!   sequence of members that share a position, where it is not the guide's; `_tail` separators that stand at the end of a
//!   segment or composite with nothing behind them; `_before` what stood between this segment and the one before, where it is
//!   not `line_end`; `_end` the same behind the last segment; `_07` an element that the guide does not know; `_unplaced`
//!   segments that it has no place for.
//! - A set whose guide is unknown is `{"segments":[["ST","837","0001"],…]}`.
//!
//! For every valid file, the JSON turns back into the same bytes.

mod delimit;
mod envelope;
pub(crate) mod error;
mod file;
mod fit;
pub(crate) mod members;
pub(crate) mod nest;
mod page;
mod pen;
pub(crate) mod print;
pub(crate) mod pull;
mod reader;
mod restore;
mod schema;
pub(crate) mod set;
pub(crate) mod shape;
pub(crate) mod text;
pub(crate) mod tree;
mod value;

pub use delimit::free_delimiters;
pub use error::JsonError;
pub use file::FileWriter;
pub use reader::{FileReader, VALUE_BYTES_MAX};
pub use schema::{file_schema, schema};
pub use set::{item_to_x12, set_to_interchange};
