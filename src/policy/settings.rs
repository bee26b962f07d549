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
    pub row: SettingRow,
    typed: fn(&SettingValue) -> Option<T>,
}

/// Everything that the program derives from a setting.
#[derive(Clone, Copy, Debug)]
pub struct SettingRow {
    /// The section of the policy; empty for a key at the top.
    pub section: &'static str,
    /// The key in its section.
    pub key: &'static str,
    /// The values that it accepts.
    pub kind: SettingKind,
    /// Whether it is a mapping with a value for each of these keys.
    pub parts: SettingParts,
    /// The description in the schema and in the documentation.
    pub description: &'static str,
}

/// The values that a setting accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
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
pub enum SettingParts {
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
    /// Of [`SettingKind::Number`].
    Number(Decimal),
    /// Of [`SettingKind::Count`].
    Count(usize),
    /// Of [`SettingKind::Days`].
    Days(i32),
    /// Of [`SettingKind::Band`].
    Band(Band),
    /// Of [`SettingKind::Flag`].
    Flag(bool),
    /// Of [`SettingKind::Word`].
    Word(&'static str),
    /// Of [`SettingKind::Words`] and [`SettingKind::Formulas`].
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
    Setting::number("limits", "factors", 1, "The highest value that passes, by factor.")
        .with(SettingParts::Factors);
/// The number of findings of a band.
pub static FINDINGS: Setting<usize> =
    Setting::count("limits", "findings", None, "How many findings may be of a severity band.")
        .with(SettingParts::Bands);
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
    row("require", "review_within", SettingKind::Days, "How old review.date may be, in days: 180d."),
    |value| if let SettingValue::Days(days) = value { Some(*days) } else { None },
);
/// The allowed formats.
pub static ALLOWED_FORMATS: Setting<Vec<&'static str>> = Setting::words(
    "require",
    "formats",
    SettingKind::Words(FORMATS),
    "The formats that are allowed. native: YAML, JSON and fenced blocks of pages. What a format that is not listed cannot express counts as missing if a limit needs it.",
);
/// The values that factors and multipliers may have.
pub static SCALE: Setting<&'static str> = Setting::new(
    row(
        "",
        "scale",
        SettingKind::Word(SCALES),
        "three-point: factors only 0, 0.5 or 1, multipliers only the published ones. continuous: any value from 0.00 to 1.00.",
    ),
    |value| if let SettingValue::Word(word) = value { Some(*word) } else { None },
);
/// The allowed versions of the formula.
pub static FORMULAS: Setting<Vec<&'static str>> =
    Setting::words("", "formulas", SettingKind::Formulas, "The formulas that may be used; without it, any.");

