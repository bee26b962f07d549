//! A policy as a list of attributes, which can be compared with those of another policy, and as text for `policy show`.

use crate::date::Date;
use crate::decimal::Decimal;
use crate::diagnostic::{Level, Origin, RuleInfo};
use crate::digest;
use crate::escape::escape_line;
use crate::policy::globs::PathSet;
use crate::policy::settings::{SettingEntry, SettingKind, SettingValue};
use crate::policy::{Exception, Override, Policy, Scope, Settings, TextFile};
use std::collections::{BTreeMap, BTreeSet};

/// One property of a threat model or of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attribute {
    /// The name; unique in a list of attributes.
    pub(crate) what: String,
    pub(crate) value: String,
    /// The risk of the value, more being worse; `None` if values cannot be ranked.
    pub(crate) weight: Option<Decimal>,
    /// The risk if the attribute is missing; `None` if that cannot be ranked.
    pub(crate) absent: Option<Decimal>,
    /// The items of a list, which decide instead of the weight.
    pub(crate) items: Option<Items>,
}

/// The items of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Items {
    pub(crate) list: BTreeSet<String>,
    /// The direction of an added item; a removed one has the opposite direction.
    pub(crate) added: Direction,
}

/// The direction of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More risk, or less knowledge of it.
    Worse,
    /// Less risk.
    Better,
    /// Neither, or unknown.
    Other,
}

impl Direction {
    /// The direction between two weights, of which more is worse.
    pub(crate) fn of_weights(old: Option<Decimal>, new: Option<Decimal>) -> Self {
        match old.zip(new) {
            Some((old, new)) if old < new => Self::Worse,
            Some((old, new)) if new < old => Self::Better,
            Some(_) | None => Self::Other,
        }
    }

    /// The direction from an attribute to another one, of which either can be missing.
    pub(crate) fn between(old: Option<&Attribute>, new: Option<&Attribute>) -> Self {
        match (old, new) {
            (Some(Attribute { items: Some(old), .. }), Some(Attribute { items: Some(new), .. })) => {
                Self::of_items(old, new)
            }
            (Some(old), Some(new)) => Self::of_weights(old.weight, new.weight),
            (Some(old), None) => Self::of_weights(old.weight, old.absent),
            (None, Some(new)) => Self::of_weights(new.absent, new.weight),
            (None, None) => Self::Other,
        }
    }

    /// The direction of a list's difference. One item that makes it worse outweighs all others.
    pub(crate) fn of_items(old: &Items, new: &Items) -> Self {
        let is_added = !new.list.is_subset(&old.list);
        let is_removed = !old.list.is_subset(&new.list);
        match new.added {
            Self::Worse if is_added => Self::Worse,
            Self::Better if is_removed => Self::Worse,
            Self::Worse | Self::Better if is_added || is_removed => Self::Better,
            Self::Worse | Self::Better | Self::Other => Self::Other,
        }
    }

    /// The direction in a word, for reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Worse => "worse",
            Self::Better => "better",
            Self::Other => "other",
        }
    }
}

/// The weight of a limit that is not set: more than any.
const UNLIMITED: Decimal = Decimal::new(1_000_000_000, 0);
/// The weights of something that is required, and of something that is not.
const REQUIRED: Decimal = Decimal::ZERO;
const FREE: Decimal = Decimal::ONE;
/// The number of bytes of a digest that are compared.
const DIGEST: usize = 6;

impl Attribute {
    /// An attribute whose values cannot be ranked.
    pub(crate) const fn plain(what: String, value: String) -> Self {
        Self { what, value, weight: None, absent: None, items: None }
    }

    fn weighed(self, weight: Option<Decimal>, absent: Decimal) -> Self {
        Self { weight, absent: Some(absent), ..self }
    }

    /// A list of patterns; one that is not set is empty.
    fn of_patterns(what: &str, set: &PathSet, added: Direction) -> Self {
        let (present, absent) = match added {
            Direction::Worse => (FREE, REQUIRED),
            Direction::Better | Direction::Other => (REQUIRED, FREE),
        };
        let plain = Self::plain(what.to_owned(), format!("[{}]", set.patterns().join(", ")));
        let list = set.patterns().iter().cloned().collect();
        Self { items: Some(Items { list, added }), ..plain.weighed(Some(present), absent) }
    }

