//! Import of mappings with the keys of a threat model: those of this project's format without its marker, and layers and
//! threats under common keys.

use crate::aivss::{Factor, LayerKind, LayerSet};
use crate::convert::data::{Data, Row, number, text, word};
use crate::convert::import::Draft;
use crate::convert::import::records::not_carried;
use crate::convert::scaffold::{Scaffold, ScoreForm};
use crate::page::answers::{self, PageAnswer};
use crate::page::columns::{self, ThreatField};
use crate::page::threats::layers_in;
use crate::schema::Schema;

/// Names outside of the block `agent`.
const AGENT: [Row; 10] = [
    ("agent", "agent/name", text),
    ("name", "agent/name", text),
    ("system", "agent/name", text),
    ("project", "agent/name", text),
    ("title", "agent/name", text),
    ("summary", "agent/summary", text),
    ("description", "agent/summary", text),
    ("owner", "agent/owner", text),
    ("environment", "agent/environment", text),
    ("tier", "agent/tier", text),
];

const LAYER: [Row; 8] = [
    ("status", "status", layer_status),
    ("reason", "reason", text),
    ("analysis", "analysis", text),
    ("assessment", "analysis", text),
    ("summary", "analysis", text),
    ("description", "analysis", text),
    ("text", "analysis", text),
    ("notes", "analysis", text),
];

/// The lists of threats in a mapping.
const THREATS: [&str; 4] = ["threats", "risks", "register", "threat_register"];

/// Reads a mapping by its keys; `None` if there is nothing of a threat model in it.
pub(crate) fn of_mapping(mut root: Data) -> Option<Draft> {
    if !matches!(root, Data::Map(_)) {
        return None;
    }
    let mut model = Data::EMPTY;
    if let Some(Data::Map(factors)) = root.get_mut("aivss/factors") {
        for (key, _) in factors {
            *key = Factor::named(key).map_or_else(|| key.clone(), |factor| factor.key().to_owned());
        }
    }
    for part in ["agent", "review", "aivss", "findings"] {
        if let Some(data) = root.get_mut(part)
            && matches!(data, Data::Map(_) | Data::List(_))
            && let Some(known) = known(data, &mut vec![part.to_owned()])
        {
            model.put(part, known);
        }
    }
    add_layers(&mut root, &mut model);
    for part in ["maestro", "layers", "maestro/layers"] {
        if let Some(block) = root.get_mut(part) {
            add_layers(block, &mut model);
        }
    }
    for path in ["maestro/cross_layer", "cross_layer"] {
        if let Some(block) = root.get_mut(path) {
            add_threats(block, &[], &mut model);
        }
    }
    add_threats(&mut root, &[], &mut model);
    let mut scaffold = Scaffold { origin: String::new(), model, score: ScoreForm::Offered };
    let has_parts = ["maestro", "findings"].iter().any(|part| scaffold.model.get(part).is_some());
    if !has_parts && !scaffold.is_scored() {
        return None;
    }
    root.carry(&AGENT, &mut scaffold.model);
    let remarks = not_carried(&root);
    Some(Draft { scaffolds: vec![scaffold], remarks })
}

/// Takes the values that the schema of threat models allows at a path.
fn known(data: &mut Data, path: &mut Vec<String>) -> Option<Data> {
    let is_known = |path: &[String]| Schema::ThreatModel.knows(path, path.len());
    match data {
        Data::Null | Data::Taken => None,
        Data::Flag(_) | Data::Number(_) | Data::Text(_) => Some(std::mem::replace(data, Data::Taken)),
        Data::List(items) => {
            path.push("0".to_owned());
            let mut taken = Vec::new();
            if is_known(path) {
                taken.extend(items.iter_mut().filter_map(|item| known(item, path)));
            }
            path.pop();
            (!taken.is_empty()).then_some(Data::List(taken))
        }
        Data::Map(entries) => {
            let mut taken = Vec::new();
            for (key, value) in entries {
                path.push(key.clone());
                if is_name(key) && is_known(path) {
                    taken.extend(known(value, path).map(|value| (key.clone(), value)));
                }
                path.pop();
            }
            (!taken.is_empty()).then_some(Data::Map(taken))
        }
    }
}

