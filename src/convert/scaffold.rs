//! Scaffolds: threat models to be completed, with the known values and empty keys with a comment for the others.
//!
//! An empty key fails the check until it is filled in, so no decision of a person is made here.

use crate::aivss::{CORE_RISKS, CoreRisk, Factor, Formula, LayerKind, LayerSet};
use crate::convert::data::Data;
use crate::convert::risks::open_risks;
use crate::convert::yaml_text::{comment, quoted, value};
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
    pub(crate) score: ScoreForm,
}

/// The form of a score of which nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScoreForm {
    /// Empty keys.
    Asked,
    /// A comment.
    Offered,
    /// None: the policy does not require a score.
    Absent,
}

/// A part of new front matter: a top-level key with its text, or comments without a key.
pub(crate) struct FrontPart {
    pub(crate) key: &'static str,
    pub(crate) text: String,
}

/// The place of a key without a value.
#[derive(Clone, Copy)]
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
        Self { origin: origin.to_owned(), model, score: ScoreForm::Asked }
    }

    pub(crate) fn to_yaml(&self) -> String {
        let mut yaml = ScaffoldText::default();
        yaml.note(0, &self.origin);
        yaml.note(0, "The check fails until every empty key is filled in; keys in comments are optional.");
        yaml.text.push_str(&format!("{MODEL_MARKER}: 1\n\nagent:\n"));
        yaml.block(2, self.part("agent"), AGENT, &["agent"]);
        yaml.text.push('\n');
        yaml.described(0, &["review"]);
        if self.model.get("review").is_some() {
            yaml.text.push_str("review:\n");
            yaml.block(2, self.part("review"), REVIEW, &["review"]);
        } else {
            yaml.text.push_str("# review: { date: YYYY-MM-DD, by: name@example.org }\n");
        }
        yaml.text.push('\n');
        match self.score {
            ScoreForm::Absent => yaml.note(0, "The policy requires no score. `aivss` is the place for one."),
            ScoreForm::Asked | ScoreForm::Offered => yaml.agent_score(self),
        }
        yaml.layers(self);
        yaml.risks(2, self);
        let findings = self.part("findings");
        if !findings.items().is_empty() {
            yaml.text.push_str("\nfindings:\n");
        }
        for finding in findings.items() {
            yaml.item(4, |yaml| yaml.finding(finding));
        }
        yaml.text
    }

    /// The parts that a page needs as front matter: everything but its name, its summary and its layers, which are read from
    /// the page.
    pub(crate) fn front_parts(&self) -> Vec<FrontPart> {
        let [mut marker, mut agent, mut review, mut score] =
            [const { ScaffoldText { text: String::new() } }; 4];
        marker.text.push_str(&format!("{MODEL_MARKER}: 1\n"));
        marker.note(0, "The agent's name, its summary and its layers are read from the page.");
        let shared = self.model.get("maestro/cross_layer/threats").map(Data::items).unwrap_or_default();
        let is_shared = |key: &str| {
            shared.iter().any(|threat| {
                let layers = threat.get("layers").map(Data::items).unwrap_or_default();
                layers.iter().any(|layer| layer.as_text() == Some(key))
            })
        };
        let mut missing: Vec<&str> = LayerSet::DEFAULT.layers().map(LayerKind::key).collect();
        missing.retain(|key| self.model.get(&format!("maestro/{key}")).is_none() && !is_shared(key));
        if !missing.is_empty() {
            let missing = missing.join(", ");
            marker.note(
                0,
                &format!("No heading names {missing}: `aivss-lint fix --unsafe` adds a section for each."),
            );
        }
        let mut given = self.part("agent").clone();
        let known: Vec<&str> =
            ["name", "summary"].into_iter().filter(|key| given.take(key).is_some()).collect();
        let layout: Vec<(&'static str, Vacant)> =
            AGENT.iter().copied().filter(|(key, _)| !known.contains(key)).collect();
        agent.text.push_str("agent:\n");
        agent.block(2, &given, &layout, &["agent"]);
        if agent.text.lines().skip(1).all(|line| line.trim_start().starts_with('#')) {
            agent.comment_out(0);
        }
        if self.model.get("review").is_some() {
            review.text.push_str("review:\n");
            review.block(2, self.part("review"), REVIEW, &["review"]);
        }
        score.agent_score(self);
        score.risks(0, self);
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
        for (key, vacant) in layout {
            match (data.get(key), vacant) {
                (Some(value), _) => self.entry(indent, key, value),
                (None, Asked) => self.asked(indent, key, &[path, &[key]].concat()),
                (None, Offered(otherwise)) => self.note(indent, &format!("{key}: {otherwise}")),
                (None, Absent) => {}
            }
        }
        for (key, value) in data.entries() {
            if layout.iter().all(|(known, _)| known != key) {
                self.entry(indent, key, value);
            }
        }
    }

    /// An empty key, after its description in the schema.
    fn asked(&mut self, indent: usize, key: &str, path: &[&str]) {
        self.described(indent, path);
        self.key(indent, key, "\n");
    }

    fn described(&mut self, indent: usize, path: &[&str]) {
        self.note(indent, Schema::ThreatModel.description(path).unwrap_or_default());
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
        let is_form = scaffold.score == ScoreForm::Offered && !scaffold.is_scored();
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

    /// Asks for the threats of the core risks that are open.
    fn risks(&mut self, indent: usize, scaffold: &Scaffold) {
        let open = open_risks(&scaffold.model);
        if !open.is_empty() {
            let question =
                "Which threats are these? The factors raise core risks that no threat names in its `refs`:";
            self.note(indent, question);
        }
        for one in open {
            self.note(indent, &format!("- {}, {}", one.risk.name_and_id(), one.details()));
        }
    }

    /// Makes comments of the lines after a place. A key that was offered in a comment becomes an empty one.
    fn comment_out(&mut self, start: usize) {
        let form = self.text.split_off(start);
        self.text.extend(form.lines().map(|line| {
            let (indent, text) = line.split_at(line.len() - line.trim_start().len());
            let offered = text.strip_prefix("# ").and_then(|text| text.split_once(": "));
            match offered.filter(|(key, _)| key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
            {
                Some((key, otherwise)) => format!("# {indent}{key}:  # {otherwise}\n"),
                None => format!("# {line}\n"),
            }
        }));
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

    fn layers(&mut self, scaffold: &Scaffold) {
        let layers = scaffold.part("maestro");
        // Without any factor, every core risk may be open.
        let asks_for_risks =
            scaffold.score == ScoreForm::Asked && scaffold.model.get("aivss/factors").is_none();
        self.text.push_str("\n# MAESTRO layers: the threats of each.\nmaestro:\n");
        if LayerSet::DEFAULT.layers().any(|kind| layers.get(kind.key()).is_none()) {
            let open = "If the sources do not say: `{ status: uncertain, analysis: What is not known. }`. If it does not \
                        apply: `{ status: not_applicable, reason: Why. }`.";
            self.note(2, open);
        }
        if asks_for_risks {
            let risks = "A core risk whose factors are all 0.5 or above needs a threat that names it: `{ analysis: What can \
                         happen., threats: [{ title: In a few words, status: open, refs: [ASI02] }] }`.";
            self.note(2, risks);
        }
        if scaffold.score == ScoreForm::Absent {
            let threats = "With its threats: `{ analysis: What can happen., threats: [{ title: In a few words, severity: High, \
                           status: open, owner: A team }] }`.";
            self.note(2, threats);
        }
        for kind in LayerSet::DEFAULT.layers() {
            let layer = layers.get(kind.key());
            // An analysis alone needs no key of its own.
            let only =
                layer.filter(|layer| layer.entries().len() == 1).and_then(|layer| layer.get("analysis"));
            if let Some(layer) = only.or(layer) {
                self.entry(2, kind.key(), layer);
                continue;
            }
            self.described(2, &["maestro", kind.key()]);
            if asks_for_risks {
                self.note(2, &risks_of(kind));
            }
            self.key(2, kind.key(), "\n");
        }
        self.given(2, layers, &["cross_layer"]);
    }
}

/// The question about the core risks that are usually seen in a layer.
fn risks_of(kind: LayerKind) -> String {
    let seen = CORE_RISKS.iter().filter(|risk| risk.layers.contains(&kind.key()));
    let names: Vec<String> = seen.map(CoreRisk::name_and_id).collect();
    format!("Which of these can happen: {}?", names.join(", "))
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
