//! Tests of a policy: threat models with exactly the problems that the policy must find in them.
//!
//! The command layer reads the files.

use std::sync::Arc;

use crate::date::Date;
use crate::diagnostic::{Diagnostic, Level, Owner, limit_problems, sort_diagnostics};
use crate::lint::{LintContext, lint};
use crate::page;
use crate::policy::{Broken, Load, items, text};
use crate::rego::CompiledPolicy;
use crate::schema::Schema;
use crate::source::{Source, Span, mark};
use crate::syntax::{self, Node, POLICY_TEST_MARKER, Value};

/// A file of tests for one policy.
#[derive(Debug)]
pub struct PolicyTests {
    /// The policy under test: a built-in name, or a path relative to the file.
    pub(crate) policy: String,
    pub(crate) today: Date,
    pub(crate) cases: Vec<PolicyTest>,
}

/// One threat model with the problems that must be found in it.
#[derive(Debug)]
pub(crate) struct PolicyTest {
    /// The threat model, as a path relative to the file of tests.
    pub(crate) model: String,
    /// The path to check it at, if that differs.
    pub(crate) path: Option<String>,
    /// The problems; `None` for those that carets in the model mark.
    expected: Option<Vec<Expected>>,
    excepted: Vec<Expected>,
}

/// A problem that must be found; what is not given does not matter.
#[derive(Clone, Debug, Default)]
struct Expected {
    rule: String,
    line: Option<u32>,
    level: Option<Level>,
    /// A part of the message.
    says: Option<String>,
}

/// Reads a file of tests.
///
/// # Errors
/// The problems of the file.
pub fn read(source: Source) -> Result<PolicyTests, Broken> {
    let document = page::parse(&source);
    let mut problems: Vec<Diagnostic> =
        document.problems.iter().map(|problem| problem.diagnostic(Owner::Policy)).collect();
    let root = document.roots().next();
    let violations = root.map(|root| Schema::PolicyTest.violations(root)).unwrap_or_default();
    problems.extend(violations.into_iter().map(|violation| violation.into_diagnostic(Owner::Policy)));
    let tests = root.and_then(tests_in);
    limit_problems(&mut problems, Owner::Policy, Span::new(0, 0));
    sort_diagnostics(&mut problems, |span| syntax::pointer(&document, span));
    match tests {
        Some(tests) if problems.is_empty() => Ok(tests),
        _ => Err(Broken { source: Arc::new(source), diagnostics: problems }),
    }
}

/// Whether a text is a file of tests.
pub(crate) fn is_tests(source: &Source) -> bool {
    page::parse(source).roots().any(|root| root.get(POLICY_TEST_MARKER).is_some())
}

fn tests_in(root: Node<'_>) -> Option<PolicyTests> {
    Some(PolicyTests {
        policy: text(root, "policy")?.to_owned(),
        // Tests that name no day have this one.
        today: Date::parse(text(root, "today").unwrap_or("2026-01-01"))?,
        cases: items(root, "cases").filter_map(case).collect(),
    })
}

fn case(node: Node<'_>) -> Option<PolicyTest> {
    Some(PolicyTest {
        model: text(node, "model")?.to_owned(),
        path: text(node, "as").map(str::to_owned),
        expected: node.get("expect").map(|_| items(node, "expect").filter_map(expected).collect()),
        excepted: items(node, "excepted").filter_map(expected).collect(),
    })
}

fn expected(node: Node<'_>) -> Option<Expected> {
    if let Some(rule) = node.as_str() {
        return Some(Expected { rule: rule.to_owned(), ..Expected::default() });
    }
    let line = match node.get("line").map(Node::value) {
        Some(Value::Number(text)) => text.parse().ok(),
        _ => None,
    };
    let level = text(node, "level").and_then(Level::named);
    let says = text(node, "says").map(str::to_owned);
    Some(Expected { rule: text(node, "rule")?.to_owned(), line, level, says })
}

impl PolicyTest {
    /// Checks the threat model and returns the differences from the expected problems, a line each.
    pub(crate) fn run(
        &self,
        model: &Source,
        policy: &CompiledPolicy,
        today: Date,
        load: Load<'_>,
    ) -> Vec<String> {
        let path = self.path.as_deref().unwrap_or(&self.model);
        let found = lint(model, path, LintContext { policy, today, load, before: None }).diagnostics;
        let (excepted, plain) = found.iter().partition(|diagnostic| diagnostic.excepted.is_some());
        let expected = self.expected.clone().unwrap_or_else(|| marked_in(model));
        let mut differences = compare(model, &expected, plain, "");
        differences.extend(compare(model, &self.excepted, excepted, "excepted "));
        differences
    }
}

/// The problems that carets in a threat model mark.
fn marked_in(model: &Source) -> Vec<Expected> {
    let mut above = 0;
    let mut marked = Vec::new();
    for (line, number) in model.text().lines().zip(1..) {
        let Some(mark) = mark(line) else {
            above = number;
            continue;
        };
        let (rule, says) = mark.problem.split_once(':').unwrap_or((mark.problem, ""));
        let says = Some(says.trim().to_owned()).filter(|says| !says.is_empty());
        marked.push(Expected { rule: rule.to_owned(), line: Some(above), level: None, says });
    }
    marked
}

fn compare(model: &Source, expected: &[Expected], mut found: Vec<&Diagnostic>, word: &str) -> Vec<String> {
    let mut differences = Vec::new();
    for wanted in expected {
        match found.iter().position(|diagnostic| wanted.is(diagnostic, model)) {
            Some(at) => drop(found.remove(at)),
            None => differences.push(format!("not found: {word}{}", wanted.written())),
        }
    }
    // Notes decide no verdict: only those that a test names are compared.
    for diagnostic in found.into_iter().filter(|diagnostic| diagnostic.level != Level::Note) {
        let line = model.position(diagnostic.span.start).line;
        let Diagnostic { level, rule, message, .. } = diagnostic;
        let level = level.name();
        differences.push(format!("not expected: {word}{level}[{rule}] in line {line}: {message}"));
    }
    differences
}

impl Expected {
    fn is(&self, diagnostic: &Diagnostic, model: &Source) -> bool {
        let line = model.position(diagnostic.span.start).line;
        self.rule == diagnostic.rule
            && self.line.is_none_or(|wanted| wanted == line)
            && self.level.is_none_or(|wanted| wanted == diagnostic.level)
            && self.says.as_deref().is_none_or(|wanted| diagnostic.message.contains(wanted))
    }

    fn written(&self) -> String {
        let line = self.line.map(|line| format!(" in line {line}")).unwrap_or_default();
        let says = self.says.as_ref().map(|says| format!(": {says}")).unwrap_or_default();
        format!("{}{line}{says}", self.rule)
    }
}
