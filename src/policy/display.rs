//! A policy written out: the terms for one model as a policy file with the origin of each value, and the whole of it
//! as facts that can be compared with another policy's.

use std::collections::{BTreeMap, BTreeSet};

use crate::compare::{Attribute, Direction, Items};
use crate::date::Date;
use crate::decimal::Decimal;
use crate::diagnostic::Origin;
use crate::digest;
use crate::escape::escape_line;
use crate::policy::{Exception, Override, Policy, Scale, Settings, Sourced};
use crate::rules;

/// A value of a policy under its path of keys.
struct Entry<'p> {
    path: Vec<&'p str>,
    value: String,
    origin: &'p Origin,
}

impl Settings {
    /// Everything that is set, in the order of the schema.
    fn entries(&self) -> Vec<Entry<'_>> {
        let mut entries = Entries::default();
        let limits = self.limits();
        entries.set(&["limits", "score"], limits.score.as_ref(), ToString::to_string);
        entries.set(&["limits", "severity"], limits.severity.as_ref(), |band| band.name().to_owned());
        entries.set(&["limits", "cvss_base"], limits.cvss_base.as_ref(), ToString::to_string);
        for (factor, limit) in &limits.factors {
            entries.set(&["limits", "factors", factor.key()], Some(limit), ToString::to_string);
        }
        for (band, limit) in &limits.findings {
            entries.set(&["limits", "findings", band.name()], Some(limit), ToString::to_string);
        }
        entries.set(&["limits", "uncertain_layers"], limits.uncertain_layers.as_ref(), ToString::to_string);
        let left_out = limits.not_applicable_layers.as_ref();
        entries.set(&["limits", "not_applicable_layers"], left_out, ToString::to_string);
        entries.set(&["limits", "open_threats"], limits.open_threats.as_ref(), ToString::to_string);
        entries.set(&["limits", "increase"], limits.increase.as_ref(), ToString::to_string);
        let require = self.require();
        entries.set(&["require", "owner"], require.owner.as_ref(), ToString::to_string);
        entries.set(&["require", "environment"], require.environment.as_ref(), ToString::to_string);
        entries.set(&["require", "tier"], require.tier.as_ref(), ToString::to_string);
        entries.set(&["require", "rationale_from"], require.rationale_from.as_ref(), ToString::to_string);
        let evidence = require.mitigation_evidence.as_ref();
        entries.set(&["require", "mitigation_evidence"], evidence, ToString::to_string);
        entries.set(&["require", "approval_from"], require.approval_from.as_ref(), |b| b.name().to_owned());
        entries.set(&["require", "review_within"], require.review_within.as_ref(), |days| format!("{days}d"));
        entries.set(&["require", "formats"], require.formats.as_ref(), |names| {
            format!("[{}]", names.join(", "))
        });
        entries.set(&["scale"], self.scale(), |scale| match scale {
            Scale::ThreePoint => "three-point".to_owned(),
            Scale::Continuous => "continuous".to_owned(),
        });
        entries.set(&["formulas"], self.formulas(), |versions| format!("[{}]", versions.join(", ")));
        for (rule, level) in self.levels() {
            let word =
                |level: &Option<_>| level.map_or("off", |level: crate::diagnostic::Level| level.name());
            entries.set(&["rules", rule], Some(level), |level| word(level).to_owned());
        }
        entries.0
    }

    /// The terms as a policy file, with the origin of each value in a comment and the level of every rule.
    pub fn written(&self) -> String {
        let own = Origin::outside("the rule's own");
        let mut entries = self.entries();
        entries.retain(|entry| entry.path[0] != "rules");
        entries.extend(rules::ALL.into_iter().map(|rule| {
            let origin = self.levels().get(rule.name).map_or(&own, |set| &set.origin);
            let value = self.level(rule).map_or("off", |level| level.name()).to_owned();
            Entry { path: vec!["rules", rule.name], value, origin }
        }));
        let mut lines = vec![("aivss_policy: 1".to_owned(), String::new())];
        let mut above: Vec<&str> = Vec::new();
        for Entry { path, value, origin } in &entries {
            let shared = path.iter().zip(&above).take_while(|(one, other)| one == other).count();
            for (depth, key) in path.iter().enumerate().skip(shared) {
                let indent = "  ".repeat(depth);
                lines.push(if depth + 1 == path.len() {
                    (format!("{indent}{key}: {value}"), escape_line(&origin.to_string()))
                } else {
                    (format!("{indent}{key}:"), String::new())
                });
            }
            above.clone_from(path);
        }
        let width = lines.iter().map(|(line, _)| line.chars().count()).max().unwrap_or(0);
        let written = lines.iter().map(|(line, origin)| match origin.as_str() {
            "" => format!("{line}\n"),
            origin => format!("{line:width$}  # {origin}\n"),
        });
        written.collect()
    }
}

