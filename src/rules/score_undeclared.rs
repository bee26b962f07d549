use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};
use crate::score::Scored;

pub(crate) static RULE: Rule = Rule {
    name: "score-undeclared",
    summary: "The score is not declared.",
    why: "The declared score is what people read, and what shows in review when a change to the inputs moves it.",
    remedy: "Write `score:` and let `aivss-lint fix` complete it.",
    see: "OWASP AIVSS v0.8, section 3.5",
    examples: &[
        Example::parts(
            "
aivss:
  score:
# ^^^^^ score-undeclared: the score is not declared; AIVSS 0.8 gives 9.4
",
            "
aivss:
  score: 9.4
",
        ),
        Example::parts(
            "
aivss:
#^^^^ score-undeclared: the score is not declared; AIVSS 0.8 gives 9.4
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
    found.extend(subject.scores.iter().filter_map(undeclared));
}

fn undeclared(scored: &Scored<'_>) -> Option<Diagnostic> {
    let place = scored.declared.undeclared?;
    // While inputs are missing, they are what is wrong.
    let working = scored.working.as_ref()?;
    let (version, right) = (working.formula.version, working.score);
    let message = format!("the score is not declared; AIVSS {version} gives {right}");
    let diagnostic = Diagnostic::new(&RULE, scored.owner, place.span, message)
        .label(format!("should be {right}"))
        .working(working.written())
        .fix(place.declared(right));
    let diagnostic = match diagnostic.fix {
        Some(_) => diagnostic.help_by_fix(),
        None => diagnostic.help(format!("write `score: {right}`")),
    };
    Some(diagnostic)
}
