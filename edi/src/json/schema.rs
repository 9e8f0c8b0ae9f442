//! A JSON Schema for the JSON of a guide.

use std::collections::HashMap;
use std::fmt::Write;

use super::envelope;
use super::set::is_envelope;
use super::shape::{Cut, Shape};
use crate::guide::{DataType, ElementUse, Guide, Guides, NodeIx, NodeKind, Usage};
use std::sync::Arc;

/// Code lists longer than this stand once, under `$defs`.
const CODES_INLINE: usize = 12;

/// The JSON Schema (draft 2020-12) that the JSON of the guide's sets and items fulfils. ST and SE may be left out, as items
/// leave them out; so may be a loop that makes an outer item one of its own.
pub fn schema(guide: &Arc<Guide>) -> String {
    let mut writer = Writer { shape: Shape::new(guide, Cut::Items), defs: Vec::new(), names: HashMap::new() };
    let root = writer.loop_schema(NodeIx::ROOT);
    let body = root.strip_prefix('{').unwrap_or(&root);
    let mut out = String::from("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\"");
    let _ = write!(out, ",\"$id\":\"urn:x12:{}\",\"title\":{},{body}", guide.id(), quoted(&guide.name));
    out.truncate(out.len() - 1);
    out.push_str(",\"$defs\":{");
    for (at, (name, text)) in writer.defs.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        let _ = write!(out, "{comma}\"{name}\":{text}");
    }
    out.push_str("}}\n");
    out
}

/// The JSON Schema of a whole file's document: its envelopes, and each set by its guide's schema, which stands within.
pub fn file_schema(guides: &Guides) -> String {
    let list = |schema: &str| format!("{{\"type\":\"array\",\"minItems\":1,\"items\":{schema}}}");
    let text = "{\"type\":\"string\"}";
    let mut delimiters = Object::default();
    for (name, required) in [("element", true), ("component", true), ("repetition", false), ("terminator", true)] {
        delimiters.add(name, "{\"type\":\"string\",\"minLength\":1,\"maxLength\":1}", required);
    }
    delimiters.require("line_end", text);
    let mut group = Object::default();
    group.require("functional_group_header", &envelope_schema(envelope::GS));
    group.require("sets", &format!("{{\"type\":\"array\",\"items\":{}}}", set_schema(guides)));
    group.add("functional_group_trailer", &envelope_schema(envelope::GE), false);
    let mut interchange = Object::default();
    interchange.add("_leading", text, false);
    interchange.require("delimiters", &delimiters.finish(""));
    interchange.require("interchange_header", &envelope_schema(envelope::ISA));
    interchange.add("interchange_acknowledgments", &list(&envelope_schema(envelope::TA1)), false);
    interchange.add("groups", &list(&group.finish("")), false);
    interchange.add("_late_acknowledgments", &list(&envelope_schema(envelope::TA1)), false);
    interchange.add("interchange_trailer", &envelope_schema(envelope::IEA), false);
    let mut file = Object::default();
    file.require("interchanges", &format!("{{\"type\":\"array\",\"items\":{}}}", interchange.finish("")));
    let mut defs = String::new();
    for guide in guides.iter() {
        let comma = if defs.is_empty() { "" } else { "," };
        let _ = write!(defs, "{comma}{}:{}", quoted(&guide.id().to_string()), schema(guide).trim_end());
    }
    let body = file.finish("");
    let body = body.strip_prefix('{').and_then(|body| body.strip_suffix('}')).unwrap_or_default();
    format!(
        "{{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"$id\":\"urn:x12:file\",\"title\":\"An X12 file\",\
         {body},\"$defs\":{{{defs}}}}}\n"
    )
}

/// A segment of the envelope: its elements by name, those that it has no name for by number.
fn envelope_schema(names: &[&str]) -> String {
    let mut object = Object::default();
    for name in names {
        object.add(name, "{\"type\":\"string\",\"minLength\":1}", false);
    }
    object.add("_line_end", "{\"type\":\"string\"}", false);
    let schema = object.finish(TAIL);
    let body = schema.strip_prefix('{').unwrap_or_default();
    format!("{{\"patternProperties\":{{\"^_[0-9]{{2,}}$\":{{\"type\":\"string\"}}}},{body}")
}

