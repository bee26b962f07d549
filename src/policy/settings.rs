//! The settings of a policy as one table. Reading, merging, `policy show`, the comparison of two policies, their schema
//! and their documentation are derived from its rows.

use std::collections::BTreeMap;
use std::fmt;

use crate::aivss::{Band, Factor, Formula};
use crate::decimal::Decimal;
use crate::diagnostic::{Level, Origin};
use crate::policy::Sourced;
use crate::source::Span;
use crate::syntax::{Map, Node, Value as TreeValue};

/// A setting with values of type `T`.
#[derive(Debug)]
pub(crate) struct Setting<T> {
    pub(crate) row: SettingRow,
    typed: fn(&SettingValue) -> Option<T>,
}

/// Everything that the program derives from a setting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SettingRow {
    /// The key, after its section and a dot if it is in one.
    pub(crate) path: &'static str,
    pub(crate) kind: SettingKind,
    parts: SettingParts,
    /// Whether it applies to the score, so that it has no effect on an agent without one.
    pub(crate) needs_score: bool,
    /// The part of a threat model that it limits, if a format that has only findings cannot express it.
    pub(crate) beyond_findings: Option<&'static str>,
    #[cfg_attr(not(test), expect(dead_code, reason = "tests write it into the schema and the book"))]
    description: &'static str,
}

/// The values that a setting accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SettingKind {
    /// A number from 0 to this one.
    Number(u32),
    /// A whole number from 0 on, up to this one if there is one.
    Count(Option<u32>),
    /// A number of days: `180d`.
    Days,
    Band,
    Flag {
        /// The value without a policy that sets it.
        default: bool,
    },
    /// One of these words; the first is the strictest.
    Word(&'static [&'static str]),
    /// A list of these words, in which each word allows more.
    Words(&'static [&'static str]),
    /// Versions of the formula, in which each version allows more.
    Formulas,
}

/// The keys below a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SettingParts {
    None,
    Factors,
    Bands,
    /// Bands and [`TOTAL`]; a single value is the total.
    BandsAndTotal,
}

