use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};
use crate::score::{Scored, explain_score};

pub(crate) static RULE: Rule = Rule {
    name: "score-mismatch",
    summary: "The declared score is not what the formula gives.",
    why: "The score decides what is released. One that does not follow from its inputs cannot be compared with any other.",
    remedy: "Write the score that is shown, or mend the input that is wrong.",
    see: "OWASP AIVSS v0.8, section 3.5; v0.5, section 4",
    examples: &[
        Example::parts(
            "
aivss:
  score: 9.1
#        ^^^ score-mismatch: declared 9.1, AIVSS 0.8 gives 9.4
",
            "
aivss:
  score: 9.4
",
        ),
        Example::parts(
            "
aivss:
  version: '0.5'
  score: 9.4
#        ^^^ score-mismatch: declared 9.4, AIVSS 0.5 gives 7.3
",
            "
aivss:
  version: '0.5'
  score: 7.3
",
        ),
    ],
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

fn mismatch(scored: &Scored<'_>, findings: &[Decimal]) -> Option<Diagnostic> {
    let (declared, working) = (scored.declared.score?, scored.working.as_ref()?);
    let right = working.score;
    // What lies outside the scale altogether is the schema's to report.
    if declared.value == right || !declared.value.within(Decimal::ZERO, Decimal::TEN) {
        return None;
    }
    let message = format!("declared {}, AIVSS {} gives {right}", declared.value, working.formula.version);
    let diagnostic = Diagnostic::new(&RULE, scored.owner, declared.span, message)
        .title(format!("score is {}, expected {right}", declared.value))
        .label(format!("should be {right}"))
        .fix(declared.rewritten(right))
        .working(working.written())
        .note(explain_score(scored, declared.value, findings))
        .help_writing(right, "mend the input that is wrong");
    Some(diagnostic)
}
