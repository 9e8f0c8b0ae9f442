//! docs/configuration.md, from the doc comments of the configuration's structs and from their defaults.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::path::Path;

use tradewind::config::{Api, Deliver, Gateway, Partner, Pgp, Route, SftpLogin, Token, Webhook};
use tradewind_api::TlsFiles;

/// A table of a file: its name in TOML, the struct, the source that declares it, and its values where only what is required is set.
struct Table {
    name: &'static str,
    of: &'static str,
    source: &'static str,
    defaults: String,
}

fn table(name: &'static str, of: &'static str, source: &'static str, defaults: &impl Debug) -> Table {
    Table { name, of, source, defaults: format!("{defaults:#?}") }
}

const GATEWAY: &str = "src/config/gateway.rs";
const PARTNER: &str = "src/config/partner.rs";
const BACKENDS: &str = "src/config/backends.rs";

/// Defaults of structs that only a build with the feature `aws` has, in their `Debug` form; a test of that build holds them to it.
const OBJECTS: &str =
    "S3Options {\n    bucket: \"B\",\n    prefix: \"\",\n    path_style: false,\n    encryption: Bucket,\n}";
const KMS: &str = "KmsOptions {\n    key: \"K\",\n    partners: {},\n    messages: {},\n}";
const SECRETS: &str = "SecretsOptions {\n    fresh_ms: 300000,\n    stale_ms_max: 3600000,\n    entries_max: 256,\n}";
const EVENTS: &str = "EventsOptions {\n    queue: \"Q\",\n    bucket: \"B\",\n    folder: [],\n    visibility_timeout_s: 120,\n    receives_max: 20,\n    \
     path_style: false,\n}";
const FOLDER: &str = "Folder {\n    prefix: \"P\",\n    partner: P,\n}";
const CONNECTION: &str = "Connection {\n    region: None,\n    endpoint: None,\n    connect_timeout_ms: 3000,\n    read_timeout_ms: 20000,\n    \
     operation_timeout_ms: 60000,\n    attempts_max: 4,\n}";

