use crate::aivss;
use crate::decimal::Decimal;
use crate::diagnostic::Diagnostic;
use crate::rules::formula_not_allowed::is_allowed;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "mitigation-ignored",
    summary: "A mitigation factor is given for a formula without one.",
    why: "The author expects the mitigation to count, but the score does not change.",
    remedy: "Remove the factor, or use a formula with mitigation that the policy allows.",
    see: "OWASP AIVSS v0.5, section 4",
    examples: &[Example::parts(
        "
aivss:
  version: '0.5'
  mitigation_factor: 0.83
#                    ^^^^ mitigation-ignored: mitigation factor 0.83 has no effect in AIVSS 0.5
  mitigation_evidence: Sandbox escape tests.
  score: 7.3
",
        "
aivss:
  version: '0.5'
  score: 7.3
",
    )],
    check: Check::Model(check),
    ..Rule::WARNING
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        if let (Some(formula), Some(given), Some(value)) =
            (scored.formula, &scored.declared.mitigation, scored.mitigation)
            && !formula.has_mitigation()
            && value != Decimal::ONE
        {
            let message = format!("mitigation factor {value} has no effect in AIVSS {}", formula.version);
            let others = aivss::ALL.into_iter();
            let mut others =
                others.filter(|other| other.has_mitigation() && is_allowed(other, subject.settings));
            let help = match others.next().map(|other| other.version) {
                Some(version) => format!("remove it, or use `version: {version}`"),
                None => "remove it".to_owned(),
            };
            found.push(Diagnostic::new(&RULE, scored.owner, given.span, message).help(help));
        }
    }
}
