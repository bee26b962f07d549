//! A policy as a list of attributes, which can be compared with those of another policy.

use std::collections::{BTreeMap, BTreeSet};

use crate::date::Date;
use crate::decimal::Decimal;
use crate::diagnostic::{Level, RuleInfo};
use crate::digest;
use crate::policy::globs::PathSet;
use crate::policy::settings::{SettingEntry, SettingKind, SettingValue};
use crate::policy::{Exception, Override, Policy, Settings, TextFile};

/// One property of a threat model or of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// The name; unique in a list of attributes.
    pub what: String,
    /// The value.
    pub value: String,
    /// The risk of the value, more being worse; `None` if values cannot be ranked.
    pub weight: Option<Decimal>,
    /// The risk if the attribute is missing; `None` if that cannot be ranked.
    pub absent: Option<Decimal>,
    /// The items of a list, which decide instead of the weight.
    pub items: Option<Items>,
}

/// The items of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Items {
    /// The items.
    pub list: BTreeSet<String>,
    /// The direction of an added item; a removed one has the opposite direction.
    pub added: Direction,
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
    pub const fn plain(what: String, value: String) -> Self {
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

    /// A file of which only the digest is shown.
    fn of_file(kind: &str, file: &TextFile) -> Self {
        let plain = Self::plain(format!("{kind} {}", file.name), digest::of_text(&file.text, DIGEST));
        plain.weighed(Some(REQUIRED), FREE)
    }

    /// A setting: the looser, the more it weighs.
    fn of_setting(entry: &SettingEntry<'_>, about: &str) -> Self {
        let value = &entry.value.value;
        let plain = Self::plain(format!("{about}{}", entry.path().join(".")), value.to_string());
        let required = |is_required| Some(if is_required { REQUIRED } else { FREE });
        match (value, entry.row.kind) {
            (SettingValue::Number(number), _) => plain.weighed(Some(*number), UNLIMITED),
            (SettingValue::Count(count), _) => plain.weighed(whole(*count), UNLIMITED),
            (SettingValue::Days(days), _) => plain.weighed(Some(Decimal::new((*days).into(), 0)), UNLIMITED),
            (SettingValue::Band(band), _) => plain.weighed(whole(*band as usize), UNLIMITED),
            (SettingValue::Flag(flag), _) => plain.weighed(required(*flag), FREE),
            (SettingValue::Word(word), SettingKind::Word(words)) => {
                plain.weighed(required(words.first() == Some(word)), FREE)
            }
            (SettingValue::Word(_), _) => plain,
            (SettingValue::Words(words), _) => {
                let list = words.iter().map(|word| (*word).to_owned()).collect();
                let items = Some(Items { list, added: Direction::Worse });
                Self { items, ..plain.weighed(Some(REQUIRED), FREE) }
            }
        }
    }

    fn of_level(rule: RuleInfo, level: Option<Level>, about: &str) -> Self {
        let plain = Self::plain(format!("{about}rules.{}", rule.name), level_name(level).to_owned());
        plain.weighed(Some(level_weight(level)), level_weight(Some(rule.level)))
    }

    pub(crate) fn of_exception(exception: &Exception) -> Self {
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
    pub fn facts(&self) -> Vec<Attribute> {
        let mut facts = self.attributes();
        facts.extend(self.exceptions().iter().map(Attribute::of_exception));
        made_unique(facts)
    }

    /// Everything that the policy sets except its exceptions.
    pub fn attributes(&self) -> Vec<Attribute> {
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
        let exclude = self.exclude.as_ref().map(|set| &set.value);
        let models_in = self.models_in.as_ref().map(|set| &set.value);
        for (what, set, added) in [
            ("files.include", self.include.as_ref(), Direction::Better),
            ("files.exclude", exclude, Direction::Worse),
            ("require.models_in", models_in, Direction::Better),
        ] {
            facts.extend(set.map(|set| Attribute::of_patterns(what, set, added)));
        }
        facts.extend(
            self.required_version
                .as_ref()
                .map(|version| Attribute::plain("required_version".to_owned(), version.value.to_string())),
        );
        let modules = self.rego.iter().flat_map(|program| &program.modules);
        facts.extend(modules.map(|file| Attribute::of_file("rego", file)));
        let data = self.rego.iter().flat_map(|program| &program.data_files);
        facts.extend(data.map(|file| Attribute::of_file("data", file)));
        made_unique(facts)
    }

    fn of_settings(&self, settings: &Settings, about: &str) -> Vec<Attribute> {
        let levels = settings.levels().iter().filter_map(|(name, level)| {
            let rule = self.rules.rules.iter().find(|rule| rule.name == *name)?;
            Some(Attribute::of_level(*rule, level.value, about))
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
    fn scope(&self) -> String {
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

pub(crate) fn level_name(level: Option<Level>) -> &'static str {
    level.map_or("off", Level::name)
}

fn level_weight(level: Option<Level>) -> Decimal {
    Decimal::new(
        match level {
            Some(Level::Error) => 0,
            Some(Level::Warning) => 1,
            Some(Level::Note) => 2,
            None => 3,
        },
        0,
    )
}