/// A set by the guide that it names; one without a guide is its segments.
fn set_schema(guides: &Guides) -> String {
    let mut all = String::new();
    for guide in guides.iter() {
        let mut named = format!("\"guide\":{{\"const\":{}}}", quoted(&guide.revision));
        let _ = write!(named, ",\"set\":{{\"const\":{}}}", quoted(&guide.set));
        if let Some(purpose) = &guide.purpose {
            let _ = write!(named, ",\"purpose\":{{\"const\":{}}}", quoted(purpose));
        }
        let comma = if all.is_empty() { "" } else { "," };
        let required = if guide.purpose.is_some() { ",\"purpose\"" } else { "" };
        let _ = write!(
            all,
            "{comma}{{\"if\":{{\"required\":[\"guide\",\"set\"{required}],\"properties\":{{{named}}}}},\
             \"then\":{{\"$ref\":\"urn:x12:{}\"}}}}",
            guide.id()
        );
    }
    let segment = "{\"type\":\"array\",\"minItems\":1,\"prefixItems\":[{\"type\":\"string\"}]}";
    format!(
        "{{\"type\":\"object\",\"anyOf\":[{{\"required\":[\"guide\",\"set\"]}},{{\"required\":[\"segments\"],\
         \"additionalProperties\":false,\"properties\":{{\"segments\":{{\"type\":\"array\",\"items\":{segment}}}}}}}],\
         \"allOf\":[{all}]}}"
    )
}

struct Writer {
    shape: Shape,
    defs: Vec<(String, String)>,
    /// A definition's name by its text: what is the same stands once.
    names: HashMap<String, String>,
}

impl Writer {
    /// A reference to the definition of that text.
    fn define(&mut self, hint: &str, text: String) -> String {
        let name = match self.names.get(&text) {
            Some(name) => name.clone(),
            None => {
                let taken = self.defs.iter().filter(|(name, _)| name.split('.').next() == Some(hint)).count();
                let name = if taken == 0 { hint.to_owned() } else { format!("{hint}.{}", taken + 1) };
                self.names.insert(text.clone(), name.clone());
                self.defs.push((name.clone(), text));
                name
            }
        };
        format!("{{\"$ref\":\"#/$defs/{name}\"}}")
    }

    fn loop_schema(&mut self, node: NodeIx) -> String {
        let guide = Arc::clone(&self.shape.guide);
        let mut object = Object::default();
        if node == NodeIx::ROOT {
            object.require("guide", "{\"type\":\"string\"}");
            object.require("set", &format!("{{\"const\":{}}}", quoted(&guide.set)));
            if let Some(purpose) = &guide.purpose {
                object.require("purpose", &format!("{{\"const\":{}}}", quoted(purpose)));
            }
        }
        for child in guide.children(node) {
            let use_of = guide.node(child);
            let text = match use_of.kind {
                NodeKind::Loop => self.loop_schema(child),
                NodeKind::Segment => self.segment_schema(child),
            };
            let one = self.define(&use_of.name, text);
            let member = match (self.shape.repeats(child), use_of.max) {
                (false, _) => one,
                (true, u32::MAX) => format!("{{\"type\":\"array\",\"items\":{one},\"minItems\":1}}"),
                (true, max) => format!("{{\"type\":\"array\",\"items\":{one},\"minItems\":1,\"maxItems\":{max}}}"),
            };
            let inner = guide.items.iter().any(|item| item.inner == Some(child));
            let required = use_of.usage == Usage::Required && !is_envelope(&self.shape, child) && !inner;
            object.add(&use_of.name, &member, required);
        }
        object.add("_order", "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}", false);
        object.finish("")
    }

