//! Front matter of a page, in which a threat model can be written.

use std::ops::Range;

use crate::likeness::is_near;
use crate::source::{BOM, Language, Span};
use crate::syntax::lookalike::form_of;
use crate::syntax::tree::{Document, Tree};
use crate::syntax::{MODEL_MARKER, marker, yaml};

/// The keys at the top of a threat model, and the opening of a team's own.
const OWN_KEYS: [&str; 6] = [MODEL_MARKER, "agent", "review", "aivss", "maestro", "findings"];
const TEAM_KEY: &str = "x-";
/// The front matter of a page: YAML between lines of `---`, or TOML between lines of `+++`.
#[derive(Clone, Debug, Default)]
pub(crate) struct FrontMatter {
    /// The bytes between the lines.
    pub(crate) inner: Range<usize>,
    /// The end of the last line; 0 if the page has none.
    pub(crate) end: usize,
    pub(crate) is_toml: bool,
}

impl FrontMatter {
    /// The front matter at the beginning of a text; a byte order mark may precede it.
    pub(crate) fn of(text: &str) -> Self {
        let offset = text.len() - text.strip_prefix(BOM).unwrap_or(text).len();
        let mut lines = text[offset..].split_inclusive(['\n', '\r']);
        let first = lines.next().unwrap_or_default();
        let is_toml = first.trim_end() == "+++";
        if !is_toml && first.trim_end() != "---" {
            return Self::default();
        }
        let start = offset + first.len();
        let mut at = start;
        for line in lines {
            let is_end =
                if is_toml { line.trim_end() == "+++" } else { matches!(line.trim_end(), "---" | "...") };
            if is_end {
                return Self { inner: start..at, end: at + line.len(), is_toml };
            }
            at += line.len();
        }
        Self::default()
    }

    /// The marker as a key of TOML, which is not read.
    pub(crate) fn toml_marker(&self, text: &str) -> Option<Span> {
        let inner = text.get(self.inner.clone()).filter(|_| self.is_toml)?;
        let mut found = inner.match_indices(MODEL_MARKER).map(|(at, _)| (at, at + MODEL_MARKER.len()));
        let (start, end) = found.find(|(start, end)| {
            let before = inner[..*start].trim_end_matches([' ', '\t', '"', '\'']);
            let after = inner[*end..].trim_start_matches([' ', '\t', '"', '\'']);
            (before.is_empty() || before.ends_with(['\n', '\r'])) && after.starts_with('=')
        })?;
        Some(Span::new(start, end).moved(self.inner.start))
    }
}

/// The outcome of reading the front matter of a page.
pub(crate) enum FrontOutcome {
    /// The root of a threat model.
    Marked(u32),
    /// A threat model with problems, which are reported.
    Faulty,
    /// That of another tool, or none.
    Other,
}

/// Reads the front matter as YAML, if it has the marker at its top.
pub(crate) fn read_front<'t>(
    document: &mut Document<'t>,
    text: &'t str,
    front: &FrontMatter,
) -> FrontOutcome {
    let inner = text.get(front.inner.clone()).unwrap_or_default();
    if front.is_toml || marker::keys(inner).next().is_none() {
        return FrontOutcome::Other;
    }
    yaml::read(document, text, front.inner.clone());
    // A front matter with problems such as a repeated key is read all the same.
    if let [root] = document.roots.as_slice()
        && document.tree.value_of(*root, MODEL_MARKER).is_some()
    {
        let root = *root;
        pass_other_keys(&mut document.tree, root);
        return FrontOutcome::Marked(root);
    }
    if !document.is_sound() && marker::is_uncommented(inner, Language::Yaml) {
        document.roots.clear();
        return FrontOutcome::Faulty;
    }
    *document = Document { tree: Tree::over(text), ..Document::default() };
    FrontOutcome::Other
}

/// Drops the keys of other tools. A near miss of a key of ours stays and is a problem.
fn pass_other_keys(tree: &mut Tree<'_>, root: u32) {
    let others = tree.pairs(root).filter(|(key, _)| {
        let key = tree.key(*key);
        let is_own = OWN_KEYS.contains(&key) || key.starts_with(TEAM_KEY);
        let is_miss = form_of(key).is_some() || OWN_KEYS.iter().any(|own| is_near(key, own, 1));
        !is_own && !is_miss
    });
    for (key, _) in others.collect::<Vec<_>>() {
        tree.set_unreadable(key);
    }
}
