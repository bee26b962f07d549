//! One file through all the steps: text, tree, shape, meaning, levels. A pure function of its arguments.
//!
//! Disk, clock, environment and terminal belong to the command layer; how diagnostics look, to the reports.

use crate::date::Date;
use crate::diagnostic::{Diagnostic, Related};
use crate::document::{self, Document, Node, POLICY_MARKER};
use crate::model::{Format, Model, Recognised, recognise};
use crate::policy::{self, Policy};
use crate::report::Assessed;
use crate::rules::{self, Check, Rule, Subject};
use crate::schema::{Schema, Violation};
use crate::source::{Source, Span};

/// What there is to say about one file.
#[derive(Debug)]
pub struct Linted {
    /// What the file is.
    pub content: Content,
    /// Its threat models with their computed scores.
    pub models: Vec<Assessed>,
    /// What is wrong, in the order of the text. Only what the policy does not switch off.
    pub diagnostics: Vec<Diagnostic>,
}

/// What a file turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// One or more threat models, or something that was meant to be one or cannot be read.
    Model,
    /// A policy that passed.
    Policy,
    /// A policy that did not pass: nothing can be judged by it.
    BrokenPolicy,
    /// Neither.
    Other,
}

/// Judges one file.
pub fn lint(source: &Source, policy: &Policy, today: Date) -> Linted {
    let document = document::parse(source);
    let roots: Vec<(Node<'_>, Recognised)> = document.roots().map(|root| (root, recognise(root))).collect();
    let holds_model = roots.iter().any(|(_, what)| matches!(what, Recognised::Model(_)));
    if !holds_model && roots.iter().any(|(root, _)| root.get(POLICY_MARKER).is_some()) {
        return lint_policy(source);
    }
    let mut linted =
        Linted { content: Content::Other, models: Vec::new(), diagnostics: reading_diagnostics(&document) };
    for (root, what) in roots {
        match what {
            Recognised::Model(format) => lint_model(root, format, policy, today, source, &mut linted),
            // Beside a threat model, what is none of its kind would go unread.
            Recognised::Other if !holds_model => {}
            Recognised::Unmarked | Recognised::Other => linted.diagnostics.push(unmarked(root, what)),
        }
    }
    if holds_model || !linted.diagnostics.is_empty() {
        linted.content = Content::Model;
    }
    finish(&mut linted.diagnostics, &document);
    linted
}

fn lint_policy(source: &Source) -> Linted {
    match policy::read(source) {
        Ok(_) => Linted { content: Content::Policy, models: Vec::new(), diagnostics: Vec::new() },
        Err(diagnostics) => Linted { content: Content::BrokenPolicy, models: Vec::new(), diagnostics },
    }
}

fn lint_model(
    root: Node<'_>,
    format: Format,
    policy: &Policy,
    today: Date,
    source: &Source,
    linted: &mut Linted,
) {
    let model: Model<'_> = format.read(root);
    let subject = Subject::new(&model, policy, today);
    let mut found = Vec::new();
    for rule in rules::ALL {
        let (Check::Meaning(check), Some(level)) = (rule.check, policy.level(rule)) else { continue };
        let first = found.len();
        check(&subject, &mut found);
        for diagnostic in &mut found[first..] {
            diagnostic.level = level;
        }
    }
    for violation in format.schema().violations(root) {
        let echoes = linted.diagnostics.iter().any(|diagnostic| diagnostic.span == violation.span);
        if !echoes && !spoken_for(&violation, policy, &found) {
            found.push(shape_diagnostic(violation));
        }
    }
    linted.diagnostics.append(&mut found);
    linted.models.push(Assessed::of(&subject, source));
}

/// Whether a rule of ours has said, or by policy need not say, what this violation of the schema says.
fn spoken_for(violation: &Violation, policy: &Policy, found: &[Diagnostic]) -> bool {
    let Some(owner) = violation.owner.as_deref().and_then(rules::named) else { return false };
    policy.level(owner).is_none() || found.iter().any(|diagnostic| diagnostic.rule == owner.name)
}

/// What reading the text had to report.
pub(crate) fn reading_diagnostics(document: &Document<'_>) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::with_capacity(document.problems.len());
    for problem in &document.problems {
        let rule = rules::ALL
            .into_iter()
            .find(|rule| matches!(rule.check, Check::Reading(kind) if kind == problem.kind));
        let mut diagnostic =
            Diagnostic::new(rule.unwrap_or(&rules::syntax::RULE), problem.span, &*problem.message);
        diagnostic.related.extend(
            problem.related.iter().map(|(span, message)| Related { span: *span, message: message.clone() }),
        );
        diagnostics.push(diagnostic);
    }
    diagnostics
}

/// What a schema finds wrong with a tree, for files that no rule of meaning looks at.
pub(crate) fn shape_diagnostics(schema: Schema, root: Node<'_>) -> Vec<Diagnostic> {
    schema.violations(root).into_iter().map(shape_diagnostic).collect()
}

fn shape_diagnostic(violation: Violation) -> Diagnostic {
    let of_kind = |rule: &&Rule| matches!(rule.check, Check::Shape(kind) if kind == violation.kind);
    let rule = rules::ALL.into_iter().find(of_kind).unwrap_or(&rules::schema::RULE);
    let mut diagnostic = Diagnostic::new(rule, violation.span, violation.message);
    diagnostic.help = violation.help;
    diagnostic
}

fn unmarked(root: Node<'_>, what: Recognised) -> Diagnostic {
    let rule = &rules::marker_missing::RULE;
    let first = root.as_map().and_then(|map| map.iter().next());
    let span = first.map_or(root.span(), |entry| entry.key_span);
    let which = match what {
        Recognised::Unmarked | Recognised::Model(_) => "this looks like a threat model",
        Recognised::Other => "this document stands beside a threat model",
    };
    Diagnostic::new(rule, span, format!("{which}, and lacks `aivss_threat_model: 1`"))
        .help("put `aivss_threat_model: 1` first")
}

fn finish(diagnostics: &mut [Diagnostic], document: &Document<'_>) {
    for diagnostic in &mut *diagnostics {
        diagnostic.pointer = pointer(document, diagnostic.span);
    }
    diagnostics.sort_by(|one, other| {
        (one.span, one.rule, &one.message).cmp(&(other.span, other.rule, &other.message))
    });
}

/// The JSON pointer of the innermost key or value that holds a place; empty for the whole document.
fn pointer(document: &Document<'_>, span: Span) -> String {
    let mut pointer = String::new();
    let Some(mut node) = document.roots().find(|root| root.span().contains(span)) else { return pointer };
    loop {
        let step = match (node.as_map(), node.as_list()) {
            (Some(map), _) => map
                .iter()
                .find(|entry| entry.key_span.contains(span) || entry.value.span().contains(span))
                .map(|entry| (entry.key.replace('~', "~0").replace('/', "~1"), entry.value, entry.key_span)),
            (_, Some(list)) => list
                .iter()
                .enumerate()
                .find(|(_, item)| item.span().contains(span))
                .map(|(at, item)| (at.to_string(), item, item.span())),
            _ => None,
        };
        let Some((part, value, key_span)) = step else { return pointer };
        pointer.push('/');
        pointer.push_str(&part);
        if node.as_map().is_some() && key_span.contains(span) {
            return pointer;
        }
        node = value;
    }
}
