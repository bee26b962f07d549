//! The texts of a diagnostic that several formats show, not escaped, and the digests by which services recognize it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Excepted, Level, Origin, Owner};
use crate::digest;
use crate::escape::line;
use crate::report::{FileReport, Report, count};
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
    let excepted = diagnostic.excepted.as_deref();
    let excepted = excepted.map(|one| format!("{}: {}", place(&one.origin, from_root), until(one)));
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

/// The numbers of problems by level, in words, for levels that occur.
pub(crate) fn levels_in_words(levels: impl Iterator<Item = Level>) -> Vec<String> {
    let levels: Vec<Level> = levels.collect();
    let mut words = Vec::new();
    for level in [Level::Error, Level::Warning, Level::Note] {
        let number = levels.iter().filter(|one| **one == level).count();
        words.extend((number > 0).then(|| count(number, level.name())));
    }
    words
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
    match &diagnostic.excepted {
        Some(excepted) => Some(format!("excepted {}", until(excepted))),
        None => (!report.counts(diagnostic)).then(|| "in the base already".to_owned()),
    }
}

fn until(Excepted { expires, reason, owner, .. }: &Excepted) -> String {
    format!("until {expires}: {} ({owner})", reason.trim_end_matches('.'))
}

/// Bytes of a fingerprint.
const LENGTH: usize = 20;

/// Returns a unique fingerprint for each problem of one report, in their order.
#[derive(Default)]
pub(crate) struct Fingerprints {
    /// The number of occurrences of each digest.
    seen: BTreeMap<String, usize>,
}

impl Fingerprints {
    /// The fingerprint of the next problem: of its rule, owner, path, pointer and its number among those with the same.
    pub(crate) fn of_problem(&mut self, file: &FileReport, diagnostic: &Diagnostic) -> String {
        let owner = match diagnostic.owner {
            Owner::File => "file",
            Owner::Policy => "policy",
            Owner::Agent => "agent",
            // The pointer contains the identifier of the finding, which stays when its index changes.
            Owner::Finding(_) => "finding",
        };
        self.of(&["problem", &diagnostic.rule, owner, &file.path, &diagnostic.lasting_pointer()])
    }

    /// The fingerprint of the next input that could not be checked.
    pub(crate) fn of_input_error(&mut self, path: &str, message: &str) -> String {
        self.of(&["input error", path, message])
    }

    fn of(&mut self, texts: &[&str]) -> String {
        let first = digest::of_texts(texts, LENGTH);
        let count = self.seen.entry(first.clone()).or_default();
        *count += 1;
        match *count {
            1 => first,
            count => digest::of_texts(&[&first, &count.to_string()], LENGTH),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::RuleInfo;
    use crate::source::{Source, Span};
    use std::sync::Arc;

    #[test]
    fn equal_texts_get_different_fingerprints_and_the_first_stays() {
        let mut one = Fingerprints::default();
        let (first, second, third) = (one.of(&["a"]), one.of(&["a"]), one.of(&["b"]));
        assert!(first != second && first != third && second != third);
        assert_eq!(Fingerprints::default().of(&["a"]), first);
        assert_eq!(first.len(), 2 * LENGTH);
    }

    /// Services compare these with the ones of earlier releases: a change closes and reopens every alert.
    #[test]
    fn fingerprints_are_those_of_earlier_releases() {
        let source = Source::decode("agents/planner.yaml", Vec::new());
        let file =
            FileReport::new(Arc::new(source), "agents/planner.yaml".to_owned(), Vec::new(), Vec::new());
        let problem = |rule, owner, pointer: &str, message: &str| Diagnostic {
            pointer: pointer.into(),
            ..Diagnostic::new(RuleInfo::mandatory(rule), owner, Span::new(0, 0), message)
        };
        let finding =
            |at| problem("score-mismatch", Owner::Finding(at), &format!("/findings/{at}/aivss/score"), "");
        let problems = [
            problem("syntax", Owner::File, "", "one message"),
            problem("syntax", Owner::File, "", "another message"),
            problem("schema", Owner::Agent, "/agent/tier", ""),
            problem("schema", Owner::File, "/agent/tier", ""),
            problem("schema", Owner::Policy, "/agent/tier", ""),
            Diagnostic { finding: Some("V-1".into()), ..finding(0) },
            Diagnostic { finding: Some("V-2".into()), ..finding(1) },
            finding(2),
            Diagnostic {
                threat: Some("T2".into()),
                ..problem("mitigation-missing", Owner::Agent, "/maestro/data_operations/threats/3/id", "")
            },
        ];
        let mut fingerprints = Fingerprints::default();
        let mut found: Vec<String> =
            problems.iter().map(|problem| fingerprints.of_problem(&file, problem)).collect();
        found.push(fingerprints.of_input_error("gone.yaml", "no such file"));
        let pinned = [
            "0450d05a24d4b99822235eefbacf1c13d84c0008",
            "d7673f2cde7ae4718b9ae0648a5059e264983826",
            "388f6046895a678caa9c592e44a611d6f2680a5a",
            "b1709d8cbe294e07de0e873bec9964484f70f61e",
            "07b084bbf0ba6c904980d38162ac2125ac833caf",
            "79ed59517d3d1bb374cfde175fb3978d2e3ec8f6",
            "4c7afb23a910db54eb59830552d4f3ea9198be3c",
            "65be3c583558ee1844f3af7089c94209aacea00e",
            "a578f301a1435554806ccb4870020d2eedc65e8e",
            "2f49a66b85a00aa6800ec6807cfcab1466486d84",
        ];
        assert_eq!(found, pinned);
    }
}
