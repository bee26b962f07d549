//! JUnit XML, for pages that show test reports: a suite a file, a test case a fault. There is no binding standard; this
//! is the part that Jenkins, GitLab and Azure read alike. The verdict is the exit code's.

use std::collections::BTreeMap;
use std::io;

use super::escape::line;
use super::{FileReport, Obstacle, Report};
use crate::diagnostic::Diagnostic;

pub(super) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut suites: Vec<Suite> = report.files.iter().map(|file| of_file(report, file)).collect();
    if !report.obstacles.is_empty() {
        let cases = report.obstacles.iter().map(of_obstacle).collect();
        suites.push(Suite { name: "cannot judge".to_owned(), cases });
    }
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let all = suites.iter().flat_map(|suite| &suite.cases);
    writeln!(out, r#"<testsuites name="aivss-lint" {}>"#, counts(all))?;
    for suite in &suites {
        writeln!(out, r#"  <testsuite name="{}" {}>"#, attribute(&suite.name), counts(suite.cases.iter()))?;
        for case in &suite.cases {
            case.write(out)?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

struct Suite {
    name: String,
    cases: Vec<Case>,
}

struct Case {
    class: String,
    name: String,
    outcome: Outcome,
}

enum Outcome {
    /// Nothing to say.
    Clean,
    /// It passes, and has something to say.
    Told(String),
    /// It would fail, and passes for this reason.
    Skipped { reason: String, text: String },
    /// It fails the gate.
    Failure { kind: String, message: String, text: String },
    /// It could not be judged.
    Error(String),
}

fn of_file(report: &Report, file: &FileReport) -> Suite {
    let class = line(&file.path).into_owned();
    let mut cases = Vec::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for diagnostic in &file.diagnostics {
        let at = file.excerpt.position(diagnostic.span.start).line;
        let place = format!("{} (line {at}", line(&diagnostic.rule));
        let count = seen.entry(place.clone()).or_default();
        *count += 1;
        // Pages show test cases of one name once.
        let name = if *count == 1 { format!("{place})") } else { format!("{place}, number {count})") };
        cases.push(Case { class: class.clone(), name, outcome: outcome(report, file, diagnostic) });
    }
    if cases.is_empty() {
        let name = "no faults".to_owned();
        cases.push(Case { class: class.clone(), name, outcome: Outcome::Clean });
    }
    Suite { name: class, cases }
}

fn outcome(report: &Report, file: &FileReport, diagnostic: &Diagnostic) -> Outcome {
    let place = file.excerpt.position(diagnostic.span.start);
    let head = format!("{}:{}:{}: {}", line(&file.path), place.line, place.column, diagnostic.level.name());
    let text = format!("{head}: {}", super::plain_text(diagnostic));
    match super::passes_because(report, diagnostic) {
        Some(reason) => Outcome::Skipped { reason: line(&reason).into_owned(), text },
        None if report.fails(diagnostic) => Outcome::Failure {
            kind: line(&diagnostic.rule).into_owned(),
            message: line(&diagnostic.message).into_owned(),
            text,
        },
        None => Outcome::Told(text),
    }
}

fn of_obstacle(obstacle: &Obstacle) -> Case {
    let (class, outcome) = (line(&obstacle.path).into_owned(), line(&obstacle.message).into_owned());
    Case { class, name: "cannot judge".to_owned(), outcome: Outcome::Error(outcome) }
}

/// How the cases came out, as attributes.
fn counts<'c>(cases: impl Iterator<Item = &'c Case>) -> String {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        match case.outcome {
            Outcome::Clean | Outcome::Told(_) => {}
            Outcome::Skipped { .. } => skipped += 1,
            Outcome::Failure { .. } => failures += 1,
            Outcome::Error(_) => errors += 1,
        }
    }
    format!(r#"tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}""#)
}

impl Case {
    fn write(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let head =
            format!(r#"<testcase classname="{}" name="{}""#, attribute(&self.class), attribute(&self.name));
        let body = match &self.outcome {
            Outcome::Clean => return writeln!(out, "    {head}/>"),
            Outcome::Told(text) => format!("<system-out>{}</system-out>", content(text)),
            Outcome::Skipped { reason, text } => format!(
                r#"<skipped message="{}"/><system-out>{}</system-out>"#,
                attribute(reason),
                content(text)
            ),
            Outcome::Failure { kind, message, text } => format!(
                r#"<failure type="{}" message="{}">{}</failure>"#,
                attribute(kind),
                attribute(message),
                content(text)
            ),
            Outcome::Error(message) => {
                format!(r#"<error type="cannot-judge" message="{}"/>"#, attribute(message))
            }
        };
        writeln!(out, "    {head}>{body}</testcase>")
    }
}

/// A text as the value of an attribute.
fn attribute(text: &str) -> String {
    // A reader would make a space of a bare line break.
    content(text).replace('\n', "&#10;")
}

/// A text between tags. What XML 1.0 has no way to carry is written out, as in `\u{fffe}`.
fn content(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            // Nowhere bare, so that no `]]>` is left.
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\n' => safe.push('\n'),
            '\u{FFFE}' | '\u{FFFF}' => safe.extend(letter.escape_unicode()),
            _ if letter.is_control() => safe.extend(letter.escape_unicode()),
            _ => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_a_tag_a_section_or_an_attribute() {
        assert_eq!(content("a]]>b</c>&\u{FFFE}\u{1b}\n"), "a]]&gt;b&lt;/c&gt;&amp;\\u{fffe}\\u{1b}\n");
        assert_eq!(attribute("\"'\n"), "&quot;&apos;&#10;");
    }
}