/// [`Entry`]s as they are gathered.
#[derive(Default)]
struct Entries<'p>(Vec<Entry<'p>>);

impl<'p> Entries<'p> {
    fn set<T>(&mut self, path: &[&'p str], set: Option<&'p Sourced<T>>, word: impl Fn(&T) -> String) {
        if let Some(set) = set {
            self.0.push(Entry { path: path.to_vec(), value: word(&set.value), origin: &set.origin });
        }
    }
}

impl Policy {
    /// What holds for a model at a path beside the terms: rules in Rego, and the exceptions for it; a comment for each.
    pub fn beside_terms(&self, path: &str) -> String {
        let models_in = self
            .models_in
            .iter()
            .map(|set| format!("require.models_in: [{}]  # {}", set.value.patterns().join(", "), set.origin));
        let modules = self.modules.iter().map(|(name, _)| format!("rego: {name}"));
        let data = self.data.iter().map(|(name, _)| format!("data: {name}"));
        let exceptions = self.exceptions().iter().filter(|exception| exception.is_for(path));
        let exceptions = exceptions.map(|exception| {
            let Attribute { what, value, .. } = exception.fact();
            format!("{what}, {value}  # {}", exception.origin)
        });
        models_in
            .chain(modules)
            .chain(data)
            .chain(exceptions)
            .map(|line| format!("# {}\n", escape_line(&line)))
            .collect()
    }

    /// All that the policy says, to be compared with another.
    pub fn facts(&self) -> Vec<Attribute> {
        let mut facts = self.attributes();
        facts.extend(self.exceptions().iter().map(Exception::fact));
        told_apart(facts)
    }

