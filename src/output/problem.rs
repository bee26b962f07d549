//! The texts of a diagnostic that several formats show. They are not escaped.

use std::borrow::Cow;

use crate::diagnostic::{Diagnostic, Origin};
use crate::escape::line;
use crate::report::Report;
use crate::rules;

/// A line below a problem.
pub(crate) struct Detail {
    /// The heading: `working`, `note`, `policy`, `excepted` or `help`.
    pub(crate) word: &'static str,
    pub(crate) text: String,
}

/// The details of a problem: its computation, what explains it, the policy line that decided it, and the fix. With a
/// report, paths are from the repository's root.
pub(crate) fn details(diagnostic: &Diagnostic, from_root: Option<&Report>) -> Vec<Detail> {
    let decided = diagnostic.decided_by.as_deref().map(|origin| match &*origin.text {
        "" => place(origin, from_root),
        text => format!("{}: {text}", place(origin, from_root)),
    });
    let excepted = diagnostic.excepted.as_ref().map(|excepted| {
        let (reason, owner) = (excepted.reason.trim_end_matches('.'), &excepted.owner);
        format!("{}: until {}: {reason} ({owner})", place(&excepted.origin, from_root), excepted.expires)
    });
    let details = [
        ("working", diagnostic.working.as_deref().map(str::to_owned)),
        ("note", diagnostic.note.as_deref().map(str::to_owned)),
        ("policy", decided),
        ("excepted", excepted),
        ("help", rules::remedy(diagnostic).map(Cow::into_owned)),
    ];
    details.into_iter().filter_map(|(word, text)| Some(Detail { word, text: text? })).collect()
}

fn place(origin: &Origin, from_root: Option<&Report>) -> String {
    match from_root {
        Some(report) => Origin { file: report.root_path(&origin.file).into(), ..origin.clone() }.to_string(),
        None => origin.to_string(),
    }
}

/// The finding of a diagnostic, its exception, and whether it is in the base, in brackets for the end of its message.
pub(crate) fn asides(diagnostic: &Diagnostic) -> String {
    let mut asides = String::new();
    if let Some(id) = diagnostic.finding_shown() {
        asides.push_str(&format!(" (finding {})", line(id)));
    }
    if let Some(excepted) = &diagnostic.excepted {
        asides.push_str(&format!(" (excepted until {})", excepted.expires));
    }
    if diagnostic.known {
        asides.push_str(" (in the base already)");
    }
    asides
}

/// All texts of a diagnostic without its position, one per line, escaped; paths are from the repository's root.
pub(crate) fn plain_text(report: &Report, diagnostic: &Diagnostic) -> String {
    let mut text = format!("{}{}", line(&diagnostic.message), asides(diagnostic));
    if let Some(label) = &diagnostic.label {
        text.push_str(&format!("\n{}", line(label)));
    }
    for Detail { word, text: detail } in details(diagnostic, Some(report)) {
        if word != "excepted" {
            text.push_str(&format!("\n{word}: {}", line(&detail)));
        }
    }
    text
}

/// The reason why a diagnostic does not count; `None` if it counts.
pub(crate) fn passes_because(report: &Report, diagnostic: &Diagnostic) -> Option<String> {
    if let Some(excepted) = &diagnostic.excepted {
        let reason = excepted.reason.trim_end_matches('.');
        return Some(format!("excepted until {}: {reason} ({})", excepted.expires, excepted.owner));
    }
    (!report.counts(diagnostic)).then(|| "in the base already".to_owned())
}
