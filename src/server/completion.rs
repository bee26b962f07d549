//! Completion where a schema cannot help: factors of the declared version, missing layers, references with their titles,
//! CVSS metrics within a vector, names of rules and policies; and the keys and values of the schema for editors without one.
//!
//! The text around the cursor is incomplete. A probe in the place of the word at the cursor makes it a text that can be
//! parsed, and the place of the probe in the tree decides what can be written.

use std::ops::Range;

use serde_json::Value as JsonValue;

use crate::aivss::cvss_words::BASE_METRICS;
use crate::aivss::{
    CORE_RISKS, Factor, Formula, LayerSet, MITIGATION_LEVELS, MultiplierLevel, Reference, THREAT_LEVELS,
    WEAKNESSES,
};
use crate::model::{DetectedFormat, ModelFormat, detect};
use crate::page::parse;
use crate::policy::BUILT_IN;
use crate::rules;
use crate::schema::Schema;
use crate::server::View;
use crate::server::cursor::{children, word_at};
use crate::server::protocol::{CompletionItem, CompletionItemKind, InsertTextFormat, TextEdit, markdown};
use crate::source::{Language, Source, Span};
use crate::syntax::{Node, POLICY_MARKER, POLICY_TEST_MARKER, Value};

/// A key that no file has.
const PROBE: &str = "x-aivss-lint-probe";

/// Something that can be written at the cursor.
struct Offer {
    label: String,
    /// The text, if it differs from the label.
    text: Option<String>,
    detail: String,
    documentation: String,
    kind: CompletionItemKind,
}

impl Offer {
    fn new(kind: CompletionItemKind, label: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { label: label.into(), text: None, detail: detail.into(), documentation: String::new(), kind }
    }

    fn documented(self, documentation: impl Into<String>) -> Self {
        Self { documentation: documentation.into(), ..self }
    }
}

pub(crate) fn complete(view: &View<'_>, offset: usize) -> Vec<CompletionItem> {
    let text = view.text().text();
    if let Some((start, offers)) = metrics(text, offset) {
        return items(view, start..offset, offers);
    }
    let word = word(text, offset);
    let line = text[..word.start].rfind('\n').map_or(0, |at| at + 1);
    if text[line..word.start].trim_start().starts_with('#')
        && view.text().source.language() != Language::Markdown
    {
        return Vec::new();
    }
    let lead = &text[line..word.start];
    let all = probes(&view.text().source, &word).into_iter();
    let offers = all
        .filter_map(|probe| CompletionContext::in_text(&view.text().source, &probe))
        .map(|found| offers(&found, lead));
    items(view, word.clone(), offers.into_iter().find(|offers| !offers.is_empty()).unwrap_or_default())
}

fn items(view: &View<'_>, word: Range<usize>, offers: Vec<Offer>) -> Vec<CompletionItem> {
    let range = view.text().range(Span::new(word.start, word.end));
    let old = &view.text().text()[word];
    let quote = if old.starts_with('"') { "\"" } else { "" };
    let is_json = view.text().source.language() == Language::Json;
    let all = offers.into_iter().enumerate().map(|(at, offer)| {
        let mut new_text = offer.text.unwrap_or_else(|| offer.label.clone());
        if is_json || !quote.is_empty() {
            new_text = quoted(&new_text);
        }
        CompletionItem {
            filter_text: Some(format!("{quote}{}", offer.label)),
            label: offer.label,
            kind: Some(offer.kind),
            detail: Some(offer.detail).filter(|detail| !detail.is_empty()),
            documentation: Some(markdown(offer.documentation).into()),
            sort_text: Some(format!("{at:03}")),
            insert_text_format: Some(InsertTextFormat::PlainText),
            text_edit: Some(TextEdit { range, new_text }.into()),
            ..CompletionItem::default()
        }
    });
    all.collect()
}

/// A key or a value as JSON writes it; a number stays one.
fn quoted(text: &str) -> String {
    if let Some((key, rest)) = text.split_once(": ") {
        return format!("\"{key}\": {rest}");
    }
    match text.strip_suffix(':') {
        Some(key) => format!("\"{key}\":"),
        None if text.parse::<f64>().is_ok() || text.starts_with('"') => text.to_owned(),
        None => format!("\"{text}\""),
    }
}