    /// A setting: the looser, the more it weighs.
    fn of_setting(entry: &SettingEntry<'_>, about: &str) -> Self {
        let value = &entry.value.value;
        let plain = Self::plain(format!("{about}{}", entry.path().join(".")), value.to_string());
        match value {
            SettingValue::Number(number) => plain.weighed(Some(*number), UNLIMITED),
            SettingValue::Count(count) => plain.weighed(whole(*count), UNLIMITED),
            SettingValue::Days(days) => plain.weighed(Some(Decimal::new((*days).into(), 0)), UNLIMITED),
            SettingValue::Band(band) => plain.weighed(whole(*band as usize), UNLIMITED),
            SettingValue::Words(words) => {
                let list = words.iter().map(|word| (*word).to_owned()).collect();
                let items = Some(Items { list, added: Direction::Worse });
                Self { items, ..plain.weighed(Some(REQUIRED), FREE) }
            }
            SettingValue::Flag(_) | SettingValue::Word(_) => {
                let is_required = entry.row.kind == SettingKind::Flag { default: true };
                let weight = if entry.is_strict() { REQUIRED } else { FREE };
                plain.weighed(Some(weight), if is_required { REQUIRED } else { FREE })
            }
        }
    }

    fn of_exception(exception: &Exception) -> Self {
        let most = exception.max_term.as_ref();
        let most = most.map(|most| format!(", of at most {}d", most.value)).unwrap_or_default();
        let (reason, owner) = (exception.reason.trim_end_matches('.'), &exception.owner);
        // The longer it lasts, the more it allows; without a date it has expired.
        let days = Date::parse("0001-01-01").zip(exception.expires);
        let days = days.map_or(0, |(first, last)| last.days_since(first));
        let value = format!("until {}{most}: {reason} ({owner})", exception.written);
        Self::plain(exception.title(), value).weighed(Some(Decimal::new(days.into(), 0)), Decimal::new(-1, 0))
    }
}

impl Policy {
    /// Everything that the policy sets.
    pub(crate) fn facts(&self) -> Vec<Attribute> {
        let mut facts = self.attributes();
        facts.extend(self.exceptions().iter().map(Attribute::of_exception));
        made_unique(facts)
    }

    /// Everything that the policy sets except its exceptions.
    pub(crate) fn attributes(&self) -> Vec<Attribute> {
        let mut facts = self.of_settings(&self.settings, "");
        let global: BTreeMap<String, Option<Decimal>> =
            facts.iter().map(|fact| (fact.what.clone(), fact.weight)).collect();
        for over in &self.overrides {
            let about = format!("overrides for {}: ", over.scope());
            facts.extend(self.of_settings(&over.settings, &about).into_iter().map(|fact| {
                // Without the override, the setting of the whole policy applies.
                let absent = global.get(&fact.what[about.len()..]).copied().unwrap_or(fact.absent);
                Attribute { absent, ..fact }
            }));
        }
        for (what, set, added) in [
            ("files.include", self.include.as_ref(), Direction::Better),
            ("files.exclude", self.exclude.as_ref().map(|set| &set.value), Direction::Worse),
            ("require.models_in", self.models_in.as_ref().map(|set| &set.value), Direction::Better),
        ] {
            facts.extend(set.map(|set| Attribute::of_patterns(what, set, added)));
        }
        if let Some(version) = &self.required_version {
            facts.push(Attribute::plain("required_version".to_owned(), version.value.to_string()));
        }
        facts.extend(self.rego_files().map(|(kind, file)| {
            // Only the digest is shown.
            let digest = digest::of_text(&file.text, DIGEST);
            Attribute::plain(format!("{kind} {}", file.name), digest).weighed(Some(REQUIRED), FREE)
        }));
        made_unique(facts)
    }

