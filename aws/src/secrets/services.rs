//! One question each to Secrets Manager and to the Parameter Store.

use secrecy::SecretString;
use zeroize::Zeroizing;

use super::SECRET_BYTES_MAX;
use super::name::{Place, SecretName};
use crate::gate::Gate;
use crate::{Access, Connection, Failure, FailureKind};

/// The services that keep secrets.
pub(super) struct Services {
    manager: aws_sdk_secretsmanager::Client,
    manager_gate: Gate,
    parameters: aws_sdk_ssm::Client,
    parameters_gate: Gate,
}

impl Services {
    pub(super) async fn new(connection: &Connection, access: &Access) -> Self {
        let sdk = connection.sdk(access).await;
        let gate = || Gate::new(connection.operation_timeout());
        Self {
            manager: aws_sdk_secretsmanager::Client::new(&sdk),
            manager_gate: gate(),
            parameters: aws_sdk_ssm::Client::new(&sdk),
            parameters_gate: gate(),
        }
    }

    /// The secret as it is now.
    pub(super) async fn read(&self, name: &SecretName) -> Result<SecretString, Failure> {
        let operation = operation(name);
        let (told, field) = match &name.0 {
            Place::SecretsManager { id, field } => {
                let request = self.manager.get_secret_value().secret_id(id).send();
                (self.manager_gate.pass(operation, request).await?.secret_string, field.as_deref())
            }
            Place::ParameterStore { name } => {
                let request = self.parameters.get_parameter().name(name).with_decryption(true).send();
                let parameter = self.parameters_gate.pass(operation, request).await?.parameter;
                (parameter.and_then(|parameter| parameter.value), None)
            }
        };
        let text = told.map(Zeroizing::new).filter(|text| !text.is_empty() && text.len() <= SECRET_BYTES_MAX);
        let text = text.ok_or_else(|| Failure::new(operation, FailureKind::Malformed))?;
        match field {
            None => Ok(text.as_str().to_owned().into()),
            Some(field) => text_of(operation, &text, field),
        }
    }
}

pub(super) const fn operation(name: &SecretName) -> &'static str {
    match name.0 {
        Place::SecretsManager { .. } => "GetSecretValue",
        Place::ParameterStore { .. } => "GetParameter",
    }
}

/// One text of a JSON object.
fn text_of(operation: &'static str, json: &str, field: &str) -> Result<SecretString, Failure> {
    // Each text is wiped, whether it is the one or not.
    let fields: std::collections::HashMap<String, serde_json::Value> =
        serde_json::from_str(json).map_err(|_| Failure::new(operation, FailureKind::Malformed))?;
    let mut found = None;
    for (name, value) in fields {
        if let serde_json::Value::String(text) = value {
            let text = Zeroizing::new(text);
            if name == field && !text.is_empty() {
                found = Some(text.as_str().to_owned().into());
            }
        }
    }
    found.ok_or_else(|| Failure::new(operation, FailureKind::Missing))
}