/// All settings, in the order in which they are shown.
pub static TABLE: [&SettingRow; 19] = [
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

const fn row(
    section: &'static str,
    key: &'static str,
    kind: SettingKind,
    description: &'static str,
) -> SettingRow {
    SettingRow { section, key, kind, parts: SettingParts::None, description }
}

impl<T> Setting<T> {
    const fn new(row: SettingRow, typed: fn(&SettingValue) -> Option<T>) -> Self {
        Self { row, typed }
    }

    const fn with(self, parts: SettingParts) -> Self {
        Self { row: SettingRow { parts, ..self.row }, ..self }
    }
}

impl Setting<Decimal> {
    const fn number(section: &'static str, key: &'static str, most: u32, description: &'static str) -> Self {
        Self::new(row(section, key, SettingKind::Number(most), description), |value| match value {
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
        Self::new(row(section, key, SettingKind::Count(most), description), |value| match value {
            SettingValue::Count(count) => Some(*count),
            _ => None,
        })
    }
}

impl Setting<Band> {
    const fn band(section: &'static str, key: &'static str, description: &'static str) -> Self {
        Self::new(row(section, key, SettingKind::Band, description), |value| match value {
            SettingValue::Band(band) => Some(*band),
            _ => None,
        })
    }
}

impl Setting<bool> {
    const fn flag(section: &'static str, key: &'static str, description: &'static str) -> Self {
        Self::new(row(section, key, SettingKind::Flag, description), |value| match value {
            SettingValue::Flag(flag) => Some(*flag),
            _ => None,
        })
    }
}

impl Setting<Vec<&'static str>> {
    const fn words(
        section: &'static str,
        key: &'static str,
        kind: SettingKind,
        description: &'static str,
    ) -> Self {
        Self::new(row(section, key, kind, description), |value| match value {
            SettingValue::Words(words) => Some(words.clone()),
            _ => None,
        })
    }
}

impl SettingRow {
    /// The keys below it; a single empty one if it has one value.
    fn parts(&self) -> Vec<&'static str> {
        match self.parts {
            SettingParts::None => vec![""],
            SettingParts::Factors => Factor::ALL.into_iter().map(Factor::key).collect(),
            SettingParts::Bands => Band::ALL.into_iter().map(Band::name).collect(),
        }
    }
}

impl SettingKind {
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
pub(crate) struct SettingEntry<'s> {
    pub(crate) row: &'static SettingRow,
    /// The key below the setting; empty if the setting has one value.
    pub(crate) part: &'static str,
    pub(crate) value: &'s Sourced<SettingValue>,
}

impl SettingEntry<'_> {
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
                SettingParts::None => section,
                SettingParts::Factors | SettingParts::Bands => {
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
    pub fn origin(&self, row: &SettingRow) -> Option<&Origin> {
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
    pub(crate) fn entries(&self) -> impl Iterator<Item = SettingEntry<'_>> {
        TABLE.into_iter().flat_map(move |row| {
            row.parts().into_iter().filter_map(move |part| {
                let value = self.values.get(&[row.section, row.key, part])?;
                Some(SettingEntry { row, part, value })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::schema::Schema;

    fn in_schema(kind: SettingKind) -> Value {
        let bands: Vec<&str> = Band::ALL.into_iter().map(Band::name).collect();
        match kind {
            SettingKind::Number(most) => json!({ "type": "number", "minimum": 0, "maximum": most }),
            SettingKind::Count(None) => json!({ "type": "integer", "minimum": 0 }),
            SettingKind::Count(Some(most)) => json!({ "type": "integer", "minimum": 0, "maximum": most }),
            SettingKind::Days => {
                json!({ "type": "string", "pattern": "^[0-9]{1,4}d$", "x-expected": "a number of days such as 180d" })
            }
            SettingKind::Band => json!({ "type": "string", "enum": bands }),
            SettingKind::Flag => json!({ "type": "boolean" }),
            SettingKind::Word(words) => json!({ "type": "string", "enum": words }),
            SettingKind::Words(words) => {
                json!({ "type": "array", "minItems": 1, "items": { "type": "string", "enum": words } })
            }
            SettingKind::Formulas => {
                let versions = crate::aivss::ALL.map(|formula| formula.version);
                let numbers = versions.iter().filter_map(|version| version.parse::<f64>().ok());
                let all: Vec<Value> =
                    versions.iter().map(|version| json!(version)).chain(numbers.map(Value::from)).collect();
                json!({ "type": "array", "minItems": 1, "items": { "enum": all } })
            }
        }
    }

    /// The part of the schema of policies that describes a setting.
    fn fragment(row: &SettingRow) -> Value {
        let mut fragment = json!({ "description": row.description });
        let object = fragment.as_object_mut().unwrap();
        if row.parts == SettingParts::None {
            object.extend(in_schema(row.kind).as_object().unwrap().clone());
        } else {
            // Nobody has a finding in the band None.
            let parts = row.parts().into_iter().filter(|part| *part != "None");
            let properties: serde_json::Map<String, Value> =
                parts.map(|part| (part.to_owned(), in_schema(row.kind))).collect();
            object.insert("type".to_owned(), json!("object"));
            object.insert("properties".to_owned(), json!(properties));
            object.insert("additionalProperties".to_owned(), json!(false));
        }
        fragment
    }

    /// Puts a text between two marks of a file, or asserts that it is there.
    #[expect(clippy::disallowed_methods, reason = "the files are written on demand")]
    fn renew(file: &str, text: &str, start: &str, end: &str, renewed: &str) {
        let (before, rest) = text.split_once(start).unwrap();
        let (old, after) = rest.split_once(end).unwrap();
        if old != renewed && std::env::var_os("UPDATE").is_some() {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            std::fs::write(path, format!("{before}{start}{renewed}{end}{after}")).unwrap();
            return;
        }
        assert_eq!(old, renewed, "UPDATE=1 cargo test settings_are writes {file}");
    }

    #[test]
    fn settings_are_in_the_schema() {
        let schema: Value = serde_json::from_str(Schema::Policy.text()).unwrap();
        for row in TABLE.into_iter().filter(|row| row.section.is_empty()) {
            assert_eq!(schema["$defs"][row.key], fragment(row), "{}", row.key);
        }
        for (section, description) in
            [("limits", "What passes at the most."), ("require", "What must be given.")]
        {
            let mut entries: Vec<(&str, Value)> = TABLE
                .into_iter()
                .filter(|row| row.section == section)
                .map(|row| (row.key, fragment(row)))
                .collect();
            if section == "require" {
                // Patterns of folders are not a setting of a threat model.
                entries.push(("models_in", schema["$defs"][section]["properties"]["models_in"].clone()));
            }
            let expected: serde_json::Map<String, Value> =
                entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
            if schema["$defs"][section]["properties"] == json!(expected) {
                continue;
            }
            let start = format!(
                "\"description\": \"{description}\",\n      \"type\": \"object\",\n      \"properties\": {{\n"
            );
            let entries = entries.iter().map(|(key, value)| {
                let value = serde_json::to_string_pretty(value).unwrap().replace('\n', "\n        ");
                format!("        \"{key}\": {value}")
            });
            let renewed = entries.collect::<Vec<_>>().join(",\n");
            let end = "\n      },\n      \"patternProperties\"";
            renew("schemas/policy.json", Schema::Policy.text(), &start, end, &renewed);
            return;
        }
    }

    #[test]
    fn settings_are_in_the_documentation() {
        let rows = TABLE.map(|row| {
            let values = match row.kind {
                SettingKind::Number(most) => format!("number from 0 to {most}"),
                SettingKind::Count(_) => "number".to_owned(),
                SettingKind::Days => "days, `180d`".to_owned(),
                SettingKind::Band => "band".to_owned(),
                SettingKind::Flag => "`true` or `false`".to_owned(),
                SettingKind::Word(words) => format!("`{}`", words.join("` or `")),
                SettingKind::Words(words) => format!("list of `{}`", words.join("`, `")),
                SettingKind::Formulas => "list of versions: `\"0.5\"`, `\"0.8\"`, `0.8-floor`".to_owned(),
            };
            let values = match row.parts {
                SettingParts::None => values,
                SettingParts::Factors => format!("{values}, by factor"),
                SettingParts::Bands => format!("{values}, by band"),
            };
            let key = [row.section, row.key].join(".");
            format!("| `{}` | {values} | {} |\n", key.trim_start_matches('.'), row.description)
        });
        let (start, end) = ("| setting | values | description |\n|---|---|---|\n", "\n`require.models_in: ");
        let page = include_str!("../../docs/policy.md");
        renew("docs/policy.md", page, start, end, &rows.concat());
    }
}
