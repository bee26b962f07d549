//! Policies: an invalid policy checks nothing, and under a valid one an unread file does not pass.

use aivss_lint::diagnostic::Level;
use aivss_lint::page::parse;
use aivss_lint::policy::NoFiles;
use aivss_lint::rego::CompiledPolicy;
use aivss_lint::rules::NAMES;
use aivss_lint::source::Source;

use crate::{all_lie_in, linted};

/// Files that no policy may let pass: they cannot be read, or their score cannot be computed.
const UNREAD: [&str; 4] = [
    "aivss_threat_model: 1\nagent: {\n",
    "aivss_threat_model: 1\nagent: { name: a, summary: b }\nagent: { name: a, summary: b }\n",
    "aivss_threat_model: 1\nagent: { name: a, summary: b }\naivss: { version: '0.8', cvss: CVSS:3.1/AV:N, score: 1.0 }\n",
    "aivss_threat_model: 1\naivss: { version: '0.8', cvss_base: 5.0, factors: { dynamic_tool_use: 0.5 }, score: 1.0 }\n",
];

/// Any bytes are a policy or are refused with a place.
pub fn policy(data: &[u8]) {
    let source = Source::decode("aivss-policy.yaml", data.to_vec());
    let is_sound = parse(&source).is_sound();
    match CompiledPolicy::read(source, &NoFiles, NAMES) {
        Err(broken) => {
            assert!(broken.iter().any(|file| !file.diagnostics.is_empty()), "refused without a message");
            for file in broken {
                all_lie_in(&file.source, &file.diagnostics);
            }
        }
        Ok(policy) => {
            assert!(is_sound, "a policy is taken that cannot be read");
            for text in UNREAD {
                let file = Source::decode("a.yaml", text.as_bytes().to_vec());
                let linted = linted(&file, &policy);
                all_lie_in(&file, &linted.diagnostics);
                let fails = |problem: &aivss_lint::diagnostic::Diagnostic| {
                    problem.level == Level::Error && problem.excepted.is_none()
                };
                assert!(linted.diagnostics.iter().any(fails), "a policy lets pass: {text}");
            }
        }
    }
}