/// The metrics that continue a vector which ends at the cursor, and the start of the last one.
fn metrics(text: &str, offset: usize) -> Option<(usize, Vec<Offer>)> {
    let start = text[..offset].rfind(|letter: char| letter.is_whitespace() || "\"'".contains(letter));
    let vector = &text[start.map_or(0, |at| at + 1)..offset];
    let metrics = vector.strip_prefix("CVSS:4.0/")?;
    let last = metrics.rsplit('/').next().unwrap_or_default();
    let done: Vec<&str> = metrics.split('/').filter_map(|part| part.split(':').next()).collect();
    let partial = last.split(':').next().unwrap_or_default();
    let mut left = BASE_METRICS.iter().filter(|metric| metric.name == last || !done.contains(&metric.name));
    let is_value = last.contains(':');
    let named = BASE_METRICS.iter().find(|metric| metric.name == partial);
    let metric = if is_value { named? } else { left.next()? };
    let is_last = metric.name == BASE_METRICS[BASE_METRICS.len() - 1].name;
    let offers = metric.values.iter().map(|(value, word)| {
        let label = format!("{}:{value}", metric.name);
        let text = format!("{label}{}", if is_last { "" } else { "/" });
        let detail = format!("{}: {word}", metric.title);
        Offer { text: Some(text), ..Offer::new(CompletionItemKind::EnumMember, label, detail) }
    });
    Some((offset - last.len(), offers.collect()))
}

/// The word at the cursor, with its quotes.
fn word(text: &str, offset: usize) -> Range<usize> {
    let Range { mut start, mut end } = word_at(text, offset).range();
    // A dash of a list is not part of a word.
    if text[start..offset].starts_with('-') {
        start += 1;
    }
    if text[..start].ends_with('"') {
        start -= 1;
        end += usize::from(text[end..].starts_with('"'));
    }
    start..end.max(start)
}

/// The place of the probe in a tree.
struct ProbePlace<'p> {
    root: Node<'p>,
    /// The keys and indices that lead to it; with its own key for a value.
    path: Vec<String>,
    /// The mapping or list that it is in.
    parent: Node<'p>,
    is_key: bool,
}

/// The keys that can be written, or the values, as found with a probe in the text.
struct CompletionContext {
    schema: Schema,
    path: Vec<String>,
    is_key: bool,
    /// The keys of the mapping that the probe is in.
    present: Vec<String>,
    /// The version of the formula that applies there.
    version: Option<String>,
}

/// The text with a probe in the place of a word, as a key and as a value: the whole text, and the part up to its line.
fn probes(source: &Source, word: &Range<usize>) -> Vec<String> {
    let text = source.text();
    let line_end = text[word.end..].find('\n').map_or(text.len(), |at| word.end + at);
    let is_json = source.language() == Language::Json;
    let has_colon = text[word.end..line_end].trim_start().starts_with(':');
    let before = text[..word.start].trim_end_matches([' ', '\t']);
    let quote = if is_json || text[word.clone()].starts_with('"') { "\"" } else { "" };
    let value = format!("{quote}{PROBE}{quote}");
    let mut variants = Vec::new();
    if !before.ends_with(':') {
        let key = format!("{value}{}", if has_colon { "" } else { ": 1" });
        // Between others in braces.
        variants.extend(is_json.then(|| format!("{key},")));
        variants.push(key);
    }
    variants.push(value);
    let mut probes = Vec::new();
    for probe in variants {
        for rest in [&text[word.end..], &text[word.end..line_end]] {
            probes.push(format!("{}{probe}{rest}", &text[..word.start]));
        }
    }
    probes
}

fn find<'p>(root: Node<'p>, node: Node<'p>, path: &mut Vec<String>) -> Option<ProbePlace<'p>> {
    if node.is_alias() {
        return None;
    }
    let here = |path: &[String], is_key| Some(ProbePlace { root, path: path.to_vec(), parent: node, is_key });
    let is_map = node.as_map().is_some();
    for (key, _, child) in children(node) {
        if is_map && key == PROBE {
            return here(path, true);
        }
        path.push(key);
        if child.as_str() == Some(PROBE) {
            return here(path, false);
        }
        if let Some(found) = find(root, child, path) {
            return Some(found);
        }
        path.pop();
    }
    None
}

impl CompletionContext {
    fn in_text(source: &Source, probed: &str) -> Option<Self> {
        let probed = Source::decode(source.name(), probed.as_bytes().to_vec());
        let document = parse(&probed);
        let place = document.roots().find_map(|root| find(root, root, &mut Vec::new()))?;
        Self::of(&place)
    }

