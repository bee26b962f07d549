//! The settings of a policy as one table. Reading, merging, `policy show`, the comparison of two policies, their schema
//! and their documentation are derived from its rows.

use std::collections::BTreeMap;
use std::fmt;

use crate::aivss::{Band, Factor, Formula};
use crate::decimal::Decimal;
use crate::diagnostic::{Level, Origin, RuleInfo};
use crate::policy::Sourced;
use crate::source::Span;
use crate::syntax::{Map, Node, Value as TreeValue};

/// A setting with values of type `T`.
#[derive(Debug)]
pub struct Setting<T> {
    /// Its row in [`TABLE`].
    pub row: Row,
    typed: fn(&SettingValue) -> Option<T>,
}

/// Everything that the program derives from a setting.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The section of the policy; empty for a key at the top.
    pub section: &'static str,
    /// The key in its section.
    pub key: &'static str,
    /// The values that it accepts.
    pub kind: Kind,
    /// Whether it is a mapping with a value for each of these keys.
    pub parts: Parts,
    /// The description in the schema and in the documentation.
    pub description: &'static str,
}

/// The values that a setting accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number from 0 to this one.
    Number(u32),
    /// A whole number from 0 on, up to this one if there is one.
    Count(Option<u32>),
    /// A number of days: `180d`.
    Days,
    /// A severity band.
    Band,
    /// `true` or `false`.
    Flag,
    /// One of these words; the first is the strictest.
    Word(&'static [&'static str]),
    /// A list of these words, in which each word allows more.
    Words(&'static [&'static str]),
    /// Versions of the formula, in which each version allows more.
    Formulas,
}

/// The keys below a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// None: the setting has one value.
    None,
    /// A value for each factor.
    Factors,
    /// A value for each severity band.
    Bands,
}

