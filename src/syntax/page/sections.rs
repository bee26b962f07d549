//! Edits of a page that add a section for a layer.

use crate::aivss::{LayerKind, LayerSet};
use crate::source::Span;
use crate::syntax::node::Node;
use crate::syntax::places::{Addition, line_end};
use crate::syntax::tree::{PageFacts, PageSection};

impl Node<'_> {
    /// The edits that add a section with a text for each layer to the page.
    pub(crate) fn with_sections(self, texts: &[(LayerKind, &str)]) -> Option<Addition> {
        Some(additions(self.page()?, self.tree.text, texts))
    }

    /// The edits that add a text below the heading of a layer in the page.
    pub(crate) fn with_section_text(self, kind: LayerKind, text: &str) -> Option<Addition> {
        filled(self.page()?, self.tree.text, kind, text)
    }
}

/// The edits that add a section with a text for each layer: after the section of the layer before it, or at the end of the
/// page.
fn additions(page: &PageFacts, text: &str, texts: &[(LayerKind, &str)]) -> Addition {
    let feed = line_end(text, text.len());
    let mut additions: Addition = Vec::new();
    for (kind, body) in texts {
        let mut before: Vec<&PageSection> =
            page.sections.iter().filter(|section| section.kind < *kind).collect();
        before.sort_by_key(|section| (section.kind, section.end));
        let next =
            page.sections.iter().filter(|section| section.kind > *kind).min_by_key(|section| section.kind);
        let like = before.last().copied().or(next);
        let level = like.map_or(2, |section| section.level.into());
        let heading = format!("{} {}", "#".repeat(level), title(*kind, like, text));
        let (at, section) = if let (None, Some(next)) = (before.last(), next) {
            (next.heading.start as usize, format!("{heading}{feed}{feed}{body}{feed}{feed}"))
        } else {
            let end = before.last().map_or(text.len(), |section| section.end as usize);
            (text[..end].trim_end().len(), format!("{feed}{feed}{heading}{feed}{feed}{body}"))
        };
        match additions.last_mut().filter(|(span, _)| span.start as usize == at) {
            Some((_, added)) => added.push_str(&section),
            None => additions.push((Span::new(at, at), section)),
        }
    }
    additions.sort_by_key(|(span, _)| *span);
    additions
}

/// The edit that adds a text below the heading of a layer's only section.
fn filled(page: &PageFacts, text: &str, kind: LayerKind, body: &str) -> Option<Addition> {
    let section = page.sections.iter().find(|section| section.kind == kind)?;
    let end = text.get(..section.heading.range().end)?.trim_end().len();
    let feed = line_end(text, end);
    Some(vec![(Span::new(end, end), format!("{feed}{feed}{body}"))])
}

/// The title of a layer's section, with its number if that of another section has one.
fn title(kind: LayerKind, like: Option<&PageSection>, text: &str) -> String {
    let words = kind.key().split('_').map(|word| match word {
        "and" => "and".to_owned(),
        word => word[..1].to_uppercase() + &word[1..],
    });
    let name = words.collect::<Vec<_>>().join(" ");
    let number = LayerSet::DEFAULT.layers().position(|other| other == kind).map_or(0, |at| at + 1);
    let heading = like.and_then(|section| text.get(section.heading.range())).unwrap_or_default();
    let small = heading.to_ascii_lowercase();
    if like.is_none() || small.contains("layer ") { format!("Layer {number}: {name}") } else { name }
}
