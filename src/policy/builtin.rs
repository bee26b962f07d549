//! The policies that come with the program, embedded from `policies/`.

use crate::diagnostic::RuleNames;
use crate::policy::Policy;
use crate::policy::read::read_own;
use crate::source::Source;

/// A policy that comes with the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// The name to extend it by.
    pub name: &'static str,
    text: &'static str,
}

/// The built-in policies, the mildest first.
pub const BUILT_IN: [BuiltIn; 3] = [
    BuiltIn { name: "permissive", text: include_str!("../../policies/permissive.yaml") },
    BuiltIn { name: "recommended", text: include_str!("../../policies/recommended.yaml") },
    BuiltIn { name: "strict", text: include_str!("../../policies/strict.yaml") },
];

/// The policy that is in force where a repository has none.
pub fn recommended() -> BuiltIn {
    BUILT_IN[1]
}

impl BuiltIn {
    /// The built-in policy with this name.
    pub fn named(name: &str) -> Option<Self> {
        BUILT_IN.into_iter().find(|policy| policy.name == name)
    }

    /// The policy's text, in the form of any other.
    pub fn source(self) -> Source {
        Source::decode(self.name, self.text.as_bytes().to_vec())
    }

    /// The policy itself.
    ///
    /// # Panics
    /// Never: the embedded policies are read in every test run.
    #[expect(clippy::panic, reason = "the embedded policies are read in every test run")]
    pub fn policy(self, rules: RuleNames) -> Policy {
        read_own(self.source(), rules)
            .unwrap_or_else(|faults| panic!("built-in policy {}: {faults:?}", self.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{NoFiles, read};
    use crate::rules::NAMES;

    #[test]
    fn built_in_policies_are_valid() {
        for policy in BUILT_IN {
            read(policy.source(), &NoFiles, NAMES).unwrap();
            policy.policy(NAMES);
        }
    }
}
