//! Carets in comments, by which an example or a fixture marks the problems that must be found in it.
//!
//! ```text
//!   score: 9.1
//! #        ^^^ score-mismatch: score is 9.1, expected 9.4
//! ```

/// An expected problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark<'t> {
    /// The first marked column, 1-based.
    pub start: usize,
    /// The column after the last marked one.
    pub end: usize,
    /// The text after the carets: a rule's name, and optionally a colon and a message.
    pub problem: &'t str,
}

/// Reads a line of carets: `#`, white space, carets, a problem. Where a caret follows `#` directly, `#` counts as one.
pub fn mark(line: &str) -> Option<Mark<'_>> {
    let rest = line.strip_prefix('#')?;
    let carets = rest.trim_start_matches(' ');
    let problem = carets.trim_start_matches('^');
    let count = carets.len() - problem.len();
    if count == 0 || problem.trim().is_empty() {
        return None;
    }
    let blank = rest.len() - carets.len();
    let start = if blank == 0 { 1 } else { blank + 2 };
    Some(Mark { start, end: blank + 2 + count, problem: problem.trim() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_mark_columns() {
        assert_eq!(mark("#   ^^ rule: why"), Some(Mark { start: 5, end: 7, problem: "rule: why" }));
        assert_eq!(mark("#^^ rule"), Some(Mark { start: 1, end: 4, problem: "rule" }));
        for line in ["# a comment", "#", "# ^^", "a: 1 # ^ rule"] {
            assert_eq!(mark(line), None, "{line}");
        }
    }
}
