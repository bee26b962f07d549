use crate::aivss::{ReadReference, Reference};
use crate::diagnostic::{Diagnostic, Fix, Owner};
use crate::model::{Text, shortened};
use crate::rules::rule::{Check, Example, Rule, Subject};
use crate::text_edit::Safety;

pub(crate) static RULE: Rule = Rule {
    name: "reference-unknown",
    fix: Some(Safety::Suggested),
    summary: "A reference of a threat looks like an entry of a public list, but is not one.",
    why: "Reports link references and count them by list. A wrong number refers to nothing, or to another risk.",
    remedy: "Write the identifier in its official form: ASI01 to ASI10, T1 to T17, CWE-79, AML.T0051, CVE-2026-0001.",
    see: "OWASP ASI Top 10, OWASP Agentic AI Threats, CWE, MITRE ATLAS, CVE",
    examples: &[
        Example::parts(
            "
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats:
      - { title: Tool misuse, refs: [ASI2, 'CWE 799', SEC-12] }
#                                    ^^^^ reference-unknown: `ASI2` is not the official form of `ASI02`
#                                          ^^^^^^^^^ reference-unknown: `CWE 799` is not the official form of `CWE-799`
",
            "
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats:
      - { title: Tool misuse, refs: [ASI02, 'CWE-799', SEC-12] }
",
        ),
        Example::parts(
            "
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats:
      - { title: Tool misuse, refs: [T18, CVE-2026-1, T1059.001] }
#                                    ^^^ reference-unknown: `T18` is unknown: identifiers are T1 to T17
#                                         ^^^^^^^^^^ reference-unknown: `CVE-2026-1` is unknown: identifiers are CVE-, a year and at least four digits
",
            "
maestro:
  agent_frameworks:
    analysis: The planner may call a booking tool twice for one trip.
    threats:
      - { title: Tool misuse, refs: [T17, CVE-2026-0001, T1059.001] }
",
        ),
    ],
    check: Check::Model(check),
    ..Rule::WARNING
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for text in subject.model.threats().flat_map(|threat| &threat.refs) {
        found.extend(problem(text));
    }
}

fn problem(text: &Text) -> Option<Diagnostic> {
    let shown = shortened(text.trim());
    match Reference::read(text) {
        ReadReference::Exact(_) | ReadReference::Free => None,
        ReadReference::Other(entry) => {
            let message = format!("`{shown}` is not the official form of `{}`", entry.id);
            // A remark behind the identifier would be lost.
            let is_alone = text.chars().filter(|letter| letter.is_alphabetic()).count() <= 4;
            let fix = text.rewritten(&entry.id).filter(|_| is_alone).map(Fix::suggested);
            let diagnostic = Diagnostic::new(&RULE, Owner::Agent, text.span, message).fix(fix);
            Some(diagnostic.help_by_suggestion(format!("write `{}`", entry.id), "writes it"))
        }
        ReadReference::Unknown(list) => {
            let message = format!("`{shown}` is unknown: identifiers are {}", list.info().form);
            Some(Diagnostic::new(&RULE, Owner::Agent, text.span, message))
        }
    }
}
