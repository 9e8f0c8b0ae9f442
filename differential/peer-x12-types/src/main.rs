//! x12-types as a peer: a JSON line in (`id`, `set`, `x12`), a JSON line out (`id`, `verdict`, `detail`).
//!
//! It knows base X12 alone: which segments stand where. For the benchmark: `parse FILE SET` or `json FILE SET` takes one file.

use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::panic::catch_unwind;
use x12_types::util::Parser;
use x12_types::v005010::{_270, _271, _276, _277, _278, _820, _824, _834, _835, _837, _999, Transmission};

fn main() -> std::io::Result<()> {
    if let [what, path, set] = std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        return measured(what, path, set);
    }
    std::panic::set_hook(Box::new(|_| {}));
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let text = |key: &str| request.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (set, x12) = (text("set"), text("x12"));
        let (verdict, detail) = match catch_unwind(|| parse(&set, &x12)) {
            Ok(Ok(())) => ("accept", String::new()),
            Ok(Err(detail)) => ("reject", detail),
            Err(_) => ("crash", "panic".to_owned()),
        };
        writeln!(out, "{}", json!({ "id": request.get("id"), "verdict": verdict, "detail": detail }))?;
        out.flush()?;
    }
    Ok(())
}

fn measured(what: &str, path: &str, set: &str) -> std::io::Result<()> {
    let text = std::fs::read_to_string(path)?;
    if what == "parse" {
        parse(set, &text).map_err(std::io::Error::other)?;
        println!("{} bytes parsed", text.len());
        return Ok(());
    }
    let json = match set {
        "835" => json_of::<_835>(&text),
        _ => json_of::<_837>(&text),
    };
    println!("{} bytes of JSON", json.map_err(std::io::Error::other)?.len());
    Ok(())
}

fn json_of<T: serde::Serialize>(x12: &str) -> Result<Vec<u8>, String>
where
    Transmission<T>: for<'a> Parser<&'a str, Transmission<T>, nom_error::Error<'a>>,
{
    let (_, parsed) = Transmission::<T>::parse(x12).map_err(|_| "refused".to_owned())?;
    serde_json::to_vec(&parsed).map_err(|error| error.to_string())
}

fn parse(set: &str, x12: &str) -> Result<(), String> {
    match set {
        "270" => whole::<_270>(x12),
        "271" => whole::<_271>(x12),
        "276" => whole::<_276>(x12),
        "277" => whole::<_277>(x12),
        "278" => whole::<_278>(x12),
        "820" => whole::<_820>(x12),
        "824" => whole::<_824>(x12),
        "834" => whole::<_834>(x12),
        "835" => whole::<_835>(x12),
        "837" => whole::<_837>(x12),
        "999" => whole::<_999>(x12),
        _ => Err("a set that it does not know".to_owned()),
    }
}

/// Parsed, with nothing left over. What is left over begins with the segment that it had no place for.
fn whole<T>(x12: &str) -> Result<(), String>
where
    Transmission<T>: for<'a> Parser<&'a str, Transmission<T>, nom_error::Error<'a>>,
{
    match Transmission::<T>::parse(x12) {
        Ok((rest, _)) if rest.trim().is_empty() => Ok(()),
        Ok((rest, _)) => Err(format!("left over from {}", id(rest))),
        Err(error) => Err(format!("refused: {}", id(&error.to_string()))),
    }
}

fn id(rest: &str) -> String {
    rest.trim_start().chars().take_while(|c| c.is_ascii_alphanumeric()).take(20).collect()
}

mod nom_error {
    /// The parser's error type.
    pub type Error<'a> = nom::error::Error<&'a str>;
}
