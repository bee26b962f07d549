//! Two states of a text as a unified diff, fit for `git apply` and `patch -p1`. The only file that knows the `similar`
//! crate.
//!
//! A patch cannot be escaped, and CI services obey lines of a log. As little of such lines as possible gets in: a
//! hunk has no more context than it needs, and `::error::…` is taken out and put back (`-`, `+`) where it would
//! otherwise be context, which begins with a space.

use similar::ChangeTag;
use similar::algorithms::{Capture, Compact, Replace, myers};

use crate::escape::is_log_command;

/// Lines of context on either side of a change.
const CONTEXT: usize = 3;

/// What turns one text of a file into another; nothing where they are the same.
pub fn unified(name: &str, before: &str, after: &str) -> String {
    // Lines end at line feeds alone, as those who read a diff take it.
    let lines = |text| -> Vec<&str> { str::split_inclusive(text, '\n').collect() };
    let (old, new) = (lines(before), lines(after));
    let lines = without_commands(changes(&old, &new).into_iter());
    let mut patch = String::new();
    for (first, end) in hunks(&lines) {
        if patch.is_empty() {
            patch = format!("--- {}\n+++ {}\n", file_name("a/", name), file_name("b/", name));
        }
        push_hunk(&lines, first, end, &mut patch);
    }
    patch
}

/// The lines of both texts in order. One algorithm by its name, because a choice of all of them adds 300 KB to the program.
fn changes<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<Line<'t>> {
    let mut found = Compact::new(Replace::new(Capture::new()), old, new);
    let Ok(()) = myers::diff(&mut found, old, 0..old.len(), new, 0..new.len());
    let operations = found.into_inner().into_inner().into_ops();
    let changes = operations.iter().flat_map(|operation| operation.iter_changes(old, new));
    changes.map(|change| (change.tag(), change.value())).collect()
}

/// The first line of a patch that a CI service would obey if it were printed to a log.
pub fn log_command(patch: &str) -> Option<&str> {
    patch.split('\n').find(|line| is_log_command(line))
}

/// A line of a diff of whole texts.
type Line<'t> = (ChangeTag, &'t str);

/// Whether a line may be context.
fn is_harmless(text: &str) -> bool {
    !is_log_command(&format!(" {text}"))
}

/// Replaces context that would be a command, where a hunk needs it: directly after a change.
fn without_commands<'t>(all: impl Iterator<Item = Line<'t>>) -> Vec<Line<'t>> {
    let mut lines: Vec<Line<'t>> = Vec::new();
    for (tag, text) in all {
        let follows_change = lines.last().is_some_and(|(before, _)| *before != ChangeTag::Equal);
        let is_helped = || !is_harmless(text) && !is_log_command(&format!("-{text}"));
        if tag == ChangeTag::Equal && follows_change && is_helped() {
            lines.extend([(ChangeTag::Delete, text), (ChangeTag::Insert, text)]);
        } else {
            lines.push((tag, text));
        }
    }
    lines
}

