use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "score-below-finding",
    summary: "The agent's score lies below its worst finding's.",
    why: "Scores are ordinal: the worst finding decides, and no number of mild ones makes up for it.",
    remedy: "Raise the agent's inputs to those of its worst finding, or score the finding anew.",
    see: "OWASP AIVSS v0.8, section 3.5",
    examples: &[Example::parts(
        "
aivss:
  mitigation_factor: 0.83
  mitigation_evidence: Sandbox escape tests.
  score: 7.8
#        ^^^ score-below-finding: the agent's computed 7.8 lies below the 9.4 of its finding V-1
findings:
  - id: V-1
    aivss:
      version: '0.8'
      cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H
      factors: { autonomy_of_action: 1, dynamic_tool_use: 0.5, natural_language_interface: 1, contextual_awareness: 1, non_determinism: 1, opacity_and_reflexivity: 1, persistent_memory: 0.5, dynamic_identity: 0.5, multi_agent_interactions: 1, self_modification: 0.5 }
      score: 9.4
",
        "
aivss:
  score: 9.4
findings:
  - id: V-1
    aivss:
      version: '0.8'
      cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H
      factors: { autonomy_of_action: 1, dynamic_tool_use: 0.5, natural_language_interface: 1, contextual_awareness: 1, non_determinism: 1, opacity_and_reflexivity: 1, persistent_memory: 0.5, dynamic_identity: 0.5, multi_agent_interactions: 1, self_modification: 0.5 }
      score: 9.4
",
    )],
    check: Check::Model(check),
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let Some(own) = subject.own() else { return };
    let Some(working) = &own.working else { return };
    let scored =
        subject.findings().filter_map(|(finding, scored)| Some((finding, scored, scored.working.as_ref()?)));
    let Some((finding, worst, its)) = scored.max_by_key(|(.., working)| working.score) else { return };
    if its.score <= working.score {
        return;
    }
    let id = finding.id.map_or("without an id", |id| id.value);
    let message =
        format!("the agent's computed {} lies below the {} of its finding {id}", working.score, its.score);
    let span = own.declared.score.map_or(own.declared.key_span, |score| score.span);
    let place = worst.declared.score.map_or(worst.declared.key_span, |score| score.span);
    found.push(
        Diagnostic::new(&RULE, own.owner, span, message)
            .related(place, format!("the worst finding: {} {}", its.score, its.band.name()))
            .help("scores are ordinal: the agent is at least as bad as its worst finding"),
    );
}
