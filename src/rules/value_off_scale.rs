use crate::decimal::Decimal;
use crate::diagnostic::{Diagnostic, Origin};
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::score::Scored;

pub(crate) static RULE: Rule = Rule {
    name: "value-off-scale",
    summary: "A factor or multiplier is not a published value.",
    why: "The three points of the standard's scale have meanings that two assessors can agree on. 0.63 has none.",
    remedy: "Factors: 0.0 none, 0.5 partial, 1.0 full. Threat: 1.00, 0.97, 0.50. Mitigation: 1.00, 0.83, 0.67.",
    see: "OWASP AIVSS v0.8, sections 2.3, 3.3 and 3.4; `scale: three-point` of the policy",
    examples: &[Example::parts(
        "
aivss:
  factors:
    dynamic_identity: 0.6
#                     ^^^ value-off-scale: `dynamic_identity` is 0.6; published are 1.0, 0.5 and 0.0
  threat_multiplier: 0.9
#                    ^^^ value-off-scale: threat multiplier is 0.9; published are 1.0, 0.97 and 0.5
  score: 9.2
",
        "
aivss:
  factors:
    dynamic_identity: 0.5
  threat_multiplier: 0.97
  score: 9.4
",
    )
    .under("scale: three-point")],
    check: Check::Limit { applies: |settings| settings.three_point().is_some(), check },
    ..Rule::ERROR
};

const MANY: &str = "values are not published ones";

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(origin) = subject.settings.three_point() else { return };
    let points = [Decimal::ZERO, Decimal::new(5, 1), Decimal::ONE];
    for factor in subject.factor_values() {
        let value = factor.value;
        if value.within(Decimal::ZERO, Decimal::ONE) && !points.contains(&value) {
            let message = format!("`{}` is {value}; published are 1.0, 0.5 and 0.0", factor.key);
            found.push(
                Diagnostic::new(&RULE, factor.owner, factor.span, message).decided_by(origin).many(MANY),
            );
        }
    }
    for scored in &subject.scores {
        multipliers(scored, origin, found);
    }
}

fn multipliers(scored: &Scored, origin: &Origin, found: &mut Vec<Diagnostic>) {
    let Some(formula) = scored.formula else { return };
    let declared = &scored.declared;
    for (name, given, value, levels) in [
        ("threat multiplier", &declared.threat, scored.threat, formula.threat),
        ("mitigation factor", &declared.mitigation, scored.mitigation, formula.mitigation),
    ] {
        let (Some(given), Some(value)) = (given, value) else { continue };
        let mut values: Vec<Decimal> = levels.iter().map(|level| level.value.plain()).collect();
        values.sort_unstable_by(|one, other| other.cmp(one));
        let published: Vec<String> = values.iter().map(Decimal::to_string).collect();
        if let Some((last, others)) = published.split_last()
            && !values.contains(&value)
        {
            let message = format!("{name} is {value}; published are {} and {last}", others.join(", "));
            found.push(
                Diagnostic::new(&RULE, scored.owner, given.span, message).decided_by(origin).many(MANY),
            );
        }
    }
}
