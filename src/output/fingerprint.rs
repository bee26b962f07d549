//! Digests by which services recognize a problem from run to run. Lines and messages may change, the digest stays.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Owner};
use crate::digest;
use crate::report::FileReport;

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
            ..Diagnostic::new(RuleInfo::fixed(rule), owner, Span::new(0, 0), message)
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
