//! Edits of a page that add a section: for a layer, or for threats that span layers.

use crate::aivss::{LayerKind, LayerSet};
use crate::page::layers::{BOLD_LEVEL, LEAD_LEVEL};
use crate::source::Span;
use crate::syntax::Node;
use crate::syntax::places::{Addition, line_end};
use crate::syntax::tree::{PageFacts, PageSection};

impl Node<'_> {
    /// The edits that add a section with a text for each layer to the page.
    pub(crate) fn with_sections(self, texts: &[(LayerKind, &str)]) -> Option<Addition> {
        Some(additions(self.page()?, self.tree.text, texts))
    }

    /// The edit that adds a table of open threats that span layers, each with its title and its reference, at the end of the
    /// page.
    pub(crate) fn with_threats(self, threats: &[(String, &str)]) -> Option<Addition> {
        let (page, text) = (self.page()?, self.tree.text);
        let (end, feed) = (text.trim_end().len(), line_end(text, text.len()));
        // The heading ends the section of the last layer.
        let level = page.sections.iter().map(|section| section.level).min().unwrap_or(2).min(2);
        let heading = format!("{} Cross-layer threats", "#".repeat(level.into()));
        let mut lines = vec![
            String::new(),
            String::new(),
            heading,
            String::new(),
            "| Threat | Severity | Status | References |".to_owned(),
            "|---|---|---|---|".to_owned(),
        ];
        lines.extend(threats.iter().map(|(title, reference)| format!("| {title} | | open | {reference} |")));
        Some(vec![(Span::new(end, end), lines.join(feed))])
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
        let title = title(*kind, like, text);
        if level == usize::from(LEAD_LEVEL) {
            // A list is not divided.
            let at = text.trim_end().len();
            let section = format!("{feed}{feed}**{title}**: {body}");
            match additions.last_mut() {
                Some((_, added)) => added.push_str(&section),
                None => additions.push((Span::new(at, at), section)),
            }
            continue;
        }
        let heading = if level < BOLD_LEVEL.into() {
            format!("{} {title}", "#".repeat(level))
        } else {
            format!("**{title}**")
        };
        let (at, section) = if let (None, Some(next)) = (before.last(), next) {
            (next.heading.start as usize, format!("{heading}{feed}{feed}{body}{feed}{feed}"))
        } else {
            let end = before.last().map_or(text.len(), |section| section.end as usize);
            let at = text[..end].trim_end().len();
            // A blank line comes before the next heading.
            let gap = if text[at..end].matches('\n').count() < 2 && end < text.len() { feed } else { "" };
            (at, format!("{feed}{feed}{heading}{feed}{feed}{body}{gap}"))
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
    let gap = if section.level == LEAD_LEVEL { " ".to_owned() } else { feed.repeat(2) };
    Some(vec![(Span::new(end, end), format!("{gap}{body}"))])
}

/// The title of a layer's section, numbered like another section: `Layer 2: Data Operations`, `L2 — Data Operations`.
fn title(kind: LayerKind, like: Option<&PageSection>, text: &str) -> String {
    let words = kind.key().split('_').map(|word| match word {
        "and" => "and".to_owned(),
        word => word[..1].to_uppercase() + &word[1..],
    });
    let name = words.collect::<Vec<_>>().join(" ");
    let number_of = |kind| LayerSet::DEFAULT.layers().position(|other| other == kind).map_or(0, |at| at + 1);
    let (number, Some(like)) = (number_of(kind), like) else {
        return format!("Layer {}: {name}", number_of(kind));
    };
    let heading = text.get(like.heading.range()).unwrap_or_default().trim_start_matches(['#', ' ', '*']);
    let Some((label, rest)) = heading.split_once(&number_of(like.kind).to_string()) else { return name };
    let sign = &rest[..rest.find(char::is_alphabetic).unwrap_or(0)];
    let is_label = ["", "l", "layer"].iter().any(|known| label.trim().eq_ignore_ascii_case(known));
    let is_sign = [":", " —", " –", " -", ".", ")"].contains(&sign.trim_end());
    match (is_label && is_sign, label.to_ascii_lowercase().contains("layer")) {
        (true, _) => format!("{label}{number}{sign}{name}"),
        (false, true) => format!("Layer {number}: {name}"),
        (false, false) => name,
    }
}

#[cfg(test)]
mod tests {
    use crate::page::parse;
    use crate::source::Source;

    fn with_section(page: &str, key: &str) -> String {
        let text = format!("---\naivss_threat_model: 1\n---\n{page}");
        let source = Source::decode("a.md", text.into_bytes());
        let document = parse(&source);
        let kind = super::LayerSet::DEFAULT.with_key(key).unwrap();
        let mut edits = document.roots().next().unwrap().with_sections(&[(kind, "Why?")]).unwrap();
        let mut text = source.text().to_owned();
        let (span, added) = edits.pop().unwrap();
        text.insert_str(span.start as usize, &added);
        text["---\naivss_threat_model: 1\n---\n".len()..].to_owned()
    }

    #[test]
    fn section_has_the_level_the_place_and_the_number_of_its_neighbors() {
        for (page, expected) in [
            ("# A\n", "# A\n\n## Layer 2: Data Operations\n\nWhy?\n"),
            (
                "# A\n### L1 — Foundation Models\nx\n\n\n## Z\n",
                "# A\n### L1 — Foundation Models\nx\n\n### L2 — Data Operations\n\nWhy?\n\n\n## Z\n",
            ),
            ("## 3. Agent Frameworks\nx\n", "## 2. Data Operations\n\nWhy?\n\n## 3. Agent Frameworks\nx\n"),
            (
                "# 🧠 Layer 1: Foundation Models {#a}\nx\n# B\n",
                "# 🧠 Layer 1: Foundation Models {#a}\nx\n\n# Layer 2: Data Operations\n\nWhy?\n\n# B\n",
            ),
            ("**Foundation Models**\n\nx\n", "**Foundation Models**\n\nx\n\n**Data Operations**\n\nWhy?\n"),
            (
                "# A\n1. **L1 Foundation Models**: x\n2. L3 Agent Frameworks - y\n\n## Z\n",
                "# A\n1. **L1 Foundation Models**: x\n2. L3 Agent Frameworks - y\n\n## Z\n\n**Data Operations**: Why?\n",
            ),
            ("Foundation Models\n---\nx", "Foundation Models\n---\nx\n\n## Data Operations\n\nWhy?"),
        ] {
            assert_eq!(with_section(page, "data_operations"), expected);
        }
    }
}