    fn of(place: &ProbePlace<'_>) -> Option<Self> {
        let root = place.root;
        let schema = match detect(root) {
            DetectedFormat::Model(ModelFormat::OwaspReport) => Schema::OwaspReport,
            DetectedFormat::Model(ModelFormat::Native | ModelFormat::Markdown) => Schema::ThreatModel,
            _ if root.get(POLICY_MARKER).is_some() => Schema::Policy,
            _ if root.get(POLICY_TEST_MARKER).is_some() => Schema::PolicyTest,
            _ => return None,
        };
        let entries = place.parent.as_map().into_iter().flat_map(|map| map.iter().collect::<Vec<_>>());
        let present = entries.map(|entry| entry.key.to_owned()).filter(|key| key != PROBE).collect();
        // The block of a score is above its factors.
        let mut block = Some(root);
        let mut version = None;
        for key in &place.path {
            let found = block.and_then(|block| block.get("version"));
            version = found
                .and_then(|node| match node.value() {
                    Value::String(text) | Value::Number(text) => Some(text.to_owned()),
                    _ => None,
                })
                .or(version);
            block = block.and_then(|block| match key.parse::<usize>() {
                Ok(at) => block.as_list()?.iter().nth(at),
                Err(_) => block.get(key),
            });
        }
        Some(Self { schema, path: place.path.clone(), is_key: place.is_key, present, version })
    }
}

fn offers(found: &CompletionContext, lead: &str) -> Vec<Offer> {
    let path: Vec<&str> = found.path.iter().map(String::as_str).collect();
    if found.is_key { keys(found, &path, lead) } else { values(found, &path) }
}

fn keys(found: &CompletionContext, path: &[&str], lead: &str) -> Vec<Offer> {
    let mut offers = match path {
        [.., "factors" | "amplification_factors"] if found.schema != Schema::Policy => factors(found),
        ["maestro"] => layers(lead),
        [.., "rules"] if found.schema == Schema::Policy => {
            let rules = rules::ALL.into_iter().filter(|rule| !rule.mandatory);
            let offers = rules.map(|rule| Offer::new(CompletionItemKind::Property, rule.name, rule.summary));
            offers.collect()
        }
        _ => properties(found.schema, path),
    };
    offers.retain(|offer| !found.present.contains(&offer.label));
    for offer in &mut offers {
        offer.text.get_or_insert_with(|| format!("{}: ", offer.label));
    }
    offers
}

/// The factors of the declared version. Of a complete set of ten, one is one of two.
fn factors(found: &CompletionContext) -> Vec<Offer> {
    let formula = found.version.as_deref().and_then(Formula::named);
    let is_report = found.schema == Schema::OwaspReport;
    let mut offers = Vec::new();
    for factor in Factor::ALL {
        let is_other =
            factor.counterpart().is_some() && formula.is_some_and(|formula| formula.tenth != factor);
        let key = if is_report { factor.report_key() } else { Some(factor.key()) };
        if let Some(key) = key.filter(|_| !is_other) {
            let offer = Offer::new(CompletionItemKind::Property, key, factor.scale().unwrap_or_default());
            offers.push(offer.documented(factor.description()));
        }
    }
    offers
}

/// The layers as forms to fill in.
fn layers(lead: &str) -> Vec<Offer> {
    let indent = &lead[..lead.len() - lead.trim_start().len()];
    let offers = LayerSet::DEFAULT.layers().map(|layer| {
        let text = if lead.trim().is_empty() {
            format!("{}:\n{indent}  status: uncertain\n{indent}  analysis: ", layer.key())
        } else {
            format!("{}: ", layer.key())
        };
        let offer = Offer::new(CompletionItemKind::Struct, layer.key(), layer.contents());
        Offer { text: Some(text), ..offer }
    });
    offers.collect()
}

/// The keys that the schema allows at a place.
fn properties(schema: Schema, path: &[&str]) -> Vec<Offer> {
    let mut offers: Vec<Offer> = Vec::new();
    for part in schema.parts(path) {
        let properties = part.get("properties").and_then(JsonValue::as_object);
        for (key, property) in properties.into_iter().flatten() {
            if offers.iter().all(|offer| offer.label != *key) {
                offers
                    .push(Offer::new(CompletionItemKind::Property, key, "").documented(described(property)));
            }
        }
    }
    offers
}