#[derive(Clone, Debug)]
pub(crate) enum SettingValue {
    Number(Decimal),
    Count(usize),
    Days(i32),
    Band(Band),
    Flag(bool),
    Word(&'static str),
    /// Of [`SettingKind::Words`] and [`SettingKind::Formulas`].
    Words(Vec<&'static str>),
}

/// The factor values that a policy accepts, `scale`.
const SCALES: &[&str] = &["three-point", "continuous"];
/// The formats that a policy can allow, `require.formats`.
const FORMATS: &[&str] = &["native", "markdown", "owasp-report"];
/// The part of a setting by band that counts all bands.
pub(crate) const TOTAL: &str = "total";
/// The number of layers of MAESTRO.
const LAYERS: Option<u32> = Some(7);

pub(crate) static SCORE: Setting<Decimal> = number(
    "limits.score",
    10,
    "The highest AIVSS score that passes, compared with the proven score: a mitigation without evidence counts as 1.00, below 0.67 as 0.67; a threat multiplier below 0.50 counts as 0.50. With a severity limit, the stricter binds.",
)
.of_whole("a score of the agent")
.of_score();
pub(crate) static SEVERITY: Setting<Band> =
    band("limits.severity", "The highest severity band that passes, compared with the proven score.")
        .of_whole("a score of the agent")
        .of_score();
pub(crate) static CVSS_BASE: Setting<Decimal> =
    number("limits.cvss_base", 10, "The highest CVSS base score that passes.").of_score();
pub(crate) static FACTORS: Setting<Decimal> =
    number("limits.factors", 1, "The highest value that passes, by factor.")
        .with(SettingParts::Factors)
        .of_score();
pub(crate) static FINDINGS: Setting<usize> =
    count("limits.findings", None, "How many findings may be of a severity band.")
        .with(SettingParts::Bands)
        .of_score();
pub(crate) static UNCERTAIN_LAYERS: Setting<usize> =
    count("limits.uncertain_layers", LAYERS, "How many layers may be uncertain.").of_whole("layers");
pub(crate) static NOT_APPLICABLE_LAYERS: Setting<usize> =
    count("limits.not_applicable_layers", LAYERS, "How many layers may be not applicable.")
        .of_whole("layers");
pub(crate) static OPEN_THREATS: Setting<usize> = count(
    "limits.open_threats",
    None,
    "How many threats may be open, in total or by severity. Threats without a status are open, those without a severity count as Critical. Accepted and transferred threats count past their due date, or without owner, reason and due date.",
)
.with(SettingParts::BandsAndTotal)
.of_whole("layers");
pub(crate) static INCREASE: Setting<Decimal> = number(
    "limits.increase",
    10,
    "How much a proven score may rise over the base revision's (check --base); of the agent and of each finding. A new agent is compared with the worst one that the change takes out of its file, or removes.",
)
.of_score();
pub(crate) static OWN_SCORE: Setting<bool> = flag(
    "require.score",
    "A score of the agent, aivss, is required: true by default. With false, a threat model without aivss passes as not scored; a score that is given is checked as always.",
)
.on_by_default();
pub(crate) static OWNER: Setting<bool> = flag("require.owner", "agent.owner is required.");
pub(crate) static ENVIRONMENT: Setting<bool> = flag("require.environment", "agent.environment is required.");
pub(crate) static TIER: Setting<bool> = flag("require.tier", "agent.tier is required.");
pub(crate) static RATIONALE_FROM: Setting<Decimal> =
    number("require.rationale_from", 1, "A factor at or above this value needs a rationale.").of_score();
pub(crate) static MITIGATION_EVIDENCE: Setting<bool> =
    flag("require.mitigation_evidence", "A mitigation factor below 1.0 needs mitigation_evidence.")
        .of_score();
pub(crate) static APPROVAL_FROM: Setting<Band> =
    band("require.approval_from", "At or above this band, review.approved_by is required.").of_score();
/// Raises the level of a rule.
pub(crate) static CORE_RISKS: Setting<bool> = flag(
    "require.core_risks",
    "Each core risk of OWASP AIVSS that the factors raise is named by a threat or a finding; makes risk-unaddressed an error.",
)
.of_score();
pub(crate) static REVIEW_WITHIN: Setting<i32> = Setting::new(
    "require.review_within",
    SettingKind::Days,
    "How old review.date may be, in days: 180d.",
    |value| if let SettingValue::Days(days) = value { Some(*days) } else { None },
);
pub(crate) static THREAT_OWNER_FROM: Setting<Band> = band(
    "require.threat_owner_from",
    "A threat at or above this severity needs an owner, unless it is mitigated or closed. Without a severity it counts as Critical.",
);
pub(crate) static THREAT_DUE_FROM: Setting<Band> = band(
    "require.threat_due_from",
    "A threat at or above this severity needs a due date, unless it is mitigated or closed. Without a severity it counts as Critical.",
);
pub(crate) static ALLOWED_FORMATS: Setting<Vec<&'static str>> = words(
    "require.formats",
    SettingKind::Words(FORMATS),
    "The formats that are allowed. native: YAML, JSON and fenced blocks of pages; markdown: pages with front matter. What a format that is not listed cannot express counts as missing if a limit needs it.",
);
pub(crate) static SCALE: Setting<&'static str> = Setting::new(
    "scale",
    SettingKind::Word(SCALES),
    "three-point: factors only 0, 0.5 or 1, multipliers only the published ones. continuous: any value from 0.00 to 1.00.",
    |value| if let SettingValue::Word(word) = value { Some(*word) } else { None },
)
.of_score();
pub(crate) static FORMULAS: Setting<Vec<&'static str>> =
    words("formulas", SettingKind::Formulas, "The formulas that may be used; without it, any.").of_score();

