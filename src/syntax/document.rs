//! The trees of a file with the problems of its text.

use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Owner, RuleInfo};
use crate::source::Span;
use crate::syntax::node::Node;
use crate::syntax::tree::Tree;

/// The deepest nesting of collections, aliases followed. It makes recursion over a tree safe.
pub(crate) const MAX_DEPTH: usize = 100;
/// The most nodes in a file.
pub(crate) const MAX_NODES: usize = 1_000_000;
/// The most problems of one file that are kept.
const MAX_PROBLEMS: usize = 1_000;

/// A file's text as trees, with all problems of the text.
#[derive(Debug, Default)]
pub struct Document<'t> {
    pub(crate) tree: Tree<'t>,
    pub(crate) roots: Vec<u32>,
    /// The number of roots before each block of code of a page.
    pub(crate) blocks: Vec<usize>,
    /// The problems in the order of reading, which stops where the parser stops.
    pub problems: Vec<Problem>,
}

/// A problem of a text, whatever its meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The rule that reports it.
    pub kind: ProblemKind,
    /// The offending bytes.
    pub span: Span,
    /// The problem, as a sentence.
    pub message: String,
    /// The fix, if it is known.
    pub help: Option<String>,
    /// Another place with its label, such as the first of two equal keys.
    pub related: Option<(Span, String)>,
}

/// The kinds of problem of a text; each is a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The text is not well-formed.
    Syntax,
    /// The bytes are not UTF-8.
    Encoding,
    /// The file contains no document.
    Empty,
    /// A mapping has the same key twice.
    DuplicateKey,
    /// A merge key, which YAML 1.2 does not have.
    MergeKey,
    /// A number that is not finite.
    NonFinite,
    /// The file is too large or too deep, or has too many aliases.
    InputLimit,
    /// The marker of a threat model that was not read as one.
    UnreadMarker,
}

impl ProblemKind {
    /// The rule that reports it.
    pub const fn rule(self) -> RuleInfo {
        RuleInfo::fixed(match self {
            Self::Syntax => "syntax",
            Self::Encoding => "encoding",
            Self::Empty => "empty-file",
            Self::DuplicateKey => "duplicate-key",
            Self::MergeKey => "merge-key",
            Self::NonFinite => "non-finite",
            Self::InputLimit => return RuleInfo::FILE_TOO_COMPLEX,
            Self::UnreadMarker => "marker-unread",
        })
    }
}

impl Problem {
    /// The problem as a diagnostic about `owner`.
    pub fn diagnostic(&self, owner: Owner) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(self.kind.rule(), owner, self.span, &*self.message);
        diagnostic.help = self.help.as_deref().map(Box::from);
        match &self.related {
            Some((span, message)) => diagnostic.related(*span, &**message),
            None => diagnostic,
        }
    }
}

impl Document<'_> {
    /// The top node of each document in the file, in order. Documents without content are left out.
    pub fn roots(&self) -> impl Iterator<Item = Node<'_>> {
        self.roots.iter().map(|root| self.tree.node(*root))
    }

    /// The number of the stream of a root: the block of code of a page, or the whole file.
    pub fn stream_of(&self, root: usize) -> usize {
        self.blocks.partition_point(|before| *before <= root)
    }

    /// Whether the text has no problems.
    pub fn is_sound(&self) -> bool {
        self.problems.is_empty()
    }

    pub(crate) fn problem(&mut self, kind: ProblemKind, span: Span, message: impl Into<String>) {
        self.report(Problem { kind, span, message: message.into(), help: None, related: None });
    }

    pub(crate) fn report(&mut self, problem: Problem) {
        // A single one keeps the file from passing.
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    /// Reports the repeated keys of a mapping and drops their entries. The first one counts.
    pub(crate) fn drop_repeated(&mut self, map: u32) {
        for (first, key) in self.tree.repeated(map) {
            self.report(Problem {
                kind: ProblemKind::DuplicateKey,
                span: self.tree.span(key),
                message: format!("duplicate key `{}`", self.tree.key(key)),
                help: None,
                related: Some((self.tree.span(first), "first here".to_owned())),
            });
            self.tree.set_unreadable(key);
        }
    }

    /// Reports a number with more digits than can be read exactly.
    pub(crate) fn number_too_long(&mut self, span: Span) {
        let message = format!("number has more than {} digits", Decimal::MAX_DIGITS);
        self.problem(ProblemKind::InputLimit, span, message);
    }

    /// Reports a collection that is nested too deep.
    pub(crate) fn too_deep(&mut self, span: Span) {
        self.problem(ProblemKind::InputLimit, span, format!("collections nest more than {MAX_DEPTH} deep"));
    }

    /// Checks that there is room for another node, and reports a file with too many.
    pub(crate) fn check_room(&mut self, span: Span) -> Option<()> {
        if self.tree.len() < MAX_NODES {
            return Some(());
        }
        self.problem(ProblemKind::InputLimit, span, format!("file has more than {MAX_NODES} values"));
        None
    }
}
