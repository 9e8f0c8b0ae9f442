use crate::support::{ACME, BETA, JSON, OWN_FILE, OWN_ITEM, Server, X12};

#[tokio::test]
async fn without_a_token_everything_under_v1_is_401_alike() {
    let server = Server::start().await;
    let paths = [
        ("POST", "/v1/transactions"),
        ("POST", "/v1/eligibility"),
        ("GET", &*format!("/v1/transactions/{OWN_ITEM}")),
        ("GET", &*format!("/v1/files/{OWN_FILE}")),
        ("GET", "/v1/files/nothing"),
        ("GET", "/v1/nothing"),
        ("GET", "/v1"),
        ("DELETE", "/v1/transactions"),
    ];
    for (method, path) in paths {
        let reply = server.raw(&crate::support::request(method, path, &[("content-type", X12)], b"")).await;
        reply.problem(401, "unauthorized");
        assert_eq!(reply.header("www-authenticate"), Some(r#"Bearer realm="tradewind""#));
    }
    assert!(server.gateway.taken().is_empty());
}

#[tokio::test]
async fn a_wrong_token_is_401_and_says_that_it_is_the_token() {
    let server = Server::start().await;
    for wrong in ["tw_nobody", "", &ACME[..ACME.len() - 1], &tradewind_api::tokens::hash(ACME)] {
        let reply =
            server.call("POST", "/v1/transactions", &[("authorization", &format!("Bearer {wrong}"))], b"x").await;
        reply.problem(401, "unauthorized");
    }
    let reply = server.call("POST", "/v1/transactions", &[("authorization", "Bearer tw_nobody")], b"x").await;
    assert_eq!(reply.header("www-authenticate"), Some(r#"Bearer realm="tradewind", error="invalid_token""#));
}

#[tokio::test]
async fn other_schemes_and_two_tokens_are_401() {
    let server = Server::start().await;
    let bearer = format!("Bearer {ACME}");
    let basic = format!("Basic {ACME}");
    for headers in [
        &[("authorization", basic.as_str())][..],
        &[("authorization", ACME)],
        &[("authorization", "Bearer")],
        &[("authorization", "Bearer \u{e9}")],
        &[("authorization", &bearer), ("authorization", &bearer)],
    ] {
        server.call("POST", "/v1/transactions", headers, b"x").await.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn a_token_is_its_partners() {
    let server = Server::start().await;
    for (token, scheme) in [(ACME, "Bearer"), (BETA, "bearer")] {
        let authorization = format!("{scheme} {token}");
        let headers = [("authorization", authorization.as_str()), ("content-type", JSON)];
        assert_eq!(server.call("POST", "/v1/transactions", &headers, b"{}").await.status, 202);
    }
    let partners: Vec<_> = server.gateway.taken().into_iter().map(|taken| taken.partner).collect();
    assert_eq!(partners, ["acme", "beta"]);
}