/// Whether a key needs no quotes.
fn is_name(key: &str) -> bool {
    const MAX_LENGTH: usize = 100;
    key.len() <= MAX_LENGTH
        && key.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && key.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter))
}

/// Takes the layers of a block: its keys name layers, or its items do.
fn add_layers(block: &mut Data, model: &mut Data) {
    for (key, value) in block.entries_mut() {
        if let Some(kind) = LayerSet::DEFAULT.named(key) {
            add_layer(kind, value, model);
        }
    }
    for item in block.items_mut() {
        let name = ["layer", "name", "id", "title", "key"].iter().find(|key| kind_at(item, key).is_some());
        let Some(kind) = name.and_then(|key| kind_at(item, key)) else { continue };
        name.map(|key| item.take(key));
        add_layer(kind, item, model);
    }
}

fn kind_at(item: &Data, key: &str) -> Option<LayerKind> {
    LayerSet::DEFAULT.named(word(item.get(key)?)?.as_text()?)
}

/// Takes one layer, unless there is an answer to it.
fn add_layer(kind: LayerKind, value: &mut Data, model: &mut Data) {
    let path = format!("maestro/{}", kind.key());
    if model.get(&path).is_some() {
        return;
    }
    if let Some(text) = value.as_text() {
        model.put(&path, answer(text));
        *value = Data::Taken;
        return;
    }
    let mut layer = Data::EMPTY;
    value.carry(&LAYER, &mut layer);
    if layer.text("status") == Some("not_applicable")
        && layer.get("reason").is_none()
        && let Some(analysis) = layer.take("analysis")
    {
        layer.put("reason", analysis);
    }
    if !layer.entries().is_empty() {
        model.put(&path, layer);
    }
    add_threats(value, &[kind], model);
}

/// Takes the threats of a block, which are its items, or those of a list in it. `kinds` are the layers of those that name none.
pub(crate) fn add_threats(block: &mut Data, kinds: &[LayerKind], model: &mut Data) {
    for item in block.items_mut() {
        let mut kinds = kinds.to_vec();
        for key in ["layer", "layers", "maestro_layer"] {
            let named = item.get(key).map(kinds_in).unwrap_or_default();
            if !named.is_empty() {
                item.take(key);
                kinds = named;
            }
        }
        if let Some(threat) = threat(item) {
            add_threat(&kinds, threat, model);
        }
    }
    for key in THREATS {
        if let Some(list @ Data::List(_)) = block.get_mut(key) {
            add_threats(list, kinds, model);
        }
    }
}

/// The layers in a value such as `L4`, `[L1, L3]` or `data_operations`.
fn kinds_in(value: &Data) -> Vec<LayerKind> {
    let set = LayerSet::DEFAULT;
    let one = |value: &Data| word(value).and_then(|name| Some(layers_in(name.as_text()?, set)));
    match value {
        Data::List(items) => items.iter().filter_map(one).flatten().collect(),
        value => one(value).unwrap_or_default(),
    }
}

/// Takes one threat: a title, or a mapping with one. Its keys are headers of tables on pages, too.
fn threat(item: &mut Data) -> Option<Data> {
    let mut threat = Data::EMPTY;
    if let Some(title) = item.as_text() {
        threat.put("title", title);
        *item = Data::Taken;
        return Some(threat);
    }
    let mut taken = item.clone();
    for (key, value) in taken.entries_mut() {
        let header = key.to_lowercase().replace(['_', '-'], " ");
        let field = columns::field_of(&header).map(|(field, _)| field);
        let converted = match field {
            Some(field) => convert(field, value),
            None if header == "description" => text(value).map(|text| ("x-description", text)),
            None if header == "name" => text(value).map(|text| ("title", text)),
            None => None,
        };
        if let Some((path, converted)) = converted.filter(|(path, _)| threat.get(path).is_none()) {
            *value = Data::Taken;
            threat.put(path, converted);
        }
    }
    threat.get("title")?;
    *item = taken;
    Some(threat)
}

