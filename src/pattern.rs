//! Path patterns: the globs of policies and the built-in ones. The only file that knows the glob crate.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// The files that are looked for where a policy does not say: the names people give to threat models.
pub const DEFAULT: [&str; 12] = [
    "**/threat-model.{yaml,yml,json,md}",
    "**/threat_model.{yaml,yml,json,md}",
    "**/threatmodel.{yaml,yml,json,md}",
    "**/*.threat-model.{yaml,yml,json,md}",
    "**/*.threat_model.{yaml,yml,json,md}",
    "**/*.threatmodel.{yaml,yml,json,md}",
    "**/threat-models/**/*.{yaml,yml,json,md}",
    "**/threat_models/**/*.{yaml,yml,json,md}",
    "**/aivss*.{yaml,yml,json}",
    "**/*[-_.]aivss.{yaml,yml,json}",
    "**/owasp[-_]aivss*.{yaml,yml,json}",
    "**/aivss-policy.{yaml,yml,json}",
];

/// A set of compiled patterns.
#[derive(Clone, Debug)]
pub struct PathSet {
    set: GlobSet,
    patterns: Vec<String>,
}

impl PathSet {
    /// Compiles patterns. `*` stays within a folder, `**` crosses folders. The built-in patterns also match in
    /// other cases (`THREAT_MODEL.md`).
    ///
    /// # Errors
    /// The place of the first bad pattern in the list, and what is wrong with it.
    pub fn new<'p>(patterns: impl IntoIterator<Item = &'p str>, case: Case) -> Result<Self, (usize, String)> {
        let mut set = GlobSetBuilder::new();
        let mut written = Vec::new();
        for (at, pattern) in patterns.into_iter().enumerate() {
            let glob = GlobBuilder::new(pattern)
                .literal_separator(true)
                .case_insensitive(case == Case::Any)
                .build()
                .map_err(|error| (at, error.kind().to_string()))?;
            set.add(glob);
            written.push(pattern.to_owned());
        }
        set.build().map(|set| Self { set, patterns: written }).map_err(|error| (0, error.kind().to_string()))
    }

    /// Whether a path, with `/` between its parts, matches one of the patterns.
    pub fn matches(&self, path: &str) -> bool {
        self.set.is_match(path)
    }

    /// The first of the patterns that a path matches.
    pub fn matching(&self, path: &str) -> Option<&str> {
        let first = self.set.matches(path).into_iter().min()?;
        self.patterns.get(first).map(String::as_str)
    }

    /// The patterns as they were written.
    pub fn patterns(&self) -> &[String] {
        &self.patterns
    }
}

/// How patterns compare letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// As written.
    Exact,
    /// Upper and lower case alike.
    Any,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_people_use_are_found_and_others_are_not() {
        let found = PathSet::new(DEFAULT, Case::Any).unwrap();
        for path in [
            "threat-model.yaml",
            "agents/planner/threat-model.yml",
            "THREAT_MODEL.md",
            "docs/ThreatModel.json",
            "planner.threat-model.yaml",
            "threat-models/a/b.yaml",
            "x/threat-models/planner.json",
            "aivss.yaml",
            "reports/aivss-2026-11.json",
            "planner-aivss.json",
            "owasp-aivss-report.json",
            ".github/aivss-policy.yaml",
        ] {
            assert!(found.matches(path), "{path}");
        }
        for path in
            ["README.md", "threat-model.txt", "src/model.yaml", "threat-models.yaml", "aivss/README.md"]
        {
            assert!(!found.matches(path), "{path}");
        }
    }

    #[test]
    fn a_bad_pattern_is_named() {
        let (at, message) = PathSet::new(["**/ok", "a[b"], Case::Exact).unwrap_err();
        assert_eq!(at, 1);
        assert!(message.contains("unclosed"), "{message}");
    }
}
