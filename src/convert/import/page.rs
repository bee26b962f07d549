//! Import of a page about an agent, as Markdown or text: what the reader of pages finds in it, and the score in its prose.

use crate::aivss::{LayerKind, LayerSet};
use crate::convert::data::Data;
use crate::convert::import::listing::{add_listing, has_no_heading, named_layers};
use crate::convert::import::{Draft, numbers};
use crate::convert::scaffold::{Scaffold, ScoreForm};
use crate::model::{Blank, TextKind, blank, blank_as_shown};
use crate::page::about::{fact_count, labelled};
use crate::page::{BlockUse, PageDraft, draft};
use crate::report::count;
use crate::schema::Vocabulary;
use crate::source::Source;
use crate::syntax::Node;

/// The most sections that are reported as not imported.
const MAX: usize = 50;
/// The facts of an agent that lines state: labels, the place in a threat model, and the words that it accepts.
const FACTS: [(&[&str], &str, Option<Vocabulary>); 3] = [
    (&["owner", "agent owner", "model owner", "threat model owner"], "agent/owner", None),
    (&["environment", "deployment environment"], "agent/environment", Some(Vocabulary::Environment)),
    (&["tier", "risk tier"], "agent/tier", Some(Vocabulary::Tier)),
];
/// The wording of a page that uses the formula of 0.8.
const CANONICAL: &str = "canonical owasp aivss formula";

/// Imports a page. With `takes_threats`, threats are enough.
pub(crate) fn import(source: &Source, takes_threats: bool) -> Result<Draft, String> {
    let mut page = draft(source);
    if let Some(problem) = page.document.problems.first() {
        return Err(problem.message.clone());
    }
    let mut remarks = Vec::new();
    let roots: Vec<Data> = page.document.roots().map(model_of).collect();
    let mut scaffolds = Vec::new();
    let is_listing = has_no_heading(&page);
    for (at, mut model) in roots.into_iter().enumerate() {
        let score = numbers::score(&mut page, at);
        if is_listing {
            remarks.extend(add_listing(source.text(), &mut page, &mut model));
        } else if score.get("factors").is_some() {
            named_layers(&mut page, at, &mut model);
        }
        let has_layers = page.has_layers || is_listing && model.get("maestro").is_some();
        let has_threats = model.get("maestro/cross_layer").is_some();
        if !has_layers && score.get("factors").is_none() && !(takes_threats && has_threats) {
            return Err(nothing(has_threats));
        }
        if score.entries().iter().any(|(key, _)| key != "severity") {
            model.put("aivss", score);
        }
        add_facts(&mut page, at, source.text(), &mut model);
        remarks.extend(version(&page, at, &mut model));
        remarks.push(found(&model));
        scaffolds.push(Scaffold { origin: String::new(), model, score: ScoreForm::Offered });
    }
    let left = page.left();
    remarks.extend(left.iter().take(MAX).map(|section| {
        let parts = [(section.blocks, "block"), (section.cells, "cell")].into_iter();
        let parts = parts.filter(|(number, _)| *number > 0).map(|(number, word)| count(number, word));
        let parts = parts.collect::<Vec<_>>().join(", ");
        let line = section.first.map_or(1, |span| source.position(span.start).line);
        match section.title.as_str() {
            "" => format!("not carried over: {parts} before the first heading (line {line})"),
            title => format!("not carried over: {title}: {parts} (line {line})"),
        }
    }));
    if left.len() > MAX {
        remarks.push(format!("not carried over: {} more sections", left.len() - MAX));
    }
    Ok(Draft { scaffolds, remarks })
}

/// Adds the facts of the agent that lines with a label state, such as `Owner: Booking team`.
fn add_facts(page: &mut PageDraft<'_>, root: usize, text: &str, model: &mut Data) {
    let mut read = Vec::new();
    for (labels, path, vocabulary) in FACTS {
        let Some((at, value)) = labelled(&page.blocks, page.ranges[root].clone(), text, labels) else {
            continue;
        };
        let value = match vocabulary {
            Some(vocabulary) => vocabulary.meant(&value.text),
            None => Some(value.text.trim()),
        };
        if let Some(value) = value.filter(|value| blank(value, TextKind::Name).is_none())
            && model.get(path).is_none()
        {
            model.put(path, value);
            read.push(at);
        }
    }
    // A block with other facts is not carried over as a whole.
    for at in &read {
        if read.iter().filter(|other| *other == at).count() == fact_count(&page.blocks[*at]) {
            take(page, *at);
        }
    }
}

/// The values of a root. An analysis that consists of placeholders below captions is the first of them.
fn model_of(root: Node<'_>) -> Data {
    let mut model = Data::from(root);
    for key in LayerSet::DEFAULT.layers().map(LayerKind::key) {
        let analysis = root.get("maestro").and_then(|maestro| maestro.get(key)?.get("analysis"));
        if let Some(Blank::Placeholder(text)) = analysis.and_then(blank_as_shown) {
            let path = format!("maestro/{key}/analysis");
            model.take(&path);
            model.put(&path, &*text);
        }
    }
    model
}

fn nothing(has_threats: bool) -> String {
    let help = if has_threats { "; --threats imports its threats without layers" } else { "" };
    format!("no agentic factor and no MAESTRO layer is found in it{help}")
}

/// A remark on what was found: a definition of the layers cannot always be distinguished from an analysis.
fn found(model: &Data) -> String {
    let parts = model.get("maestro").map(Data::entries).unwrap_or_default();
    let layers = parts.iter().filter(|(key, layer)| key != "cross_layer" && *layer != Data::Null).count();
    let threats: usize =
        parts.iter().map(|(_, part)| part.get("threats").map_or(0, |list| list.items().len())).sum();
    let factors = model.get("aivss/factors").map_or(0, |factors| factors.entries().len());
    let parts = [(layers, "layer"), (threats, "threat"), (factors, "factor")]
        .map(|(number, word)| count(number, word));
    let name = model.text("agent/name").map(|name| format!(" ({name})")).unwrap_or_default();
    format!("found {}{name}", parts.join(", "))
}

/// Sets the version of the standard; returns a remark if the page names none, or several.
fn version(page: &PageDraft<'_>, at: usize, model: &mut Data) -> Option<String> {
    model.get("aivss")?;
    let texts: Vec<String> =
        page.blocks[page.ranges[at].clone()].iter().map(|block| block.phrase.text.to_lowercase()).collect();
    let mut versions = vec!["0.5", "0.8"];
    versions.retain(|version| {
        let names = [format!("aivss v{version}"), format!("aivss {version}")];
        texts.iter().any(|text| names.iter().any(|name| text.contains(name)))
    });
    match versions.as_slice() {
        [only] => model.put("aivss/version", *only),
        [] => {
            if texts.iter().any(|text| text.replace('\n', " ").contains(CANONICAL)) {
                model.put("aivss/version", "0.8");
                return Some(
                    "it names no version of AIVSS; the canonical formula is taken for that of 0.8".to_owned(),
                );
            }
        }
        several => {
            return Some(format!("it names the versions {} of AIVSS: choose one", several.join(" and ")));
        }
    }
    None
}

/// Marks a block as taken.
pub(crate) fn take(page: &mut PageDraft<'_>, at: usize) {
    if page.uses[at] == BlockUse::Free {
        page.uses[at] = BlockUse::About;
    }
}
