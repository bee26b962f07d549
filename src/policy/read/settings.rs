//! The terms of a policy file, its own and its overrides': limits, requirements, the scale, levels.

use std::collections::BTreeMap;

use crate::aivss::Factor;
use crate::aivss::{Band, Formula};
use crate::decimal::Decimal;
use crate::diagnostic::Level;
use crate::policy::globs::Case;
use crate::policy::read::{Reader, UNREAD, fault};
use crate::policy::{FORMATS, Limits, Override, Require, Scale, Settings, Sourced};
use crate::rules;
use crate::syntax::{Entry, Map, Node, Value};

impl Reader<'_> {
    pub(crate) fn settings(&mut self, node: Node<'_>) -> Settings {
        Settings {
            limits: node
                .get("limits")
                .and_then(Node::as_map)
                .map_or_else(Limits::default, |map| self.limits(map)),
            require: node
                .get("require")
                .and_then(Node::as_map)
                .map_or_else(Require::default, |map| self.require(map)),
            scale: node.as_map().and_then(|map| {
                self.word(map, "scale", |word| match word {
                    "three-point" => Some(Scale::ThreePoint),
                    "continuous" => Some(Scale::Continuous),
                    _ => None,
                })
            }),
            formulas: node.as_map().and_then(|map| self.formulas(map)),
            levels: node
                .get("rules")
                .and_then(Node::as_map)
                .map_or_else(BTreeMap::new, |map| self.levels(map)),
        }
    }

    pub(crate) fn over(&mut self, node: Node<'_>) -> Option<Override> {
        let map = node.as_map()?;
        let matcher = map.get("match")?.as_map()?;
        let text = |key| matcher.get(key).and_then(Node::as_str).map(str::to_owned);
        let path = matcher.entry("path").and_then(|entry| self.pattern_list(&[entry.value], Case::Exact));
        let first = map.iter().next()?;
        let models_in =
            map.get("require").and_then(Node::as_map).and_then(|require| require.entry("models_in"));
        if let Some(entry) = models_in {
            let message = "`models_in` is about folders, and an override is about threat models";
            self.faults
                .push(fault(entry.key_span, message).help("move it to the `require` of the whole policy"));
        }
        Some(Override {
            path,
            environment: text("environment"),
            tier: text("tier"),
            settings: self.settings(node),
            origin: self.origin(first.key_span),
        })
    }

    fn limits(&self, map: Map<'_>) -> Limits {
        let factors = map.get("factors").and_then(Node::as_map);
        let findings = map.get("findings").and_then(Node::as_map);
        Limits {
            score: self.number(map, "score"),
            severity: self.word(map, "severity", Band::named),
            cvss_base: self.number(map, "cvss_base"),
            factors: factors.map_or_else(BTreeMap::new, |factors| {
                let limit =
                    |entry: Entry<'_>| Some((Factor::with_key(entry.key)?, self.number(factors, entry.key)?));
                factors.iter().filter_map(limit).collect()
            }),
            findings: findings.map_or_else(BTreeMap::new, |findings| {
                let limit =
                    |entry: Entry<'_>| Some((Band::named(entry.key)?, self.count(findings, entry.key)?));
                findings.iter().filter_map(limit).collect()
            }),
            uncertain_layers: self.count(map, "uncertain_layers"),
            not_applicable_layers: self.count(map, "not_applicable_layers"),
            open_threats: self.count(map, "open_threats"),
            increase: self.number(map, "increase"),
        }
    }

    fn require(&self, map: Map<'_>) -> Require {
        Require {
            owner: self.flag(map, "owner"),
            environment: self.flag(map, "environment"),
            tier: self.flag(map, "tier"),
            rationale_from: self.number(map, "rationale_from"),
            mitigation_evidence: self.flag(map, "mitigation_evidence"),
            approval_from: self.word(map, "approval_from", Band::named),
            review_within: self.days(map, "review_within"),
            formats: self.formats_allowed(map),
        }
    }

    fn levels(&mut self, map: Map<'_>) -> BTreeMap<&'static str, Sourced<Option<Level>>> {
        let mut levels = BTreeMap::new();
        for entry in map.iter() {
            let (Some(rule), Some(word)) = (rules::resolve(entry.key), entry.value.as_str()) else {
                continue;
            };
            self.note_renamed(entry.key, entry.key_span);
            let level = Level::named(word);
            if rule.fixed && level != Some(Level::Error) {
                let message = format!("`{}` cannot be set to {word}", rule.name);
                self.faults.push(fault(entry.span(), message).help(UNREAD));
                continue;
            }
            levels.insert(rule.name, Sourced { value: level, origin: self.origin(entry.key_span) });
        }
        levels
    }

    fn formulas(&self, map: Map<'_>) -> Option<Sourced<Vec<&'static str>>> {
        self.set(map, "formulas", |value| {
            let Value::List(list) = value else { return None };
            let version = |node: Node<'_>| match node.value() {
                Value::String(text) | Value::Number(text) => Some(Formula::named(text)?.version),
                _ => None,
            };
            Some(list.iter().filter_map(version).collect())
        })
    }

    fn formats_allowed(&self, map: Map<'_>) -> Option<Sourced<Vec<&'static str>>> {
        self.set(map, "formats", |value| {
            let Value::List(list) = value else { return None };
            let named = |node: Node<'_>| FORMATS.into_iter().find(|name| node.as_str() == Some(name));
            Some(list.iter().filter_map(named).collect())
        })
    }

    fn number(&self, map: Map<'_>, key: &str) -> Option<Sourced<Decimal>> {
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

    fn count(&self, map: Map<'_>, key: &str) -> Option<Sourced<usize>> {
        let number = self.number(map, key)?;
        // The schema asks for a whole number, which `3.0` is too.
        let value = number.value.truncate(0).to_string().parse().ok()?;
        Some(Sourced { value, origin: number.origin })
    }

    pub(crate) fn days(&self, map: Map<'_>, key: &str) -> Option<Sourced<i32>> {
        self.word(map, key, |word| word.strip_suffix('d')?.parse().ok())
    }

    fn flag(&self, map: Map<'_>, key: &str) -> Option<Sourced<bool>> {
        self.set(map, key, |value| if let Value::Bool(flag) = value { Some(flag) } else { None })
    }

    fn word<T>(&self, map: Map<'_>, key: &str, read: impl Fn(&str) -> Option<T>) -> Option<Sourced<T>> {
        self.set(map, key, |value| if let Value::String(word) = value { read(word) } else { None })
    }

    fn set<T>(&self, map: Map<'_>, key: &str, read: impl Fn(Value<'_>) -> Option<T>) -> Option<Sourced<T>> {
        let entry = map.entry(key)?;
        Some(Sourced { value: read(entry.value.value())?, origin: self.origin(entry.key_span) })
    }
}