/// The value of a setting.
#[derive(Clone, Debug)]
pub enum SettingValue {
    /// Of [`Kind::Number`].
    Number(Decimal),
    /// Of [`Kind::Count`].
    Count(usize),
    /// Of [`Kind::Days`].
    Days(i32),
    /// Of [`Kind::Band`].
    Band(Band),
    /// Of [`Kind::Flag`].
    Flag(bool),
    /// Of [`Kind::Word`].
    Word(&'static str),
    /// Of [`Kind::Words`] and [`Kind::Formulas`].
    Words(Vec<&'static str>),
}

/// The factor values that a policy accepts, `scale`.
const SCALES: &[&str] = &["three-point", "continuous"];
/// The formats that a policy can allow, `require.formats`.
const FORMATS: &[&str] = &["native", "markdown", "owasp-report"];
/// The number of layers of MAESTRO.
const LAYERS: Option<u32> = Some(7);

/// The highest proven score.
pub static SCORE: Setting<Decimal> = Setting::number(
    "limits",
    "score",
    10,
    "The highest AIVSS score that passes, compared with the proven score: a mitigation without evidence counts as 1.00, below 0.67 as 0.67; a threat multiplier below 0.50 counts as 0.50. With a severity limit, the stricter binds.",
);
/// The highest severity band of a proven score.
pub static SEVERITY: Setting<Band> = Setting::band(
    "limits",
    "severity",
    "The highest severity band that passes, compared with the proven score.",
);
/// The highest CVSS base score.
pub static CVSS_BASE: Setting<Decimal> =
    Setting::number("limits", "cvss_base", 10, "The highest CVSS base score that passes.");
/// The highest value of single factors.
pub static FACTORS: Setting<Decimal> =
    Setting::number("limits", "factors", 1, "The highest value that passes, by factor.").with(Parts::Factors);
/// The number of findings of a band.
pub static FINDINGS: Setting<usize> =
    Setting::count("limits", "findings", None, "How many findings may be of a severity band.")
        .with(Parts::Bands);
/// The number of uncertain layers.
pub static UNCERTAIN_LAYERS: Setting<usize> =
    Setting::count("limits", "uncertain_layers", LAYERS, "How many layers may be uncertain.");
/// The number of layers that are not applicable.
pub static NOT_APPLICABLE_LAYERS: Setting<usize> =
    Setting::count("limits", "not_applicable_layers", LAYERS, "How many layers may be not applicable.");
/// The number of open threats.
pub static OPEN_THREATS: Setting<usize> =
    Setting::count("limits", "open_threats", None, "How many threats may be open.");
/// The rise of a proven score over that of the base revision.
pub static INCREASE: Setting<Decimal> = Setting::number(
    "limits",
    "increase",
    10,
    "How much a proven score may rise over the base revision's (check --base); of the agent and of each finding. A new agent is compared with the worst one that the change takes out of its file, or removes.",
);
/// Whether the owner is required.
pub static OWNER: Setting<bool> = Setting::flag("require", "owner", "agent.owner is required.");
/// Whether the environment is required.
pub static ENVIRONMENT: Setting<bool> =
    Setting::flag("require", "environment", "agent.environment is required.");
/// Whether the tier is required.
pub static TIER: Setting<bool> = Setting::flag("require", "tier", "agent.tier is required.");
/// The factor value from which a rationale is required.
pub static RATIONALE_FROM: Setting<Decimal> =
    Setting::number("require", "rationale_from", 1, "A factor at or above this value needs a rationale.");
/// Whether a mitigation factor below 1 requires evidence.
pub static MITIGATION_EVIDENCE: Setting<bool> = Setting::flag(
    "require",
    "mitigation_evidence",
    "A mitigation factor below 1.0 needs mitigation_evidence.",
);
/// The band from which an approval is required.
pub static APPROVAL_FROM: Setting<Band> =
    Setting::band("require", "approval_from", "At or above this band, review.approved_by is required.");
/// The age of a review, in days.
pub static REVIEW_WITHIN: Setting<i32> = Setting::new(
    row("require", "review_within", Kind::Days, "How old review.date may be, in days: 180d."),
    |value| if let SettingValue::Days(days) = value { Some(*days) } else { None },
);
/// The allowed formats.
pub static ALLOWED_FORMATS: Setting<Vec<&'static str>> = Setting::words(
    "require",
    "formats",
    Kind::Words(FORMATS),
    "The formats that are allowed. native: YAML, JSON and fenced blocks of pages. What a format that is not listed cannot express counts as missing if a limit needs it.",
);
/// The values that factors and multipliers may have.
pub static SCALE: Setting<&'static str> = Setting::new(
    row(
        "",
        "scale",
        Kind::Word(SCALES),
        "three-point: factors only 0, 0.5 or 1, multipliers only the published ones. continuous: any value from 0.00 to 1.00.",
    ),
    |value| if let SettingValue::Word(word) = value { Some(*word) } else { None },
);
/// The allowed versions of the formula.
pub static FORMULAS: Setting<Vec<&'static str>> =
    Setting::words("", "formulas", Kind::Formulas, "The formulas that may be used; without it, any.");

/// All settings, in the order in which they are shown.
pub static TABLE: [&Row; 19] = [
    &SCORE.row,
    &SEVERITY.row,
    &CVSS_BASE.row,
    &FACTORS.row,
    &FINDINGS.row,
    &UNCERTAIN_LAYERS.row,
    &NOT_APPLICABLE_LAYERS.row,
    &OPEN_THREATS.row,
    &INCREASE.row,
    &OWNER.row,
    &ENVIRONMENT.row,
    &TIER.row,
    &RATIONALE_FROM.row,
    &MITIGATION_EVIDENCE.row,
    &APPROVAL_FROM.row,
    &REVIEW_WITHIN.row,
    &ALLOWED_FORMATS.row,
    &SCALE.row,
    &FORMULAS.row,
];

const fn row(section: &'static str, key: &'static str, kind: Kind, description: &'static str) -> Row {
    Row { section, key, kind, parts: Parts::None, description }
}

impl<T> Setting<T> {
    const fn new(row: Row, typed: fn(&SettingValue) -> Option<T>) -> Self {
        Self { row, typed }
    }

