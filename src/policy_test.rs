//! A policy's own tests: threat models with the faults that the policy must find in them, no more and no fewer.
//!
//! Nothing here reads a disk: the command layer brings the texts.

use crate::annotations;
use crate::date::Date;
use crate::diagnostic::{Diagnostic, Level, Owner, limit_problems, sort_diagnostics};
use crate::lint::{LintContext, lint};
use crate::policy::{Broken, Load};
use crate::rego::CompiledPolicy;
use crate::schema::Schema;
use crate::source::{Source, Span};
use crate::syntax;
use crate::syntax::{List, Node, POLICY_TEST_MARKER, Value};

/// A file of tests for one policy.
#[derive(Debug)]
pub struct PolicyTests {
    /// The policy under test: a built-in name, or a path relative to the file.
    pub policy: String,
    /// The day to judge by.
    pub today: Date,
    /// The tests.
    pub cases: Vec<PolicyTest>,
}

/// One threat model with what must be found in it.
#[derive(Debug)]
pub struct PolicyTest {
    /// The threat model, as a path relative to the file of tests.
    pub model: String,
    /// The path to judge it at, where it is not its own.
    pub path: Option<String>,
    expected: Option<Vec<Expected>>,
    excepted: Vec<Expected>,
}

/// What is known of a fault that must be found.
#[derive(Clone, Debug)]
struct Expected {
    rule: String,
    line: Option<u32>,
    level: Option<Level>,
    says: Option<String>,
}

/// The day of tests that name none.
const DAY: &str = "2026-01-01";

/// Reads a file of tests.
///
/// # Errors
/// What is wrong with it.
pub fn read(source: Source) -> Result<PolicyTests, Broken> {
    let document = syntax::parse(&source);
    let mut faults: Vec<Diagnostic> =
        document.problems.iter().map(|problem| problem.diagnostic(Owner::Policy)).collect();
    let root = document.roots().next();
    if let Some(root) = root {
        let violations = Schema::PolicyTest.violations(root).into_iter();
        faults.extend(violations.map(|violation| violation.into_diagnostic(Owner::Policy)));
    }
    let trials = root.and_then(trials);
    limit_problems(&mut faults, Owner::Policy, Span::new(0, 0));
    sort_diagnostics(&mut faults, |span| syntax::pointer(&document, span));
    match trials {
        Some(trials) if faults.is_empty() => Ok(trials),
        _ => Err(Broken { source: std::sync::Arc::new(source), diagnostics: faults }),
    }
}

/// Whether a text is a file of tests.
pub fn is_trials(source: &Source) -> bool {
    syntax::parse(source).roots().any(|root| root.get(POLICY_TEST_MARKER).is_some())
}

fn trials(root: Node<'_>) -> Option<PolicyTests> {
    let today = root.get("today").and_then(Node::as_str).unwrap_or(DAY);
    Some(PolicyTests {
        policy: root.get("policy")?.as_str()?.to_owned(),
        today: Date::parse(today)?,
        cases: items(root, "cases").filter_map(trial).collect(),
    })
}

fn trial(node: Node<'_>) -> Option<PolicyTest> {
    let expected = |key| -> Vec<Expected> { items(node, key).filter_map(expected).collect() };
    Some(PolicyTest {
        model: node.get("model")?.as_str()?.to_owned(),
        path: node.get("as").and_then(Node::as_str).map(str::to_owned),
        expected: node.get("expect").map(|_| expected("expect")),
        excepted: expected("excepted"),
    })
}

fn expected(node: Node<'_>) -> Option<Expected> {
    if let Some(rule) = node.as_str() {
        return Some(Expected { rule: rule.to_owned(), line: None, level: None, says: None });
    }
    let line = match node.get("line").map(Node::value) {
        Some(Value::Number(text)) => text.parse().ok(),
        _ => None,
    };
    Some(Expected {
        rule: node.get("rule")?.as_str()?.to_owned(),
        line,
        level: node.get("level").and_then(Node::as_str).and_then(Level::named),
        says: node.get("says").and_then(Node::as_str).map(str::to_owned),
    })
}

fn items<'t>(node: Node<'t>, key: &str) -> impl Iterator<Item = Node<'t>> + use<'t> {
    node.get(key).and_then(Node::as_list).into_iter().flat_map(List::iter)
}

impl PolicyTest {
    /// Judges the model and returns what differs from what is expected, a line each.
    pub fn run(&self, model: &Source, policy: &CompiledPolicy, today: Date, load: Load<'_>) -> Vec<String> {
        let path = self.path.as_deref().unwrap_or(&self.model);
        let found = lint(model, path, LintContext { policy, today, load, before: None }).diagnostics;
        let (excepted, plain): (Vec<_>, Vec<_>) =
            found.iter().partition(|diagnostic| diagnostic.excepted.is_some());
        let marked = || marks(model);
        let expected = self.expected.clone().unwrap_or_else(marked);
        let mut differences = compare(model, &expected, &plain, "");
        differences.extend(compare(model, &self.excepted, &excepted, "excepted "));
        differences
    }
}

/// The faults that carets in a model ask for.
fn marks(model: &Source) -> Vec<Expected> {
    let mut above = 0;
    let mut marks = Vec::new();
    for (line, number) in model.text().lines().zip(1..) {
        let Some(mark) = annotations::mark(line) else {
            above = number;
            continue;
        };
        let (rule, says) = mark.fault.split_once(':').unwrap_or((mark.fault, ""));
        let says = Some(says.trim().to_owned()).filter(|says| !says.is_empty());
        marks.push(Expected { rule: rule.to_owned(), line: Some(above), level: None, says });
    }
    marks
}

fn compare(model: &Source, expected: &[Expected], found: &[&Diagnostic], word: &str) -> Vec<String> {
    let mut left: Vec<&Diagnostic> = found.to_vec();
    let mut differences = Vec::new();
    for wanted in expected {
        match left.iter().position(|diagnostic| wanted.is(diagnostic, model)) {
            Some(at) => {
                left.remove(at);
            }
            None => differences.push(format!("not found: {word}{}", wanted.written())),
        }
    }
    differences.extend(left.iter().map(|diagnostic| {
        let line = model.position(diagnostic.span.start).line;
        let (level, rule) = (diagnostic.level.name(), &diagnostic.rule);
        format!("not expected: {word}{level}[{rule}] in line {line}: {}", diagnostic.message)
    }));
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
        let line = self.line.map(|line| format!(" in line {line}"));
        let says = self.says.as_ref().map(|says| format!(": {says}"));
        [Some(self.rule.clone()), line, says].into_iter().flatten().collect()
    }
}
