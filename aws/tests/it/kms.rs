//! The key manager against a real KMS server in fair weather.

use tradewind_aws::{ConfigError, Connection, KmsKeyManager, KmsOptions};
use tradewind_compliance::SecretKey;
use tradewind_compliance::keys::{KeyManager, KeyManagerError, contract};

use crate::support::kms::{Root, access, context, manager};

#[tokio::test]
async fn keeps_the_contract() {
    contract::key_manager(&Root::new().await.manager().await).await;
}

#[tokio::test]
async fn a_partner_may_have_a_key_of_its_own() {
    let root = Root::new().await;
    let own = root.another().await;
    let options = KmsOptions { partners: [("acme".to_owned(), own.id.clone())].into(), ..root.options() };
    let manager = manager(options).await;
    let key = SecretKey::generate().unwrap();
    for (partner, arn) in [("acme", &own.arn), ("bravo", &root.arn)] {
        let wrapped = manager.wrap(&key, &context(partner)).await.unwrap();
        assert_eq!(&wrapped.root, arn);
        assert_eq!(&manager.current_root(&context(partner)).await.unwrap(), arn);
        assert_eq!(manager.unwrap(&wrapped, &context(partner)).await.unwrap().expose(), key.expose());
        let other = if partner == "acme" { "bravo" } else { "acme" };
        assert!(matches!(manager.unwrap(&wrapped, &context(other)).await, Err(KeyManagerError::Refused)));
    }
}

#[tokio::test]
async fn an_alias_that_points_to_another_key_has_branch_keys_wrapped_anew() {
    let root = Root::new().await;
    let next = root.another().await;
    let alias = format!("alias/{}", root.id);
    root.client.create_alias().alias_name(&alias).target_key_id(&root.id).send().await.unwrap();
    let manager = manager(KmsOptions { key: alias.clone(), ..root.options() }).await;
    let (key, context) = (SecretKey::generate().unwrap(), context("acme"));
    let old = manager.wrap(&key, &context).await.unwrap();
    assert_eq!(old.root, root.arn);
    root.client.update_alias().alias_name(&alias).target_key_id(&next.id).send().await.unwrap();
    assert_eq!(manager.current_root(&context).await.unwrap(), next.arn);
    let new = manager.rewrap(&old, &context).await.unwrap();
    assert_eq!(new.root, next.arn);
    for wrapped in [old, new] {
        assert_eq!(manager.unwrap(&wrapped, &context).await.unwrap().expose(), key.expose());
    }
}

#[tokio::test]
async fn a_wrapped_key_does_not_open_under_another_root() {
    let root = Root::new().await;
    let manager = root.manager().await;
    let mut wrapped = manager.wrap(&SecretKey::generate().unwrap(), &context("acme")).await.unwrap();
    wrapped.root = root.another().await.arn;
    // AWS calls it an incorrect key, which is refused; the test's server denies it.
    let other = manager.unwrap(&wrapped, &context("acme")).await;
    assert!(matches!(other, Err(KeyManagerError::Refused | KeyManagerError::Denied(_))), "{other:?}");
}

#[tokio::test]
async fn a_key_that_is_missing_is_not_at_hand() {
    let root = Root::new().await;
    let manager = manager(KmsOptions { key: "alias/no-such-key".to_owned(), ..root.options() }).await;
    let wrapped = manager.wrap(&SecretKey::generate().unwrap(), &context("acme")).await;
    assert!(matches!(wrapped, Err(KeyManagerError::UnknownRoot)), "{wrapped:?}");
}

#[tokio::test]
async fn branch_keys_do_not_travel_in_clear() {
    let connection = Connection { endpoint: Some("http://kms.example".to_owned()), ..Connection::default() };
    let options = KmsOptions {
        key: "alias/tradewind".to_owned(),
        partners: Default::default(),
        messages: Default::default(),
        connection,
    };
    assert_eq!(KmsKeyManager::new(options, &access()).await.err(), Some(ConfigError::EndpointInsecure));
}
