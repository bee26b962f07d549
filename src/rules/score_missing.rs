use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::score::Scored;
use crate::text_edit::Safety;

pub(crate) static RULE: Rule = Rule {
    name: "score-missing",
    fix: Some(Safety::Safe),
    summary: "The score is not declared.",
    why: "People read the declared score, and a review shows when a change to the inputs moves it.",
    remedy: "Write `score:` and run `aivss-lint fix`.",
    see: "OWASP AIVSS v0.8, section 3.5",
    examples: &[
        Example::parts(
            "
aivss:
  score:
# ^^^^^ score-missing: score is missing, expected 9.4
",
            "
aivss:
  score: 9.4
",
        ),
        Example::parts(
            "
aivss:
#^^^^ score-missing: score is missing, expected 9.4
  score: <absent>
",
            "
aivss:
  score: 9.4
",
        ),
    ],
    check: Check::Score(check),
    ..Rule::ERROR
};

fn check(scored: &Scored, _: &Subject<'_>) -> Option<Diagnostic> {
    // As long as inputs are missing, other rules report them.
    let (place, working) = (scored.declared.undeclared.as_ref()?, scored.working.as_ref()?);
    let right = working.score;
    let diagnostic =
        Diagnostic::new(&RULE, scored.owner, place.span, format!("score is missing, expected {right}"))
            .label(format!("expected {right}"))
            .working(working.written())
            .fix(place.declared(right));
    Some(match diagnostic.fix {
        Some(_) => diagnostic.help("run `aivss-lint fix`"),
        None => diagnostic.help(format!("write `score: {right}`")),
    })
}