    /// The settings that are looser in one scope than in another one: the first key that differs, and a sentence. `None` if
    /// there are none.
    pub(crate) fn loosened(&self, from: Scope<'_>, to: Scope<'_>) -> Option<(&'static str, String)> {
        let keys = [
            ("environment", from.environment, to.environment),
            ("tier", from.tier, to.tier),
            ("path", Some(from.path), Some(to.path)),
        ];
        let mut other = keys.into_iter().filter(|(_, old, new)| old != new).peekable();
        let (key, ..) = *other.peek()?;
        let [old, new] = [from, to].map(|scope| self.of_settings(&self.settings_for(scope).0, ""));
        let of = |facts: &[Attribute], what: &str| facts.iter().find(|fact| fact.what == what).cloned();
        let names: BTreeSet<&str> = old.iter().chain(&new).map(|fact| &*fact.what).collect();
        let looser = names.into_iter().filter_map(|what| {
            let (old, new) = (of(&old, what), of(&new, what));
            let is_worse = Direction::between(old.as_ref(), new.as_ref()) == Direction::Worse;
            let [old, new] = [old, new].map(|fact| fact.map_or("not set".to_owned(), |fact| fact.value));
            is_worse.then(|| format!("`{what}` from {old} to {new}"))
        });
        let looser = looser.collect::<Vec<_>>();
        let changes = other.map(|(key, old, new)| {
            format!("{key} is {}, and was {} in the base", new.unwrap_or("missing"), old.unwrap_or("missing"))
        });
        let changes = changes.collect::<Vec<_>>().join("; ");
        (!looser.is_empty()).then(|| (key, format!("{changes}; this loosens {}", looser.join(", "))))
    }

    /// The files of rules in Rego and then those of data, each with the word for its kind.
    fn rego_files(&self) -> impl Iterator<Item = (&'static str, &TextFile)> {
        let modules = self.rego.iter().flat_map(|program| &program.modules).map(|file| ("rego", file));
        let data = self.rego.iter().flat_map(|program| &program.data_files).map(|file| ("data", file));
        modules.chain(data)
    }

    fn of_settings(&self, settings: &Settings, about: &str) -> Vec<Attribute> {
        let levels = settings.levels.iter().filter_map(|(name, level)| {
            let rule = self.rules.rules.iter().find(|rule| rule.name == *name)?;
            let name = format!("{about}rules.{}", rule.name);
            let plain = Attribute::plain(name, level_name(level.value).to_owned());
            Some(plain.weighed(Some(level_weight(level.value)), level_weight(Some(rule.level))))
        });
        settings.entries().map(|entry| Attribute::of_setting(&entry, about)).chain(levels).collect()
    }
}

/// Marks names that occur again, such as those of two overrides of the same scope, by their order.
fn made_unique(mut facts: Vec<Attribute>) -> Vec<Attribute> {
    let mut seen = BTreeSet::new();
    for fact in &mut facts {
        while !seen.insert(fact.what.clone()) {
            fact.what.push('\'');
        }
    }
    facts
}

impl Override {
    /// The threat models that it is for, in words.
    pub(crate) fn scope(&self) -> String {
        let parts = [
            self.path.as_ref().map(|path| path.patterns().join(", ")),
            self.environment.clone(),
            self.tier.as_ref().map(|tier| format!("tier {tier}")),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

fn whole(number: usize) -> Option<Decimal> {
    Some(Decimal::new(i64::try_from(number).ok()?, 0))
}

fn level_name(level: Option<Level>) -> &'static str {
    level.map_or("off", Level::name)
}

fn level_weight(level: Option<Level>) -> Decimal {
    let weight = match level {
        Some(Level::Error) => 0,
        Some(Level::Warning) => 1,
        Some(Level::Note) => 2,
        None => 3,
    };
    Decimal::new(weight, 0)
}

/// The rules whose levels `policy show` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ShownLevels {
    All,
    /// Those with another level than their own.
    Changed,
}

/// A line of YAML, and the origin in its comment.
struct CommentedLine {
    text: String,
    origin: Option<String>,
}

impl Policy {
    /// The settings for a threat model at a path, or those without overrides, as a policy file: the origin of each value in
    /// a comment, the levels of rules, and a comment for everything else that applies.
    pub(crate) fn written(&self, settings: &Settings, path: Option<&str>, levels: ShownLevels) -> String {
        let mut lines = self.lines(settings, levels);
        if levels == ShownLevels::Changed {
            let own =
                self.rules.rules.iter().filter(|rule| settings.level(**rule) == Some(rule.level)).count();
            let text = format!("# {own} rules have their default level (--all lists them)");
            lines.push(CommentedLine { text, origin: None });
        }
        let width = (lines.iter().filter(|line| line.origin.is_some()))
            .map(|line| line.text.chars().count())
            .max()
            .unwrap_or(0);
        let written = lines.iter().map(|CommentedLine { text, origin }| match origin {
            None => format!("{text}\n"),
            Some(origin) => format!("{text:width$}  # {}\n", escape_line(origin)),
        });
        written.chain(self.comments(path).map(|line| format!("# {}\n", escape_line(&line)))).collect()
    }