    /// All that the policy says but for its exceptions.
    pub fn attributes(&self) -> Vec<Attribute> {
        let mut facts: Vec<Attribute> =
            self.settings().entries().iter().map(|entry| fact(entry, "")).collect();
        let global: BTreeMap<String, Option<Decimal>> =
            facts.iter().map(|fact| (fact.what.clone(), fact.weight)).collect();
        for over in self.overrides() {
            let about = format!("overrides for {}: ", over.scope());
            facts.extend(over.settings.entries().iter().map(|entry| {
                let fact = fact(entry, &about);
                // Without the override, what holds elsewhere holds here.
                let absent = global.get(&entry.path.join(".")).copied().unwrap_or(fact.absent);
                Attribute { absent, ..fact }
            }));
        }
        let exclude = self.exclude.as_ref().map(|set| &set.value);
        let models_in = self.models_in.as_ref().map(|set| &set.value);
        let patterns = [
            ("files.include", self.include.as_ref(), Direction::Better),
            ("files.exclude", exclude, Direction::Worse),
            ("require.models_in", models_in, Direction::Better),
        ];
        facts.extend(patterns.into_iter().filter_map(|(what, set, added)| {
            let list = set?.patterns().iter().map(ToString::to_string).collect();
            let fact = Attribute::plain(what.to_owned(), format!("[{}]", set?.patterns().join(", ")));
            Some(listed(fact, Items { list, added }))
        }));
        let digested = |kind: &str, (name, text): &(String, _)| {
            let text: &std::sync::Arc<str> = text;
            // Enough digits to tell two texts apart; what they say is for the reader of the change.
            let fact = Attribute::plain(format!("{kind} {name}"), digest::of_text(text, 6));
            Attribute { weight: Some(Decimal::ZERO), absent: Some(Decimal::ONE), ..fact }
        };
        facts.extend(self.modules.iter().map(|module| digested("rego", module)));
        facts.extend(self.data.iter().map(|file| digested("data", file)));
        told_apart(facts)
    }
}

/// Where one thing is said twice, as by two overrides of the same scope, the order tells them apart.
fn told_apart(mut facts: Vec<Attribute>) -> Vec<Attribute> {
    let mut seen = BTreeSet::new();
    for fact in &mut facts {
        while !seen.insert(fact.what.clone()) {
            fact.what.push('\'');
        }
    }
    facts
}

impl Override {
    /// What it is for, in words.
    fn scope(&self) -> String {
        let parts = [
            self.path.as_ref().map(|path| path.patterns().join(", ")),
            self.environment.clone(),
            self.tier.as_ref().map(|tier| format!("tier {tier}")),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

impl Exception {
    fn fact(&self) -> Attribute {
        let finding = self.finding.as_ref().map_or_else(String::new, |id| format!(" (finding {id})"));
        let what = format!("exception for {} in {}{finding}", self.rule(), self.pattern());
        let most =
            self.max_term.as_ref().map_or_else(String::new, |most| format!(", of at most {}d", most.value));
        let (reason, owner) = (self.reason.trim_end_matches('.'), &self.owner);
        // The longer it lasts, the more passes; one that has no date has expired.
        let days =
            Date::parse("0001-01-01").zip(self.expires).map_or(0, |(first, last)| last.days_since(first));
        Attribute {
            weight: Some(Decimal::new(days.into(), 0)),
            absent: Some(Decimal::new(-1, 0)),
            ..Attribute::plain(what, format!("until {}{most}: {reason} ({owner})", self.written))
        }
    }
}

/// The weight of a limit that is not set: more than any.
const UNLIMITED: Decimal = Decimal::new(1_000_000_000, 0);
/// The weights of what is required, and of what is not.
const REQUIRED: Decimal = Decimal::ZERO;
const FREE: Decimal = Decimal::ONE;

/// A value of a policy as a fact: the looser, the more it weighs.
fn fact(entry: &Entry<'_>, about: &str) -> Attribute {
    let Entry { path, value, .. } = entry;
    let fact = Attribute::plain(format!("{about}{}", path.join(".")), value.clone());
    let weighed = |weight, absent| Attribute { weight, absent: Some(absent), ..fact.clone() };
    match path[..] {
        ["require", "formats"] | ["formulas"] => {
            let list = value.trim_matches(['[', ']']).split(", ").map(str::to_owned).collect();
            let allowed = Items { list, added: Direction::Worse };
            Attribute { items: Some(allowed), ..weighed(Some(REQUIRED), FREE) }
        }
        ["limits", "severity"] | ["require", "approval_from"] => weighed(rank(value), UNLIMITED),
        ["limits", ..] | ["require", "rationale_from" | "review_within"] => {
            weighed(Decimal::parse(value.trim_end_matches('d')).ok(), UNLIMITED)
        }
        ["require", ..] => weighed(Some(if value == "true" { REQUIRED } else { FREE }), FREE),
        ["scale"] => weighed(Some(if value == "three-point" { REQUIRED } else { FREE }), FREE),
        ["rules", rule] => {
            let own = rules::named(rule).map(|rule| level_weight(rule.level.name()));
            Attribute { absent: own, ..weighed(Some(level_weight(value)), FREE) }
        }
        _ => fact,
    }
}

/// The place of a band in their order.
fn rank(name: &str) -> Option<Decimal> {
    let place = ["None", "Low", "Medium", "High", "Critical"].iter().position(|band| *band == name)?;
    Some(Decimal::new(i64::try_from(place).ok()?, 0))
}

fn level_weight(name: &str) -> Decimal {
    let weight = match name {
        "error" => 0,
        "warning" => 1,
        "note" => 2,
        _ => 3,
    };
    Decimal::new(weight, 0)
}

/// A list of patterns as a fact; one that is not there is empty.
fn listed(fact: Attribute, items: Items) -> Attribute {
    let (present, absent) = match items.added {
        Direction::Worse => (FREE, REQUIRED),
        Direction::Better | Direction::Other => (REQUIRED, FREE),
    };
    Attribute { weight: Some(present), absent: Some(absent), items: Some(items), ..fact }
}