/// The value of a field of a threat, under its key in a threat model.
fn convert(field: ThreatField, value: &Data) -> Option<(&'static str, Data)> {
    let converted = match field {
        ThreatField::Id => word(value),
        ThreatField::Title | ThreatField::Owner | ThreatField::Due | ThreatField::Reason => text(value),
        ThreatField::Severity => severity(value),
        ThreatField::Likelihood | ThreatField::Impact => level(value),
        ThreatField::Status => status(value),
        ThreatField::Mitigation => texts(value),
        ThreatField::Refs => list_of_texts(value),
    };
    Some((field.key(), converted?))
}

/// Adds a threat to the layer that it is about, or to the threats of several layers.
pub(crate) fn add_threat(kinds: &[LayerKind], mut threat: Data, model: &mut Data) {
    let [kind] = kinds else {
        if !kinds.is_empty() {
            threat.put("layers", Data::List(kinds.iter().map(|kind| Data::from(kind.key())).collect()));
        }
        return model.push("maestro/cross_layer/threats", threat);
    };
    let path = format!("maestro/{}", kind.key());
    if let Some(Data::Text(text)) = model.get_mut(&path) {
        let text = std::mem::take(text);
        let mut layer = Data::EMPTY;
        layer.put("analysis", &*text);
        if let Some(place) = model.get_mut(&path) {
            *place = layer;
        }
    }
    model.push(&format!("{path}/threats"), threat);
}

/// A severity in the words of the schema.
pub(crate) fn severity(value: &Data) -> Option<Data> {
    columns::severity(value.as_text()?).map(Data::from)
}

/// A likelihood or an impact: 1 to 5, or a word.
fn level(value: &Data) -> Option<Data> {
    let word = word(value)?;
    let level = columns::level(word.as_text()?)?;
    Some(if matches!(value, Data::Number(_)) { number(value)? } else { Data::from(level) })
}

/// Words for the status of a threat besides those of pages, each with that of the schema.
const STATUSES: [(&str, &[&str]); 3] = [
    ("open", &["new", "identified", "exposed", "in progress", "planned"]),
    ("mitigated", &["implemented"]),
    ("closed", &["notapplicable", "not applicable", "n/a", "na"]),
];

/// The status of a threat in the words of the schema.
pub(crate) fn status(value: &Data) -> Option<Data> {
    let word = value.as_text()?;
    let other = STATUSES.iter().find(|(_, words)| words.iter().any(|other| other.eq_ignore_ascii_case(word)));
    other.map(|(status, _)| *status).or_else(|| columns::status(word)).map(Data::from)
}

/// The value of a layer with a text, which may say that the layer does not apply, or that it is not certain.
pub(crate) fn answer(text: &str) -> Data {
    let (status, key, rest) = match answers::answer(text, true) {
        PageAnswer::NotApplicable(reason) => ("not_applicable", "reason", reason),
        PageAnswer::Uncertain(rest) => ("uncertain", "analysis", rest),
        PageAnswer::Analysis => return Data::from(text.trim()),
    };
    let mut layer = Data::EMPTY;
    layer.put("status", status);
    if !rest.trim().is_empty() {
        layer.put(key, rest.trim());
    }
    layer
}

fn layer_status(value: &Data) -> Option<Data> {
    let word = value.as_text()?.to_lowercase().replace(['_', '-', '/', ' '], "");
    let status = match &*word {
        "mapped" | "analyzed" | "complete" => "mapped",
        "uncertain" | "notcertain" | "unknown" | "unclear" => "uncertain",
        "notapplicable" | "na" => "not_applicable",
        _ => return None,
    };
    Some(Data::from(status))
}

/// One text of a text, or of a list of texts.
fn texts(value: &Data) -> Option<Data> {
    let joined =
        list_of_texts(value)?.items().iter().filter_map(Data::as_text).collect::<Vec<_>>().join("; ");
    Some(Data::Text(joined))
}

/// A list of texts, of which a single one counts as a list.
fn list_of_texts(value: &Data) -> Option<Data> {
    if value.as_text().is_some() {
        return Some(Data::List(vec![value.clone()]));
    }
    let items = value.items();
    (!items.is_empty() && items.iter().all(|item| item.as_text().is_some())).then(|| value.clone())
}
