//! Threat models from other documents, as [`Scaffold`]s to be completed: mappings in YAML or JSON by their keys, pages by
//! their headings and tables.
//!
//! Nothing is invented: a value that the source lacks stays empty. A value that has no place in a threat model is a remark.
//! The numbers are not checked here.

mod front_matter;
mod keyed;
mod listing;
mod neighbors;
mod numbers;
mod page;
mod records;

use crate::convert::data::Data;
use crate::convert::scaffold::Scaffold;
use crate::page::parse;
use crate::source::{BOM, Language, Source};
use crate::syntax::MODEL_MARKER;

/// A threat model made of something else.
#[derive(Debug)]
pub struct Imported {
    /// The threat models as YAML, a document for each agent.
    pub text: String,
    /// The parts of the source that are not in it, or were ambiguous; a line each.
    pub remarks: Vec<String>,
}

struct Draft {
    scaffolds: Vec<Scaffold>,
    remarks: Vec<String>,
}

const ALREADY: &str = "it is a threat model already";
const UNKNOWN: &str = "an OWASP report (`metadata`, `vulnerabilities`) nor AVE records (`ave_id`), and no layer, factor, finding or \
                       threat is found under the keys of a threat model";

/// Imports a source; `name` is its name in messages.
///
/// # Errors
/// The reason why it cannot be imported.
pub fn import(name: &str, bytes: Vec<u8>, takes_threats: bool) -> Result<Imported, String> {
    let Draft { scaffolds, mut remarks } = draft(name, bytes, takes_threats)?;
    remarks.extend(copied(&scaffolds));
    let mut text = String::new();
    for mut scaffold in scaffolds {
        if !text.is_empty() {
            text += "---\n";
        }
        let origin = format!("From {name}. {}", scaffold.origin);
        origin.trim_end().clone_into(&mut scaffold.origin);
        text += &scaffold.to_yaml();
    }
    Ok(Imported { text, remarks })
}

/// Puts front matter on a page, whose layers are then read in place. The text of the result is the page, of which no other
/// byte has changed.
///
/// # Errors
/// The reason why it cannot get any.
pub fn import_in_place(bytes: &[u8], takes_threats: bool) -> Result<Imported, String> {
    let page = page_of(bytes)?;
    let Draft { scaffolds, remarks } = page::import(&page, takes_threats)?;
    let [scaffold] = scaffolds.as_slice() else {
        return Err(format!("it describes {} agents: split it, one page for each", scaffolds.len()));
    };
    let mut remarks: Vec<String> =
        remarks.into_iter().map(|remark| remark.replacen("not carried over", "not read", 1)).collect();
    remarks.extend(copied(&scaffolds));
    let marked = front_matter::insert(page.text(), &scaffold.front_parts())?;
    remarks.extend(
        marked.kept.iter().map(|key| format!("the front matter has `{key}` already: it was kept as it is")),
    );
    let again = Source::decode("import.md", marked.text.into_bytes());
    let document = parse(&again);
    if let Some(problem) = document.problems.first() {
        let at = again.position(problem.span.start);
        return Err(format!(
            "with front matter, line {}, column {}: {}",
            at.line, at.column, problem.message
        ));
    }
    let root = document.roots().next().map_or(Data::EMPTY, Data::from);
    if !marked.kept.contains(&"maestro") && root.get("maestro") != scaffold.model.get("maestro") {
        return Err(
            "its layers have no headings and no table, so they are not read in place: import it without \
                    --in-place"
                .to_owned(),
        );
    }
    drop(document);
    Ok(Imported { text: again.text().to_owned(), remarks })
}

/// A remark on scores, if there are any.
fn copied(scaffolds: &[Scaffold]) -> Option<String> {
    let mut models = scaffolds.iter();
    models
        .any(|scaffold| scaffold.is_scored() || scaffold.model.get("findings").is_some())
        .then(|| "its numbers are copied and not checked".to_owned())
}

/// The text of a source that is not a threat model yet.
fn page_of(bytes: &[u8]) -> Result<Source, String> {
    let page = Source::decode("import.md", bytes.to_vec());
    if let Some(undecodable) = page.undecodable() {
        return Err(undecodable.message.clone());
    }
    for name in ["import.md", "import.yaml"] {
        let source = Source::decode(name, bytes.to_vec());
        if parse(&source).roots().any(|root| root.get(MODEL_MARKER).is_some()) {
            return Err(ALREADY.to_owned());
        }
    }
    Ok(page)
}

