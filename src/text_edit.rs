//! Edits of a text: replacements of bytes, grouped into fixes that are applied all or none.

use crate::source::Span;

/// Edits that fix a problem, applied all or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// Their effect, in a few words.
    pub title: String,
    /// The edits, in the order of the text; none overlaps another.
    pub edits: Vec<Edit>,
    /// Whether they may be applied without a review.
    pub safety: Safety,
}

/// The need for a review of a fix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Safety {
    /// None: the fix follows from the file.
    Safe,
    /// A person must review it: it is a guess or a form to fill in.
    Suggested,
    /// Only in an editor: it writes a question about a note, which nothing demands.
    Question,
}

impl Safety {
    /// The command that applies such fixes.
    pub(crate) const fn in_words(self) -> &'static str {
        match self {
            Self::Safe => "yes, with `aivss-lint fix`",
            Self::Suggested => "with `aivss-lint fix --unsafe`, whose suggestions need review",
            Self::Question => "in an editor",
        }
    }
}

/// A replacement of bytes by a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The replaced bytes.
    pub span: Span,
    /// The new text.
    pub text: String,
}

impl Fix {
    /// The bytes in `span` replaced by `text`.
    pub fn replacing(span: Span, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { title: format!("Write {text}"), edits: vec![Edit { span, text }], safety: Safety::Safe }
    }

    /// The same edits as a suggestion.
    #[must_use]
    pub fn suggested(self) -> Self {
        Self { safety: Safety::Suggested, ..self }
    }
}

/// A text with fixes applied to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedFixes {
    /// The new text.
    pub text: String,
    /// The indices of the applied fixes, in the order of the text.
    pub applied: Vec<usize>,
    /// The indices of the others: they overlap another fix or do not fit the text.
    pub skipped: Vec<usize>,
}

/// Applies fixes to a text, each with all of its edits or not at all. Of those that overlap, the first in the text wins.
pub fn apply(text: &str, fixes: &[&Fix]) -> AppliedFixes {
    let mut order: Vec<usize> = (0..fixes.len()).collect();
    order.sort_by_key(|at| fixes[*at].edits.iter().map(|edit| edit.span).min());
    let (mut applied, mut skipped) = (Vec::new(), Vec::new());
    let mut edits: Vec<&Edit> = Vec::new();
    for at in order {
        let mut own: Vec<&Edit> = fixes[at].edits.iter().collect();
        own.sort_by_key(|edit| edit.span);
        let fits = own.iter().all(|edit| text.get(edit.span.range()).is_some());
        let clashes = own.windows(2).any(|pair| overlap(pair[0], pair[1]))
            || own.iter().any(|edit| edits.iter().rev().any(|other| overlap(other, edit)));
        if fits && !clashes {
            edits.extend(own);
            applied.push(at);
        } else {
            skipped.push(at);
        }
    }
    edits.sort_by_key(|edit| edit.span);
    let mut new = String::with_capacity(text.len());
    let mut copied = 0;
    for edit in edits {
        let range = edit.span.range();
        new.push_str(&text[copied..range.start]);
        new.push_str(&edit.text);
        copied = range.end;
    }
    new.push_str(&text[copied..]);
    AppliedFixes { text: new, applied, skipped }
}

/// Whether two edits share bytes, or insert at the same place.
fn overlap(one: &Edit, other: &Edit) -> bool {
    let (one, other) = (one.span, other.span);
    one == other || (one.start < other.end && other.start < one.end)
}
