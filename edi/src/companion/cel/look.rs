//! A look at an expression before it runs: the names in it, and what it may cost.

use super::{MACRO_DEPTH_MAX, Mistake};
use crate::companion::members::Member;
use cel::Program;
use cel::common::ast::operators::{ADD, INDEX};
use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr};

/// Nodes that a pattern counts for: it is compiled each time.
const PATTERN_NODES: u64 = 100;
/// The functions that may be called; operators have names with `_` or `@`.
const FUNCTIONS: [&str; 11] =
    ["size", "contains", "startsWith", "endsWith", "matches", "int", "uint", "double", "string", "bool", "type"];

/// Nodes of a program and the depth of its macros, or what is wrong with it.
pub(super) fn look(
    text: &str,
    program: &Program,
    variables: &[(&str, Member<'_>)],
) -> Result<(u64, u32), Vec<Mistake>> {
    let known = variables.to_vec();
    let mut look = Look { text, program, known, nodes: 0, depth: 0, wrong: Vec::new() };
    look.node(program.expression(), 0);
    let Look { nodes, depth, wrong, .. } = look;
    if wrong.is_empty() { Ok((nodes, depth)) } else { Err(wrong) }
}

/// A mistake at a byte of the text.
pub(super) fn at(text: &str, offset: Option<u32>, problem: impl Into<String>) -> Mistake {
    let problem = problem.into();
    let Some(before) = offset.and_then(|offset| text.get(..offset as usize)) else {
        return Mistake { line: 0, column: 0, problem };
    };
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = before.matches('\n').count() + 1;
    Mistake { line, column: before.get(start..).unwrap_or_default().chars().count() + 1, problem }
}

struct Look<'t> {
    text: &'t str,
    program: &'t Program,
    known: Vec<(&'t str, Member<'t>)>,
    nodes: u64,
    depth: u32,
    wrong: Vec<Mistake>,
}

impl<'t> Look<'t> {
    fn wrong(&mut self, id: u64, problem: impl Into<String>) {
        let offset = self.program.source_info().offset_for(id).map(|(start, _)| start);
        let mistake = at(self.text, offset, problem);
        if !self.wrong.contains(&mistake) {
            self.wrong.push(mistake);
        }
    }

    /// What a node is, as far as the guide tells.
    fn node(&mut self, node: &'t IdedExpr, depth: u32) -> Member<'t> {
        self.nodes += 1;
        match &node.expr {
            Expr::Unspecified | Expr::Literal(_) => {}
            Expr::Ident(name) => return self.variable(node.id, name),
            Expr::Select(select) => {
                let of = self.node(&select.operand, depth);
                return of.member(&select.field).unwrap_or_else(|problem| {
                    self.wrong(node.id, problem);
                    Member::Any
                });
            }
            Expr::Call(call) => return self.call(node.id, call, depth),
            Expr::Comprehension(walk) => self.comprehension(node.id, walk, depth + 1),
            Expr::List(list) => {
                for entry in &list.elements {
                    self.node(entry, depth);
                }
            }
            Expr::Map(map) => map.entries.iter().for_each(|entry| self.entry(&entry.expr, depth)),
            Expr::Struct(made) => made.entries.iter().for_each(|entry| self.entry(&entry.expr, depth)),
        }
        Member::Any
    }

    fn variable(&mut self, id: u64, name: &str) -> Member<'t> {
        if let Some((_, member)) = self.known.iter().rev().find(|(known, _)| *known == name) {
            return *member;
        }
        if !name.starts_with('@') {
            let known: Vec<&str> = self.known.iter().map(|(name, _)| *name).collect();
            self.wrong(id, format!("expected a variable ({}), found `{name}`", known.join(", ")));
        }
        Member::Any
    }

    fn call(&mut self, id: u64, call: &'t CallExpr, depth: u32) -> Member<'t> {
        if call.func_name == "matches" {
            self.nodes += PATTERN_NODES;
            if !call.args.last().is_some_and(|pattern| matches!(pattern.expr, Expr::Literal(_))) {
                self.wrong(id, "expected a pattern in quotes in `matches`");
            }
        }
        let name = call.func_name.as_str();
        if !name.contains(['_', '@']) && !FUNCTIONS.contains(&name) {
            self.wrong(id, format!("expected a function of CEL, found `{name}`"));
        }
        let all = call.target.iter().map(|target| &**target).chain(&call.args);
        let members: Vec<Member<'t>> = all.map(|part| self.node(part, depth)).collect();
        match (name, members.first()) {
            (INDEX, Some(of)) => of.entry(),
            _ => Member::Any,
        }
    }

    fn comprehension(&mut self, id: u64, walk: &'t ComprehensionExpr, depth: u32) {
        self.depth = self.depth.max(depth);
        if depth > MACRO_DEPTH_MAX {
            return self.wrong(id, format!("expected macros to nest at most {MACRO_DEPTH_MAX} deep, found more"));
        }
        if adds(&walk.iter_range) {
            self.wrong(id, "expected no `+` in what a macro walks over");
        }
        let range = self.node(&walk.iter_range, depth);
        let known = self.known.len();
        // With two variables the first is the index.
        let entry = if walk.iter_var2.is_some() { Member::Any } else { range.entry() };
        self.known.push((&walk.iter_var, entry));
        self.known.extend(walk.iter_var2.iter().map(|name| (name.as_str(), range.entry())));
        self.known.push((&walk.accu_var, Member::Any));
        for part in [&walk.accu_init, &walk.loop_cond, &walk.loop_step, &walk.result] {
            self.node(part, depth);
        }
        self.known.truncate(known);
    }

    fn entry(&mut self, entry: &'t EntryExpr, depth: u32) {
        match entry {
            EntryExpr::StructField(field) => {
                self.node(&field.value, depth);
            }
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
            let own = |first: &IdedExpr| matches!(&first.expr, Expr::Ident(name) if name.starts_with('@'));
            let sum = call.func_name == ADD && !call.args.first().is_some_and(own);
            sum || call.target.iter().any(|target| adds(target)) || call.args.iter().any(adds)
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
