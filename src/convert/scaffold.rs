//! Scaffolds: threat models to be completed, with the known values and empty keys with a comment for the others.
//!
//! An empty key fails the check until it is filled in, so no decision of a person is made here. Texts are plain if that is safe,
//! folded if they are long, quoted otherwise. Each is read back verbatim, and none contains control characters of a terminal.

use std::collections::BTreeMap;

use crate::aivss::{Factor, Formula};
use crate::aivss::{LayerKind, LayerSet};
use crate::date::Date;
use crate::decimal::Decimal;
use crate::escape::is_steering;
use crate::schema::Schema;

/// A threat model to be completed. `None` is an unknown value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Scaffold {
    /// Its origin, a comment at its top.
    pub(crate) origin: String,
    pub(crate) name: Option<String>,
    pub(crate) summary: Option<String>,
    pub(crate) owner: Option<String>,
    pub(crate) environment: Option<String>,
    pub(crate) tier: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) review_date: Option<String>,
    pub(crate) reviewed_by: Option<String>,
    pub(crate) score: ScaffoldScore,
    pub(crate) layers: BTreeMap<LayerKind, ScaffoldLayer>,
    pub(crate) findings: Vec<ScaffoldFinding>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ScaffoldScore {
    pub(crate) version: Option<String>,
    pub(crate) vector: Option<String>,
    pub(crate) base: Option<Decimal>,
    pub(crate) factors: BTreeMap<Factor, ScaffoldFactor>,
    pub(crate) threat: Option<Decimal>,
    pub(crate) mitigation: Option<Decimal>,
    pub(crate) evidence: Option<String>,
    pub(crate) factor_sum: Option<Decimal>,
    pub(crate) uplift: Option<Decimal>,
    pub(crate) score: Option<Decimal>,
    pub(crate) severity: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScaffoldFactor {
    pub(crate) value: Decimal,
    pub(crate) rationale: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScaffoldLayer {
    pub(crate) uncertain: bool,
    pub(crate) analysis: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ScaffoldFinding {
    pub(crate) id: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) score: ScaffoldScore,
}

impl Scaffold {
    /// An empty threat model, scored by a version.
    pub(crate) fn new(origin: &str, version: &str) -> Self {
        let score = ScaffoldScore { version: Some(version.to_owned()), ..ScaffoldScore::default() };
        Self { origin: origin.to_owned(), score, ..Self::default() }
    }

    /// The threat model as YAML.
    pub(crate) fn to_yaml(&self) -> String {
        let mut yaml = ScaffoldText::default();
        yaml.note(0, &self.origin);
        yaml.note(0, "The check fails until every empty key is filled in; keys in comments are optional.");
        yaml.text.push_str("aivss_threat_model: 1\n\nagent:\n");
        yaml.needed(2, "name", self.name.as_deref(), &["agent", "name"]);
        yaml.needed(2, "summary", self.summary.as_deref(), &["agent", "summary"]);
        yaml.optional(2, "owner", self.owner.as_deref(), "the team or person in charge of this threat model");
        yaml.optional(
            2,
            "environment",
            self.environment.as_deref(),
            "development, testing, staging or production",
        );
        yaml.optional(2, "tier", self.tier.as_deref(), "low, moderate or high");
        yaml.optional(2, "version", self.version.as_deref(), "the agent's version, in quotes");
        if self.review_date.is_some() || self.reviewed_by.is_some() {
            yaml.text.push_str("\nreview:\n");
            yaml.optional(2, "date", self.review_date.as_deref(), "the day of the review, YYYY-MM-DD");
            yaml.optional(2, "by", self.reviewed_by.as_deref(), "the reviewer");
        }
        yaml.text.push_str("\naivss:\n");
        yaml.score(2, &self.score);
        yaml.layers(&self.layers);
        if !self.findings.is_empty() {
            yaml.text.push_str("\nfindings:\n");
        }
        for finding in &self.findings {
            yaml.finding(finding);
        }
        yaml.text
    }
}

#[derive(Default)]
struct ScaffoldText {
    text: String,
}

impl ScaffoldText {
    fn note(&mut self, indent: usize, text: &str) {
        if !text.is_empty() {
            self.text.push_str(&comment(text, indent));
        }
    }

    fn key(&mut self, indent: usize, key: &str, rest: &str) {
        self.text.push_str(&format!("{:indent$}{key}:{rest}", ""));
    }

    /// A key with its value, or with its description in the schema.
    fn needed(&mut self, indent: usize, key: &str, text: Option<&str>, path: &[&str]) {
        if let Some(text) = text {
            return self.key(indent, key, &value(key, text, indent));
        }
        self.note(indent, Schema::ThreatModel.description(path).unwrap_or_default());
        self.key(indent, key, "\n");
    }

    /// A key with its value, or as a comment.
    fn optional(&mut self, indent: usize, key: &str, text: Option<&str>, otherwise: &str) {
        match text {
            Some(text) => self.key(indent, key, &value(key, text, indent)),
            None => self.note(indent, &format!("{key}: {otherwise}")),
        }
    }

    fn number(&mut self, indent: usize, key: &str, number: Option<Decimal>) {
        if let Some(number) = number {
            self.key(indent, key, &format!(" {number}\n"));
        }
    }

    fn multiplier(&mut self, indent: usize, key: &str, number: Option<Decimal>, otherwise: &str) {
        self.number(indent, key, number);
        if number.is_none() {
            self.optional(indent, key, None, otherwise);
        }
    }

    fn score(&mut self, indent: usize, score: &ScaffoldScore) {
        match &score.version {
            Some(version) => self.key(indent, "version", &format!(" \"{version}\"\n")),
            None => self.needed(indent, "version", None, &["aivss", "version"]),
        }
        if score.vector.is_some() || score.base.is_none() {
            self.needed(indent, "cvss", score.vector.as_deref(), &["aivss", "cvss"]);
        }
        self.number(indent, "cvss_base", score.base);
        self.key(indent, "factors", "\n");
        self.factors(indent + 2, score);
        let formula = score.version.as_deref().and_then(Formula::named);
        let threat = match formula {
            Some(_) => "attacked, proof-of-concept (the default), unreported, or a number",
            None => "a number",
        };
        self.multiplier(indent, "threat_multiplier", score.threat, threat);
        if formula.is_none_or(Formula::has_mitigation) {
            let mitigation = "none (the default), partial, strong, or a number";
            self.multiplier(indent, "mitigation_factor", score.mitigation, mitigation);
            self.optional(indent, "mitigation_evidence", score.evidence.as_deref(), "the evidence for it");
        }
        self.number(indent, "factor_sum", score.factor_sum);
        self.number(indent, "aars", score.uplift);
        self.number(indent, "score", score.score);
        if score.score.is_none() {
            self.key(indent, "score", "  # `aivss-lint fix` writes it once its inputs are given\n");
        }
        if let Some(severity) = &score.severity {
            self.key(indent, "severity", &value("severity", severity, indent));
        }
    }

    fn factors(&mut self, indent: usize, score: &ScaffoldScore) {
        // Of the two tenth factors the given one, otherwise that of the current standard.
        let given = &score.factors;
        let has_old = given.contains_key(&Factor::GoalDrivenPlanning);
        let tenth = if has_old { Factor::GoalDrivenPlanning } else { Factor::NaturalLanguageInterface };
        let mut factors = Factor::ALL.to_vec();
        factors.retain(|factor| {
            given.contains_key(factor) || factor.counterpart().is_none() || *factor == tenth
        });
        if factors.len() > given.len() {
            self.note(indent, "Each a number from 0.00 to 1.00, or { score: 0.5, rationale: Why. }");
        }
        for factor in factors {
            let key = factor.key();
            match given.get(&factor) {
                Some(ScaffoldFactor { value, rationale: None }) => self.number(indent, key, Some(*value)),
                Some(ScaffoldFactor { value: number, rationale: Some(rationale) }) => {
                    self.key(indent, key, "\n");
                    self.number(indent + 2, "score", Some(*number));
                    self.key(indent + 2, "rationale", &value("rationale", rationale, indent + 2));
                }
                None => {
                    self.note(indent, factor.description());
                    self.key(indent, key, "\n");
                }
            }
        }
    }

    fn layers(&mut self, layers: &BTreeMap<LayerKind, ScaffoldLayer>) {
        self.text.push_str("\n# MAESTRO layers: the threats of each.\nmaestro:\n");
        if layers.len() < LayerSet::DEFAULT.layers().len() {
            let open = "If the sources do not say: `{ status: uncertain, analysis: What is not known. }`. If it does not \
                        apply: `{ status: not_applicable, reason: Why. }`.";
            self.note(2, open);
        }
        for kind in LayerSet::DEFAULT.layers() {
            let key = kind.key();
            match layers.get(&kind) {
                Some(ScaffoldLayer { uncertain: false, analysis }) => {
                    self.key(2, key, &value(key, analysis, 2));
                }
                Some(ScaffoldLayer { uncertain: true, analysis }) => {
                    self.key(2, key, "\n    status: uncertain\n");
                    self.key(4, "analysis", &value("analysis", analysis, 4));
                }
                None => self.needed(2, key, None, &["maestro", key]),
            }
        }
    }

    fn finding(&mut self, finding: &ScaffoldFinding) {
        let start = self.text.len();
        self.needed(4, "id", finding.id.as_deref(), &["findings", "0", "id"]);
        // The first key, or the comment before it, begins the item.
        self.text.replace_range(start + 2..=start + 2, "-");
        self.optional(4, "title", finding.title.as_deref(), "the finding in a few words");
        if let Some(description) = &finding.description {
            self.optional(4, "description", Some(description), "");
        }
        let category = "a core risk of OWASP AIVSS, or ASI01 to ASI10";
        self.optional(4, "category", finding.category.as_deref(), category);
        self.text.push_str("    aivss:\n");
        self.score(6, &finding.score);
    }
}

/// The most characters of a line.
pub(crate) const WIDTH: usize = 100;

/// The text after the colon of a key that begins at column `indent`, with its line break.
pub(crate) fn value(key: &str, text: &str, indent: usize) -> String {
    let fits = indent + key.len() + 2 + text.chars().count() <= WIDTH;
    if fits && is_plain(text) {
        return format!(" {text}\n");
    }
    if !fits && is_foldable(text) {
        return format!(" >-\n{}", lines(text, indent + 2, ""));
    }
    format!(" {}\n", quoted(text))
}

/// A text as comment lines.
pub(crate) fn comment(text: &str, indent: usize) -> String {
    let text: String =
        text.chars().map(|letter| if is_steering(letter) { '\u{FFFD}' } else { letter }).collect();
    lines(&text, indent, "# ")
}

/// A text in lines of at most [`WIDTH`] characters, broken at spaces.
fn lines(text: &str, indent: usize, lead: &str) -> String {
    let room = WIDTH - indent - lead.len();
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.iter().map(|line| format!("{:indent$}{lead}{line}\n", "")).collect()
}

/// Whether a text needs no quotes to be text to every reader of YAML.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    if WORDS.into_iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return false;
    }
    let begins = text.starts_with(char::is_alphabetic) || Date::parse(text).is_some();
    begins && !text.ends_with([' ', ':']) && !text.contains(": ") && !text.contains("::") && is_calm(text)
}

