use crate::aivss::Band;
use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::score::{Scored, explain_severity};
use crate::text_edit::Safety;

pub(crate) static RULE: Rule = Rule {
    name: "severity-mismatch",
    fix: Some(Safety::Safe),
    summary: "The declared severity is not the band of the score.",
    why: "People read the word before the number.",
    remedy: "Write the expected band. Bands are those of the rounded score.",
    see: "OWASP AIVSS v0.8, section 3.5: None 0.0, Low to 3.9, Medium to 6.9, High to 8.9, Critical to 10.0",
    examples: &[Example::parts(
        "
aivss:
  severity: High
#           ^^^^ severity-mismatch: severity is High, expected Critical
",
        "
aivss:
  severity: Critical
",
    )],
    check: Check::Score(check),
    ..Rule::ERROR
};

fn check(scored: &Scored, _: &Subject<'_>) -> Option<Diagnostic> {
    let (declared, working) = (scored.declared.severity.as_ref()?, scored.working.as_ref()?);
    let band = Band::named(declared).filter(|band| *band != working.band)?;
    let right = working.band.name();
    let score = scored.declared.score.filter(|score| score.value != working.score);
    let cause = score.filter(|score| Band::of(score.value) == band).map(|score| score.span);
    Some(
        Diagnostic::mismatch(&RULE, scored.owner, "severity", declared.span, &declared.value, right)
            .fix(declared.rewritten(right))
            .help_by_fix(right, "correct the wrong input")
            .working(working.written())
            .cause(cause, || format!("so the severity is {right}"))
            .note(explain_severity(band, scored, working)),
    )
}
