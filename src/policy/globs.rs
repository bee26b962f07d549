//! Path patterns: the globs of policies and the built-in ones. The only file that knows the glob crate.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

pub use crate::source::is_default;

/// The files that are looked for where a policy does not say: the names people give to threat models.
pub const DEFAULT: [&str; 12] = [
    "**/threat-model.{yaml,yml,json,md,markdown}",
    "**/threat_model.{yaml,yml,json,md,markdown}",
    "**/threatmodel.{yaml,yml,json,md,markdown}",
    "**/*.threat-model.{yaml,yml,json,md,markdown}",
    "**/*.threat_model.{yaml,yml,json,md,markdown}",
    "**/*.threatmodel.{yaml,yml,json,md,markdown}",
    "**/threat-models/**/*.{yaml,yml,json,md,markdown}",
    "**/threat_models/**/*.{yaml,yml,json,md,markdown}",
    "**/aivss*.{yaml,yml,json}",
    "**/*[-_.]aivss.{yaml,yml,json}",
    "**/owasp[-_]aivss*.{yaml,yml,json}",
    "**/aivss-policy.{yaml,yml,json}",
];

/// Whether a file's name says that it is YAML, JSON or Markdown, in which threat models are written.
pub fn is_readable(path: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    ["yaml", "yml", "json", "md", "markdown"].iter().any(|known| ending.eq_ignore_ascii_case(known))
}

/// How many bytes a pattern may have.
const LONGEST: usize = 1_000;
/// How deep the braces of a pattern may nest: the crate reads them by recursion.
const MOST_BRACES: usize = 10;
/// How many alternatives the braces of a pattern may have in all.
const MOST_ALTERNATIVES: usize = 100;

/// Why a pattern takes too much to compile, if it does. Braces in brackets or behind a backslash count, too.
pub(crate) fn too_complex(pattern: &str) -> Option<String> {
    if pattern.len() > LONGEST {
        return Some(format!("it has more than {LONGEST} bytes"));
    }
    let (mut depth, mut deepest, mut alternatives) = (0_usize, 0, 0);
    for letter in pattern.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' => alternatives += 1,
            _ => {}
        }
        deepest = deepest.max(depth);
    }
    if deepest > MOST_BRACES {
        return Some(format!("its braces nest more than {MOST_BRACES} deep"));
    }
    (alternatives > MOST_ALTERNATIVES).then(|| format!("it has more than {MOST_ALTERNATIVES} alternatives"))
}

/// The line of an ignore file up to which git may need too many attempts to match a path, if there is one. Each `*` or
/// `**` can double them.
pub(crate) fn costly_pattern(text: &[u8]) -> Option<usize> {
    /// 1,000 patterns of four stars have less.
    const MOST_ATTEMPTS: u64 = 20_000;
    let mut attempts: u64 = 0;
    for (line, pattern) in text.split(|byte| *byte == b'\n').enumerate() {
        let stars = pattern.chunk_by(|one, other| (*one == b'*') == (*other == b'*'));
        let stars = stars.filter(|part| part.starts_with(b"*")).count();
        if !pattern.starts_with(b"#") {
            let doubled = u32::try_from(stars).ok().and_then(|stars| 1_u64.checked_shl(stars));
            attempts = attempts.saturating_add(doubled.map_or(u64::MAX, |attempts| attempts - 1));
        }
        if attempts > MOST_ATTEMPTS {
            return Some(line + 1);
        }
    }
    None
}

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
            if let Some(why) = too_complex(pattern) {
                return Err((at, why));
            }
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

    /// The patterns of the folders above what these match, but for those that match folders at any depth.
    #[must_use]
    pub fn above(&self) -> Self {
        let starts = self.patterns.iter().flat_map(|pattern| starts(pattern));
        let readable = starts.filter(|start| Self::new([*start], Case::Any).is_ok());
        Self::new(readable, Case::Any)
            .unwrap_or_else(|_| Self { set: GlobSet::empty(), patterns: Vec::new() })
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

/// What a pattern says of the folders above what it matches: its parts from the first one on.
fn starts(pattern: &str) -> impl Iterator<Item = &str> {
    let starts = pattern.trim_end_matches('/').match_indices('/').map(|(at, _)| &pattern[..at]);
    starts.filter(|start| {
        let count = |bracket| start.matches(bracket).count();
        count('{') == count('}') && count('[') == count(']') && !start.ends_with("**")
    })
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
    use std::sync::LazyLock;

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn patterns_that_git_would_match_for_long_are_found() {
        for pattern in ["**/".repeat(20) + "b", "*a".repeat(40), "*".repeat(3) + &"/*".repeat(15)] {
            assert_eq!(costly_pattern(format!("a\n{pattern}\nb").as_bytes()), Some(2), "{pattern}");
        }
        let honest = "# ****/**/**/**/**/**/**/**/**/**/**/**/**/**/**/**/**\n**/target/**/*.[oa]\n*~\n";
        assert_eq!(costly_pattern(honest.repeat(1_000).as_bytes()), None);
        assert_eq!(costly_pattern("node_modules\n".repeat(100_000).as_bytes()), None);
        assert!(costly_pattern("**/*a*b*c*d\n".repeat(1_000).as_bytes()).is_some());
    }

    #[test]
    fn the_names_people_use_are_found_and_others_are_not() {
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
            assert!(is_default(path), "{path}");
        }
        for path in
            ["README.md", "threat-model.txt", "src/model.yaml", "threat-models.yaml", "aivss/README.md"]
        {
            assert!(!is_default(path), "{path}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn what_is_written_out_is_what_the_patterns_say(parts in prop::collection::vec(prop::sample::select(&PARTS[..]), 0..8)) {
            static PATTERNS: LazyLock<PathSet> = LazyLock::new(|| PathSet::new(DEFAULT, Case::Any).unwrap());
            let path = parts.concat();
            prop_assert_eq!(is_default(&path), PATTERNS.matches(&path), "{}", path);
        }
    }

    /// What paths are made of that are almost those of threat models.
    const PARTS: [&str; 26] = [
        "threat-model",
        "threat_model",
        "ThreatModel",
        "threat-models",
        "threat_models",
        "aivss",
        "AIVSS",
        "owasp",
        "s",
        "x",
        "é",
        "\u{17F}",
        "\n",
        ".",
        "-",
        "_",
        "/",
        "/",
        "/",
        ".yaml",
        ".yml",
        ".JSON",
        ".md",
        ".markdown",
        ".txt",
        "-policy",
    ];

    #[test]
    fn a_bad_pattern_is_named() {
        let (at, message) = PathSet::new(["**/ok", "a[b"], Case::Exact).unwrap_err();
        assert_eq!(at, 1);
        assert!(message.contains("unclosed"), "{message}");
    }

    #[test]
    fn a_pattern_that_takes_too_much_to_compile_is_refused() {
        let refused = |pattern: &str| PathSet::new([pattern], Case::Exact).unwrap_err().1;
        assert_eq!(refused(&("{a,".repeat(11) + "b" + &"}".repeat(11))), "its braces nest more than 10 deep");
        assert_eq!(refused(&"{".repeat(200_000)), "it has more than 1000 bytes");
        assert_eq!(refused(&format!("{{{}b}}", "a,".repeat(101))), "it has more than 100 alternatives");
        assert!(PathSet::new(["{a,{b,{c,d}}}/**/*.{yaml,yml}"], Case::Exact).is_ok());
    }
}
