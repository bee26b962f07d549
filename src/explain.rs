//! The page of each rule, for `explain`, the rules of a SARIF log and the book (`docs/rules/`).
//!
//! Pages are Markdown that is readable unrendered.

use crate::diagnostic::Level;
use crate::rules::{self, Check, Example, Rule};
use crate::source::Language;
use crate::syntax::POLICY_MARKER;

/// A rule's page: summary, reason, remedy, example, and how to lower or except it.
pub fn page(rule: &Rule) -> String {
    let Rule { name, summary, why, .. } = rule;
    format!("# {name}\n\n{summary}\n\n{why}\n\n{}", details(rule))
}

/// The public address of the project. Without one, reports have no link to it or to the page of a rule.
pub const ADDRESS: Option<&str> = None;

/// The public address of the book. Terminals, SARIF logs and the HTML report link to its pages of rules.
pub const BOOK: Option<&str> = None;

/// The address of the rule's page in the book.
pub fn page_url(rule: &Rule) -> Option<String> {
    BOOK.map(|book| format!("{book}/rules/{}.html", rule.name))
}

/// The page without its name and its opening.
pub fn details(rule: &Rule) -> String {
    let examples: String = rule.examples.iter().take(1).map(example).collect();
    let table = rule.table.map_or_else(String::new, |table| format!("{}\n", table()));
    let fixable = rule.fix.map(|fix| format!("**Fixable:** {}\n\n", fix.in_words())).unwrap_or_default();
    let (remedy, see) = (rule.remedy, rule.see);
    format!("**Fix:** {remedy}\n\n{fixable}{table}{examples}{}\n\nSee {see}.\n", level(rule))
}

/// All pages, after a table of the rules.
pub fn book() -> String {
    let mut book = String::from(
        "# Rules\n\nAll rules, from reading a file to limits of a policy. A **mandatory** rule cannot be lowered or excepted: without it \
         a file or a score would go unread and pass.\nThis page is written by `aivss-lint rules --format markdown`.\n\n\
         | rule | level | finds |\n|---|---|---|\n",
    );
    for rule in rules::ALL {
        let mandatory = if rule.mandatory { ", mandatory" } else { "" };
        let Rule { name, summary, level, .. } = rule;
        book.push_str(&format!("| [{name}](#{name}) | {}{mandatory} | {summary} |\n", level.name()));
    }
    for rule in rules::ALL {
        book.push_str(&format!("\n#{}", page(rule)));
    }
    book
}

