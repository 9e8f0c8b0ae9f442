//! Whether a value fits its element: length, digits, codes. The engine's rules say more; these keep an API's caller from a
//! round trip through them.

use super::shape::Shape;
use crate::guide::{Code, DataType, ElementUse};

/// What would have been right, where the value is not.
pub(crate) fn check(shape: &Shape, element: &ElementUse, value: &[u8]) -> Result<(), &'static str> {
    let codes = shape.guide.codes_of(element);
    if !codes.is_empty() && codes.binary_search(&Code::pack(value)).is_err() {
        return Err("a code that the guide lists");
    }
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let length = match element.data_type {
        DataType::N(_) | DataType::R => digits,
        DataType::B => return Ok(()),
        _ => std::str::from_utf8(value).map_or(value.len(), |text| text.chars().count()),
    };
    match element.data_type {
        DataType::N(_) if !is_number(value, false) => return Err("a whole number"),
        DataType::R if !is_number(value, true) => return Err("a decimal number"),
        DataType::Dt | DataType::Tm if digits != value.len() => return Err("digits alone"),
        _ => {}
    }
    if (length as u64) < u64::from(element.min) {
        return Err("a longer value");
    }
    if length as u64 > u64::from(element.max) {
        return Err("a shorter value");
    }
    if value.iter().any(u8::is_ascii_control) {
        return Err("a value without control characters");
    }
    Ok(())
}

/// A sign, digits, and where decimals are allowed one point.
fn is_number(value: &[u8], decimals: bool) -> bool {
    let unsigned = value.strip_prefix(b"-").unwrap_or(value);
    let points = unsigned.iter().filter(|byte| **byte == b'.').count();
    let digits = unsigned.iter().filter(|byte| byte.is_ascii_digit()).count();
    digits > 0 && digits + points == unsigned.len() && points <= usize::from(decimals)
}
