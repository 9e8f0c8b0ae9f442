//! Reading columns, and binding what a database has no type for.

use std::str::FromStr;

use sqlx::Row;

use super::DbRow;
use crate::{LedgerError, Result, SealedValue, SearchHash, UnixMs};

pub(super) fn text(row: &DbRow, column: &'static str) -> Result<String> {
    Ok(row.try_get(column)?)
}

pub(super) fn parse<T: FromStr>(row: &DbRow, column: &'static str) -> Result<T> {
    let text: &str = row.try_get(column)?;
    text.parse().map_err(|_| LedgerError::Corrupt { column, expected: "a text that fits its type" })
}

pub(super) fn parse_opt<T: FromStr>(row: &DbRow, column: &'static str) -> Result<Option<T>> {
    let text: Option<&str> = row.try_get(column)?;
    text.map(|text| text.parse().map_err(|_| LedgerError::Corrupt { column, expected: "a text that fits its type" }))
        .transpose()
}

pub(super) fn state<T>(row: &DbRow, column: &'static str, from_word: fn(&str) -> Option<T>) -> Result<T> {
    let word: &str = row.try_get(column)?;
    from_word(word).ok_or(LedgerError::Corrupt { column, expected: "a known state" })
}

pub(super) fn u64(row: &DbRow, column: &'static str) -> Result<u64> {
    let number: i64 = row.try_get(column)?;
    u64::try_from(number).map_err(|_| LedgerError::Corrupt { column, expected: "a count" })
}

pub(super) fn u32(row: &DbRow, column: &'static str) -> Result<u32> {
    u32::try_from(self::u64(row, column)?).map_err(|_| LedgerError::Corrupt { column, expected: "a count of 32 bits" })
}

pub(super) fn flag(row: &DbRow, column: &'static str) -> Result<bool> {
    Ok(row.try_get(column)?)
}

pub(super) fn time(row: &DbRow, column: &'static str) -> Result<UnixMs> {
    self::u64(row, column).map(UnixMs)
}

pub(super) fn time_opt(row: &DbRow, column: &'static str) -> Result<Option<UnixMs>> {
    let number: Option<i64> = row.try_get(column)?;
    number
        .map(|number| {
            u64::try_from(number).map(UnixMs).map_err(|_| LedgerError::Corrupt { column, expected: "a time" })
        })
        .transpose()
}

pub(super) fn bytes32(row: &DbRow, column: &'static str) -> Result<[u8; 32]> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().map_err(|_| LedgerError::Corrupt { column, expected: "32 bytes" })
}

pub(super) fn hash_opt(row: &DbRow, column: &'static str) -> Result<Option<SearchHash>> {
    let bytes: Option<&[u8]> = row.try_get(column)?;
    bytes
        .map(|bytes| {
            bytes.try_into().map(SearchHash).map_err(|_| LedgerError::Corrupt { column, expected: "32 bytes" })
        })
        .transpose()
}

pub(super) fn sealed_opt(row: &DbRow, column: &'static str) -> Result<Option<SealedValue>> {
    let bytes: Option<Vec<u8>> = row.try_get(column)?;
    Ok(bytes.map(SealedValue))
}

/// Binds a count or a time: a database's integers have a sign.
pub(super) fn int(number: impl Into<u64>) -> i64 {
    i64::try_from(number.into()).unwrap_or(i64::MAX)
}

pub(super) fn blob(hash: &SearchHash) -> &[u8] {
    &hash.0
}

pub(super) fn blob_opt(hash: Option<&SearchHash>) -> Option<&[u8]> {
    hash.map(blob)
}

pub(super) fn sealed(value: Option<&SealedValue>) -> Option<&[u8]> {
    value.map(|value| value.0.as_slice())
}

/// A list of ids as the JSON array that `json_each` unpacks: one statement for any number. Ids are 20 characters of base 32.
pub(super) fn id_list<T: std::fmt::Display>(ids: impl IntoIterator<Item = T>) -> String {
    let mut list = String::from("[");
    for id in ids {
        if list.len() > 1 {
            list.push(',');
        }
        list.push_str(&format!("\"{id}\""));
    }
    list.push(']');
    list
}