    fn segment_schema(&mut self, node: NodeIx) -> String {
        let guide = Arc::clone(&self.shape.guide);
        let mut object = Object::default();
        for element in guide.elements_of(guide.node(node)).iter().filter(|element| element.usage != Usage::NotUsed) {
            let one = match element.data_type {
                DataType::Composite => self.composite_schema(&guide, element),
                _ => self.value_schema(&guide, element),
            };
            let required = element.usage == Usage::Required;
            let member = match element.repeat {
                0 | 1 => one,
                // Repetitions may be empty in between.
                max => format!("{{\"type\":\"array\",\"items\":{one},\"minItems\":1,\"maxItems\":{max}}}"),
            };
            object.add(&element.name, &member, required);
        }
        object.add("_line_end", "{\"type\":\"string\",\"pattern\":\"^[ \\\\t\\\\r\\\\n\\\\u0000\\\\u001a]*$\"}", false);
        object.finish(TAIL)
    }

    fn composite_schema(&mut self, guide: &Guide, element: &ElementUse) -> String {
        let mut object = Object::default();
        let components = guide.components_of(element).iter().filter(|component| component.usage != Usage::NotUsed);
        for component in components {
            let value = self.value_schema(guide, component);
            object.add(&component.name, &value, component.usage == Usage::Required);
        }
        object.finish(TAIL)
    }

    fn value_schema(&mut self, guide: &Guide, element: &ElementUse) -> String {
        let codes = guide.codes_of(element);
        if !codes.is_empty() {
            let list: Vec<String> = codes.iter().map(|code| quoted(code.as_str())).collect();
            let text = format!("{{\"enum\":[{}]}}", list.join(","));
            let long = codes.len() > CODES_INLINE;
            return if long { self.define(&format!("codes_{}", element.name), text) } else { text };
        }
        let (min, max) = (element.min, element.max);
        match element.data_type {
            DataType::N(_) => "{\"type\":\"string\",\"pattern\":\"^-?[0-9]+$\"}".to_owned(),
            DataType::R => "{\"type\":\"string\",\"pattern\":\"^-?([0-9]+\\\\.?[0-9]*|\\\\.[0-9]+)$\"}".to_owned(),
            DataType::Dt | DataType::Tm => format!("{{\"type\":\"string\",\"pattern\":\"^[0-9]{{{min},{max}}}$\"}}"),
            DataType::B | DataType::Composite => "{\"type\":\"string\"}".to_owned(),
            DataType::An | DataType::Id => {
                format!("{{\"type\":\"string\",\"minLength\":{min},\"maxLength\":{max}}}")
            }
        }
    }
}

const TAIL: &str = "\"_tail\":{\"type\":\"string\",\"pattern\":\"^[0-9]{1,3}$\"}";

/// An object's schema under way.
#[derive(Default)]
struct Object {
    properties: String,
    required: String,
}

impl Object {
    fn add(&mut self, name: &str, schema: &str, required: bool) {
        let comma = if self.properties.is_empty() { "" } else { "," };
        let _ = write!(self.properties, "{comma}{}:{schema}", quoted(name));
        if required {
            let comma = if self.required.is_empty() { "" } else { "," };
            let _ = write!(self.required, "{comma}{}", quoted(name));
        }
    }

    fn require(&mut self, name: &str, schema: &str) {
        self.add(name, schema, true);
    }

    /// The schema, with one more property as text.
    fn finish(mut self, more: &str) -> String {
        if !more.is_empty() {
            let comma = if self.properties.is_empty() { "" } else { "," };
            let _ = write!(self.properties, "{comma}{more}");
        }
        let Self { properties, required } = self;
        format!(
            "{{\"type\":\"object\",\"additionalProperties\":false,\"required\":[{required}],\"properties\":{{{properties}}}}}"
        )
    }
}

fn quoted(text: &str) -> String {
    let mut out = Vec::new();
    super::text::push_string(&mut out, text.as_bytes());
    String::from_utf8(out).unwrap_or_default()
}
