//! `cvss-beyond-base`: a vector with threat or environmental metrics.

use super::{Check, Example, Rule, Subject};
use crate::diagnostic::{Diagnostic, Level};

pub(crate) static RULE: Rule = Rule {
    name: "cvss-beyond-base",
    level: Level::Warning,
    fixed: false,
    summary: "A vector carries threat or environmental metrics, which AIVSS leaves out.",
    why: "AIVSS starts from the base score and has its own threat multiplier. A tool that folds the threat metric in counts it twice.",
    remedy: "Keep the eleven base metrics; express threat in `threat_multiplier`.",
    see: "OWASP AIVSS v0.8, section 3.1; CVSS v4.0, sections 3 and 4",
    examples: &[Example::parts(
        "
aivss:
  cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H/E:P/CR:H
#                                                                       ^^^ cvss-beyond-base: `E:P` is not part of the base score, 7.1, that AIVSS uses
#                                                                           ^^^^ cvss-beyond-base: `CR:H` is not part of the base score, 7.1, that AIVSS uses
",
        "
aivss:
  cvss: CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H
",
    )],
    check: Check::Meaning(check),
};

fn check(subject: &Subject<'_>, found: &mut Vec<Diagnostic>) {
    for scored in &subject.scores {
        let (Some(declared), Some(Ok(vector)), Some(base)) =
            (scored.declared.vector, &scored.vector, scored.base)
        else {
            continue;
        };
        for range in &vector.beyond_base {
            let metric = &declared.value[range.clone()];
            let message = format!("`{metric}` is not part of the base score, {base}, that AIVSS uses");
            found.push(
                Diagnostic::new(&RULE, declared.part(range.start, range.end), message)
                    .help("leave it out; what is known of exploitation goes into `threat_multiplier`"),
            );
        }
    }
}
