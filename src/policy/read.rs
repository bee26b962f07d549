//! Policy file to [`Policy`], by the same steps as any other file: document, schema, meaning.

use std::sync::Arc;

use super::{BuiltIn, Limits, Policy, Require, Scale, Set};
use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Level, Origin};
use crate::document::{self, Entry, List, Map, Node, POLICY_MARKER, Value};
use crate::lint::finish;
use crate::model::Factor;
use crate::pattern::{Case, PathSet};
use crate::rules;
use crate::schema::Schema;
use crate::score::Band;
use crate::source::{Source, Span};

/// Reads a policy.
///
/// # Errors
/// Everything that is wrong with the file, each with its place in it.
pub fn read(source: &Source) -> Result<Policy, Vec<Diagnostic>> {
    let document = document::parse(source);
    let mut faults: Vec<Diagnostic> = document.problems.iter().map(rules::of_problem).collect();
    let mut roots = document.roots();
    let (Some(root), None) = (roots.next(), roots.next()) else {
        if faults.is_empty() {
            faults.push(fault(Span::new(0, 0), "a policy file holds exactly one policy"));
        }
        return Err(faults);
    };
    if root.get(POLICY_MARKER).is_none() {
        let message = format!("this is no policy: it lacks `{POLICY_MARKER}: 1`");
        faults.push(fault(source.first_line(root.span()), message));
        return Err(faults);
    }
    faults.extend(Schema::Policy.violations(root).into_iter().map(rules::of_violation));
    let mut reader = Reader { source, file: Arc::from(source.name()), faults };
    let policy = reader.policy(root);
    let mut faults = reader.faults;
    finish(&mut faults, &document);
    if faults.is_empty() { Ok(policy) } else { Err(faults) }
}

fn fault(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(&rules::policy::RULE, span, message)
}

struct Reader<'s> {
    source: &'s Source,
    file: Arc<str>,
    faults: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn policy(&mut self, root: Node<'_>) -> Policy {
        let mut policy = Policy::default();
        for parent in items(root, "extends") {
            // The schema knows the names; an unknown one is its fault to report.
            if let Some(built_in) = parent.as_str().and_then(BuiltIn::named) {
                policy.overlay(built_in.policy());
            }
        }
        let own = Policy {
            limits: root
                .get("limits")
                .and_then(Node::as_map)
                .map_or_else(Limits::default, |map| self.limits(map)),
            require: root
                .get("require")
                .and_then(Node::as_map)
                .map_or_else(Require::default, |map| self.require(map)),
            scale: root.as_map().and_then(|map| {
                self.word(map, "scale", |word| match word {
                    "three-point" => Some(Scale::ThreePoint),
                    "continuous" => Some(Scale::Continuous),
                    _ => None,
                })
            }),
            levels: std::collections::BTreeMap::new(),
            include: self.patterns(root, "include"),
            exclude: self.patterns(root, "exclude"),
        };
        policy.overlay(own);
        if let Some(levels) = root.get("rules").and_then(Node::as_map) {
            self.levels(levels, &mut policy);
        }
        policy
    }

    fn limits(&self, map: Map<'_>) -> Limits {
        let factors = map.get("factors").and_then(Node::as_map);
        Limits {
            score: self.number(map, "score"),
            severity: self.word(map, "severity", Band::named),
            cvss_base: self.number(map, "cvss_base"),
            factors: factors.map_or_else(Default::default, |factors| {
                let limit =
                    |entry: Entry<'_>| Some((Factor::with_key(entry.key)?, self.number(factors, entry.key)?));
                factors.iter().filter_map(limit).collect()
            }),
            uncertain_layers: self.count(map, "uncertain_layers"),
            open_threats: self.count(map, "open_threats"),
        }
    }

    fn require(&self, map: Map<'_>) -> Require {
        Require {
            owner: self.flag(map, "owner"),
            rationale_from: self.number(map, "rationale_from"),
            mitigation_evidence: self.flag(map, "mitigation_evidence"),
            approval_from: self.word(map, "approval_from", Band::named),
            review_within: self.word(map, "review_within", |word| word.strip_suffix('d')?.parse().ok()),
        }
    }

    fn levels(&mut self, map: Map<'_>, policy: &mut Policy) {
        for entry in map.iter() {
            let (Some(rule), Some(word)) = (rules::named(entry.key), entry.value.as_str()) else { continue };
            let level = Level::named(word);
            if rule.fixed && level != Some(Level::Error) {
                let message = format!("`{}` cannot be set to {word}", rule.name);
                let why = "without it a score or a whole file would go unread, and pass";
                self.faults.push(fault(entry.span(), message).help(format!("leave it out: {why}")));
                continue;
            }
            policy.levels.insert(rule.name, Set { value: level, origin: self.origin(entry.key_span) });
        }
    }

    fn patterns(&mut self, root: Node<'_>, key: &str) -> Option<PathSet> {
        let files = root.get("files")?;
        files.get(key)?.as_list()?;
        let nodes: Vec<Node<'_>> = items(files, key).filter(|node| node.as_str().is_some()).collect();
        match PathSet::new(nodes.iter().filter_map(|node| node.as_str()), Case::Exact) {
            Ok(set) => Some(set),
            Err((at, message)) => {
                self.faults.push(fault(nodes[at].span(), format!("this pattern cannot be read: {message}")));
                None
            }
        }
    }

    fn number(&self, map: Map<'_>, key: &str) -> Option<Set<Decimal>> {
        self.set(map, key, |value| match value {
            Value::Number(text) => Decimal::parse(text).ok(),
            Value::Null
            | Value::Bool(_)
            | Value::String(_)
            | Value::List(_)
            | Value::Map(_)
            | Value::Unreadable => None,
        })
    }

    fn count(&self, map: Map<'_>, key: &str) -> Option<Set<usize>> {
        let number = self.number(map, key)?;
        // The schema asks for a whole number, which `3.0` is too.
        let value = number.value.truncate(0).to_string().parse().ok()?;
        Some(Set { value, origin: number.origin })
    }

    fn flag(&self, map: Map<'_>, key: &str) -> Option<Set<bool>> {
        self.set(map, key, |value| if let Value::Bool(flag) = value { Some(flag) } else { None })
    }

    fn word<T>(&self, map: Map<'_>, key: &str, read: impl Fn(&str) -> Option<T>) -> Option<Set<T>> {
        self.set(map, key, |value| if let Value::String(word) = value { read(word) } else { None })
    }

    fn set<T>(&self, map: Map<'_>, key: &str, read: impl Fn(Value<'_>) -> Option<T>) -> Option<Set<T>> {
        let entry = map.entry(key)?;
        Some(Set { value: read(entry.value.value())?, origin: self.origin(entry.key_span) })
    }

    fn origin(&self, span: Span) -> Origin {
        let position = self.source.position(span.start);
        Origin { file: self.file.clone(), line: position.line, column: position.column }
    }
}

fn items<'t>(node: Node<'t>, key: &str) -> impl Iterator<Item = Node<'t>> + use<'t> {
    node.get(key).and_then(Node::as_list).into_iter().flat_map(List::iter)
}