/// Whether a text can be broken at its spaces, and read as the same again.
fn is_foldable(text: &str) -> bool {
    let breaks = !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ");
    breaks && !text.contains("::") && is_calm(text)
}

/// Whether a text contains only letters, digits and punctuation of prose.
fn is_calm(text: &str) -> bool {
    const MARKS: &str = " ,.;:()'\"/+%=@_&!?$€<>~^*-–—‑’‘“”…×·→°§";
    text.chars().all(|letter| letter.is_alphanumeric() || MARKS.contains(letter))
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut before = None;
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            // The service of a CI log would obey it as a command.
            ':' | '#' if before == Some(letter) => quoted.push_str(&format!("\\x{:02X}", u32::from(letter))),
            // YAML does not count the last two as printable.
            _ if is_steering(letter) || matches!(letter, '\u{FFFE}' | '\u{FFFF}') => {
                match u32::from(letter) {
                    code @ 0..=0xFFFF => quoted.push_str(&format!("\\u{code:04X}")),
                    code => quoted.push_str(&format!("\\U{code:08X}")),
                }
            }
            _ => quoted.push(letter),
        }
        before = Some(letter);
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::source::Source;
    use crate::syntax::{Node, parse};

    /// Reads a text that was written after a key.
    fn read(text: &str) -> Option<String> {
        let written = format!("a:\n  key:{}  next: 1\n", value("key", text, 2));
        let source = Source::decode("a.yaml", written.clone().into_bytes());
        let document = parse(&source);
        assert!(document.is_sound(), "{:?}\n{written}", document.problems);
        let block = document.roots().next()?.get("a")?;
        assert_eq!(block.get("next").map(Node::kind_name), Some("a number"), "{written}");
        block.get("key")?.as_str().map(str::to_owned)
    }

    #[test]
    fn text_is_written_in_its_simplest_form() {
        assert_eq!(value("a", "Plans trips.", 2), " Plans trips.\n");
        assert_eq!(value("a", "2026-11-25", 2), " 2026-11-25\n");
        assert_eq!(value("a", "1.4", 2), " \"1.4\"\n");
        assert_eq!(value("a", "NO", 2), " \"NO\"\n");
        assert_eq!(value("a", "a: b", 2), " \"a: b\"\n");
        assert_eq!(value("a", "\u{1b}[0m::x\u{202E}", 2), " \"\\u001B[0m:\\x3Ax\\u202E\"\n");
        let long = "word ".repeat(30);
        assert!(value("a", long.trim_end(), 2).starts_with(" >-\n    word word"));
    }

    proptest! {
        #[test]
        fn text_is_read_back_verbatim(text in "\\PC{0,200}|[ a-z:#'\"\\\\&*\\-\n\t\r\u{0}\u{85}\u{2028}\u{FEFF}\u{FFFE}]{0,40}|([a-z,.:]{1,9} ?){0,60}") {
            prop_assert_eq!(read(&text), Some(text));
        }

        #[test]
        fn line_is_no_longer_than_its_longest_word_requires(text in "([a-z]{1,20} ){0,80}[a-z]") {
            for line in value("key", &text, 6).lines() {
                prop_assert!(line.len() <= WIDTH + 6, "{}", line);
            }
        }
    }
}
