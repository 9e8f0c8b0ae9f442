//! Expressions in CEL: the one file that knows the crate `cel`.
//!
//! What an expression may cost is known before it runs. Its text is short; macros nest to a small depth; what macros walk over is made
//! without `+`, so no value grows with each round; patterns are literal. The steps then follow from the longest list of the item.

use cel::common::ast::operators::{ADD, INDEX};
use cel::common::ast::{ComprehensionExpr, EntryExpr, Expr, IdedExpr};
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
    pub(super) fn compile(text: &str, variables: &[&str]) -> Result<Self, Vec<Mistake>> {
        if text.len() > EXPRESSION_BYTES_MAX {
            let problem = format!("expected at most {EXPRESSION_BYTES_MAX} bytes, found {}", text.len());
            return Err(vec![Mistake { line: 0, column: 0, problem }]);
        }
        let compiled = catch_unwind(AssertUnwindSafe(|| ENV.compile(text)));
        let program = match compiled {
            Ok(Ok(program)) => program,
            Ok(Err(errors)) => return Err(errors.errors.iter().map(mistake).collect()),
            Err(_) => return Err(vec![at(text, None, "expected an expression, found what cannot be read")]),
        };
        let mut sight =
            Sight { text, program: &program, known: variables.to_vec(), nodes: 0, depth: 0, wrong: Vec::new() };
        sight.node(program.expression(), 0);
        let Sight { nodes, depth, wrong, .. } = sight;
        if wrong.is_empty() { Ok(Self { program, nodes, depth }) } else { Err(wrong) }
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

/// A mistake at a byte of the text.
fn at(text: &str, offset: Option<u32>, problem: impl Into<String>) -> Mistake {
    let problem = problem.into();
    let Some(before) = offset.and_then(|offset| text.get(..offset as usize)) else {
        return Mistake { line: 0, column: 0, problem };
    };
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = before.matches('\n').count() + 1;
    Mistake { line, column: before.get(start..).unwrap_or_default().chars().count() + 1, problem }
}

/// A walk over an expression: its variables, what it may cost.
struct Sight<'t> {
    text: &'t str,
    program: &'t Program,
    known: Vec<&'t str>,
    nodes: u64,
    depth: u32,
    wrong: Vec<Mistake>,
}

impl<'t> Sight<'t> {
    fn wrong(&mut self, id: u64, problem: impl Into<String>) {
        let offset = self.program.source_info().offset_for(id).map(|(start, _)| start);
        let mistake = at(self.text, offset, problem);
        if !self.wrong.contains(&mistake) {
            self.wrong.push(mistake);
        }
    }

    fn node(&mut self, node: &'t IdedExpr, depth: u32) {
        self.nodes += 1;
        match &node.expr {
            Expr::Unspecified | Expr::Literal(_) => {}
            Expr::Ident(name) => {
                if !name.starts_with('@') && !self.known.contains(&name.as_str()) {
                    let known = self.known.join(", ");
                    self.wrong(node.id, format!("expected a variable ({known}), found `{name}`"));
                }
            }
            Expr::Call(call) => {
                if call.func_name == "matches" {
                    // A pattern is compiled each time.
                    self.nodes += 100;
                    if !call.args.last().is_some_and(|pattern| matches!(pattern.expr, Expr::Literal(_))) {
                        self.wrong(node.id, "expected a pattern in quotes in `matches`");
                    }
                }
                if !is_known(&call.func_name) {
                    self.wrong(node.id, format!("expected a function of CEL, found `{}`", call.func_name));
                }
                call.target.iter().for_each(|target| self.node(target, depth));
                call.args.iter().for_each(|arg| self.node(arg, depth));
            }
            Expr::Comprehension(walk) => self.comprehension(node.id, walk, depth + 1),
            Expr::List(list) => list.elements.iter().for_each(|entry| self.node(entry, depth)),
            Expr::Map(map) => map.entries.iter().for_each(|entry| self.entry(&entry.expr, depth)),
            Expr::Struct(made) => made.entries.iter().for_each(|entry| self.entry(&entry.expr, depth)),
            Expr::Select(select) => self.node(&select.operand, depth),
        }
    }

    fn comprehension(&mut self, id: u64, walk: &'t ComprehensionExpr, depth: u32) {
        self.depth = self.depth.max(depth);
        if depth > MACRO_DEPTH_MAX {
            self.wrong(id, format!("expected macros to nest at most {MACRO_DEPTH_MAX} deep, found more"));
            return;
        }
        if adds(&walk.iter_range) {
            self.wrong(id, "expected no `+` in what a macro walks over");
        }
        self.node(&walk.iter_range, depth);
        let known = self.known.len();
        self.known.extend(
            [Some(&walk.iter_var), walk.iter_var2.as_ref(), Some(&walk.accu_var)]
                .into_iter()
                .flatten()
                .map(String::as_str),
        );
        for part in [&walk.accu_init, &walk.loop_cond, &walk.loop_step, &walk.result] {
            self.node(part, depth);
        }
        self.known.truncate(known);
    }

    fn entry(&mut self, entry: &'t EntryExpr, depth: u32) {
        match entry {
            EntryExpr::StructField(field) => self.node(&field.value, depth),
            EntryExpr::MapEntry(pair) => {
                self.node(&pair.key, depth);
                self.node(&pair.value, depth);
            }
        }
    }
}

/// Whether something is added up in an expression, other than by a macro that gathers its own list.
fn adds(node: &IdedExpr) -> bool {
    match &node.expr {
        Expr::Call(call) => {
            let own = call
                .args
                .first()
                .is_some_and(|first| matches!(&first.expr, Expr::Ident(name) if name.starts_with('@')));
            (call.func_name == ADD && !own)
                || call.target.iter().any(|target| adds(target))
                || call.args.iter().any(adds)
        }
        Expr::Comprehension(walk) => {
            [&walk.iter_range, &walk.accu_init, &walk.loop_cond, &walk.loop_step, &walk.result].into_iter().any(adds)
        }
        Expr::List(list) => list.elements.iter().any(adds),
        Expr::Map(map) => map.entries.iter().any(|entry| adds_in(&entry.expr)),
        Expr::Struct(made) => made.entries.iter().any(|entry| adds_in(&entry.expr)),
        Expr::Select(select) => adds(&select.operand),
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => false,
    }
}

fn adds_in(entry: &EntryExpr) -> bool {
    match entry {
        EntryExpr::StructField(field) => adds(&field.value),
        EntryExpr::MapEntry(pair) => adds(&pair.key) || adds(&pair.value),
    }
}

/// The functions that may be called; operators have names with `_` or `@`.
fn is_known(function: &str) -> bool {
    const FUNCTIONS: [&str; 11] =
        ["size", "contains", "startsWith", "endsWith", "matches", "int", "uint", "double", "string", "bool", "type"];
    function == INDEX || function.contains(['_', '@']) || FUNCTIONS.contains(&function)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str, item: &str) -> Answer {
        let json: Json = serde_json::from_str(item).unwrap();
        let expression = Expression::compile(text, &["item"]).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"));
        expression.judge(&Subject::new([("item", &json)]))
    }

    fn wrong(text: &str) -> Mistake {
        Expression::compile(text, &["item"]).err().expect("wrong").remove(0)
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
            let _either = Expression::compile(&text, &["item"]);
        }
        let long = vec!["true"; 500].join(" && ");
        assert_eq!(judge(&long, "{}"), Answer::Holds);
    }
}