fn draft(name: &str, bytes: Vec<u8>, takes_threats: bool) -> Result<Draft, String> {
    let page = page_of(&bytes)?;
    let text = page.text().trim_start_matches(BOM);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    match extension.as_str() {
        // A file of JSON alone, whatever its name.
        "md" | "markdown" if text.trim_start().starts_with('{') => {
            keyed(&Source::decode("import.json", bytes)).or_else(|_| page::import(&page, takes_threats))
        }
        "md" | "markdown" => page::import(&page, takes_threats),
        _ if text.trim().is_empty() => page::import(&page, takes_threats),
        "yaml" | "yml" => keyed(&Source::decode("import.yaml", bytes)),
        "json" => keyed(&Source::decode("import.json", bytes)),
        _ if text.trim_start().starts_with(['{', '[']) => keyed(&Source::decode("import.json", bytes)),
        // A mapping, or a text that happens to look like one.
        _ => keyed(&Source::decode("import.yaml", bytes)).or_else(|_| page::import(&page, takes_threats)),
    }
}

/// Imports the mappings of a file by their keys.
fn keyed(source: &Source) -> Result<Draft, String> {
    let document = parse(source);
    if let Some(problem) = document.problems.first() {
        let at = source.position(problem.span.start);
        return Err(format!("line {}, column {}: {}", at.line, at.column, problem.message));
    }
    let mut whole = Draft { scaffolds: Vec::new(), remarks: Vec::new() };
    for root in document.roots() {
        let root = Data::from(root);
        let draft = if records::is_report(&root) {
            records::of_report(root)?
        } else if records::is_records(&root) {
            records::of_records(root)
        } else if let Some(neighbor) = neighbors::NEIGHBORS.iter().find(|neighbor| (neighbor.is)(&root)) {
            neighbor.import(root)?
        } else if let Some(draft) = keyed::of_mapping(root) {
            draft
        } else {
            continue;
        };
        whole.scaffolds.extend(draft.scaffolds);
        whole.remarks.extend(draft.remarks);
    }
    if whole.scaffolds.is_empty() {
        let language = if source.language() == Language::Json { "JSON" } else { "YAML" };
        return Err(format!("it is {language}, but neither {UNKNOWN}"));
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::syntax::ProblemKind;

    /// A scaffold is well-formed, whatever it was made of.
    fn is_sound(text: String) {
        let source = Source::decode("threat-model.yaml", text.into_bytes());
        let problems = parse(&source).problems;
        // No key is written twice, and no text has a meaning of its own.
        assert!(
            problems.iter().all(|problem| problem.kind == ProblemKind::InputLimit),
            "{problems:?}\n{}",
            source.text()
        );
    }

    /// Texts in the places of a page.
    fn page() -> impl Strategy<Value = String> {
        let line = prop_oneof![
            "\\PC{0,60}",
            "[#|*> -]{0,4}(MAESTRO|AIVSS|Foundation Models|Layer 2: Data Operations|Not certain)[ :—|-]{0,3}\\PC{0,30}",
            "\\| ?(Autonomy|Tool Use|Self-Mod|Non-Determinism) ?\\| ?[0-9.e+-]{0,22} ?\\|(\\PC{0,20}\\|)?",
            "CVSS base [0-9.]{0,25}, threat ×[0-9.]{0,4} → AIVSS [0-9.]{0,4} (High|\\PC{0,9})",
            Just(String::new()),
        ];
        proptest::collection::vec(line, 0..24).prop_map(|lines| lines.join("\n"))
    }

    proptest! {
        #[test]
        fn page_gives_a_sound_scaffold_or_an_error(page in page()) {
            if let Ok(imported) = import("page.md", page.into_bytes(), true) {
                is_sound(imported.text);
            }
        }

        #[test]
        fn record_with_any_texts_and_numbers_gives_a_sound_scaffold(text in "\\PC{0,40}", number in "-?[1-9][0-9]{0,22}(\\.[0-9]{1,20})?") {
            let text = serde_json::Value::from(text);
            let record = format!(
                "{{\"ave_id\": {text}, \"title\": {text}, \"owasp_mapping\": [{text}], \"aivss\": {{\"aarf\": {{\"autonomy\": {number}, \
                 {text}: {number}}}, \"aars\": {number}, \"cvss_base\": {number}, \"thm\": {number}, \"mitigation_factor\": {number}, \
                 \"aivss_score\": {number}, \"spec_version\": {text}}}, \"cvss_base_vector\": {text}}}"
            );
            if let Ok(imported) = import("record.json", record.into_bytes(), false) {
                is_sound(imported.text);
            }
        }
    }
}