/// The ranges of lines that are shown: each change with context around it.
fn hunks(lines: &[Line<'_>]) -> Vec<(usize, usize)> {
    let is_change = |at: &usize| lines[*at].0 != ChangeTag::Equal;
    let is_context = |at: &usize| !is_change(at) && is_harmless(lines[*at].1);
    let mut hunks: Vec<(usize, usize)> = Vec::new();
    for at in (0..lines.len()).filter(is_change) {
        let first = at - (0..at).rev().take(CONTEXT).take_while(is_context).count();
        let after = (at + 1..lines.len()).take(CONTEXT).take_while(is_context).count();
        // Without a line after the change, `git apply` would look for it at the end of the file.
        let end = (at + 1 + after.max(1)).min(lines.len());
        match hunks.last_mut() {
            Some((_, last)) if first <= *last => *last = end.max(*last),
            _ => hunks.push((first, end)),
        }
    }
    hunks
}

fn push_hunk(lines: &[Line<'_>], first: usize, end: usize, patch: &mut String) {
    let count = |from: usize, end: usize, other: ChangeTag| {
        lines[from..end].iter().filter(|(tag, _)| *tag != other).count()
    };
    let range = |other: ChangeTag| {
        let (above, inside) = (count(0, first, other), count(first, end, other));
        // An empty range is named by the line above it.
        format!("{},{inside}", if inside == 0 { above } else { above + 1 })
    };
    patch.push_str(&format!("@@ -{} +{} @@\n", range(ChangeTag::Insert), range(ChangeTag::Delete)));
    for (tag, text) in &lines[first..end] {
        patch.push(match tag {
            ChangeTag::Equal => ' ',
            ChangeTag::Delete => '-',
            ChangeTag::Insert => '+',
        });
        patch.push_str(text);
        if !text.ends_with('\n') {
            patch.push_str("\n\\ No newline at end of file\n");
        }
    }
}

/// A file's name as git writes it: in quotes where it holds more than visible ASCII.
fn file_name(side: &str, name: &str) -> String {
    let name = name.trim_start_matches("./").trim_start_matches('/');
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') && !b"\"\\#".contains(&byte);
    if name.bytes().all(is_plain) {
        // Readers end a name at a tab; without one they could end it at a space.
        return format!("{side}{name}{}", if name.contains(' ') { "\t" } else { "" });
    }
    let bytes = name
        .bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("\\{byte:03o}") });
    format!("\"{side}{}\"", bytes.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_diff_shows_the_lines_around_a_change_and_a_missing_end_of_line() {
        let diff = unified("a.yaml", "1\r\n2\r\n3\r\n4\n5", "1\r\n2\r\n3\r\n4\n6");
        let shown = "--- a/a.yaml\n+++ b/a.yaml\n@@ -2,4 +2,4 @@\n 2\r\n 3\r\n 4\n-5\n\\ No newline at end of file\n+6\n\\ No newline at end of file\n";
        assert_eq!(diff, shown);
        assert_eq!(unified("a.yaml", "1", "1"), "");
        let return_at_end = unified("a.yaml", "1\n2\r", "0\n2\r");
        assert!(return_at_end.ends_with("\n 2\r\n\\ No newline at end of file\n"), "{return_at_end:?}");
    }

    #[test]
    fn distant_changes_are_hunks_of_their_own() {
        let before: String = (1..=20).map(|line| format!("{line}\n")).collect();
        let after = before.replace("2\n3\n", "2\nx\n").replace("\n19\n", "\n");
        let diff = unified("a", &before, &after);
        let heads: Vec<&str> = diff.lines().filter(|line| line.starts_with("@@")).collect();
        assert_eq!(heads, ["@@ -1,6 +1,6 @@", "@@ -16,5 +16,4 @@"]);
    }

    #[test]
    fn commands_of_ci_services_are_no_context() {
        let before = "a\n::error::x\nb: 1\n  ::set-output name=a::b\nc\nd\ne\n##vso[task.complete]\n";
        let diff = unified("a", before, &before.replace("b: 1", "b: 2"));
        assert_eq!(
            diff,
            "--- a/a\n+++ b/a\n@@ -3,5 +3,5 @@\n-b: 1\n+b: 2\n-  ::set-output name=a::b\n+  ::set-output name=a::b\n c\n d\n e\n"
        );
        assert_eq!(log_command(&diff), None);
        let before = "b: 1\n##vso[task.complete]\n";
        let diff = unified("a", before, &before.replace("b: 1", "b: 2"));
        assert_eq!(log_command(&diff), Some(" ##vso[task.complete]"));
        assert!(log_command(&unified("a", "b: 1\r::error::x\n", "b: 2\r::error::x\n")).is_some());
    }

    #[test]
    fn names_are_written_as_git_writes_them() {
        assert_eq!(file_name("a/", "a b.yaml"), "a/a b.yaml\t");
        assert_eq!(file_name("b/", "ü\n##vso[x].yaml"), "\"b/\\303\\274\\012\\043\\043vso[x].yaml\"");
    }

    /// Applies a patch of one file as its format says.
    fn applied(before: &str, patch: &str) -> String {
        let old: Vec<&str> = before.split_inclusive('\n').collect();
        let (mut new, mut next) = (String::new(), 0);
        let mut lines = patch.split_inclusive('\n').skip(2).peekable();
        while let Some(line) = lines.next() {
            if let Some(head) = line.strip_prefix("@@ -") {
                let range = head.split(' ').next().unwrap();
                let (start, count) = range.split_once(',').unwrap();
                let start: usize = start.parse().unwrap();
                let start = if count == "0" { start } else { start - 1 };
                new.extend(old[next..start].iter().copied());
                next = start;
                continue;
            }
            if line.starts_with('\\') {
                continue;
            }
            let is_last = lines.peek().is_some_and(|line| line.starts_with('\\'));
            let text = if is_last { &line[1..line.len() - 1] } else { &line[1..] };
            if !line.starts_with('+') {
                assert_eq!(old[next], text, "{patch}");
                next += 1;
            }
            if !line.starts_with('-') {
                new.push_str(text);
            }
        }
        new.extend(old[next..].iter().copied());
        new
    }

    proptest! {
        #[test]
        fn a_patch_leads_from_one_text_to_the_other(
            before in "((a|b|::c|##d\\[|\r)\n){0,12}(a|\r)?",
            after in "((a|b|::c|##d\\[|\r)\n){0,12}(a|\r)?",
        ) {
            let patch = unified("a", &before, &after);
            prop_assert_eq!(applied(&before, &patch), after);
            let commands = patch.lines().filter(|line| line.trim_start().starts_with("::"));
            prop_assert_eq!(commands.count(), 0, "{}", patch);
        }
    }
}
