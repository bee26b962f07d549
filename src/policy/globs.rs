//! Path patterns: the globs of policies and the built-in ones. The only file that knows the glob crate.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Whether a file is YAML, JSON or Markdown by its extension.
pub(crate) fn is_readable(path: &str) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    ["yaml", "yml", "json", "md", "markdown"].iter().any(|known| extension.eq_ignore_ascii_case(known))
}

/// The most bytes in a pattern.
const MAX_LENGTH: usize = 1_000;
/// The depth to which the braces of a pattern may nest: the crate reads them by recursion.
const MAX_BRACES: usize = 10;
/// The most alternatives in all braces of a pattern.
const MAX_ALTERNATIVES: usize = 100;

/// The reason why a pattern takes too much to compile. Braces in brackets or after a backslash count, too.
pub(crate) fn too_complex(pattern: &str) -> Option<String> {
    if pattern.len() > MAX_LENGTH {
        return Some(format!("it has more than {MAX_LENGTH} bytes"));
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
    if deepest > MAX_BRACES {
        return Some(format!("its braces nest more than {MAX_BRACES} deep"));
    }
    (alternatives > MAX_ALTERNATIVES).then(|| format!("it has more than {MAX_ALTERNATIVES} alternatives"))
}

/// The line of an ignore file at which git may need too many attempts to match a path. Each `*` or `**` can double them.
pub(crate) fn costly_pattern(text: &[u8]) -> Option<usize> {
    /// More than 1,000 patterns of four stars need.
    const MAX_ATTEMPTS: u64 = 20_000;
    let mut attempts: u64 = 0;
    for (line, pattern) in text.split(|byte| *byte == b'\n').enumerate() {
        let stars = pattern.chunk_by(|one, other| (*one == b'*') == (*other == b'*'));
        let stars = stars.filter(|part| part.starts_with(b"*")).count();
        if !pattern.starts_with(b"#") {
            let doubled = u32::try_from(stars).ok().and_then(|stars| 1_u64.checked_shl(stars));
            attempts = attempts.saturating_add(doubled.map_or(u64::MAX, |attempts| attempts - 1));
        }
        if attempts > MAX_ATTEMPTS {
            return Some(line + 1);
        }
    }
    None
}

/// The comparison of letters by patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LetterCase {
    Exact,
    Any,
}

/// A set of compiled patterns.
#[derive(Clone, Debug)]
pub(crate) struct PathSet {
    set: GlobSet,
    patterns: Vec<String>,
}

impl PathSet {
    /// Compiles patterns. `*` stays within a folder, `**` crosses folders. The built-in patterns also match in
    /// other cases (`THREAT_MODEL.md`).
    ///
    /// # Errors
    /// The index of the first invalid pattern, and its problem.
    pub(crate) fn new<'p>(
        patterns: impl IntoIterator<Item = &'p str>,
        case: LetterCase,
    ) -> Result<Self, (usize, String)> {
        let mut set = GlobSetBuilder::new();
        let mut written = Vec::new();
        for (at, pattern) in patterns.into_iter().enumerate() {
            if let Some(why) = too_complex(pattern) {
                return Err((at, why));
            }
            let glob = GlobBuilder::new(pattern)
                .literal_separator(true)
                .case_insensitive(case == LetterCase::Any)
                .build()
                .map_err(|error| (at, error.kind().to_string()))?;
            set.add(glob);
            written.push(pattern.to_owned());
        }
        set.build().map(|set| Self { set, patterns: written }).map_err(|error| (0, error.kind().to_string()))
    }

    /// Whether a path, with `/` between its parts, matches one of the patterns.
    pub(crate) fn matches(&self, path: &str) -> bool {
        self.set.is_match(path)
    }

    /// The patterns of the folders above those that these match, except those that match folders at any depth.
    #[must_use]
    pub(crate) fn above(&self) -> Self {
        let starts = self.patterns.iter().flat_map(|pattern| starts(pattern));
        let readable = starts.filter(|start| Self::new([*start], LetterCase::Any).is_ok());
        Self::new(readable, LetterCase::Any)
            .unwrap_or_else(|_| Self { set: GlobSet::empty(), patterns: Vec::new() })
    }

    /// The first of the patterns that a path matches.
    pub(crate) fn matching(&self, path: &str) -> Option<&str> {
        let first = self.set.matches(path).into_iter().min()?;
        self.patterns.get(first).map(String::as_str)
    }

    pub(crate) fn patterns(&self) -> &[String] {
        &self.patterns
    }
}

/// The patterns of the folders above those that a pattern matches.
fn starts(pattern: &str) -> impl Iterator<Item = &str> {
    let starts = pattern.trim_end_matches('/').match_indices('/').map(|(at, _)| &pattern[..at]);
    starts.filter(|start| {
        let [open, close, from, to] = ['{', '}', '[', ']'].map(|bracket| start.matches(bracket).count());
        open == close && from == to && !start.ends_with("**")
    })
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;
    use crate::source::is_default;
    use proptest::prelude::*;

    /// The built-in patterns: usual names of threat models and policies.
    const DEFAULT: [&str; 12] = [
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

    #[test]
    fn costly_ignore_pattern_is_found() {
        for pattern in ["**/".repeat(20) + "b", "*a".repeat(40), "*".repeat(3) + &"/*".repeat(15)] {
            assert_eq!(costly_pattern(format!("a\n{pattern}\nb").as_bytes()), Some(2), "{pattern}");
        }
        let honest = "# ****/**/**/**/**/**/**/**/**/**/**/**/**/**/**/**/**\n**/target/**/*.[oa]\n*~\n";
        assert_eq!(costly_pattern(honest.repeat(1_000).as_bytes()), None);
        assert_eq!(costly_pattern("node_modules\n".repeat(100_000).as_bytes()), None);
        assert!(costly_pattern("**/*a*b*c*d\n".repeat(1_000).as_bytes()).is_some());
    }

    #[test]
    fn usual_names_match_and_others_do_not() {
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
        fn is_default_equals_the_patterns(parts in prop::collection::vec(prop::sample::select(&PARTS[..]), 0..8)) {
            static PATTERNS: LazyLock<PathSet> = LazyLock::new(|| PathSet::new(DEFAULT, LetterCase::Any).unwrap());
            let path = parts.concat();
            prop_assert_eq!(is_default(&path), PATTERNS.matches(&path), "{}", path);
        }
    }

    /// Parts of paths that resemble those of threat models.
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
    fn invalid_pattern_is_reported_with_its_index() {
        let (at, message) = PathSet::new(["**/ok", "a[b"], LetterCase::Exact).unwrap_err();
        assert_eq!(at, 1);
        assert!(message.contains("unclosed"), "{message}");
    }

    #[test]
    fn pattern_that_is_too_complex_is_refused() {
        let refused = |pattern: &str| PathSet::new([pattern], LetterCase::Exact).unwrap_err().1;
        assert_eq!(refused(&("{a,".repeat(11) + "b" + &"}".repeat(11))), "its braces nest more than 10 deep");
        assert_eq!(refused(&"{".repeat(200_000)), "it has more than 1000 bytes");
        assert_eq!(refused(&format!("{{{}b}}", "a,".repeat(101))), "it has more than 100 alternatives");
        assert!(PathSet::new(["{a,{b,{c,d}}}/**/*.{yaml,yml}"], LetterCase::Exact).is_ok());
    }
}