/// All settings, in the order in which they are shown.
pub(crate) static TABLE: [&SettingRow; 23] = [
    &SCORE.row,
    &SEVERITY.row,
    &CVSS_BASE.row,
    &FACTORS.row,
    &FINDINGS.row,
    &UNCERTAIN_LAYERS.row,
    &NOT_APPLICABLE_LAYERS.row,
    &OPEN_THREATS.row,
    &INCREASE.row,
    &OWN_SCORE.row,
    &OWNER.row,
    &ENVIRONMENT.row,
    &TIER.row,
    &RATIONALE_FROM.row,
    &MITIGATION_EVIDENCE.row,
    &APPROVAL_FROM.row,
    &CORE_RISKS.row,
    &REVIEW_WITHIN.row,
    &THREAT_OWNER_FROM.row,
    &THREAT_DUE_FROM.row,
    &ALLOWED_FORMATS.row,
    &SCALE.row,
    &FORMULAS.row,
];

impl<T> Setting<T> {
    const fn new(
        path: &'static str,
        kind: SettingKind,
        description: &'static str,
        typed: fn(&SettingValue) -> Option<T>,
    ) -> Self {
        Self {
            row: SettingRow {
                path,
                kind,
                parts: SettingParts::None,
                needs_score: false,
                beyond_findings: None,
                description,
            },
            typed,
        }
    }

    const fn with(self, parts: SettingParts) -> Self {
        Self { row: SettingRow { parts, ..self.row }, ..self }
    }

    const fn on_by_default(self) -> Self {
        Self { row: SettingRow { kind: SettingKind::Flag { default: true }, ..self.row }, ..self }
    }

    /// Limits a part of a threat model that a format with findings alone cannot express.
    const fn of_whole(self, part: &'static str) -> Self {
        Self { row: SettingRow { beyond_findings: Some(part), ..self.row }, ..self }
    }

    const fn of_score(self) -> Self {
        Self { row: SettingRow { needs_score: true, ..self.row }, ..self }
    }
}

const fn number(path: &'static str, most: u32, description: &'static str) -> Setting<Decimal> {
    Setting::new(path, SettingKind::Number(most), description, |value| {
        if let SettingValue::Number(number) = value { Some(*number) } else { None }
    })
}

const fn count(path: &'static str, most: Option<u32>, description: &'static str) -> Setting<usize> {
    Setting::new(path, SettingKind::Count(most), description, |value| {
        if let SettingValue::Count(count) = value { Some(*count) } else { None }
    })
}

const fn band(path: &'static str, description: &'static str) -> Setting<Band> {
    Setting::new(path, SettingKind::Band, description, |value| {
        if let SettingValue::Band(band) = value { Some(*band) } else { None }
    })
}

const fn flag(path: &'static str, description: &'static str) -> Setting<bool> {
    Setting::new(path, SettingKind::Flag { default: false }, description, |value| {
        if let SettingValue::Flag(flag) = value { Some(*flag) } else { None }
    })
}

const fn words(
    path: &'static str,
    kind: SettingKind,
    description: &'static str,
) -> Setting<Vec<&'static str>> {
    Setting::new(path, kind, description, |value| {
        if let SettingValue::Words(words) = value { Some(words.clone()) } else { None }
    })
}

impl SettingRow {
    /// The section, empty for a key at the top of the policy, and the key in it.
    pub(crate) fn section_and_key(&self) -> (&'static str, &'static str) {
        self.path.split_once('.').unwrap_or(("", self.path))
    }

    /// The keys below it; a single empty one if it has one value.
    fn parts(&self) -> Vec<&'static str> {
        match self.parts {
            SettingParts::None => vec![""],
            SettingParts::Factors => Factor::ALL.into_iter().map(Factor::key).collect(),
            SettingParts::Bands => Band::ALL.into_iter().map(Band::name).collect(),
            SettingParts::BandsAndTotal => Band::ALL.into_iter().map(Band::name).chain([TOTAL]).collect(),
        }
    }
}

