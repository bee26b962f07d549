//! "Except this here": an exception for a problem, written into the policy with a reason, an owner and a last day to fill
//! in. Until a person fills them in, the policy has errors, so nothing passes by accident.

use std::path::PathBuf;

use serde_json::json;

use crate::diagnostic::{Diagnostic, Owner};
use crate::page::parse;
use crate::server::View;
use crate::server::documents::PositionedText;
use crate::server::fixes::changes;
use crate::server::protocol::{
    CreateFile, DocumentChange, TextDocumentIdentifier, TextEdit, WorkspaceEdit, uri_of,
};
use crate::source::{Language, Source, Span};
use crate::syntax::{Node, POLICY_MARKER};
use crate::workspace::repository::POLICY_NAMES;

/// The edit of the policy; `None` for a problem that cannot be excepted, or a policy that cannot be edited.
pub(crate) fn edit_for(view: &View<'_>, problem: &Diagnostic) -> Option<WorkspaceEdit> {
    let is_about_model = matches!(problem.owner, Owner::Agent | Owner::Finding(_));
    if problem.mandatory || !is_about_model || view.workspace.options.policy.is_some() {
        return None;
    }
    let mut fields = vec![("rule", &*problem.rule), ("path", &*view.checked.path)];
    fields.extend(problem.finding.as_deref().map(|finding| ("finding", finding)));
    fields.extend([("reason", "TODO"), ("owner", "TODO"), ("expires", "YYYY-MM-DD")]);
    let (policy, _) = view.project.policy.as_ref()?;
    let Some(source) = policy.sources().last() else { return created(view, &fields) };
    let path = view.project.repository.whole(source.name().as_ref());
    let (text, version) = match view.open.at(&path) {
        Some(document) => (document.text.text().as_bytes().to_vec(), Some(document.version)),
        None => (view.project.repository.read(&path).ok()?, None),
    };
    let text = view.text().with_source(Source::decode(source.name(), text));
    let (span, new_text) = inserted(&text, &fields)?;
    let edit = TextEdit { range: text.range(span), new_text };
    let uri = view.open.at(&path).map_or_else(|| uri_of(&path), |document| document.uri.clone());
    Some(changes(TextDocumentIdentifier { uri }, version, vec![edit], None))
}

/// A new policy in the root that extends the built-in one in force.
fn created(view: &View<'_>, fields: &[(&str, &str)]) -> Option<WorkspaceEdit> {
    let (_, name) = view.project.policy.as_ref()?;
    let path: PathBuf = view.project.repository.root().join(POLICY_NAMES[0]);
    let uri = uri_of(&path);
    let new_text = format!("{POLICY_MARKER}: 1\nextends: [{name}]\nexceptions:\n{}", block(fields, "  "));
    let file = CreateFile { uri: uri.clone(), options: None, annotation_id: None };
    let edit = TextEdit { new_text, ..TextEdit::default() };
    let creation = DocumentChange::CreateFile(file);
    view.client
        .creates_files
        .then(|| changes(TextDocumentIdentifier { uri }, None, vec![edit], Some(creation)))
}

/// The place in a policy for one more exception, and its text.
fn inserted(text: &PositionedText, fields: &[(&str, &str)]) -> Option<(Span, String)> {
    let document = parse(&text.source);
    let root = document.roots().next().filter(|_| document.is_sound())?;
    let text_of = |span: Span| text.text().get(span.range()).unwrap_or_default();
    let flow: Vec<String> =
        fields.iter().map(|(key, value)| format!("{}: {}", json!(key), json!(value))).collect();
    let flow = format!("{{ {} }}", flow.join(", "));
    let Some(list) = root.get("exceptions").and_then(Node::as_list) else {
        if root.get("exceptions").is_some() {
            return None;
        }
        return Some(if text.source.language() == Language::Json {
            let at = root.span().start as usize + 1;
            (Span::new(at, at), format!("\n  \"exceptions\": [{flow}],"))
        } else {
            let end = text.text().len();
            let feed = if text.text().ends_with(['\n', '\r']) { "" } else { "\n" };
            (Span::new(end, end), format!("{feed}exceptions:\n{}", block(fields, "  ")))
        });
    };
    let span = root.get("exceptions").map(Node::span)?;
    if text_of(span).starts_with('[') {
        let (at, comma) = (span.start as usize + 1, if list.iter().next().is_some() { ", " } else { "" });
        return Some((Span::new(at, at), format!("{flow}{comma}")));
    }
    // In front of the first one, at the indentation of its dash.
    let dash = span.start as usize;
    let start = text.text()[..dash].rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let indent = &text.text()[start..dash];
    let is_block = text_of(span).starts_with('-') && indent.chars().all(|letter| letter == ' ');
    is_block.then(|| (Span::new(start, start), block(fields, indent)))
}

/// An item of a list, each key in a line of its own.
fn block(fields: &[(&str, &str)], indent: &str) -> String {
    let lines = fields.iter().enumerate().map(|(at, (key, value))| {
        let dash = if at == 0 { "- " } else { "  " };
        let is_word = value.chars().all(|letter| letter.is_ascii_alphabetic() || letter == '-');
        let value = if is_word { (*value).to_owned() } else { json!(value).to_string() };
        format!("{indent}{dash}{key}: {value}\n")
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::Encoding;

    #[test]
    fn exception_is_written_in_the_style_of_the_policy() {
        let fields = [("rule", "layer-blank"), ("path", "a/b.yaml")];
        for (name, before, after) in [
            (
                "p.yaml",
                "aivss_policy: 1",
                "aivss_policy: 1\nexceptions:\n  - rule: layer-blank\n    path: \"a/b.yaml\"\n",
            ),
            (
                "p.yaml",
                "exceptions:\n- rule: x\naivss_policy: 1\n",
                "exceptions:\n- rule: layer-blank\n  path: \"a/b.yaml\"\n- rule: x\naivss_policy: 1\n",
            ),
            (
                "p.yaml",
                "aivss_policy: 1\nexceptions: []\n",
                "aivss_policy: 1\nexceptions: [{ \"rule\": \"layer-blank\", \"path\": \"a/b.yaml\" }]\n",
            ),
            (
                "p.json",
                "{\"aivss_policy\": 1}",
                "{\n  \"exceptions\": [{ \"rule\": \"layer-blank\", \"path\": \"a/b.yaml\" }],\"aivss_policy\": 1}",
            ),
        ] {
            let source = Source::decode(name, before.as_bytes().to_vec());
            let text = PositionedText::new(source, Encoding::Utf16);
            let (span, new) = inserted(&text, &fields).unwrap();
            let mut edited = before.to_owned();
            edited.replace_range(span.range(), &new);
            assert_eq!(edited, after);
        }
        let source = Source::decode("p.yaml", b"aivss_policy: 1\nexceptions: [\n".to_vec());
        assert_eq!(inserted(&PositionedText::new(source, Encoding::Utf16), &fields), None);
    }
}
