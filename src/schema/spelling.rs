//! Other spellings of the words that a key accepts: `prod` for `production`, `high` for `High`. They are read as what they
//! mean, and a note names the word to write. A schema names the vocabulary of a key with `x-spellings`.

use crate::aivss::{LayerKind, LayerSet, letters};

/// The words that a key accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vocabulary {
    Environment,
    Tier,
    Severity,
    Rating,
    ThreatStatus,
    LayerStatus,
    Layer,
}

/// A word and its other spellings, in lower-case letters without spaces.
type Word = (&'static str, &'static [&'static str]);

const ENVIRONMENTS: &[Word] = &[
    ("development", &["dev", "devel", "develop"]),
    ("testing", &["test", "tests", "qa"]),
    ("staging", &["stage", "stg", "preprod", "preproduction"]),
    ("production", &["prod", "prd", "live"]),
];
const TIERS: &[Word] = &[("low", &[]), ("moderate", &["medium", "med", "mid"]), ("high", &[])];
const SEVERITIES: &[Word] = &[
    ("None", &["info", "informational"]),
    ("Low", &[]),
    ("Medium", &["med", "moderate"]),
    ("High", &[]),
    ("Critical", &["crit"]),
];
const RATINGS: &[Word] = &[
    ("1", &[]),
    ("2", &[]),
    ("3", &[]),
    ("4", &[]),
    ("5", &[]),
    ("Low", &[]),
    ("Medium", &["med", "moderate"]),
    ("High", &[]),
];
const THREAT_STATUSES: &[Word] = &[
    (
        "open",
        &[
            "new",
            "todo",
            "pending",
            "planned",
            "proposed",
            "identified",
            "inprogress",
            "ongoing",
            "active",
            "partial",
            "partially",
            "partiallymitigated",
            "mitigationinprogress",
            "underreview",
            "investigating",
            "monitoring",
            "notmitigated",
            "unmitigated",
            "unresolved",
            "notimplemented",
            "reopened",
        ],
    ),
    ("mitigated", &["implemented"]),
    ("accepted", &["accept", "acceptance", "riskaccepted", "acceptedrisk", "wontfix"]),
    ("transferred", &["transfer", "transfered", "risktransferred"]),
    ("closed", &["done", "fixed", "resolved", "complete", "completed"]),
];
const LAYER_STATUSES: &[Word] = &[
    ("mapped", &[]),
    ("uncertain", &["notcertain", "unclear", "unknown"]),
    ("not_applicable", &["na", "doesnotapply"]),
];

impl Vocabulary {
    const ALL: [(Self, &'static str); 7] = [
        (Self::Environment, "environment"),
        (Self::Tier, "tier"),
        (Self::Severity, "severity"),
        (Self::Rating, "rating"),
        (Self::ThreatStatus, "threat-status"),
        (Self::LayerStatus, "layer-status"),
        (Self::Layer, "layer"),
    ];

    /// The vocabulary with a name, as schemas write it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, own)| *own == name).map(|(vocabulary, _)| vocabulary)
    }

    const fn words(self) -> &'static [Word] {
        match self {
            Self::Environment => ENVIRONMENTS,
            Self::Tier => TIERS,
            Self::Severity => SEVERITIES,
            Self::Rating => RATINGS,
            Self::ThreatStatus => THREAT_STATUSES,
            Self::LayerStatus => LAYER_STATUSES,
            // The layer sets contain their own names.
            Self::Layer => &[],
        }
    }

    /// The word that a text means. Only letters and digits are compared, in any case.
    pub(crate) fn meant(self, text: &str) -> Option<&'static str> {
        if self == Self::Layer {
            return LayerSet::DEFAULT.named(text).map(LayerKind::key);
        }
        let mut words = self.words().iter();
        let found = words.clone().find(|(word, _)| *word == text).or_else(|| {
            let folded = letters(text)?;
            words.find(|(word, others)| letters(word).as_ref() == Some(&folded) || others.contains(&&*folded))
        });
        found.map(|(word, _)| *word)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as JsonValue;

    use super::*;
    use crate::schema::Schema;

    #[test]
    fn other_spellings_have_a_meaning() {
        for (vocabulary, text, word) in [
            (Vocabulary::Environment, "prod", "production"),
            (Vocabulary::Environment, "Production", "production"),
            (Vocabulary::Environment, " DEV ", "development"),
            (Vocabulary::Environment, "test", "testing"),
            (Vocabulary::Environment, "stage", "staging"),
            (Vocabulary::Environment, "pre-prod", "staging"),
            (Vocabulary::Tier, "HIGH", "high"),
            (Vocabulary::Tier, "Medium", "moderate"),
            (Vocabulary::Severity, "critical", "Critical"),
            (Vocabulary::Severity, "**High**", "High"),
            (Vocabulary::Severity, "🔴 Med", "Medium"),
            (Vocabulary::Rating, "high", "High"),
            (Vocabulary::Rating, "3", "3"),
            (Vocabulary::ThreatStatus, "In progress", "open"),
            (Vocabulary::ThreatStatus, "DONE", "closed"),
            (Vocabulary::ThreatStatus, "Risk accepted", "accepted"),
            (Vocabulary::ThreatStatus, "partially mitigated", "open"),
            (Vocabulary::LayerStatus, "Not applicable", "not_applicable"),
            (Vocabulary::LayerStatus, "N/A", "not_applicable"),
            (Vocabulary::Layer, "Layer 2: Data Operations", "data_operations"),
        ] {
            assert_eq!(vocabulary.meant(text), Some(word), "{text}");
        }
    }

    #[test]
    fn other_words_have_no_meaning() {
        for (vocabulary, text) in [
            (Vocabulary::Environment, "moon"),
            (Vocabulary::Environment, "nonprod"),
            (Vocabulary::Environment, ""),
            (Vocabulary::Severity, "Hihg"),
            (Vocabulary::Severity, "High or Critical"),
            (Vocabulary::Severity, "TBD"),
            (Vocabulary::Rating, "7"),
            (Vocabulary::Rating, "0"),
            (Vocabulary::ThreatStatus, "not closed"),
            (Vocabulary::ThreatStatus, "?"),
            (Vocabulary::LayerStatus, ""),
            (Vocabulary::Layer, "cross_layer"),
        ] {
            assert_eq!(vocabulary.meant(text), None, "{text}");
        }
        assert_eq!(Vocabulary::Severity.meant(&"high".repeat(1_000_000)), None);
    }

    /// Each object of a schema that names a vocabulary.
    fn spelled<'s>(schema: &'s JsonValue, found: &mut Vec<&'s JsonValue>) {
        if schema.get("x-spellings").is_some_and(JsonValue::is_string) {
            found.push(schema);
        }
        match schema {
            JsonValue::Object(entries) => entries.values().for_each(|value| spelled(value, found)),
            JsonValue::Array(items) => items.iter().for_each(|value| spelled(value, found)),
            _ => {}
        }
    }

    #[test]
    fn vocabularies_are_the_options_of_the_schema() {
        let schema: JsonValue = serde_json::from_str(Schema::ThreatModel.text()).unwrap();
        let mut found = Vec::new();
        spelled(&schema, &mut found);
        let mut seen = Vec::new();
        for object in found {
            let name = object["x-spellings"].as_str().unwrap();
            let vocabulary = Vocabulary::named(name).unwrap();
            let options = object["enum"].as_array().unwrap().iter();
            let options: Vec<String> =
                options.map(|option| option.as_str().map_or(option.to_string(), str::to_owned)).collect();
            let words: Vec<&str> = vocabulary.words().iter().map(|(word, _)| *word).collect();
            assert!(vocabulary == Vocabulary::Layer || options == words, "{name}: {options:?}");
            seen.push(vocabulary);
        }
        assert!(Vocabulary::ALL.iter().all(|(vocabulary, _)| seen.contains(vocabulary)));
    }
}