impl SettingKind {
    fn read(self, value: TreeValue<'_>) -> Option<SettingValue> {
        Some(match (self, value) {
            (Self::Number(_), TreeValue::Number(text)) => SettingValue::Number(Decimal::parse(text).ok()?),
            // The schema accepts `3.0` as a whole number.
            (Self::Count(_), TreeValue::Number(text)) => {
                SettingValue::Count(Decimal::parse(text).ok()?.truncate(0).to_string().parse().ok()?)
            }
            (Self::Days, TreeValue::String(text)) => SettingValue::Days(days(text)?),
            (Self::Band, TreeValue::String(text)) => SettingValue::Band(Band::named(text)?),
            (Self::Flag { .. }, TreeValue::Bool(flag)) => SettingValue::Flag(flag),
            (Self::Word(words), TreeValue::String(text)) => SettingValue::Word(find(words, text)?),
            (Self::Words(words), TreeValue::List(list)) => {
                SettingValue::Words(list.iter().filter_map(|item| find(words, item.as_str()?)).collect())
            }
            (Self::Formulas, TreeValue::List(list)) => {
                let names = list.iter().filter_map(|item| match item.value() {
                    TreeValue::String(text) | TreeValue::Number(text) => Some(text),
                    _ => None,
                });
                let formulas = names.filter_map(Formula::named);
                SettingValue::Words(formulas.map(|formula| formula.version).collect())
            }
            _ => return None,
        })
    }
}

