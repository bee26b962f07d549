use crate::diagnostic::Diagnostic;
use crate::rules::rule::{Check, Example, Rule, Subject};

pub(crate) static RULE: Rule = Rule {
    name: "score-below-finding",
    summary: "The agent's score is below that of its worst finding.",
    why: "Scores are ordinal: an agent is at least as severe as its worst finding.",
    remedy: "Raise the agent's inputs to those of its worst finding, or correct the finding's score.",
    see: "OWASP AIVSS v0.8, section 3.5",
    examples: &[Example::parts(
        "
aivss:
  mitigation_factor: 0.83
  mitigation_evidence: Sandbox escape tests.
  score: 7.8
#        ^^^ score-below-finding: agent's computed score 7.8 is below the 9.4 of its finding V-1
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
    let id = finding.id.as_deref().unwrap_or("without an id");
    let message =
        format!("agent's computed score {} is below the {} of its finding {id}", working.score, its.score);
    found.push(
        Diagnostic::new(&RULE, own.owner, own.place(), message)
            .related(worst.place(), format!("the worst finding: {} {}", its.score, its.band.name())),
    );
}
