//! Carets in comments: how an example or a fixture marks the faults that must be found in it.
//!
//! ```text
//!   score: 9.1
//! #        ^^^ score-mismatch: score is 9.1, expected 9.4
//! ```

/// A fault that carets ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark<'t> {
    /// First column that is marked, 1-based.
    pub start: usize,
    /// The column just past the last one that is marked.
    pub end: usize,
    /// What stands behind the carets: a rule's name, and perhaps a colon and a message.
    pub fault: &'t str,
}

/// Reads a line of carets: `#`, white space, carets, a fault. Where a caret follows `#` directly, `#` counts as one.
pub fn mark(line: &str) -> Option<Mark<'_>> {
    let rest = line.strip_prefix('#')?;
    let carets = rest.trim_start_matches(' ');
    let fault = carets.trim_start_matches('^');
    let count = carets.len() - fault.len();
    if count == 0 || fault.trim().is_empty() {
        return None;
    }
    let blank = rest.len() - carets.len();
    let start = if blank == 0 { 1 } else { blank + 2 };
    Some(Mark { start, end: blank + 2 + count, fault: fault.trim() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_mark_columns() {
        assert_eq!(mark("#   ^^ rule: why"), Some(Mark { start: 5, end: 7, fault: "rule: why" }));
        assert_eq!(mark("#^^ rule"), Some(Mark { start: 1, end: 4, fault: "rule" }));
        for line in ["# a comment", "#", "# ^^", "a: 1 # ^ rule"] {
            assert_eq!(mark(line), None, "{line}");
        }
    }
}
