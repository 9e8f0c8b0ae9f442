//! Control numbers.

use async_trait::async_trait;
use tradewind_compliance::PartnerId;

use super::rows::{int, parse, parse_opt, state, text, time, u32};
use super::{Backend, DbRow, Tx, dialect};
use crate::{CONTROL_NUMBER_MAX, ControlNumbers, LedgerError, NumberGap, NumberKind, Numbers, Reason, Result, UnixMs};

#[async_trait]
impl ControlNumbers for Backend {
    async fn reserve_numbers(
        &self,
        partner: &PartnerId,
        wanted: &[(NumberKind, u32)],
        reason: Reason,
        at: UnixMs,
    ) -> Result<Vec<Numbers>> {
        let (partner, wanted) = (partner.clone(), wanted.to_vec());
        self.write(move |tx| {
            Box::pin(async move {
                let mut given = Vec::with_capacity(wanted.len());
                for (kind, count) in wanted {
                    given.push(reserve(tx, &partner, kind, count, &reason, at).await?);
                }
                Ok(given)
            })
        })
        .await
    }

    async fn explain_numbers(&self, partner: &PartnerId, numbers: Numbers, reason: Reason) -> Result<()> {
        let partner = partner.clone();
        self.write(move |tx| {
            Box::pin(async move {
                dialect::lock_name(tx, &name(&partner)).await?;
                let run = split(tx, &partner, numbers).await?;
                insert(tx, &partner, numbers, None, &reason, run.at).await
            })
        })
        .await
    }

    async fn number_gaps(&self, partner: &PartnerId) -> Result<Vec<NumberGap>> {
        let sql = "SELECT kind, first, count, reason, reserved_at FROM control_number
            WHERE partner = $1 AND used_by IS NULL ORDER BY kind, first";
        let rows = sqlx::query(sql).bind(partner.as_str()).fetch_all(self.readers()).await?;
        rows.iter()
            .map(|row| {
                Ok(NumberGap { numbers: read(row)?, reason: parse(row, "reason")?, at: time(row, "reserved_at")? })
            })
            .collect()
    }

    async fn check_numbers(&self, partner: &PartnerId) -> Result<Vec<(NumberKind, u32)>> {
        let sql = "SELECT kind, first, count FROM control_number WHERE partner = $1 ORDER BY kind, first";
        let rows = sqlx::query(sql).bind(partner.as_str()).fetch_all(self.readers()).await?;
        let mut next: Vec<(NumberKind, u32)> = NumberKind::ALL.into_iter().map(|kind| (kind, 1)).collect();
        for row in &rows {
            let run = read(row)?;
            let Some((_, expected)) = next.iter_mut().find(|(kind, _)| *kind == run.kind) else { continue };
            if run.first != *expected {
                return Err(LedgerError::Corrupt { column: "first", expected: "the number after the run before it" });
            }
            *expected = run.last() + 1;
        }
        Ok(next)
    }
}

fn read(row: &DbRow) -> Result<Numbers> {
    Ok(Numbers {
        kind: state(row, "kind", NumberKind::from_word)?,
        first: u32(row, "first")?,
        count: u32(row, "count")?,
    })
}

/// A partner's numbers are given and used by one at a time.
fn name(partner: &PartnerId) -> String {
    format!("numbers {partner}")
}

async fn reserve(
    tx: &mut Tx,
    partner: &PartnerId,
    kind: NumberKind,
    count: u32,
    reason: &Reason,
    at: UnixMs,
) -> Result<Numbers> {
    dialect::lock_name(tx, &name(partner)).await?;
    let sql = "SELECT first + count FROM control_number WHERE partner = $1 AND kind = $2 ORDER BY first DESC LIMIT 1";
    let next: Option<i64> =
        sqlx::query_scalar(sql).bind(partner.as_str()).bind(kind.as_str()).fetch_optional(&mut tx.conn).await?;
    let first = u32::try_from(next.unwrap_or(1)).unwrap_or(u32::MAX);
    let numbers = Numbers { kind, first, count };
    if numbers.last() > CONTROL_NUMBER_MAX {
        return Err(LedgerError::NumbersExhausted { partner: partner.to_string(), kind: kind.as_str() });
    }
    if count > 0 {
        insert(tx, partner, numbers, None, reason, at).await?;
    }
    Ok(numbers)
}

