//! TLS to the server: by a CA of one's own, for the server's name, and never less than was asked for.

use super::server::Server;
use super::support::PostgresHarness;
use crate::contract::given::{content, receipt};
use crate::{Effects, LedgerError, PostgresLedger, PostgresOptions, Receipts};

/// Opens the ledger of a schema by a URL, with what is to be checked of the server.
async fn open(harness: &PostgresHarness, ca: &str) -> crate::Result<PostgresLedger> {
    let url = format!("{}&sslmode=verify-full&sslrootcert={ca}", harness.url(None));
    PostgresLedger::open(PostgresOptions::new(&url).unwrap()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_connection_is_encrypted_to_the_server_that_was_meant() {
    let server = Server::start_with_tls();
    let harness = PostgresHarness::on(server.url_of_localhost()).await;
    let ledger = open(&harness, &server.file("ca.pem")).await.unwrap();
    let new = receipt("acme");
    ledger.receive_receipt(new.clone(), content(), Effects::none()).await.unwrap();
    assert!(ledger.receipt(new.id).await.unwrap().is_some());
    let sql =
        "SELECT s.ssl FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.application_name = 'tradewind'";
    let encrypted: Vec<bool> = sqlx::query_scalar(sql).fetch_all(ledger.readers()).await.unwrap();
    assert!(encrypted.len() >= 3 && encrypted.iter().all(|encrypted| *encrypted), "{encrypted:?}: writer, reader, ear");
    let stranger = open(&harness, &server.file("other.pem")).await.unwrap_err().to_string();
    assert!(stranger.contains("UnknownIssuer"), "{stranger}");
    let by_address = PostgresHarness::on(server.url()).await;
    let misnamed = open(&by_address, &server.file("ca.pem")).await.unwrap_err().to_string();
    assert!(misnamed.contains("not valid for name"), "{misnamed}");
    ledger.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_told_nothing_where_tls_was_asked_for() {
    let (plain, with_tls) = (Server::start(), Server::start_with_tls());
    let harness = PostgresHarness::on(plain.url_of_localhost()).await;
    let refused = open(&harness, &with_tls.file("ca.pem")).await;
    assert!(matches!(refused, Err(LedgerError::Storage(sqlx::Error::Tls(_)))), "{refused:?}");
}
