use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::score::{Scored, cause_of_score, explain_score};
use crate::text_edit::Safety;

pub(crate) static RULE: Rule = Rule {
    name: "score-mismatch",
    fix: Some(Safety::Safe),
    summary: "The declared score is not the result of the formula.",
    why: "The score decides about releases. One that does not follow from its inputs cannot be compared with others.",
    remedy: "Write the expected score, or correct the wrong input.",
    see: "OWASP AIVSS v0.8, section 3.5; v0.5, section 4",
    examples: &[Example::parts(
        "
aivss:
  score: 9.1
#        ^^^ score-mismatch: score is 9.1, expected 9.4
",
        "
aivss:
  score: 9.4
",
    )],
    check: Check::Model(check),
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    if let Some(own) = subject.own() {
        let findings: Vec<Decimal> = subject
            .findings()
            .filter_map(|(_, scored)| scored.declared.score)
            .map(|score| score.value)
            .collect();
        found.extend(mismatch(own, &findings));
    }
    found.extend(subject.findings().filter_map(|(_, scored)| mismatch(scored, &[])));
}

fn mismatch(scored: &Scored, findings: &[Decimal]) -> Option<Diagnostic> {
    let (declared, working) = (scored.declared.score?, scored.working.as_ref()?);
    let right = working.score;
    // The schema reports a value outside of the scale.
    if declared.value == right || !declared.value.within(Decimal::ZERO, Decimal::TEN) {
        return None;
    }
    let diagnostic = Diagnostic::mismatch(&RULE, scored.owner, "score", declared.span, declared.value, right)
        .fix(declared.rewritten(right))
        .working(working.written())
        .cause(cause_of_score(scored, declared.value), || {
            format!("so the score is {right} {}", working.band.name())
        })
        .note(explain_score(scored, declared.value, findings))
        .help_by_fix(right, "correct the wrong input");
    Some(diagnostic)
}