fn example(example: &Example) -> String {
    let word = match Language::of(example.file) {
        Language::Yaml => "yaml",
        Language::Json => "json",
        Language::Markdown => "markdown",
    };
    let mut text = String::new();
    if !example.policy.is_empty() {
        text.push_str(&format!("Under the policy\n\n{}\n\n", fenced(example.policy, "yaml")));
    }
    if !example.base.is_empty() {
        text.push_str(&format!("over a base revision with\n\n{}\n\n", fenced(example.base, "yaml")));
    }
    text.push_str(&format!("this fails:\n\n{}\n\n", fenced(&shown(example.bad), word)));
    if !example.good.is_empty() {
        text.push_str(&format!("and this passes:\n\n{}\n\n", fenced(&shown(example.good), word)));
    }
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// The example in which a comment names each key that it leaves out.
fn shown(example: &str) -> String {
    let lines = example.lines().map(|line| match line.strip_suffix(": <absent>") {
        Some(path) => {
            let key = path.trim_start();
            format!("{}# without `{key}`\n", &path[..path.len() - key.len()])
        }
        None => format!("{line}\n"),
    });
    lines.collect()
}

/// The level, and who may change it.
fn level(rule: &Rule) -> String {
    let (name, level) = (rule.name, rule.level.name());
    if rule.mandatory {
        return format!(
            "Its level is {level}, and no policy can lower or except it: without it a file or a score would go unread."
        );
    }
    let other = if rule.level == Level::Error { Level::Warning } else { Level::Error };
    let lower = fenced(&format!("{POLICY_MARKER}: 1\nrules: {{ {name}: {} }}", other.name()), "yaml");
    let set =
        format!("Its level is {level} unless a policy sets another (off, note, warning, error):\n\n{lower}");
    match rule.check {
        Check::PolicyAudit => format!("**Change its level**\n\n{set}"),
        Check::Builtin | Check::Run | Check::Model(_) | Check::Score(_) | Check::Limit { .. } => {
            let except = format!(
                "exceptions:\n  - rule: {name}\n    path: agents/planner/threat-model.yaml\n    reason: Why the problem may stay.\n    \
                 owner: who is responsible\n    expires: 2027-03-31"
            );
            format!(
                "**Change its level, or allow it**\n\n{set}\n\nAn exception covers the rule in single files until a date:\n\n{}",
                fenced(&except, "yaml")
            )
        }
    }
}

/// A text in a fence that is longer than any in it.
fn fenced(text: &str, word: &str) -> String {
    // A byte that is not text and control characters are shown as a sign.
    let text =
        text.trim_matches('\n').replace(|letter: char| letter.is_control() && letter != '\n', "\u{FFFD}");
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{word}\n{text}\n{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fence_is_longer_than_those_in_the_text() {
        assert_eq!(fenced("\na: 1\n", "yaml"), "```yaml\na: 1\n```");
        assert!(fenced("````\n", "markdown").starts_with("`````markdown\n"));
    }

    #[test]
    fn page_shows_whether_a_policy_may_change_the_rule() {
        let page = |name: &str| page(rules::named(name).unwrap());
        assert!(page("syntax").contains("no policy can lower or except it"));
        assert!(page("score-mismatch").contains("exceptions:\n  - rule: score-mismatch\n"));
        assert!(!page("exception-expired").contains("exceptions:\n  - rule: exception-expired"));
        assert!(page("score-increased").contains("over a base"));
    }

    /// The files of the book about rules: a list by family, a page for each, and its chapters in the summary.
    fn pages() -> Vec<(String, String)> {
        let mut index = String::from(
            "# Rules\n\nA **mandatory** rule cannot be lowered or excepted: without it, a file or a score would go unread and pass. \
             `aivss-lint explain RULE` shows the same pages.\n",
        );
        let (mut pages, mut chapters) = (Vec::new(), String::new());
        for rule in rules::ALL {
            if let Some((family, _)) = rules::FAMILIES.iter().find(|(_, first)| first.name == rule.name) {
                index.push_str(&format!("\n## {family}\n\n| rule | level | finds |\n|---|---|---|\n"));
            }
            let Rule { name, summary, level, mandatory, .. } = rule;
            let mandatory = if *mandatory { ", mandatory" } else { "" };
            index.push_str(&format!("| [{name}]({name}.md) | {}{mandatory} | {summary} |\n", level.name()));
            chapters.push_str(&format!("  - [{name}](rules/{name}.md)\n"));
            pages.push((format!("rules/{name}.md"), page(rule)));
        }
        pages.push(("rules/index.md".to_owned(), index));
        pages.push(("SUMMARY.md".to_owned(), chapters));
        pages
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the pages are written on demand")]
    fn pages_in_the_book_are_these() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
        let pages = pages();
        for (name, text) in &pages {
            let path = folder.join(name);
            let written = std::fs::read_to_string(&path).unwrap_or_default();
            let text = if name == "SUMMARY.md" {
                let (start, end) = ("- [Rules](rules/index.md)\n", "- [Command line]");
                let (before, rest) = written.split_once(start).unwrap();
                format!("{before}{start}{text}{end}{}", rest.split_once(end).unwrap().1)
            } else {
                text.clone()
            };
            if std::env::var_os("UPDATE").is_some() {
                std::fs::write(path, text).unwrap();
            } else {
                assert!(written == text, "{name}: UPDATE=1 cargo test --locked --lib explain writes it");
            }
        }
        let files = std::fs::read_dir(folder.join("rules")).unwrap().count();
        assert_eq!(files, pages.len() - 1, "docs/rules has the page of a rule that does not exist");
    }
}
