//! The difference between two states of a text as a unified diff for `patch -p1` and `git apply`. The only file that knows
//! the `similar` crate.

use std::fmt::Write as _;
use std::ops::Range;

use similar::{DiffOp, DiffTag, TextDiff};

/// How many unchanged lines are shown around a change.
const CONTEXT: usize = 3;

/// The patch that turns one text of a file into another; empty if they are equal.
pub fn unified(name: &str, before: &str, after: &str) -> String {
    if before == after {
        return String::new();
    }
    // For `git apply` only a line feed ends a line.
    let lines = |text| -> Vec<&str> { str::split_inclusive(text, '\n').collect() };
    let (old, new) = (lines(before), lines(after));
    let mut patch = format!("--- {}\n+++ {}\n", path("a", name), path("b", name));
    for hunk in TextDiff::configure().diff_slices(&old, &new).grouped_ops(CONTEXT) {
        write_hunk(&mut patch, &hunk, &old, &new);
    }
    patch
}

fn write_hunk(patch: &mut String, hunk: &[DiffOp], old: &[&str], new: &[&str]) {
    let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { return };
    let removed = range(&(first.old_range().start..last.old_range().end));
    let added = range(&(first.new_range().start..last.new_range().end));
    // Writing to a string cannot fail.
    let _ = writeln!(patch, "@@ -{removed} +{added} @@");
    for change in hunk {
        let is_context = change.tag() == DiffTag::Equal;
        let removed = if is_context { ' ' } else { '-' };
        old[change.old_range()].iter().for_each(|line| write_line(patch, removed, line));
        if !is_context {
            new[change.new_range()].iter().for_each(|line| write_line(patch, '+', line));
        }
    }
}

fn write_line(patch: &mut String, sign: char, line: &str) {
    patch.push(sign);
    patch.push_str(line);
    if !line.ends_with('\n') {
        patch.push_str("\n\\ No newline at end of file\n");
    }
}

/// The lines of a hunk, 1-based. An empty range is given by the line before it.
fn range(lines: &Range<usize>) -> String {
    match lines.len() {
        0 => format!("{},0", lines.start),
        1 => (lines.start + 1).to_string(),
        count => format!("{},{count}", lines.start + 1),
    }
}

/// A path in the header of a patch, quoted as git does it: what is not printable ASCII is escaped byte by byte, and a tab
/// ends a path with spaces.
fn path(side: &str, name: &str) -> String {
    let name = name.trim_start_matches("./").trim_start_matches('/');
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\');
    if name.bytes().all(is_plain) {
        let end = if name.contains(' ') { "\t" } else { "" };
        return format!("{side}/{name}{end}");
    }
    let mut quoted = format!("\"{side}/");
    for byte in name.bytes() {
        match byte {
            b'"' | b'\\' => quoted.extend(['\\', byte.into()]),
            _ if is_plain(byte) => quoted.push(byte.into()),
            // Writing to a string cannot fail.
            _ => _ = write!(quoted, "\\{byte:03o}"),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn a_diff_shows_the_lines_around_a_change_and_a_missing_end_of_line() {
        let diff = unified("a.yaml", "1\r\n2\r\n3\r\n4\n5", "1\r\n2\r\n3\r\n4\n6");
        let shown = "--- a/a.yaml\n+++ b/a.yaml\n@@ -2,4 +2,4 @@\n 2\r\n 3\r\n 4\n-5\n\\ No newline at end of file\n+6\n\\ No newline at end of file\n";
        assert_eq!(diff, shown);
        assert_eq!(unified("a.yaml", "1", "1"), "");
        let diff = unified("a.yaml", "1\r", "2\r");
        let end = "\\ No newline at end of file\n";
        assert_eq!(diff, format!("--- a/a.yaml\n+++ b/a.yaml\n@@ -1 +1 @@\n-1\r\n{end}+2\r\n{end}"));
    }

    #[test]
    fn paths_are_quoted_as_git_quotes_them() {
        for (name, quoted) in [
            ("a b.yaml", "--- a/a b.yaml\t\n"),
            ("./a.yaml", "--- a/a.yaml\n"),
            ("a\tb.yaml", "--- \"a/a\\011b.yaml\"\n"),
            ("a\"\\.yaml", "--- \"a/a\\\"\\\\.yaml\"\n"),
            ("ä.yaml", "--- \"a/\\303\\244.yaml\"\n"),
        ] {
            let diff = unified(name, "", "1\n");
            assert!(diff.starts_with(quoted), "{diff}");
            assert!(diff.ends_with("@@ -0,0 +1 @@\n+1\n"), "{diff}");
        }
    }
}
