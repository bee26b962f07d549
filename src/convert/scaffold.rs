//! Scaffolds: threat models to be completed, with the known values and empty keys with a comment for the others.
//!
//! An empty key fails the check until it is filled in, so no decision of a person is made here. Texts are plain if that is safe,
//! folded or literal if they are long, quoted otherwise. Each is read back verbatim, and none contains control characters of a
//! terminal.

use crate::aivss::{Factor, Formula, LayerSet};
use crate::convert::data::Data;
use crate::date::Date;
use crate::escape::is_steering;
use crate::schema::Schema;
use crate::syntax::MODEL_MARKER;

use self::Vacant::{Absent, Asked, Offered};

/// A threat model to be completed.
#[derive(Clone, Debug)]
pub(crate) struct Scaffold {
    /// Its origin, a comment at its top.
    pub(crate) origin: String,
    /// The known values, under the keys of a threat model.
    pub(crate) model: Data,
    /// Whether the score is asked for even if nothing of it is known. Otherwise its form is a comment.
    pub(crate) asks_score: bool,
}

/// A part of new front matter: a top-level key with its text, or comments without a key.
pub(crate) struct FrontPart {
    pub(crate) key: &'static str,
    pub(crate) text: String,
}

/// The place of a key without a value.
enum Vacant {
    /// Empty, after its description in the schema.
    Asked,
    /// In a comment, with its description.
    Offered(&'static str),
    /// Nowhere.
    Absent,
}

type Layout = [(&'static str, Vacant)];

const AGENT: &Layout = &[
    ("name", Asked),
    ("summary", Asked),
    ("owner", Offered("the team or person in charge of this threat model")),
    ("environment", Offered("development, testing, staging or production")),
    ("tier", Offered("low, moderate or high")),
    ("version", Offered("the agent's version, in quotes")),
];
const REVIEW: &Layout =
    &[("date", Offered("the day of the review, YYYY-MM-DD")), ("by", Offered("the reviewer"))];
const FACTOR: &Layout = &[("score", Absent), ("rationale", Absent)];
const FINDING: &Layout = &[
    ("id", Asked),
    ("title", Offered("the finding in a few words")),
    ("description", Absent),
    ("category", Offered("a core risk of OWASP AIVSS, or ASI01 to ASI10")),
];
const LAYER: &Layout = &[("status", Absent), ("reason", Absent), ("analysis", Absent), ("threats", Absent)];
const THREAT: &Layout = &[
    ("id", Absent),
    ("title", Absent),
    ("layers", Absent),
    ("severity", Absent),
    ("likelihood", Absent),
    ("impact", Absent),
    ("status", Absent),
    ("mitigation", Absent),
    ("owner", Absent),
    ("due", Absent),
    ("refs", Absent),
];

static NOTHING: Data = Data::EMPTY;

impl Scaffold {
    /// An empty threat model, scored by a version.
    pub(crate) fn new(origin: &str, version: &str) -> Self {
        let mut model = Data::EMPTY;
        model.put("aivss/version", version);
        Self { origin: origin.to_owned(), model, asks_score: true }
    }

    /// The threat model as YAML.
    pub(crate) fn to_yaml(&self) -> String {
        let mut yaml = ScaffoldText::default();
        yaml.note(0, &self.origin);
        yaml.note(0, "The check fails until every empty key is filled in; keys in comments are optional.");
        yaml.text.push_str(&format!("{MODEL_MARKER}: 1\n\nagent:\n"));
        yaml.block(2, self.part("agent"), AGENT, &["agent"]);
        if self.model.get("review").is_some() {
            yaml.text.push_str("\nreview:\n");
            yaml.block(2, self.part("review"), REVIEW, &["review"]);
        }
        yaml.text.push('\n');
        yaml.agent_score(self);
        yaml.layers(self.part("maestro"));
        let findings = self.part("findings");
        if !findings.items().is_empty() {
            yaml.text.push_str("\nfindings:\n");
        }
        for finding in findings.items() {
            yaml.item(4, |yaml| yaml.finding(finding));
        }
        yaml.text
    }

    /// The parts that a page needs as front matter, if it gives its layers itself. `has_name` and `has_summary` are whether it
    /// gives those.
    pub(crate) fn front_parts(&self, has_name: bool, has_summary: bool) -> Vec<FrontPart> {
        let mut marker = ScaffoldText::default();
        marker.text.push_str(&format!("{MODEL_MARKER}: 1\n"));
        marker.note(0, "The layers and their threats are read from the page, and so are a name and a summary without a key here.");
        let mut agent = ScaffoldText::default();
        let is_given = |key: &str| match key {
            "name" => has_name,
            "summary" => has_summary,
            _ => false,
        };
        let mut given = self.part("agent").clone();
        for key in ["name", "summary"].into_iter().filter(|key| is_given(key)) {
            given.take(key);
        }
        agent.text.push_str("agent:\n");
        agent.block_without(2, &given, AGENT, &["agent"], is_given);
        if given.rest().is_empty() && has_name && has_summary {
            agent.comment_out(0);
        }
        let mut review = ScaffoldText::default();
        if self.model.get("review").is_some() {
            review.text.push_str("review:\n");
            review.block(2, self.part("review"), REVIEW, &["review"]);
        }
        let mut score = ScaffoldText::default();
        score.agent_score(self);
        let parts = [(MODEL_MARKER, marker), ("agent", agent), ("review", review), ("aivss", score)];
        parts.into_iter().map(|(key, part)| FrontPart { key, text: part.text }).collect()
    }

    fn part(&self, key: &str) -> &Data {
        self.model.get(key).unwrap_or(&NOTHING)
    }

    /// Whether anything of a score besides its version is known.
    pub(crate) fn is_scored(&self) -> bool {
        self.part("aivss").entries().iter().any(|(key, value)| key != "version" && *value != Data::Null)
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

    /// The keys of a layout in its order, then all others. `path` leads to them in the schema.
    fn block(&mut self, indent: usize, data: &Data, layout: &Layout, path: &[&str]) {
        self.block_without(indent, data, layout, path, |_| false);
    }

    /// The same without the keys that are given elsewhere.
    fn block_without(
        &mut self,
        indent: usize,
        data: &Data,
        layout: &Layout,
        path: &[&str],
        is_given: impl Fn(&str) -> bool,
    ) {
        for (key, vacant) in layout.iter().filter(|(key, _)| !is_given(key)) {
            match (data.get(key), vacant) {
                (Some(value), _) => self.entry(indent, key, value),
                (None, Asked) => self.asked(indent, key, &[path, &[key]].concat()),
                (None, Offered(otherwise)) => self.note(indent, &format!("{key}: {otherwise}")),
                (None, Absent) => {}
            }
        }
        for (key, value) in data.entries().iter().filter(|(key, _)| !is_given(key)) {
            if layout.iter().all(|(known, _)| known != key) {
                self.entry(indent, key, value);
            }
        }
    }

    /// An empty key, after its description in the schema.
    fn asked(&mut self, indent: usize, key: &str, path: &[&str]) {
        self.note(indent, Schema::ThreatModel.description(path).unwrap_or_default());
        self.key(indent, key, "\n");
    }

    fn entry(&mut self, indent: usize, key: &str, data: &Data) {
        match data {
            Data::Null | Data::Taken => {}
            Data::Flag(flag) => self.key(indent, key, &format!(" {flag}\n")),
            Data::Number(digits) => self.key(indent, key, &format!(" {digits}\n")),
            Data::Text(text) => self.key(indent, key, &value(key, text, indent)),
            Data::Map(entries) if entries.is_empty() => self.key(indent, key, " {}\n"),
            Data::Map(_) => {
                self.key(indent, key, "\n");
                self.block(indent + 2, data, layout_of(key), &[]);
            }
            Data::List(items) if items.is_empty() => self.key(indent, key, " []\n"),
            Data::List(items) => {
                self.key(indent, key, "\n");
                let inner = indent + 4;
                for item in items {
                    match item {
                        Data::Map(_) => self.item(inner, |yaml| yaml.block(inner, item, layout_of(key), &[])),
                        Data::Text(text) => {
                            let text = value("", text, inner - 1);
                            self.text.push_str(&format!("{:indent$}  -{text}", ""));
                        }
                        Data::Number(digits) => self.text.push_str(&format!("{:indent$}  - {digits}\n", "")),
                        Data::Null | Data::Taken | Data::Flag(_) | Data::List(_) => {}
                    }
                }
            }
        }
    }

    /// An item of a list, whose first line begins with a dash in place of a space.
    fn item(&mut self, indent: usize, write: impl FnOnce(&mut Self)) {
        let start = self.text.len() + indent - 2;
        write(self);
        self.text.replace_range(start..=start, "-");
    }

    fn finding(&mut self, finding: &Data) {
        let mut finding = finding.clone();
        let score = finding.take("aivss").unwrap_or(Data::EMPTY);
        self.block(4, &finding, FINDING, &["findings", "0"]);
        self.text.push_str("    aivss:\n");
        self.score(6, &score);
    }

    /// The agent's own score, or its form.
    fn agent_score(&mut self, scaffold: &Scaffold) {
        let start = self.text.len();
        let mut score = scaffold.part("aivss").clone();
        let is_form = !scaffold.asks_score && !scaffold.is_scored();
        if is_form {
            score.put("version", "0.8");
        }
        self.text.push_str("aivss:\n");
        self.score(2, &score);
        if is_form {
            self.comment_out(start);
            let note =
                "No score was found. A policy can do without one; to score the agent, uncomment these lines:";
            self.text.insert_str(start, &comment(note, 0));
        }
    }

    /// Makes comments of the lines after a place.
    fn comment_out(&mut self, start: usize) {
        let form = self.text.split_off(start);
        self.text.extend(form.lines().map(|line| format!("# {line}\n")));
    }

    fn score(&mut self, indent: usize, score: &Data) {
        let version = score.text("version");
        match version {
            Some(version) => self.key(indent, "version", &format!(" {}\n", quoted(version))),
            None => self.asked(indent, "version", &["aivss", "version"]),
        }
        if score.get("cvss").is_none() && score.get("cvss_base").is_none() {
            self.asked(indent, "cvss", &["aivss", "cvss"]);
        }
        self.given(indent, score, &["cvss", "cvss_base"]);
        self.key(indent, "factors", "\n");
        self.factors(indent + 2, score.get("factors").unwrap_or(&NOTHING));
        let formula = version.and_then(Formula::named);
        let threat = match formula {
            Some(_) => "attacked, proof-of-concept (the default), unreported, or a number",
            None => "a number",
        };
        self.offered(indent, score, "threat_multiplier", threat);
        if formula.is_none_or(Formula::has_mitigation) {
            let mitigation = "none (the default), partial, strong, or a number";
            self.offered(indent, score, "mitigation_factor", mitigation);
            self.offered(indent, score, "mitigation_evidence", "the evidence for it");
        } else {
            self.given(indent, score, &["mitigation_factor", "mitigation_evidence"]);
        }
        self.given(indent, score, &["factor_sum", "aars", "score"]);
        if score.get("score").is_none() {
            self.key(indent, "score", "  # `aivss-lint fix` writes it once its inputs are given\n");
        }
        self.given(indent, score, &["severity"]);
    }

    fn given(&mut self, indent: usize, data: &Data, keys: &[&str]) {
        for key in keys {
            if let Some(value) = data.get(key) {
                self.entry(indent, key, value);
            }
        }
    }

    fn offered(&mut self, indent: usize, data: &Data, key: &'static str, otherwise: &'static str) {
        match data.get(key) {
            Some(value) => self.entry(indent, key, value),
            None => self.note(indent, &format!("{key}: {otherwise}")),
        }
    }

    fn factors(&mut self, indent: usize, given: &Data) {
        // Of the two tenth factors the given one, otherwise that of the current standard.
        let has_old = given.get(Factor::GoalDrivenPlanning.key()).is_some();
        let tenth = if has_old { Factor::GoalDrivenPlanning } else { Factor::NaturalLanguageInterface };
        let mut factors = Factor::ALL.to_vec();
        factors.retain(|factor| {
            given.get(factor.key()).is_some() || factor.counterpart().is_none() || *factor == tenth
        });
        if factors.iter().any(|factor| given.get(factor.key()).is_none()) {
            self.note(indent, "Each a number from 0.00 to 1.00, or { score: 0.5, rationale: Why. }");
        }
        for factor in factors {
            let key = factor.key();
            if let Some(value) = given.get(key) {
                self.entry(indent, key, value);
            } else {
                self.note(indent, factor.description());
                self.key(indent, key, "\n");
            }
        }
    }

    fn layers(&mut self, layers: &Data) {
        self.text.push_str("\n# MAESTRO layers: the threats of each.\nmaestro:\n");
        if LayerSet::DEFAULT.layers().any(|kind| layers.get(kind.key()).is_none()) {
            let open = "If the sources do not say: `{ status: uncertain, analysis: What is not known. }`. If it does not \
                        apply: `{ status: not_applicable, reason: Why. }`.";
            self.note(2, open);
        }
        for kind in LayerSet::DEFAULT.layers() {
            let layer = layers.get(kind.key());
            // An analysis alone needs no key of its own.
            let only =
                layer.filter(|layer| layer.entries().len() == 1).and_then(|layer| layer.get("analysis"));
            match only.or(layer) {
                Some(layer) => self.entry(2, kind.key(), layer),
                None => self.asked(2, kind.key(), &["maestro", kind.key()]),
            }
        }
        self.given(2, layers, &["cross_layer"]);
    }
}

/// The order of the keys in the mapping of a key, or in the mappings in its list.
fn layout_of(key: &str) -> &'static Layout {
    match key {
        "threats" => THREAT,
        _ if Factor::with_key(key).is_some() => FACTOR,
        _ if LayerSet::DEFAULT.with_key(key).is_some() => LAYER,
        _ => &[],
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
    if is_literal(text) {
        let inner = indent + 2;
        let lines = text.split('\n').map(|line| match line {
            "" => "\n".to_owned(),
            line => format!("{:inner$}{line}\n", ""),
        });
        return format!(" |-\n{}", lines.collect::<String>());
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

/// Whether a text of several lines can be written line by line, and read as the same again.
fn is_literal(text: &str) -> bool {
    let is_harmless =
        |letter: char| letter == '\n' || !is_steering(letter) && !matches!(letter, '\u{FFFE}' | '\u{FFFF}');
    text.contains('\n')
        && text.chars().all(is_harmless)
        && !text.starts_with(char::is_whitespace)
        && text.split('\n').all(|line| !line.ends_with(char::is_whitespace))
        && !text.ends_with('\n')
        // The marker, and commands to the service of a CI log.
        && !["::", "##[", "##vso", MODEL_MARKER].iter().any(|mark| text.contains(mark))
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