    fn lines(&self, settings: &Settings, levels: ShownLevels) -> Vec<CommentedLine> {
        let own = Origin::outside("the rule's own");
        let mut entries: Vec<(Vec<&str>, String, &Origin)> = Vec::new();
        if let Some(required) = &self.required_version {
            entries.push((vec!["required_version"], format!("\"{}\"", required.value), &required.origin));
        }
        for entry in settings.entries() {
            entries.push((entry.path(), entry.value.value.to_string(), &entry.value.origin));
        }
        let is_shown =
            |rule: &&RuleInfo| levels == ShownLevels::All || settings.level(**rule) != Some(rule.level);
        for rule in self.rules.rules.iter().filter(is_shown) {
            let origin = settings.level_origin(rule.name).unwrap_or(&own);
            entries.push((vec!["rules", rule.name], level_name(settings.level(*rule)).to_owned(), origin));
        }
        let mut lines = vec![CommentedLine { text: "aivss_policy: 1".to_owned(), origin: None }];
        let mut above: Vec<&str> = Vec::new();
        for (path, value, origin) in entries {
            let shared = path.iter().zip(&above).take_while(|(one, other)| one == other).count();
            for (depth, key) in path.iter().enumerate().skip(shared) {
                let (indent, is_last) = ("  ".repeat(depth), depth + 1 == path.len());
                let text =
                    if is_last { format!("{indent}{key}: {value}") } else { format!("{indent}{key}:") };
                lines.push(CommentedLine { text, origin: is_last.then(|| origin.to_string()) });
            }
            above = path;
        }
        lines
    }

    fn override_lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for over in &self.overrides {
            let scope = over.scope();
            for entry in over.settings.entries() {
                let (key, value) = (entry.path().join("."), &entry.value);
                lines.push(format!("override for {scope}: {key}: {}  # {}", value.value, value.origin));
            }
            for (rule, level) in &over.settings.levels {
                let name = level_name(level.value);
                lines.push(format!("override for {scope}: rules.{rule}: {name}  # {}", level.origin));
            }
        }
        lines
    }

    /// Everything that is not a setting; without a path, that for any threat model.
    fn comments(&self, path: Option<&str>) -> impl Iterator<Item = String> {
        let overrides = if path.is_none() { self.override_lines() } else { Vec::new() };
        let models_in = self
            .models_in
            .iter()
            .map(|set| format!("require.models_in: [{}]  # {}", set.value.patterns().join(", "), set.origin));
        let exceptions = self.exceptions.iter().filter(move |one| path.is_none_or(|path| one.is_for(path)));
        overrides
            .into_iter()
            .chain(models_in)
            .chain(self.rego_files().map(|(kind, file)| format!("{kind}: {}", file.name)))
            .chain(exceptions.map(|exception| {
                let Attribute { what, value, .. } = Attribute::of_exception(exception);
                format!("{what}, {value}  # {}", exception.origin)
            }))
    }
}

impl Exception {
    /// The rule, the files and the finding that it is for.
    pub(crate) fn title(&self) -> String {
        let finding = self.finding.as_ref().map(|id| format!(" (finding {id})")).unwrap_or_default();
        format!("exception for {} in {}{finding}", self.rule, self.pattern)
    }
}
