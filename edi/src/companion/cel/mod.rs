//! Expressions in CEL: the one folder that knows the crate `cel`.
//!
//! What an expression may cost is known before it runs. Its text is short; macros nest to a small depth; what macros walk over is made
//! without `+`, so no value grows with each round; patterns are literal. The steps then follow from the longest list of the item.

mod look;

use super::members::Member;
use cel::{Context, Env, ExecutionError, Program, Value};
use serde_json::Value as Json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, LazyLock};

/// Bytes of an expression at the most.
pub(super) const EXPRESSION_BYTES_MAX: usize = 4096;
/// Macros within macros at the most: `all`, `exists`, `exists_one`, `filter`, `map`.
pub(super) const MACRO_DEPTH_MAX: u32 = 3;
/// Steps that an expression may take for one item.
pub(super) const STEPS_MAX: u64 = 1_000_000;

static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| Arc::new(Env::stdlib()));

/// A compiled expression.
pub(super) struct Expression {
    program: Program,
    /// Nodes of its tree.
    nodes: u64,
    depth: u32,
    /// The variables that it names.
    uses: Vec<String>,
}

/// What is wrong with an expression, and where in its text, from 1; 0 where no place is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) problem: String,
}

/// What an expression says of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Holds,
    Broken,
    /// It could not be evaluated: why, without a value.
    Unknown(&'static str),
}

/// An item as expressions see it: its variables.
pub(super) struct Subject {
    context: Context<'static, 'static>,
    longest: u64,
}

impl Subject {
    pub(super) fn new<'a>(variables: impl IntoIterator<Item = (&'a str, &'a Json)>) -> Self {
        let mut subject = Self { context: Context::with_env(Arc::clone(&ENV)), longest: 0 };
        for (name, json) in variables {
            subject.longest = subject.longest.max(longest(json));
            if let Ok(value) = cel::to_value(json) {
                subject.context.add_variable_from_value(name, value);
            }
        }
        subject
    }
}

/// Entries of the longest list or object.
fn longest(json: &Json) -> u64 {
    match json {
        Json::Array(entries) => entries.iter().map(longest).max().unwrap_or(0).max(entries.len() as u64),
        Json::Object(entries) => entries.values().map(longest).max().unwrap_or(0).max(entries.len() as u64),
        _ => 0,
    }
}