async fn insert(
    tx: &mut Tx,
    partner: &PartnerId,
    numbers: Numbers,
    used_by: Option<&str>,
    reason: &Reason,
    at: UnixMs,
) -> Result<()> {
    let sql = "INSERT INTO control_number (partner, kind, first, count, used_by, reason, reserved_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    sqlx::query(sql)
        .bind(partner.as_str())
        .bind(numbers.kind.as_str())
        .bind(int(numbers.first))
        .bind(int(numbers.count))
        .bind(used_by)
        .bind(reason.as_str())
        .bind(int(at.0))
        .execute(&mut tx.conn)
        .await?;
    Ok(())
}

/// A run of the table.
struct Run {
    reason: Reason,
    at: UnixMs,
}

/// Marks reserved numbers as used. Doing so again for the same user is fine.
pub(super) async fn mark_used(tx: &mut Tx, partner: &PartnerId, numbers: Numbers, by: &str) -> Result<()> {
    dialect::lock_name(tx, &name(partner)).await?;
    if numbers.count == 0 || used_already(tx, partner, numbers, by).await? {
        return Ok(());
    }
    let run = split(tx, partner, numbers).await?;
    insert(tx, partner, numbers, Some(by), &run.reason, run.at).await
}

async fn used_already(tx: &mut Tx, partner: &PartnerId, numbers: Numbers, by: &str) -> Result<bool> {
    let sql =
        "SELECT 1 FROM control_number WHERE partner = $1 AND kind = $2 AND first = $3 AND count = $4 AND used_by = $5";
    let found = sqlx::query(sql)
        .bind(partner.as_str())
        .bind(numbers.kind.as_str())
        .bind(int(numbers.first))
        .bind(int(numbers.count))
        .bind(by)
        .fetch_optional(&mut tx.conn)
        .await?;
    Ok(found.is_some())
}

/// Takes numbers out of the reserved run that holds them; what stands before and after stays reserved.
async fn split(tx: &mut Tx, partner: &PartnerId, numbers: Numbers) -> Result<Run> {
    let not_reserved = || LedgerError::NumbersNotReserved {
        partner: partner.to_string(),
        kind: numbers.kind.as_str(),
        first: numbers.first,
        last: numbers.last(),
    };
    let sql =
        "SELECT * FROM control_number WHERE partner = $1 AND kind = $2 AND first <= $3 ORDER BY first DESC LIMIT 1";
    let row = sqlx::query(sql)
        .bind(partner.as_str())
        .bind(numbers.kind.as_str())
        .bind(int(numbers.first))
        .fetch_optional(&mut tx.conn)
        .await?
        .ok_or_else(not_reserved)?;
    let whole = read(&row)?;
    let used: Option<String> = parse_opt(&row, "used_by")?;
    if used.is_some() || numbers.count == 0 || numbers.last() > whole.last() {
        return Err(not_reserved());
    }
    let run = Run { reason: text(&row, "reason")?.parse()?, at: time(&row, "reserved_at")? };
    sqlx::query("DELETE FROM control_number WHERE partner = $1 AND kind = $2 AND first = $3")
        .bind(partner.as_str())
        .bind(whole.kind.as_str())
        .bind(int(whole.first))
        .execute(&mut tx.conn)
        .await?;
    let before = Numbers { kind: whole.kind, first: whole.first, count: numbers.first - whole.first };
    let after = Numbers { kind: whole.kind, first: numbers.last() + 1, count: whole.last() - numbers.last() };
    for rest in [before, after] {
        if rest.count > 0 {
            insert(tx, partner, rest, None, &run.reason, run.at).await?;
        }
    }
    Ok(run)
}

/// Who used a number.
pub(super) async fn user_of(
    ledger: &Backend,
    partner: &PartnerId,
    kind: NumberKind,
    number: u32,
) -> Result<Option<String>> {
    let sql = "SELECT first, count, kind, used_by FROM control_number
        WHERE partner = $1 AND kind = $2 AND first <= $3 ORDER BY first DESC LIMIT 1";
    let query = sqlx::query(sql).bind(partner.as_str()).bind(kind.as_str()).bind(int(number));
    let Some(row) = query.fetch_optional(ledger.readers()).await? else { return Ok(None) };
    if read(&row)?.last() < number { Ok(None) } else { parse_opt(&row, "used_by") }
}
