//! Claims about any bytes: a claim for each step of the program, as a function that panics if it is false. The targets
//! pass libFuzzer's bytes to them, `tests/corpus.rs` the committed inputs.
//!
//! The first byte of an input that is a file is its kind: `j` JSON, `m` Markdown, anything else YAML; a capital selects the
//! stricter variant of a claim. The rest is the file.

mod document;
mod edits;
mod fix;
mod import;
mod lint;
mod migrate;
mod page;
mod policy;
mod reports;
mod vector;

pub use document::document;
pub use edits::edits;
pub use fix::fix;
pub use import::import;
pub use lint::lint;
pub use migrate::migrate;
pub use page::page;
pub use policy::policy;
pub use reports::reports;
pub use vector::vector;

use std::sync::LazyLock;

use aivss_lint::date::Date;
use aivss_lint::diagnostic::Diagnostic;
use aivss_lint::lint::{LintContext, LintResult};
use aivss_lint::policy::{BuiltIn, NoFiles, recommended};
use aivss_lint::rego::CompiledPolicy;
use aivss_lint::rules::NAMES;
use aivss_lint::source::{Source, Span};

/// A claim about any bytes, which panics if it is false.
pub type Claim = fn(&[u8]);

/// All claims by their names.
pub const ALL: [(&str, Claim); 10] = [
    ("document", document),
    ("lint", lint),
    ("fix", fix),
    ("reports", reports),
    ("vector", vector),
    ("policy", policy),
    ("migrate", migrate),
    ("import", import),
    ("page", page),
    ("edits", edits),
];

static RECOMMENDED: LazyLock<CompiledPolicy> =
    LazyLock::new(|| CompiledPolicy::built_in(recommended(), NAMES));
static STRICT: LazyLock<CompiledPolicy> =
    LazyLock::new(|| CompiledPolicy::built_in(BuiltIn::named("strict").expect("it is built in"), NAMES));
static TODAY: LazyLock<Date> = LazyLock::new(|| Date::parse("2026-01-01").expect("it is a day"));

/// An input that is a file.
struct File<'d> {
    name: &'static str,
    /// Whether the stricter variant is selected.
    severe: bool,
    bytes: &'d [u8],
}

impl<'d> File<'d> {
    fn of(data: &'d [u8]) -> Option<Self> {
        let (kind, bytes) = data.split_first()?;
        let name = match kind.to_ascii_lowercase() {
            b'j' => "a.json",
            b'm' => "a.md",
            _ => "a.yaml",
        };
        Some(Self { name, severe: kind.is_ascii_uppercase(), bytes })
    }

    fn source(&self) -> Source {
        Source::decode(self.name, self.bytes.to_vec())
    }

    /// The bytes as text, where the claim is about texts alone.
    fn text(&self) -> Option<&'d str> {
        std::str::from_utf8(self.bytes).ok()
    }
}

fn linted(source: &Source, policy: &CompiledPolicy) -> LintResult {
    let context = LintContext { policy, today: *TODAY, load: &NoFiles, before: None };
    aivss_lint::lint::lint(source, source.name(), context)
}

/// The problems of a text of this name under the recommended policy.
fn problems(name: &str, text: &str) -> Vec<Diagnostic> {
    linted(&Source::decode(name, text.as_bytes().to_vec()), &RECOMMENDED).diagnostics
}

/// Checks that a span is in the text, on character boundaries, and has a line and a column.
fn lies_in(source: &Source, span: Span) {
    assert!(source.text().get(span.range()).is_some(), "{span:?} is not a place in the text");
    let (start, end) = (source.position(span.start), source.position(span.end));
    assert!(start.line >= 1 && start.column >= 1 && start <= end, "{span:?} is at {start:?} to {end:?}");
}

fn all_lie_in(source: &Source, diagnostics: &[Diagnostic]) {
    for problem in diagnostics {
        lies_in(source, problem.span);
        problem.related.iter().for_each(|related| lies_in(source, related.span));
        let edits = problem.fix.iter().flat_map(|fix| &fix.edits);
        edits.for_each(|edit| lies_in(source, edit.span));
    }
}