    const fn with(self, parts: Parts) -> Self {
        Self { row: Row { parts, ..self.row }, ..self }
    }
}

impl Setting<Decimal> {
    const fn number(section: &'static str, key: &'static str, most: u32, description: &'static str) -> Self {
        Self::new(row(section, key, Kind::Number(most), description), |value| match value {
            SettingValue::Number(number) => Some(*number),
            _ => None,
        })
    }
}

impl Setting<usize> {
    const fn count(
        section: &'static str,
        key: &'static str,
        most: Option<u32>,
        description: &'static str,
    ) -> Self {
        Self::new(row(section, key, Kind::Count(most), description), |value| match value {
            SettingValue::Count(count) => Some(*count),
            _ => None,
        })
    }
}

impl Setting<Band> {
    const fn band(section: &'static str, key: &'static str, description: &'static str) -> Self {
        Self::new(row(section, key, Kind::Band, description), |value| match value {
            SettingValue::Band(band) => Some(*band),
            _ => None,
        })
    }
}

impl Setting<bool> {
    const fn flag(section: &'static str, key: &'static str, description: &'static str) -> Self {
        Self::new(row(section, key, Kind::Flag, description), |value| match value {
            SettingValue::Flag(flag) => Some(*flag),
            _ => None,
        })
    }
}

impl Setting<Vec<&'static str>> {
    const fn words(section: &'static str, key: &'static str, kind: Kind, description: &'static str) -> Self {
        Self::new(row(section, key, kind, description), |value| match value {
            SettingValue::Words(words) => Some(words.clone()),
            _ => None,
        })
    }
}

impl Row {
    /// The keys below it; a single empty one if it has one value.
    fn parts(&self) -> Vec<&'static str> {
        match self.parts {
            Parts::None => vec![""],
            Parts::Factors => Factor::ALL.into_iter().map(Factor::key).collect(),
            Parts::Bands => Band::ALL.into_iter().map(Band::name).collect(),
        }
    }
}

impl Kind {
    fn read(self, value: TreeValue<'_>) -> Option<SettingValue> {
        let find = |words: &[&'static str], text: &str| words.iter().copied().find(|word| *word == text);
        Some(match (self, value) {
            (Self::Number(_), TreeValue::Number(text)) => SettingValue::Number(Decimal::parse(text).ok()?),
            // The schema accepts `3.0` as a whole number.
            (Self::Count(_), TreeValue::Number(text)) => {
                SettingValue::Count(Decimal::parse(text).ok()?.truncate(0).to_string().parse().ok()?)
            }
            (Self::Days, TreeValue::String(text)) => SettingValue::Days(days(text)?),
            (Self::Band, TreeValue::String(text)) => SettingValue::Band(Band::named(text)?),
            (Self::Flag, TreeValue::Bool(flag)) => SettingValue::Flag(flag),
            (Self::Word(words), TreeValue::String(text)) => SettingValue::Word(find(words, text)?),
            (Self::Words(words), TreeValue::List(list)) => {
                SettingValue::Words(list.iter().filter_map(|item| find(words, item.as_str()?)).collect())
            }
            (Self::Formulas, TreeValue::List(list)) => {
                let version = |item: Node<'_>| match item.value() {
                    TreeValue::String(text) | TreeValue::Number(text) => Some(Formula::named(text)?.version),
                    _ => None,
                };
                SettingValue::Words(list.iter().filter_map(version).collect())
            }
            _ => return None,
        })
    }
}

/// The number of days in `180d`.
pub(crate) fn days(text: &str) -> Option<i32> {
    text.strip_suffix('d')?.parse().ok()
}

impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Count(count) => write!(f, "{count}"),
            Self::Days(days) => write!(f, "{days}d"),
            Self::Band(band) => f.write_str(band.name()),
            Self::Flag(flag) => write!(f, "{flag}"),
            Self::Word(word) => f.write_str(word),
            Self::Words(words) => write!(f, "[{}]", words.join(", ")),
        }
    }
}

