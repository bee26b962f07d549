use crate::diagnostic::Diagnostic;
use crate::model::PathProblem;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "evidence-not-found",
    summary: "The evidence for a mitigation is a path to a file that does not exist or is outside of the repository.",
    why: "Reviewers cannot look at evidence that does not exist.",
    remedy: "Correct the path: it is relative to the threat model's folder or to the repository's root.",
    see: "OWASP AIVSS v0.8, section 3.4",
    examples: &[Example::parts(
        "
aivss:
  mitigation_factor: 0.83
  mitigation_evidence: tests/sandbox-escape.md
#                      ^^^^^^^^^^^^^^^^^^^^^^^ evidence-not-found: `tests/sandbox-escape.md` does not exist
  score: 7.8
",
        "
aivss:
  mitigation_factor: 0.83
  mitigation_evidence: Sandbox escape tests, run monthly.
  score: 7.8
",
    )],
    check: Check::Model(check),
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        let Some(evidence) = &scored.declared.evidence else { continue };
        let message = match subject.missing_evidence.get(&evidence.span) {
            None => continue,
            Some(PathProblem::Missing(path)) => format!("`{path}` does not exist"),
            Some(PathProblem::Outside(path)) => format!("`{path}` is not a path within the repository"),
        };
        found.push(Diagnostic::new(&RULE, scored.owner, evidence.span, message));
    }
}
