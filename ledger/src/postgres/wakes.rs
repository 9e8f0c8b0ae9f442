//! Wakes across processes: the server passes them on.

use std::time::Duration;

use sqlx::postgres::{PgListener, PgPool};
use tokio::sync::watch;

use super::session::CHANNEL;
use super::writer::{end, pause};
use crate::Wake;
use crate::wakes::Waker;

/// A connection that carries nothing for so long is asked whether it lives.
const QUIET: Duration = Duration::from_secs(30);

pub(super) fn word(wake: Wake) -> String {
    match wake {
        Wake::Jobs => "jobs".to_owned(),
        Wake::Notifications => "notifications".to_owned(),
        Wake::Inquiry(delivery) => format!("inquiry {delivery}"),
        Wake::Missed => "missed".to_owned(),
    }
}

/// Another version's word wakes everyone.
fn from_word(word: &str) -> Wake {
    match (word, word.strip_prefix("inquiry ").map(str::parse)) {
        ("jobs", _) => Wake::Jobs,
        ("notifications", _) => Wake::Notifications,
        (_, Some(Ok(delivery))) => Wake::Inquiry(delivery),
        _ => Wake::Missed,
    }
}

pub(super) async fn connect(pool: &PgPool) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

/// Hands on what comes until the ledger is gone.
pub(super) async fn run(mut listener: PgListener, pool: PgPool, waker: Waker, mut closing: watch::Receiver<bool>) {
    let mut tries = 0;
    loop {
        let heard = tokio::select! {
            heard = tokio::time::timeout(QUIET, listener.try_recv()) => heard,
            () = end(&mut closing) => return,
        };
        match heard {
            Ok(Ok(Some(notification))) => waker.send(from_word(notification.payload())),
            // The connection came back by itself; what was said in between is lost.
            Ok(Ok(None)) => waker.send(Wake::Missed),
            Ok(Err(sqlx::Error::PoolClosed)) => return,
            // A quiet connection may be a dead one.
            Err(_) | Ok(Err(_)) => {
                drop(listener);
                listener = loop {
                    match connect(&pool).await {
                        Ok(again) => break again,
                        Err(sqlx::Error::PoolClosed) => return,
                        Err(_) => pause(tries).await,
                    }
                    tries += 1;
                };
                tries = 0;
                waker.send(Wake::Missed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::given::delivery_id;

    #[test]
    fn words_turn_back_into_wakes() {
        for wake in [Wake::Jobs, Wake::Notifications, Wake::Inquiry(delivery_id()), Wake::Missed] {
            assert_eq!(from_word(&word(wake)), wake);
        }
        assert_eq!(from_word("something new"), Wake::Missed);
    }
}