/// A `Debug` form that is written already.
struct Text(&'static str);

impl Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

#[cfg(feature = "aws")]
#[test]
fn the_defaults_of_the_engines_are_those_of_their_crates() {
    use tradewind::config::{Events, Kms, Objects, Secrets};
    let objects: Objects = minimal("bucket = 'B'");
    let kms: Kms = minimal("key = 'K'");
    let events: Events = minimal("queue = 'Q'\nbucket = 'B'");
    let connection = format!("{:#?}", objects.connection);
    assert_eq!(connection, CONNECTION);
    let indented = connection.replace('\n', "\n    ");
    let without = |whole: String| {
        let of = |whole: String, key: &str| whole.replace(&format!("    {key}: {indented},\n"), "");
        of(of(whole, "connection"), "s3")
    };
    let secrets = Secrets::default();
    for (found, expected) in [
        (format!("{objects:#?}"), OBJECTS),
        (format!("{kms:#?}"), KMS),
        (format!("{secrets:#?}"), SECRETS),
        (format!("{events:#?}"), EVENTS),
    ] {
        assert_eq!(without(found), expected);
    }
}

fn gateway() -> Vec<Table> {
    let Gateway { identity, sftp, api, ledger, queues, operations, payer, limits, .. } = Gateway::default();
    let Api { limits: door, .. } = api.clone();
    let tls: TlsFiles = minimal("certificate = \"C\"\nkey = \"K\"");
    vec![
        table("", "Gateway", GATEWAY, &Gateway::default()),
        table("[identity]", "Identity", GATEWAY, &identity),
        table("[sftp]", "Sftp", GATEWAY, &sftp),
        table("[api]", "Api", GATEWAY, &api),
        table("[api.limits]", "Limits", "api/src/limits.rs", &door),
        table("[api.tls]", "TlsFiles", "api/src/server.rs", &tls),
        table("[events]", "EventsOptions", "aws/src/events/options.rs", &Text(EVENTS)),
        table("[[events.folder]]", "Folder", "aws/src/events/options.rs", &Text(FOLDER)),
        table("[ledger]", "Ledger", BACKENDS, &ledger),
        table("[queues]", "Queues", BACKENDS, &queues),
        table("[objects]", "S3Options", "aws/src/s3/options.rs", &Text(OBJECTS)),
        table("[kms]", "KmsOptions", "aws/src/kms/options.rs", &Text(KMS)),
        table("[secrets]", "SecretsOptions", "aws/src/secrets/options.rs", &Text(SECRETS)),
        table(
            "[objects.connection], [kms.connection], [secrets.connection], [events.connection], [events.s3]",
            "Connection",
            "aws/src/connection.rs",
            &Text(CONNECTION),
        ),
        table("[operations]", "Operations", BACKENDS, &operations),
        table("[payer]", "Payer", GATEWAY, &payer),
        table("[limits]", "Limits", GATEWAY, &limits),
    ]
}

fn partner() -> Vec<Table> {
    let whole: Partner = minimal("[[identity]]\nqualifier = \"Q\"\nid = \"I\"");
    vec![
        table("", "Partner", PARTNER, &whole),
        table("[[identity]]", "PartnerIdentity", PARTNER, &whole.identities[0]),
        table("[sftp]", "SftpLogin", PARTNER, &minimal::<SftpLogin>("keys = []")),
        table("[pgp]", "Pgp", PARTNER, &minimal::<Pgp>("certificate = \"file:c\"")),
        table("[receive]", "Receive", PARTNER, &whole.receive),
        table("[acknowledge]", "Acknowledge", PARTNER, &whole.acknowledge),
        table("[deliver]", "Deliver", PARTNER, &minimal::<Deliver>("url = \"\"\nusage = \"test\"")),
        table("[webhook]", "Webhook", PARTNER, &minimal::<Webhook>("url = \"u\"\nsecret = \"file:s\"")),
        table("[[token]]", "Token", PARTNER, &minimal::<Token>("name = \"n\"\nhash = \"h\"")),
    ]
}

fn routes() -> Vec<Table> {
    vec![table("[[route]]", "Route", "src/config/route.rs", &minimal::<Route>("payer = \"P\"\npartner = \"p\""))]
}

fn minimal<T: serde::de::DeserializeOwned>(text: &str) -> T {
    toml::from_str(text).unwrap()
}

/// The page.
pub(crate) fn page() -> String {
    let mut out = String::from(
        "# Configuration\n\n\
         Written from the sources' doc comments and defaults; `make docs` writes it anew.\n\n\
         A home folder holds `tradewind.toml`, one file a partner under `partners/`, and `routes.toml`. Unknown keys are refused, and\n\
         `tradewind check` reports every problem at once. Partners and routes are read again while the program runs; `tradewind.toml` at its\n\
         start. Secrets stand in it by reference only: `env:NAME`, `file:PATH` (relative to the folder of the file that names it),\n\
         `aws-secretsmanager:NAME`, `aws-secretsmanager:NAME#FIELD` for one text of a secret that is JSON, or `aws-ssm:/NAME`. Partners' secrets of AWS\n\
         are read again every `[secrets] fresh-ms`; those of `tradewind.toml` at its start.\n\n",
    );
    for (file, tables) in [("tradewind.toml", gateway()), ("partners/NAME.toml", partner()), ("routes.toml", routes())]
    {
        let _ = writeln!(out, "## {file}\n");
        for table in tables {
            describe(&table, &mut out);
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn describe(table: &Table, out: &mut String) {
    let source = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(table.source)).unwrap();
    let declared = declared(&source, table.of);
    if !table.name.is_empty() {
        let _ = writeln!(out, "### `{}`\n", table.name);
    }
    let _ = writeln!(out, "{}\n", declared.doc);
    let defaults = values(&table.defaults);
    let keys: Vec<&Field> = declared.fields.iter().filter(|field| type_name(&field.of).is_some()).collect();
    if keys.is_empty() {
        return;
    }
    out.push_str("| key | type | default | meaning |\n|---|---|---|---|\n");
    for field in keys {
        let required = !declared.defaults && !field.defaults && !field.of.starts_with("Option<");
        let value = &defaults[&field.name];
        let default = if required { "required".to_owned() } else { shown(field, value) };
        let of = type_name(&field.of).unwrap_or_default();
        let _ = writeln!(out, "| `{}` | {of} | {default} | {} |", field.key, field.doc);
    }
    out.push('\n');
}

struct Declared {
    doc: String,
    /// Every key may be left out.
    defaults: bool,
    fields: Vec<Field>,
}

struct Field {
    /// In Rust, and in TOML.
    name: String,
    key: String,
    of: String,
    doc: String,
    defaults: bool,
}

/// Finds a struct's declaration and takes it apart, line by line.
fn declared(source: &str, of: &str) -> Declared {
    let (mut doc, mut attributes) = (Vec::new(), String::new());
    let (mut found, mut fields) = (None, Vec::new());
    for line in source.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            doc.push(text.trim());
        } else if line.starts_with("#[") {
            attributes.push_str(line);
        } else {
            let (doc, attributes) = (std::mem::take(&mut doc).join(" "), std::mem::take(&mut attributes));
            let defaults = attributes.contains("default");
            let name = line.strip_prefix("pub ").and_then(|rest| rest.split_once(": "));
            match (&found, name) {
                (None, _) if line == format!("pub struct {of} {{") => found = Some((doc, defaults)),
                (Some(_), _) if line == "}" => break,
                (Some(_), Some((name, of))) => {
                    let renamed = attributes.split("rename = \"").nth(1).and_then(|rest| rest.split('"').next());
                    let key = renamed.map_or_else(|| name.replace('_', "-"), str::to_owned);
                    let of = of.trim_end_matches(',').to_owned();
                    fields.push(Field { name: name.to_owned(), key, of, doc, defaults });
                }
                _ => {}
            }
        }
    }
    let (doc, defaults) = found.unwrap_or_else(|| panic!("there is no struct {of}"));
    Declared { doc, defaults, fields }
}

/// What people call the type of a key; `None` for a table of its own.
fn type_name(of: &str) -> Option<&'static str> {
    let inner = of.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>')).unwrap_or(of);
    Some(match inner {
        "String" => "text",
        "PathBuf" => "path",
        "SocketAddr" => "address and port",
        "BTreeMap<String, String>" => "table of text",
        "Encryption" => "`{ by = \"bucket\" }`, `{ by = \"s3\" }` or `{ by = \"kms\", key, bucket-key }`",
        "u8" | "u16" | "u32" | "u64" | "usize" => "number",
        "bool" => "`true` or `false`",
        "Vec<String>" => "list of text",
        "SecretRef" => "reference",
        "PartnerId" => "a partner's name",
        "By" => "`\"http\"` or `\"queue\"`",
        "Usage" => "`\"test\"` or `\"production\"`",
        "Signed" => "`\"required\"` or `\"optional\"`",
        "Identity" | "Sftp" | "Api" | "Payer" | "Limits" | "tradewind_api::Limits" | "TlsFiles" => return None,
        "Events" | "Vec<Folder>" | "Ledger" | "Queues" | "Objects" | "Kms" | "Secrets" | "Operations"
        | "Connection" => return None,
        "SftpLogin" | "Pgp" | "Receive" | "Acknowledge" | "Deliver" | "Webhook" => return None,
        "Vec<PartnerIdentity>" | "Vec<Token>" => return None,
        other => panic!("say in this test what people call the type {other}"),
    })
}

