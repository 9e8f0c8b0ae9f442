use tradewind_api::{Content, Limits};

use crate::support::{JSON, OWN_FILE, Server, X12, quick};

#[tokio::test]
async fn exactly_one_answer_comes_back_and_says_what_it_is() {
    let server = Server::start().await;
    for (body, kind) in [("ISA*270", "271"), ("999", "999"), ("TA1", "TA1")] {
        let reply = server.ask(body).await;
        assert_eq!((reply.status, reply.header("tradewind-answer"), reply.text()), (200, Some(kind), "ISA*"));
        assert_eq!(reply.header("content-type"), Some(X12));
        assert_eq!(reply.header("content-location"), Some(&*format!("/v1/files/{OWN_FILE}")));
    }
}

#[tokio::test]
async fn the_answer_is_written_as_accept_says_or_as_the_request() {
    let server = Server::start().await;
    for (request, accept, answer) in
        [(X12, None, X12), (JSON, None, JSON), (X12, Some(JSON), JSON), (JSON, Some(X12), X12)]
    {
        let mut headers = vec![("content-type", request)];
        headers.extend(accept.map(|accept| ("accept", accept)));
        let reply = server.post("/v1/eligibility", &headers, "{}").await;
        assert_eq!((reply.status, reply.header("content-type")), (200, Some(answer)));
    }
    assert_eq!(server.gateway.taken()[3].content, Content::Json);
    let html = [("content-type", X12), ("accept", "text/html")];
    server.post("/v1/eligibility", &html, "ISA*").await.problem(406, "not-acceptable");
    assert_eq!(server.gateway.taken().len(), 4);
}

#[tokio::test]
async fn the_payers_failures_are_502_and_504() {
    let server = Server::start().await;
    server.ask("partner-failed").await.problem(502, "partner-failed");
    server.ask("timed-out").await.problem(504, "partner-timeout");
    server.ask("no-route").await.problem(422, "unknown-payer");
    server.ask("panic").await.problem(500, "internal");
}

#[tokio::test]
async fn at_the_deadline_the_client_gets_504_and_the_call_goes_on() {
    let server = Server::with(Limits { eligibility_timeout_ms: 50, ..quick() }).await;
    server.ask("wait").await.problem(504, "partner-timeout");
    assert!(server.gateway.taken().is_empty());
    server.gateway.gate.add_permits(1);
    crate::limits::eventually(async || server.gateway.taken().len() == 1).await;
}
