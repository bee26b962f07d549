//! A page of prose to a threat model: every value has its place, and fixes do not change the prose.

use aivss_lint::diagnostic::Safety;
use aivss_lint::fix::apply_fixes;
use aivss_lint::page::{draft, parse};
use aivss_lint::source::Source;
use aivss_lint::syntax::Node;

use crate::document::walk;
use crate::{File, problems};

const FRONT: &str = "---\naivss_threat_model: 1\nagent: { owner: a }\naivss: { version: '0.8', cvss_base: 5, score: 1, factors: { autonomy_of_action: 0, \
                     dynamic_tool_use: 0, natural_language_interface: 0, contextual_awareness: 0, non_determinism: 0, opacity_and_reflexivity: 0, \
                     persistent_memory: 0, dynamic_identity: 0, multi_agent_interactions: 0, self_modification: 0 } }\n---\n";

/// Any text is read as prose; with the marker in front matter it has the same layers, and safe fixes do not change it.
pub fn page(data: &[u8]) {
    let Some(file) = File::of(data) else { return };
    let Some(text) = file.text() else { return };
    let source = Source::decode("a.md", text.as_bytes().to_vec());
    let drafted = draft(&source);
    walk(&source, &drafted.document);
    if text.starts_with("---") || text.starts_with("+++") || text.starts_with('\u{FEFF}') {
        return;
    }
    let marked = format!("{FRONT}{text}");
    let source = Source::decode("a.md", marked.clone().into_bytes());
    let document = parse(&source);
    walk(&source, &document);
    let roots: Vec<Node<'_>> = drafted.document.roots().collect();
    if let ([only], Some(root)) = (roots.as_slice(), document.roots().next()) {
        let layers = |root: Node<'_>| root.get("maestro").map(Node::to_json);
        assert_eq!(layers(*only), layers(root), "the prose has other layers below front matter");
    }
    let fixed = apply_fixes(&marked, Safety::Safe, |text| problems("a.md", text));
    assert!(fixed.text.ends_with(text), "a safe fix changes the prose");
}
