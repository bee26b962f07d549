use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::rules::{Check, Example, Rule, Subject};
use crate::source::Span;

pub(crate) static RULE: Rule = Rule {
    name: "finding-repeated",
    summary: "Two findings have the same identifier.",
    why: "Tickets and reports point at a finding by its identifier.",
    remedy: "Give each finding an identifier of its own.",
    see: "OWASP AIVSS v0.8, appendix A",
    examples: &[Example::whole(
        "aivss-report.json",
        r#"
{
  "metadata": { "system_name": "Planner", "assessment_date": "2026-01-01", "assessor_id": "a" },
  "vulnerabilities": [
    {
      "id": "V-1",
      "owasp_category": "Agent Cascading Failures",
      "cvss_base": { "vector_string": "CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H", "score": 7.1 },
      "amplification_factors": { "autonomy": 1.0, "tools": 0.5, "language": 1.0, "context": 1.0, "non_determinism": 1.0, "opacity": 1.0, "persistence": 0.5, "identity": 0.5, "multi_agent": 1.0, "self_mod": 0.5 },
      "threat_multiplier": 0.97,
      "scores": { "factor_sum": 8.0, "aars": 2.25, "mitigation_factor": 1.0, "aivss": 9.4, "severity": "Critical" }
    },
    {
      "id": "V-1",
#           ^^^^^ finding-repeated: the finding `V-1` stands here a second time
      "owasp_category": "Agent Cascading Failures",
      "cvss_base": { "vector_string": "CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H", "score": 7.1 },
      "amplification_factors": { "autonomy": 1.0, "tools": 0.5, "language": 1.0, "context": 1.0, "non_determinism": 1.0, "opacity": 1.0, "persistence": 0.5, "identity": 0.5, "multi_agent": 1.0, "self_mod": 0.5 },
      "threat_multiplier": 0.97,
      "scores": { "factor_sum": 8.0, "aars": 2.25, "mitigation_factor": 1.0, "aivss": 9.4, "severity": "Critical" }
    }
  ]
}
"#,
        r#"
{
  "metadata": { "system_name": "Planner", "assessment_date": "2026-01-01", "assessor_id": "a" },
  "vulnerabilities": [
    {
      "id": "V-1",
      "owasp_category": "Agent Cascading Failures",
      "cvss_base": { "vector_string": "CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H", "score": 7.1 },
      "amplification_factors": { "autonomy": 1.0, "tools": 0.5, "language": 1.0, "context": 1.0, "non_determinism": 1.0, "opacity": 1.0, "persistence": 0.5, "identity": 0.5, "multi_agent": 1.0, "self_mod": 0.5 },
      "threat_multiplier": 0.97,
      "scores": { "factor_sum": 8.0, "aars": 2.25, "mitigation_factor": 1.0, "aivss": 9.4, "severity": "Critical" }
    }
  ]
}
"#,
    )],
    check: Check::Model(check),
    ..Rule::ERROR
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    let mut seen: HashMap<&str, Span> = HashMap::new();
    for finding in &subject.model.findings {
        let Some(id) = finding.id else { continue };
        match seen.get(id.value) {
            Some(first) => {
                let shown: String = id.value.chars().take(80).collect();
                let message = format!("the finding `{shown}` stands here a second time");
                found.push(
                    Diagnostic::new(&RULE, finding.owner, id.span, message).related(*first, "first here"),
                );
            }
            None => {
                seen.insert(id.value, id.span);
            }
        }
    }
}
