use crate::diagnostic::{Diagnostic, Owner};
use crate::model::Model;
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::score::{BaseScores, ScoredModel};

pub(crate) static RULE: Rule = Rule {
    name: "model-weakened",
    summary: "A threat model lost its layers, its own score or its format since the base revision, or its environment, tier or path became one with looser limits.",
    why: "Limits and requirements apply to what a threat model contains and to what it says of itself. One with less, or of a lower tier, would pass them.",
    remedy: "Restore what the threat model has in the base, or ask the owners of the policy for an exception.",
    see: "`--base`",
    examples: &[
        Example::whole(
        "threat-model.yaml",
        "
metadata: { system_name: Planner, assessment_date: 2026-01-01, assessor_id: a@example.org }
#^^^^^^^ model-weakened: this threat model lost its layers, its own score, its format (native in the base)
vulnerabilities:
  - id: V-1
    owasp_category: Agent Untraceability
    cvss_base: { vector_string: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H, score: 7.1 }
    amplification_factors: { autonomy: 1.0, tools: 0.5, language: 1.0, context: 1.0, non_determinism: 1.0, opacity: 1.0, persistence: 0.5, identity: 0.5, multi_agent: 1.0, self_mod: 0.5 }
    threat_multiplier: 0.97
    scores: { factor_sum: 8.0, aars: 2.25, mitigation_factor: 1.0, aivss: 9.4 }
",
        "",
    )
    .over("agent: { name: Planner, summary: Plans trips. }"),
        Example::parts(
            "
agent:
  name: Planner
  tier: low
#       ^^^ model-weakened: tier is low, and was high in the base; this loosens `limits.score` from 9.5 to 9.8
",
            "
agent:
  name: Planner
  tier: high
",
        )
        .under("limits: { score: 9.8 }\noverrides: [{ match: { tier: high }, limits: { score: 9.5 } }]")
        .over("agent: { name: Planner, tier: high }"),
    ],
    check: Check::Model(check),
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    check_scope(subject, found);
    let same = match subject.before {
        Some(BaseScores::Same(_, model)) => Some(model),
        // The models that a new one can replace are in `left`.
        Some(BaseScores::Replaced(..)) | None => None,
    };
    let olds: Vec<&ScoredModel> =
        same.into_iter().chain(subject.left.into_iter().flatten().copied()).collect();
    let mut lost = Vec::new();
    if !has_answered_layers(subject.model) && olds.iter().any(|old| has_answered_layers(&old.model)) {
        lost.push("its layers");
    }
    if subject.model.assessment.is_none() && olds.iter().any(|old| has_own_score(old)) {
        lost.push("its own score");
    }
    let mut formats = olds.iter().map(|old| old.model.format).filter(|format| format.is_complete());
    let before = formats.next().filter(|_| !subject.model.format.is_complete());
    let format = before.map(|format| format!("its format ({} in the base)", format.name()));
    lost.extend(format.as_deref());
    if !lost.is_empty() {
        let message = format!("this threat model lost {}", lost.join(", "));
        let note = "this threat model is new; it is compared with those that this change removes";
        let diagnostic = Diagnostic::new(&RULE, Owner::Agent, subject.model.key_span, message);
        found.push(diagnostic.note(same.is_none().then(|| note.to_owned())));
    }
}

/// Reports an environment, a tier or a path for which the policy is looser.
fn check_scope(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some((key, message)) = &subject.loosened else { return };
    let agent = &subject.model.agent;
    let value = match *key {
        "environment" => agent.environment.as_ref(),
        "tier" => agent.tier.as_ref(),
        _ => None,
    };
    let span = value.map_or(subject.model.key_span, |text| text.span);
    found.push(Diagnostic::new(&RULE, Owner::Agent, span, message.clone()));
}

fn has_answered_layers(model: &Model) -> bool {
    model.layers().iter().any(|layer| layer.answer.is_given())
}

fn has_own_score(old: &ScoredModel) -> bool {
    old.scores.iter().any(|scored| scored.owner == Owner::Agent && scored.working.is_some())
}
