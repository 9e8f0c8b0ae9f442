//! Secrets against real servers, in fair weather and bad.

use secrecy::ExposeSecret;
use tradewind_aws::{ConfigError, Connection, FailureKind, SECRET_BYTES_MAX, SecretName, Secrets, SecretsOptions};

use crate::support::kms::access;
use crate::support::secrets::{Safe, secrets};
use crate::support::soon;
use crate::support::weather::Fault;

const THROTTLED: Fault = Fault::Answer(400, r#"{"__type":"ThrottlingException","message":"CANARY"}"#);
const DENIED: Fault = Fault::Answer(400, r#"{"__type":"AccessDeniedException","message":"CANARY"}"#);

async fn read(secrets: &Secrets, name: &SecretName) -> Result<String, FailureKind> {
    match soon(secrets.read(name)).await {
        Ok(secret) => Ok(secret.expose_secret().to_owned()),
        Err(failure) => {
            assert!(!format!("{failure} {failure:?}").contains("CANARY"));
            Err(failure.kind())
        }
    }
}

#[tokio::test]
async fn reads_a_secret_whole_or_one_field_of_it() {
    let safe = Safe::new();
    let secrets = secrets(safe.options()).await;
    let whole = safe.put("whole", "hunter2").await;
    safe.put("json", r#"{"user":"acme","password":"hun\"ter3","port":22}"#).await;
    assert_eq!(read(&secrets, &whole).await.as_deref(), Ok("hunter2"));
    assert_eq!(read(&secrets, &safe.name("json#password")).await.as_deref(), Ok("hun\"ter3"));
    assert_eq!(read(&secrets, &safe.name("json#user")).await.as_deref(), Ok("acme"));
    for (other, kind) in [
        ("json#port", FailureKind::Missing),
        ("json#none", FailureKind::Missing),
        ("whole#field", FailureKind::Malformed),
        ("none", FailureKind::Missing),
    ] {
        assert_eq!(read(&secrets, &safe.name(other)).await, Err(kind), "{other}");
    }
}

#[tokio::test]
async fn reads_a_parameter_decrypted() {
    let safe = Safe::new();
    let secrets = secrets(safe.options()).await;
    let name = format!("/{}/webhook", safe.prefix);
    let put = safe.parameters.put_parameter().name(&name).value("hunter2");
    put.r#type(aws_sdk_ssm::types::ParameterType::SecureString).send().await.unwrap();
    assert_eq!(read(&secrets, &format!("aws-ssm:{name}").parse().unwrap()).await.as_deref(), Ok("hunter2"));
    let none = format!("aws-ssm:{name}/none").parse().unwrap();
    assert_eq!(read(&secrets, &none).await, Err(FailureKind::Missing));
}

#[tokio::test]
async fn a_secret_is_as_long_as_the_limit_and_no_longer() {
    let safe = Safe::new();
    let weather = safe.weather().await;
    let secrets = secrets(safe.options_in(&weather)).await;
    let longest = "x".repeat(SECRET_BYTES_MAX);
    let name = safe.put("longest", &longest).await;
    assert!(read(&secrets, &name).await.unwrap() == longest);
    // No server of AWS's kind stores a longer one.
    let longer = format!(r#"{{"SecretString":"{longest}x"}}"#).leak();
    weather.always("GetSecretValue", Fault::Answer(200, longer));
    assert_eq!(read(&secrets, &safe.name("longer")).await, Err(FailureKind::Malformed));
}

#[tokio::test]
async fn a_fresh_secret_is_asked_for_once_and_again_after_a_reload() {
    let safe = Safe::new();
    let weather = safe.weather().await;
    let secrets = secrets(SecretsOptions { connection: weather.connection(), ..safe.options() }).await;
    let name = safe.put("rotated", "old").await;
    let many = futures::future::join_all((0..50).map(|_| read(&secrets, &name))).await;
    assert!(many.iter().all(|value| value.as_deref() == Ok("old")));
    safe.change("rotated", "new").await;
    assert_eq!(read(&secrets, &name).await.as_deref(), Ok("old"));
    assert_eq!(weather.calls("GetSecretValue").len(), 1, "many who ask wait for one question");
    secrets.reload().await;
    assert_eq!(read(&secrets, &name).await.as_deref(), Ok("new"));
    assert_eq!(weather.calls("GetSecretValue").len(), 2);
}

#[tokio::test]
async fn no_more_secrets_are_held_than_the_bound() {
    let safe = Safe::new();
    let weather = safe.weather().await;
    let connection = weather.connection();
    let secrets = secrets(SecretsOptions { entries_max: 2, connection, ..safe.options() }).await;
    let (one, two, three) = (safe.put("1", "1").await, safe.put("2", "2").await, safe.put("3", "3").await);
    for (name, calls) in [(&one, 1), (&two, 2), (&one, 2), (&three, 3), (&one, 3), (&two, 4)] {
        read(&secrets, name).await.unwrap();
        assert_eq!(weather.calls("GetSecretValue").len(), calls, "{name}");
    }
}

#[tokio::test]
async fn a_throttled_call_is_made_again() {
    let safe = Safe::new();
    let weather = safe.weather().await;
    let secrets = secrets(safe.options_in(&weather)).await;
    let name = safe.put("throttled", "hunter2").await;
    weather.next("GetSecretValue", [THROTTLED, Fault::LoseAnswer, THROTTLED]);
    assert_eq!(read(&secrets, &name).await.as_deref(), Ok("hunter2"));
    assert_eq!(weather.calls("GetSecretValue").len(), 4);
}

#[tokio::test]
async fn an_old_value_serves_while_aws_does_not_answer_and_no_longer_than_its_limit() {
    for fault in [THROTTLED, Fault::Silence, Fault::LoseAnswer, Fault::Answer(500, "{}")] {
        let safe = Safe::new();
        let weather = safe.weather().await;
        let lasting = secrets(safe.options_in(&weather)).await;
        let connection = weather.impatient_connection();
        let short = secrets(SecretsOptions { stale_ms_max: 0, connection, ..safe.options_in(&weather) }).await;
        let name = safe.put("old", "old").await;
        for secrets in [&lasting, &short] {
            assert_eq!(read(secrets, &name).await.as_deref(), Ok("old"));
        }
        weather.always("GetSecretValue", fault.clone());
        let many = futures::future::join_all((0..50).map(|_| read(&lasting, &name))).await;
        assert!(many.iter().all(|value| value.as_deref() == Ok("old")), "{fault:?}");
        let too_old = read(&short, &name).await.unwrap_err();
        assert!(!matches!(too_old, FailureKind::Denied | FailureKind::Missing), "{fault:?}: {too_old:?}");
        weather.clear();
        safe.change("old", "new").await;
        crate::support::until("the new value is read", async || {
            lasting.reload().await;
            read(&lasting, &name).await.as_deref() == Ok("new")
        })
        .await;
    }
}

#[tokio::test]
async fn a_secret_that_is_denied_or_gone_serves_no_longer() {
    let safe = Safe::new();
    let weather = safe.weather().await;
    let secrets = secrets(safe.options_in(&weather)).await;
    let name = safe.put("gone", "hunter2").await;
    assert_eq!(read(&secrets, &name).await.as_deref(), Ok("hunter2"));
    weather.next("GetSecretValue", [DENIED]);
    assert_eq!(read(&secrets, &name).await, Err(FailureKind::Denied));
    weather.next("GetSecretValue", vec![THROTTLED; 4]);
    assert_eq!(read(&secrets, &name).await, Err(FailureKind::Throttled), "the old value does not come back");
    crate::support::until("the right is back", async || read(&secrets, &name).await.is_ok()).await;
    let id = format!("{}/gone", safe.prefix);
    safe.manager.delete_secret().secret_id(id).force_delete_without_recovery(true).send().await.unwrap();
    assert_eq!(read(&secrets, &name).await, Err(FailureKind::Missing));
}

#[tokio::test]
async fn secrets_do_not_travel_in_clear() {
    let connection = Connection { endpoint: Some("http://secrets.example".to_owned()), ..Connection::default() };
    let options = SecretsOptions { connection, ..SecretsOptions::default() };
    assert_eq!(Secrets::new(options, &access()).await.err(), Some(ConfigError::EndpointInsecure));
}
