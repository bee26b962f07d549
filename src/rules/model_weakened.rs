use crate::compare::BaseScores;
use crate::diagnostic::{Diagnostic, Owner};
use crate::model::{Answer, Format};
use crate::rules::{Check, Example, Rule, Subject};
use crate::score::assessed::Assessed;

pub(crate) static RULE: Rule = Rule {
    name: "model-weakened",
    summary: "A threat model lost its layers, its own score or its format since the base revision.",
    why: "Limits and requirements bind what a threat model states. One that states less would pass them.",
    remedy: "Restore what the threat model has in the base.",
    see: "`--base`",
    examples: &[Example::whole(
        "threat-model.yaml",
        "
metadata: { system_name: Planner, assessment_date: 2026-01-01, assessor_id: a@example.org }
#^^^^^^^ model-weakened: this threat model lost its layers, its own score, its format (native in the base)
vulnerabilities:
  - id: V-1
    owasp_category: Agent Untraceability
    cvss_base:
      vector_string: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H
      score: 7.1
    amplification_factors:
      autonomy: 1.0
      tools: 0.5
      language: 1.0
      context: 1.0
      non_determinism: 1.0
      opacity: 1.0
      persistence: 0.5
      identity: 0.5
      multi_agent: 1.0
      self_mod: 0.5
    threat_multiplier: 0.97
    scores: { factor_sum: 8.0, aars: 2.25, mitigation_factor: 1.0, aivss: 9.4 }
",
        "",
    )
    .over("agent: { name: Planner, summary: Plans trips. }")],
    check: Check::Model(check),
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let same = match subject.before {
        Some(BaseScores::Same(model)) => Some(model),
        // What it can replace is in `left`.
        Some(BaseScores::Replaced(..)) | None => None,
    };
    let olds = || same.into_iter().chain(subject.left.into_iter().flatten().copied());
    let has_layers = subject
        .model
        .maestro
        .iter()
        .flat_map(|maestro| &maestro.layers)
        .any(|layer| !matches!(layer.answer, Answer::Blank(_) | Answer::Unreadable));
    let lost = [
        (!has_layers && olds().any(has_answered_layers), "its layers"),
        (subject.model.assessment.is_none() && olds().any(has_own_score), "its own score"),
        (
            subject.model.format != Format::Native && olds().any(|old| old.format == Format::Native),
            "its format (native in the base)",
        ),
    ];
    let lost: Vec<&str> = lost.into_iter().filter_map(|(is_lost, what)| is_lost.then_some(what)).collect();
    if !lost.is_empty() {
        let message = format!("this threat model lost {}", lost.join(", "));
        let note =
            || "this threat model is new; it is compared with those that this change removes".to_owned();
        let diagnostic = Diagnostic::new(&RULE, Owner::Agent, subject.model.key_span, message);
        found.push(diagnostic.note(same.is_none().then(note)));
    }
}

fn has_answered_layers(old: &Assessed) -> bool {
    old.layers.iter().any(|layer| !matches!(layer.answer, "blank" | "unreadable"))
}

fn has_own_score(old: &Assessed) -> bool {
    old.scores.iter().any(|score| score.finding.is_none() && score.working.is_some())
}
