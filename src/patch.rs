//! Two states of a text as a unified diff, fit for `patch -p1` and `git apply`. The only file that knows the `similar`
//! crate.

use similar::TextDiff;

/// What turns one text of a file into another; nothing where they are the same.
pub fn unified(name: &str, before: &str, after: &str) -> String {
    // Lines end at line feeds alone, as those who read a diff take it.
    let lines = |text| -> Vec<&str> { str::split_inclusive(text, '\n').collect() };
    let (old, new) = (lines(before), lines(after));
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
    diff.unified_diff().header(&format!("a/{name}"), &format!("b/{name}")).to_string()
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
    }
}
