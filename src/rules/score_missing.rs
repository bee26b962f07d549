use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};
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
    check: Check::Model(check),
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        // As long as inputs are missing, other rules report them.
        let (Some(place), Some(working)) = (&scored.declared.undeclared, &scored.working) else { continue };
        let right = working.score;
        let message = format!("score is missing, expected {right}");
        let diagnostic = Diagnostic::new(&RULE, scored.owner, place.span, message)
            .label(format!("expected {right}"))
            .working(working.written())
            .fix(place.declared(right));
        found.push(match diagnostic.fix {
            Some(_) => diagnostic.help("run `aivss-lint fix`"),
            None => diagnostic.help(format!("write `score: {right}`")),
        });
    }
}