/// The fields of a struct's pretty `Debug` form, on one line each.
fn values(debug: &str) -> BTreeMap<String, String> {
    let mut all: Vec<(String, String)> = Vec::new();
    for line in debug.lines().skip(1).filter(|line| *line != "}") {
        match line.strip_prefix("    ").filter(|rest| !rest.starts_with([' ', ']', '}', ')'])) {
            Some(field) => {
                let (name, value) = field.split_once(": ").unwrap();
                all.push((name.to_owned(), value.to_owned()));
            }
            None => all.last_mut().into_iter().for_each(|(_, value)| value.push_str(line.trim())),
        }
    }
    all.into_iter().map(|(name, value)| (name, value.trim_end_matches(',').to_owned())).collect()
}

fn shown(field: &Field, value: &str) -> String {
    let number = value.parse::<u64>().ok();
    match number.filter(|number| field.name.contains("bytes") && *number > 0 && number.is_multiple_of(1 << 10)) {
        Some(number) if number.is_multiple_of(1 << 30) => return format!("`{number}` ({} GiB)", number >> 30),
        Some(number) if number.is_multiple_of(1 << 20) => return format!("`{number}` ({} MiB)", number >> 20),
        Some(number) => return format!("`{number}` ({} KiB)", number >> 10),
        None => {}
    }
    match (field.of.as_str(), value) {
        (_, "None") => "none".to_owned(),
        ("Vec<String>", list) => format!("`{}`", list.replace(",]", "]").replace(",\"", ", \"")),
        ("SocketAddr", address) => format!("`\"{address}\"`"),
        ("Encryption", variant) => format!("`{{ by = \"{}\" }}`", variant.to_lowercase()),
        ("Usage" | "Signed" | "By", variant) => format!("`\"{}\"`", variant.to_lowercase()),
        (_, value) => format!("`{value}`"),
    }
}
