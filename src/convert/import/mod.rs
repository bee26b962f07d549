//! Threat models from elsewhere: OWASP's report, pages of text, AVE records, as a [`Draft`] to be completed.
//!
//! Nothing is invented. What the source does not say stays empty; what it says and a threat model has no place for is
//! told, so that somebody can decide about it. Whether the numbers are right is for the gate to say.

mod ave;
mod ledger;
mod owasp;
mod page;

use crate::convert::scaffold::Draft;
use crate::source::{BOM, Source};
use crate::syntax::{List, MODEL_MARKER, Node, parse};

/// A threat model made of something else.
#[derive(Debug)]
pub struct Imported {
    /// The threat model.
    pub draft: Draft,
    /// What has no place in it, or was understood in one of several ways; a line each.
    pub remarks: Vec<String>,
}

const ALREADY: &str = "it is a threat model already";

/// Reads what a threat model can be made of; `name` is what it is called.
///
/// # Errors
/// Why none can be made of it, as a sentence.
pub fn import(name: &str, bytes: Vec<u8>) -> Result<Imported, String> {
    // What it is, its text says; its name may say anything.
    let text = Source::decode("import.md", bytes.clone());
    if let Some(undecodable) = text.undecodable() {
        return Err(undecodable.message.clone());
    }
    for name in ["import.md", "import.yaml"] {
        let source = Source::decode(name, bytes.clone());
        if parse(&source).roots().any(|root| root.get(MODEL_MARKER).is_some()) {
            return Err(ALREADY.to_owned());
        }
    }
    let page = text.text().trim_start_matches(BOM);
    let is_json = page.trim_start().starts_with(['{', '[']);
    let mut imported =
        if is_json { of_json(&Source::decode("import.json", bytes))? } else { page::import(page)? };
    let origin = format!("From {name}. {}", imported.draft.origin);
    origin.trim_end().clone_into(&mut imported.draft.origin);
    Ok(imported)
}

fn of_json(source: &Source) -> Result<Imported, String> {
    let document = parse(source);
    if let Some(problem) = document.problems.first() {
        let at = source.position(problem.span.start);
        return Err(format!("line {}, column {}: {}", at.line, at.column, problem.message));
    }
    let root = document.roots().next().ok_or("there is nothing in it")?;
    if root.get(MODEL_MARKER).is_some() {
        return Err(ALREADY.to_owned());
    }
    if let (Some(_), Some(list)) = (root.get("metadata"), root.get("vulnerabilities")) {
        let mut items = list.as_list().into_iter().flat_map(List::iter);
        let lists_some = items.any(|item| item.as_map().is_some());
        return if lists_some {
            Ok(owasp::import(root))
        } else {
            Err("it lists no vulnerabilities".to_owned())
        };
    }
    let records: Vec<Node<'_>> = root.as_list().map_or_else(|| vec![root], |list| List::iter(list).collect());
    if !records.is_empty() && records.iter().all(|record| ave::is_record(*record)) {
        return Ok(ave::import(root, &records));
    }
    let known = "an OWASP report (`metadata`, `vulnerabilities`) or AVE records (`aivss.aarf`)";
    Err(format!("it is JSON, and neither {known}"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::syntax::ProblemKind;

    /// A draft is well-formed, whatever it was made of.
    fn is_sound(draft: &Draft) {
        let source = Source::decode("threat-model.yaml", draft.written().into_bytes());
        let problems = parse(&source).problems;
        // A key of the source stands once in the draft, and nothing in it has a meaning of its own.
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
        fn any_page_gives_a_sound_draft_or_none(page in page()) {
            if let Ok(imported) = import("page.md", page.into_bytes()) {
                is_sound(&imported.draft);
            }
        }

        #[test]
        fn any_texts_and_numbers_of_a_record_give_a_sound_draft(text in "\\PC{0,40}", number in "-?[1-9][0-9]{0,22}(\\.[0-9]{1,20})?") {
            let text = serde_json::Value::from(text);
            let record = format!(
                "{{\"ave_id\": {text}, \"title\": {text}, \"owasp_mapping\": [{text}], \"aivss\": {{\"aarf\": {{\"autonomy\": {number}, \
                 {text}: {number}}}, \"aars\": {number}, \"cvss_base\": {number}, \"thm\": {number}, \"mitigation_factor\": {number}, \
                 \"aivss_score\": {number}, \"spec_version\": {text}}}, \"cvss_base_vector\": {text}}}"
            );
            if let Ok(imported) = import("record.json", record.into_bytes()) {
                is_sound(&imported.draft);
            }
        }
    }
}