/// The settings that apply to one threat model.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The values by section, key and part.
    values: BTreeMap<[&'static str; 3], Sourced<SettingValue>>,
    pub(crate) levels: BTreeMap<&'static str, Sourced<Option<Level>>>,
}

/// A setting that has a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'s> {
    pub(crate) row: &'static Row,
    /// The key below the setting; empty if the setting has one value.
    pub(crate) part: &'static str,
    pub(crate) value: &'s Sourced<SettingValue>,
}

impl Entry<'_> {
    /// The keys from the top of the policy.
    pub(crate) fn path(&self) -> Vec<&'static str> {
        [self.row.section, self.row.key, self.part].into_iter().filter(|key| !key.is_empty()).collect()
    }
}

impl Settings {
    /// Reads the settings in a mapping of a policy. `origin` returns the origin of a key.
    pub(crate) fn read(map: Map<'_>, origin: impl Fn(Span) -> Origin) -> Self {
        let mut values = BTreeMap::new();
        for row in TABLE {
            let section = match row.section {
                "" => Some(map),
                section => map.get(section).and_then(Node::as_map),
            };
            let holder = match row.parts {
                Parts::None => section,
                Parts::Factors | Parts::Bands => {
                    section.and_then(|section| section.get(row.key)).and_then(Node::as_map)
                }
            };
            for part in row.parts() {
                let key = if part.is_empty() { row.key } else { part };
                let Some(entry) = holder.and_then(|holder| holder.entry(key)) else { continue };
                if let Some(value) = row.kind.read(entry.value.value()) {
                    let origin = origin(entry.key_span);
                    values.insert([row.section, row.key, part], Sourced { value, origin });
                }
            }
        }
        Self { values, levels: BTreeMap::new() }
    }

    /// The value of a setting.
    pub fn get<T>(&self, setting: &Setting<T>) -> Option<Sourced<T>> {
        self.part(setting, "")
    }

    /// The value of one part of a setting: a factor's key or a band's name.
    pub fn part<T>(&self, setting: &Setting<T>, part: &'static str) -> Option<Sourced<T>> {
        let Sourced { value, origin } = self.values.get(&[setting.row.section, setting.row.key, part])?;
        Some(Sourced { value: (setting.typed)(value)?, origin: origin.clone() })
    }

    /// Whether a setting, or a part of it, has a value.
    pub fn has<T>(&self, setting: &Setting<T>) -> bool {
        self.origin(&setting.row).is_some()
    }

    /// The line that sets a setting, or the first part of it.
    pub fn origin(&self, row: &Row) -> Option<&Origin> {
        let from = [row.section, row.key, ""];
        let (key, value) = self.values.range(from..).next()?;
        (key[..2] == from[..2]).then_some(&value.origin)
    }

    /// The line that requires the three-point scale.
    pub fn three_point(&self) -> Option<&Origin> {
        let is_set = self.get(&SCALE).is_some_and(|scale| SCALES.first() == Some(&scale.value));
        self.origin(&SCALE.row).filter(|_| is_set)
    }

    /// The level of a rule; `None` if it is off.
    pub fn level(&self, rule: impl Into<RuleInfo>) -> Option<Level> {
        let rule = rule.into();
        self.levels.get(rule.name).map_or(Some(rule.level), |set| set.value)
    }

    /// The levels that are set, by rule.
    pub const fn levels(&self) -> &BTreeMap<&'static str, Sourced<Option<Level>>> {
        &self.levels
    }

    /// Applies other settings over these: their values win.
    pub(crate) fn overlay(&mut self, over: Self) {
        self.values.extend(over.values);
        self.levels.extend(over.levels);
    }

    /// The settings that have a value, in the order of the table.
    pub(crate) fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        TABLE.into_iter().flat_map(move |row| {
            row.parts().into_iter().filter_map(move |part| {
                let value = self.values.get(&[row.section, row.key, part])?;
                Some(Entry { row, part, value })
            })
        })
    }
}
