use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};
use crate::score::explain_base;

pub(crate) static RULE: Rule = Rule {
    name: "cvss-base-mismatch",
    summary: "The declared CVSS base is not the vector's.",
    why: "The base weighs more than any other input. A wrong one moves the score, and usually comes from another CVSS version.",
    remedy: "Write the vector's base score, or mend the vector.",
    see: "CVSS v4.0, section 8",
    examples: &[Example::parts(
        "
aivss:
  cvss_base: 8.1
#            ^^^ cvss-base-mismatch: declared 8.1, the vector gives 7.1
",
        "
aivss:
  cvss_base: 7.1
",
    )],
    check: Check::Model(check),
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        let (Some(declared), Some(Ok(vector)), Some(exact)) =
            (scored.declared.base, &scored.vector, scored.base)
        else {
            continue;
        };
        if declared.value == exact {
            continue;
        }
        let message = format!("declared {}, the vector gives {exact}", declared.value);
        let mut diagnostic = Diagnostic::new(&RULE, scored.owner, declared.span, message)
            .title(format!("CVSS base is {}, expected {exact}", declared.value))
            .label(format!("should be {exact}"))
            .fix(declared.rewritten(exact))
            .note(explain_base(declared.value, exact))
            .help_writing(exact, "mend the vector");
        if !vector.beyond_base.is_empty() && diagnostic.note.is_none() {
            diagnostic.note = Some("the vector's threat and environmental metrics do not count".into());
        }
        if let Some(vector) = scored.declared.vector {
            diagnostic = diagnostic.related(vector.span, format!("base score {exact}"));
        }
        found.push(diagnostic);
    }
}
