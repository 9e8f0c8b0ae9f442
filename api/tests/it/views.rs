use tradewind_api::Page;

use crate::support::{OTHERS_FILE, OTHERS_ITEM, OWN_FILE, OWN_ITEM, Server};

#[tokio::test]
async fn an_item_is_shown_to_its_owner_with_its_timeline() {
    let server = Server::start().await;
    let item = server.get(&format!("/v1/transactions/{OWN_ITEM}")).await.json();
    assert_eq!((&item["id"], &item["keys"]["claim_id"]), (&OWN_ITEM.into(), &"SYN-1".into()));
    assert_eq!(item["timeline"][0]["at"], "2023-11-14T22:13:20.000Z");
}

#[tokio::test]
async fn another_partners_ids_look_like_none_and_like_no_ids() {
    let server = Server::start().await;
    for (path, other) in [("/v1/transactions", OTHERS_ITEM), ("/v1/files", OTHERS_FILE)] {
        let mut seen = Vec::new();
        for id in [other, "0000000000000000NNNN", "nothing", "%ff%fe", "..%2F..%2Fetc%2Fpasswd", "a%20b"] {
            let reply = server.get(&format!("{path}/{id}")).await;
            let mut problem = reply.problem(404, "not-found");
            problem["instance"] = "".into();
            let names: Vec<_> = reply.headers.iter().map(|(name, _)| name.clone()).collect();
            seen.push((problem.to_string(), names, reply.body.len()));
        }
        assert!(seen.iter().all(|each| *each == seen[0]), "{seen:?}");
    }
    assert_eq!(server.get(&format!("/v1/transactions/{OTHERS_FILE}")).await.status, 404);
}

#[tokio::test]
async fn a_page_is_what_the_query_says() {
    let server = Server::start().await;
    let after = OWN_ITEM.parse().ok();
    for (query, page) in [
        ("", Page { after: None, limit: 100 }),
        ("?limit=1", Page { after: None, limit: 1 }),
        (&*format!("?after={OWN_ITEM}&limit=1000"), Page { after, limit: 1_000 }),
    ] {
        assert_eq!(server.get(&format!("/v1/files/{OWN_FILE}{query}")).await.json()["next"], OWN_ITEM);
        assert_eq!(server.gateway.pages.lock().unwrap().pop(), Some(page));
    }
    for query in ["limit=0", "limit=1001", "limit=x", "after=nothing", "other=1", "limit=1&limit=2"] {
        server.get(&format!("/v1/files/{OWN_FILE}?{query}")).await.problem(400, "invalid-query");
    }
}

#[tokio::test]
async fn a_panic_is_500_without_its_message() {
    let server = Server::start().await;
    let reply = server.get("/v1/transactions/0000000000000000PANC").await;
    reply.problem(500, "internal");
    assert!(!reply.text().contains("value that must not"));
    assert_eq!(server.get(&format!("/v1/transactions/{OWN_ITEM}")).await.status, 200, "it serves on");
}