fn find(words: &[&'static str], text: &str) -> Option<&'static str> {
    words.iter().copied().find(|word| *word == text)
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
    /// By the path and the part.
    values: BTreeMap<[&'static str; 2], Sourced<SettingValue>>,
    /// By the rule; those that are set.
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
        self.row.path.split('.').chain([self.part]).filter(|key| !key.is_empty()).collect()
    }

    /// Whether the setting asks for something: it is not a flag that is off, nor the looser of two words.
    pub(crate) fn is_strict(&self) -> bool {
        match (&self.value.value, self.row.kind) {
            (SettingValue::Flag(flag), _) => *flag,
            (SettingValue::Word(word), SettingKind::Word(words)) => words.first() == Some(word),
            _ => true,
        }
    }
}

impl Settings {
    /// Reads the settings in a mapping of a policy. `origin` returns the origin of a key.
    pub(crate) fn read(map: Map<'_>, origin: impl Fn(Span) -> Origin) -> Self {
        let mut values = BTreeMap::new();
        for row in TABLE {
            let (section, key) = row.section_and_key();
            let mut holder =
                if section.is_empty() { Some(map) } else { map.get(section).and_then(Node::as_map) };
            let whole = holder.and_then(|holder| holder.entry(key));
            if row.parts != SettingParts::None {
                holder = whole.and_then(|entry| entry.value.as_map());
            }
            let is_total = row.parts == SettingParts::BandsAndTotal && holder.is_none();
            for part in row.parts() {
                let key = if part.is_empty() { key } else { part };
                let entry = holder.and_then(|holder| holder.entry(key));
                let entry = entry.or(whole.filter(|_| is_total && part == TOTAL));
                let Some(entry) = entry else { continue };
                if let Some(value) = row.kind.read(entry.value.value()) {
                    values.insert([row.path, part], Sourced { value, origin: origin(entry.key_span) });
                }
            }
        }
        Self { values, levels: BTreeMap::new() }
    }

    pub(crate) fn get<T>(&self, setting: &Setting<T>) -> Option<Sourced<T>> {
        self.part(setting, "")
    }

    /// The value of one part of a setting: a factor's key or a band's name.
    pub(crate) fn part<T>(&self, setting: &Setting<T>, part: &'static str) -> Option<Sourced<T>> {
        let Sourced { value, origin } = self.values.get(&[setting.row.path, part])?;
        Some(Sourced { value: (setting.typed)(value)?, origin: origin.clone() })
    }

    /// Whether a setting, or a part of it, has a value.
    pub(crate) fn has<T>(&self, setting: &Setting<T>) -> bool {
        self.origin(&setting.row).is_some()
    }

    /// The line that sets a setting, or the first part of it.
    pub(crate) fn origin(&self, row: &SettingRow) -> Option<&Origin> {
        let (key, value) = self.values.range([row.path, ""]..).next()?;
        (key[0] == row.path).then_some(&value.origin)
    }

    /// The line that requires the three-point scale.
    pub(crate) fn three_point(&self) -> Option<&Origin> {
        let is_set = self.get(&SCALE).is_some_and(|scale| SCALES.first() == Some(&scale.value));
        self.origin(&SCALE.row).filter(|_| is_set)
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
                let value = self.values.get(&[row.path, part])?;
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
            SettingKind::Flag { .. } => json!({ "type": "boolean" }),
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
        if row.path == "require.score" {
            object.insert("default".to_owned(), json!(true));
        }
        if row.parts == SettingParts::None {
            object.extend(in_schema(row.kind).as_object().unwrap().clone());
        } else {
            // Nobody has a finding in the band None.
            let parts = row.parts().into_iter().filter(|part| *part != "None");
            let properties: serde_json::Map<String, Value> =
                parts.map(|part| (part.to_owned(), in_schema(row.kind))).collect();
            if row.parts == SettingParts::BandsAndTotal {
                object.extend(in_schema(row.kind).as_object().unwrap().clone());
                object.insert("type".to_owned(), json!(["integer", "object"]));
            } else {
                object.insert("type".to_owned(), json!("object"));
            }
            object.insert("properties".to_owned(), json!(properties));
            object.insert("additionalProperties".to_owned(), json!(false));
        }
        fragment
    }

    /// Puts a text between two marks of a file, or asserts that it is there.
    #[expect(clippy::disallowed_methods, reason = "the files are written on demand")]
    fn renew(file: &str, start: &str, end: &str, renewed: &str) {
        // At run time: another test may have renewed a part of it.
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = text.split_once(start).unwrap();
        let (old, after) = rest.split_once(end).unwrap();
        if old != renewed && std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, format!("{before}{start}{renewed}{end}{after}")).unwrap();
            return;
        }
        assert_eq!(old, renewed, "UPDATE=1 cargo test --locked --lib settings_are writes {file}");
    }

    #[test]
    fn settings_are_in_the_schema() {
        let schema: Value = serde_json::from_str(Schema::Policy.text()).unwrap();
        for row in TABLE.into_iter().filter(|row| !row.path.contains('.')) {
            assert_eq!(schema["$defs"][row.path], fragment(row), "{}", row.path);
        }
        for (section, description) in [("limits", "Upper limits."), ("require", "Required entries.")] {
            let mut entries: Vec<(&str, Value)> = TABLE
                .into_iter()
                .filter(|row| row.section_and_key().0 == section)
                .map(|row| (row.section_and_key().1, fragment(row)))
                .collect();
            if section == "require" {
                // Patterns of folders are not a setting of a threat model.
                entries.push(("models_in", schema["$defs"][section]["properties"]["models_in"].clone()));
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
            renew("schemas/policy.json", &start, end, &renewed);
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
                SettingKind::Flag { .. } => "`true` or `false`".to_owned(),
                SettingKind::Word(words) => format!("`{}`", words.join("` or `")),
                SettingKind::Words(words) => format!("list of `{}`", words.join("`, `")),
                SettingKind::Formulas => "list of versions: `\"0.5\"`, `\"0.8\"`, `0.8-floor`".to_owned(),
            };
            let values = match row.parts {
                SettingParts::None => values,
                SettingParts::Factors => format!("{values}, by factor"),
                SettingParts::Bands => format!("{values}, by band"),
                SettingParts::BandsAndTotal => format!("{values}, or by band and `{TOTAL}`"),
            };
            format!("| `{}` | {values} | {} |\n", row.path, row.description)
        });
        let (start, end) = (
            "| setting | values | description |\n|---|---|---|\n",
            "\nWhat a format cannot express counts as missing.",
        );
        renew("docs/reference/policy.md", start, end, &rows.concat());
    }
}
