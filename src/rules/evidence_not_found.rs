use crate::diagnostic::Diagnostic;
use crate::model::PathProblem;
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::score::Scored;

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
    check: Check::Score(check),
    ..Rule::ERROR
};

fn check(scored: &Scored, subject: &Subject<'_>) -> Option<Diagnostic> {
    let evidence = scored.declared.evidence.as_ref()?;
    let message = match subject.missing_evidence.get(&evidence.span)? {
        PathProblem::Missing(path) => format!("`{path}` does not exist"),
        PathProblem::Outside(path) => format!("`{path}` is not a path within the repository"),
    };
    Some(Diagnostic::new(&RULE, scored.owner, evidence.span, message))
}