impl Expression {
    /// Compiles an expression over these variables.
    pub(super) fn compile(text: &str, variables: &[(&str, Member<'_>)]) -> Result<Self, Vec<Mistake>> {
        if text.len() > EXPRESSION_BYTES_MAX {
            let problem = format!("expected at most {EXPRESSION_BYTES_MAX} bytes, found {}", text.len());
            return Err(vec![Mistake { line: 0, column: 0, problem }]);
        }
        let compiled = catch_unwind(AssertUnwindSafe(|| ENV.compile(text)));
        let program = match compiled {
            Ok(Ok(program)) => program,
            Ok(Err(errors)) => return Err(errors.errors.iter().map(mistake).collect()),
            Err(_) => return Err(vec![look::at(text, None, "expected an expression, found what cannot be read")]),
        };
        let (nodes, depth) = look::look(text, &program, variables)?;
        let names = variables.iter().map(|(name, _)| (*name).to_owned());
        let uses = names.filter(|name| program.references().has_variable(name)).collect();
        Ok(Self { program, nodes, depth, uses })
    }

    /// Whether it names a variable.
    pub(super) fn uses(&self, name: &str) -> bool {
        self.uses.iter().any(|used| used == name)
    }

    /// Whether it holds of an item.
    pub(super) fn judge(&self, subject: &Subject) -> Answer {
        // Lists that stand in the expression itself are no longer than it has nodes.
        let longest = (subject.longest + self.nodes).max(1);
        let steps = longest.checked_pow(self.depth).and_then(|rounds| rounds.checked_mul(self.nodes));
        if steps.is_none_or(|steps| steps > STEPS_MAX) {
            return Answer::Unknown("fewer rounds of its macros");
        }
        let executed = catch_unwind(AssertUnwindSafe(|| self.program.execute(&subject.context)));
        match executed {
            Ok(Ok(Value::Bool(true))) => Answer::Holds,
            Ok(Ok(Value::Bool(false))) => Answer::Broken,
            Ok(Ok(_)) => Answer::Unknown("true or false from it"),
            Ok(Err(error)) => Answer::Unknown(reason(&error)),
            Err(_) => Answer::Unknown("an expression that can be evaluated"),
        }
    }
}

/// What was expected where an expression could not be evaluated.
fn reason(error: &ExecutionError) -> &'static str {
    match error {
        ExecutionError::NoSuchKey(_) => "every member that it names (ask `has(…)` first)",
        ExecutionError::IndexOutOfBounds(_) => "every entry that it names (ask `size(…)` first)",
        ExecutionError::FunctionError { .. } => "values that its functions can take (`double` takes a number)",
        _ => "values of the types that it asks for",
    }
}

fn mistake(error: &cel::ParseError) -> Mistake {
    let (line, column) = (error.pos.0.max(0) as usize, error.pos.1.max(0) as usize);
    // What the parser could have taken is a long list; what it found is enough.
    let found = error.msg.split(" expecting ").next().unwrap_or_default();
    let found = found.strip_prefix("Syntax error: ").unwrap_or(found);
    Mistake { line, column, problem: format!("expected an expression in CEL, found {found}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str, item: &str) -> Answer {
        let json: Json = serde_json::from_str(item).unwrap();
        let expression =
            Expression::compile(text, &[("item", Member::Any)]).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"));
        expression.judge(&Subject::new([("item", &json)]))
    }

    fn wrong(text: &str) -> Mistake {
        Expression::compile(text, &[("item", Member::Any)]).err().expect("wrong").remove(0)
    }

    #[test]
    fn holds_is_broken_or_cannot_be_told() {
        let item = r#"{"total":"99.5","lines":[{"code":"A1"},{"code":"B2"}]}"#;
        for (text, answer) in [
            ("double(item.total) < 100.0", Answer::Holds),
            ("item.lines.all(line, line.code.matches('^[A-Z][0-9]$'))", Answer::Holds),
            ("item.lines.exists(line, line.code == 'C3')", Answer::Broken),
            ("!has(item.note)", Answer::Holds),
            ("item.lines.map(line, line.code) == ['A1', 'B2']", Answer::Holds),
            ("item.lines.filter(a, item.lines.exists_one(b, a.code == b.code)).size() == 2", Answer::Holds),
        ] {
            assert_eq!(judge(text, item), answer, "{text}");
        }
        for text in [
            "item.note == 'x'",
            "item.lines[7].code == 'A'",
            "double(item.lines[0].code) > 1.0",
            "item.total",
            "item < 1",
            "1 / 0 == 1",
        ] {
            assert!(matches!(judge(text, item), Answer::Unknown(_)), "{text}");
        }
    }

    #[test]
    fn mistakes_have_their_line_and_column() {
        let place = |text: &str| (wrong(text).line, wrong(text).column);
        assert_eq!(place("item.x ==\n  )"), (2, 3));
        assert_eq!(place("item.x == 'a' &&\n  claim.y"), (2, 3));
        assert_eq!(place("item.a.all(x, y)"), (1, 15));
        assert!(wrong("item.replace('a', 'b') == ''").problem.contains("`replace`"));
        assert!(wrong(&"a".repeat(5000)).problem.contains("4096"));
    }

    #[test]
    fn what_would_grow_with_each_round_is_refused() {
        assert!(wrong("['x'].map(a, a + a).map(a, a + a).size() == 1").problem.contains('+'));
        assert!(wrong("item.a.matches(item.b)").problem.contains("pattern"));
        let deep = "item.a.all(a, item.a.all(b, item.a.all(c, item.a.all(d, true))))";
        assert!(wrong(deep).problem.contains("3 deep"));
        let list: Vec<String> = (0..500).map(|n| format!("\"{n}\"")).collect();
        let item = format!("{{\"a\":[{}]}}", list.join(","));
        assert_eq!(judge("item.a.all(a, size(a) > 0)", &item), Answer::Holds);
        let thrice = "item.a.all(a, item.a.all(b, item.a.all(c, a != b + c)))";
        assert!(matches!(judge(thrice, &item), Answer::Unknown(_)));
    }

    #[test]
    fn deep_nesting_is_a_mistake_and_no_crash() {
        for text in ["(".repeat(4000), "!".repeat(4000), "[".repeat(4000), "item.a".repeat(600), "-".repeat(4000) + "1"]
        {
            let _either = Expression::compile(&text, &[("item", Member::Any)]);
        }
        let long = vec!["true"; 500].join(" && ");
        assert_eq!(judge(&long, "{}"), Answer::Holds);
    }
}
