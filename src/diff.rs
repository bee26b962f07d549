//! Two states of a text as a unified diff for `git apply` and `patch -p1`. The only file that imports `similar`.
//!
//! A patch cannot be escaped, and CI services execute commands in a log. A hunk therefore has no more context than needed.
//! A context line such as ` ::error::…` would be a command, so it is removed and added again (`-`, `+`).

use std::ops::Range;

use similar::ChangeTag;
use similar::algorithms::{Capture, Compact, Replace, myers};

use crate::escape::is_log_command;

/// The maximum number of context lines on either side of a change.
const CONTEXT: usize = 3;

/// A line of a diff of whole texts.
type Line<'t> = (ChangeTag, &'t str);

/// The patch from one text of a file to another; empty if they are equal.
pub fn unified(name: &str, before: &str, after: &str) -> String {
    // As in every diff, only a line feed ends a line.
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let lines = without_commands(changes(&old, &new));
    let mut patch = String::new();
    for hunk in hunks(&lines) {
        if patch.is_empty() {
            patch = format!("--- {}\n+++ {}\n", file_name("a/", name), file_name("b/", name));
        }
        push_hunk(&lines, hunk, &mut patch);
    }
    patch
}

/// The first line of a patch that is a command to a CI service.
pub fn log_command(patch: &str) -> Option<&str> {
    patch.split('\n').find(|line| is_log_command(line))
}

/// The lines of both texts in order. The algorithm is fixed, because a choice of algorithms adds 300 KB to the program.
fn changes<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<Line<'t>> {
    let mut found = Compact::new(Replace::new(Capture::new()), old, new);
    let Ok(()) = myers::diff(&mut found, old, 0..old.len(), new, 0..new.len());
    let operations = found.into_inner().into_inner().into_ops();
    let changes = operations.iter().flat_map(|operation| operation.iter_changes(old, new));
    changes.map(|change| (change.tag(), change.value())).collect()
}

/// Whether a line is not a command as context.
fn is_harmless(text: &str) -> bool {
    !is_log_command(&format!(" {text}"))
}

fn is_context((tag, text): Line<'_>) -> bool {
    tag == ChangeTag::Equal && is_harmless(text)
}

/// Replaces lines that would be commands as context directly after a change, where each hunk needs a line.
fn without_commands(all: Vec<Line<'_>>) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::with_capacity(all.len());
    for (tag, text) in all {
        let follows_change = lines.last().is_some_and(|(before, _)| *before != ChangeTag::Equal);
        let is_context = tag == ChangeTag::Equal && follows_change;
        if is_context && !is_harmless(text) && !is_log_command(&format!("-{text}")) {
            lines.extend([(ChangeTag::Delete, text), (ChangeTag::Insert, text)]);
        } else {
            lines.push((tag, text));
        }
    }
    lines
}

/// The ranges of lines to show: each change with its context.
fn hunks(lines: &[Line<'_>]) -> Vec<Range<usize>> {
    let mut hunks: Vec<Range<usize>> = Vec::new();
    for at in (0..lines.len()).filter(|at| lines[*at].0 != ChangeTag::Equal) {
        let first = at - lines[..at].iter().rev().take(CONTEXT).take_while(|line| is_context(**line)).count();
        let after = lines[at + 1..].iter().take(CONTEXT).take_while(|line| is_context(**line)).count();
        // Without a line after the change, `git apply` would look for it at the end of the file.
        let end = (at + 1 + after.max(1)).min(lines.len());
        match hunks.last_mut() {
            Some(last) if first <= last.end => last.end = end.max(last.end),
            _ => hunks.push(first..end),
        }
    }
    hunks
}

fn push_hunk(lines: &[Line<'_>], hunk: Range<usize>, patch: &mut String) {
    let [old, new] = [ChangeTag::Insert, ChangeTag::Delete].map(|other| {
        let [above, inside] = [0..hunk.start, hunk.clone()]
            .map(|range| lines[range].iter().filter(|(tag, _)| *tag != other).count());
        // An empty range has the number of the line above it.
        format!("{},{inside}", if inside == 0 { above } else { above + 1 })
    });
    patch.push_str(&format!("@@ -{old} +{new} @@\n"));
    for (tag, text) in &lines[hunk] {
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

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !b"\"\\#".contains(&byte)
}

/// A file's name as git writes it: in quotes unless it is visible ASCII.
fn file_name(side: &str, name: &str) -> String {
    let name = name.trim_start_matches("./").trim_start_matches('/');
    if name.bytes().all(is_plain) {
        // Without a tab, some readers end a name at its first space.
        return format!("{side}{name}{}", if name.contains(' ') { "\t" } else { "" });
    }
    let mut quoted = format!("\"{side}");
    for byte in name.bytes() {
        if is_plain(byte) {
            quoted.push(char::from(byte));
        } else {
            quoted.push_str(&format!("\\{byte:03o}"));
        }
    }
    quoted + "\""
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn diff_shows_context_and_missing_end_of_line() {
        let diff = unified("a.yaml", "1\r\n2\r\n3\r\n4\n5", "1\r\n2\r\n3\r\n4\n6");
        let shown = "--- a/a.yaml\n+++ b/a.yaml\n@@ -2,4 +2,4 @@\n 2\r\n 3\r\n 4\n-5\n\\ No newline at end of file\n+6\n\\ No newline at end of file\n";
        assert_eq!(diff, shown);
        assert_eq!(unified("a.yaml", "1", "1"), "");
        let return_at_end = unified("a.yaml", "1\n2\r", "0\n2\r");
        assert!(return_at_end.ends_with("\n 2\r\n\\ No newline at end of file\n"), "{return_at_end:?}");
    }

    #[test]
    fn distant_changes_are_separate_hunks() {
        let before: String = (1..=20).map(|line| format!("{line}\n")).collect();
        let after = before.replace("2\n3\n", "2\nx\n").replace("\n19\n", "\n");
        let diff = unified("a", &before, &after);
        let heads: Vec<&str> = diff.lines().filter(|line| line.starts_with("@@")).collect();
        assert_eq!(heads, ["@@ -1,6 +1,6 @@", "@@ -16,5 +16,4 @@"]);
    }

    #[test]
    fn log_commands_are_not_context() {
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
    fn file_names_are_quoted_like_in_git() {
        assert_eq!(file_name("a/", "a b.yaml"), "a/a b.yaml\t");
        assert_eq!(file_name("b/", "ü\n##vso[x].yaml"), "\"b/\\303\\274\\012\\043\\043vso[x].yaml\"");
    }

    /// Applies a patch of one file.
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
        fn patch_turns_one_text_into_the_other(
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