fn described(part: &JsonValue) -> &str {
    part.get("description").and_then(JsonValue::as_str).unwrap_or_default()
}

fn values(found: &CompletionContext, path: &[&str]) -> Vec<Offer> {
    match (found.schema, path) {
        (Schema::Policy, ["exceptions", _, "rule"]) => {
            let rules = rules::ALL.into_iter().filter(|rule| !rule.mandatory);
            rules.map(|rule| Offer::new(CompletionItemKind::Constant, rule.name, rule.summary)).collect()
        }
        (Schema::Policy, ["extends", ..]) | (Schema::PolicyTest, ["policy"]) => BUILT_IN.map(built_in).into(),
        (Schema::ThreatModel, [.., "cvss"]) => {
            let start = Offer::new(CompletionItemKind::Constant, "CVSS:4.0/", "a vector of base metrics");
            vec![start]
        }
        (Schema::ThreatModel, [.., "threats", _, "id"]) => references(&numbered("T", 17, 1)),
        (Schema::ThreatModel, [.., "refs", _]) => {
            let mut offers = references(&numbered("ASI", 10, 2));
            offers.extend(references(&numbered("T", 17, 1)));
            offers.extend(WEAKNESSES.map(|(id, title)| Offer::new(CompletionItemKind::Reference, id, title)));
            offers
        }
        (Schema::ThreatModel | Schema::OwaspReport, [.., "category"]) => {
            let risks = CORE_RISKS.iter();
            let risks =
                risks.map(|risk| Offer::new(CompletionItemKind::Constant, risk.name, "core risk of AIVSS"));
            risks.chain(references(&numbered("ASI", 10, 2))).collect()
        }
        (_, [.., "factors" | "amplification_factors", key] | [.., "factors", key, "score"]) => steps(key),
        (_, [.., "threat_multiplier"]) => levels(THREAT_LEVELS),
        (_, [.., "mitigation_factor"]) => levels(MITIGATION_LEVELS),
        _ => enumerated(found.schema, path),
    }
}

fn built_in(policy: crate::policy::BuiltIn) -> Offer {
    let source = policy.source();
    let first = source.text().lines().find_map(|line| line.strip_prefix("# ")).unwrap_or_default();
    let documentation = format!("```yaml\n{}```", source.text());
    Offer::new(CompletionItemKind::Constant, policy.name, first).documented(documentation)
}

fn levels(levels: &[MultiplierLevel]) -> Vec<Offer> {
    let levels = levels.iter();
    levels
        .map(|level| Offer::new(CompletionItemKind::EnumMember, level.name, level.value.to_string()))
        .collect()
}

fn numbered(prefix: &str, most: usize, width: usize) -> Vec<String> {
    (1..=most).map(|number| format!("{prefix}{number:0width$}")).collect()
}

/// Entries of public lists with their titles.
fn references(ids: &[String]) -> Vec<Offer> {
    let entries = ids.iter().filter_map(|id| Reference::named(id));
    let offers = entries.map(|entry| {
        let documentation = format!("[{}]({})", entry.list.info().full_name, entry.url());
        let title = entry.title.unwrap_or_default();
        Offer::new(CompletionItemKind::Reference, entry.id, title).documented(documentation)
    });
    offers.collect()
}

/// The published values of a factor with their meanings.
fn steps(key: &str) -> Vec<Offer> {
    let factor = Factor::with_key(key).or(Factor::with_report_key(key));
    let scale = factor.and_then(Factor::scale).unwrap_or("0.0: none; 0.5: some; 1.0: full");
    let steps = scale.split("; ").filter_map(|step| step.split_once(": "));
    steps.map(|(value, meaning)| Offer::new(CompletionItemKind::Value, value, meaning)).collect()
}

/// The words that the schema allows at a place.
fn enumerated(schema: Schema, path: &[&str]) -> Vec<Offer> {
    let parts = schema.parts(path);
    let description = parts.iter().copied().map(described).find(|text| !text.is_empty()).unwrap_or_default();
    let mut offers: Vec<Offer> = Vec::new();
    for part in parts {
        let values =
            part.get("enum").and_then(JsonValue::as_array).into_iter().flatten().chain(part.get("const"));
        for value in values {
            let label = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if offers.iter().all(|offer| offer.label != label) {
                offers.push(Offer::new(CompletionItemKind::EnumMember, label, "").documented(description));
            }
        }
    }
    offers
}
