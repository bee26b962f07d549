//! JUnit XML, for pages that show test reports: a suite a file, a test case a fault. There is no binding standard; this
//! is the part that Jenkins, GitLab and Azure read alike, and that the schema of Jenkins (`junit-10.xsd`) allows. The
//! verdict is the exit code's.

use std::collections::BTreeMap;
use std::io;

use crate::diagnostic::Diagnostic;
use crate::escape::line;
use crate::input_error::InputError;
use crate::report::{FileReport, Report};

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut names = Names::default();
    let mut suites: Vec<Suite> = report.files.iter().map(|file| of_file(report, file, &mut names)).collect();
    if !report.obstacles.is_empty() {
        let cases =
            report.obstacles.iter().map(|obstacle| of_obstacle(report, obstacle, &mut names)).collect();
        suites.push(Suite { name: "cannot judge".to_owned(), cases });
    }
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    let all = suites.iter().flat_map(|suite| &suite.cases);
    writeln!(out, r#"<testsuites name="aivss-lint" {}>"#, Counts::of(all).of_all())?;
    for suite in &suites {
        let counts = Counts::of(suite.cases.iter()).of_suite();
        writeln!(out, r#"  <testsuite name="{}" {counts}>"#, attribute(&suite.name))?;
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

/// The names of test cases that were given. Pages show test cases of one class and name once.
#[derive(Default)]
struct Names(BTreeMap<(String, String), usize>);

impl Names {
    /// A test case of a file with a name that no other has: a second one of the same name gets a number.
    fn case(&mut self, path: &str, name: &str, outcome: Outcome) -> Case {
        let class = line(without_extension(path)).into_owned();
        let count = self.0.entry((class.clone(), name.to_owned())).or_default();
        *count += 1;
        let name = match (*count, name.strip_suffix(')')) {
            (1, _) => name.to_owned(),
            (count, Some(open)) => format!("{open}, number {count})"),
            (count, None) => format!("{name} (number {count})"),
        };
        Case { class, name, outcome }
    }
}

/// A path without the extension of its file: pages take what follows the last dot for the name of a class.
fn without_extension(path: &str) -> &str {
    let name = path.rfind('/').map_or(0, |at| at + 1);
    match path[name..].rfind('.') {
        Some(dot @ 1..) if path[name..] != *".." => &path[..name + dot],
        _ => path,
    }
}

fn of_file(report: &Report, file: &FileReport, names: &mut Names) -> Suite {
    let mut case = |name: &str, outcome| names.case(&file.path, name, outcome);
    let mut cases: Vec<Case> = Vec::with_capacity(file.diagnostics.len().max(1));
    for diagnostic in &file.diagnostics {
        let at = file.excerpt.position(diagnostic.span.start).line;
        let name = format!("{} (line {at})", line(&diagnostic.rule));
        cases.push(case(&name, outcome(report, file, diagnostic)));
    }
    if cases.is_empty() {
        cases.push(case("no faults", Outcome::Clean));
    }
    Suite { name: line(&file.path).into_owned(), cases }
}

fn outcome(report: &Report, file: &FileReport, diagnostic: &Diagnostic) -> Outcome {
    let place = file.excerpt.position(diagnostic.span.start);
    let head = format!("{}:{}:{}: {}", line(&file.path), place.line, place.column, diagnostic.level.name());
    let text = format!("{head}: {}", crate::output::plain_text(report, diagnostic));
    match crate::output::passes_because(report, diagnostic) {
        Some(reason) => Outcome::Skipped { reason: line(&reason).into_owned(), text },
        None if report.fails(diagnostic) => Outcome::Failure {
            kind: line(&diagnostic.rule).into_owned(),
            message: line(&diagnostic.message).into_owned(),
            text,
        },
        None => Outcome::Told(text),
    }
}

fn of_obstacle(report: &Report, obstacle: &InputError, names: &mut Names) -> Case {
    let message = line(&obstacle.to_string()).into_owned();
    names.case(report.root_path(obstacle.path()), "cannot judge", Outcome::Error(message))
}

/// How many cases came out in which way.
#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Counts {
    fn of<'c>(cases: impl Iterator<Item = &'c Case>) -> Self {
        let mut counts = Self::default();
        for case in cases {
            counts.tests += 1;
            match case.outcome {
                Outcome::Clean | Outcome::Told(_) => {}
                Outcome::Skipped { .. } => counts.skipped += 1,
                Outcome::Failure { .. } => counts.failures += 1,
                Outcome::Error(_) => counts.errors += 1,
            }
        }
        counts
    }

    /// The attributes of the whole report; the schema has no `skipped` there.
    fn of_all(&self) -> String {
        let Self { tests, failures, errors, .. } = self;
        format!(r#"tests="{tests}" failures="{failures}" errors="{errors}""#)
    }

    /// The attributes of a suite.
    fn of_suite(&self) -> String {
        format!(r#"{} skipped="{}""#, self.of_all(), self.skipped)
    }
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
    fn class_names_have_no_extension() {
        let classes = [
            ("agents/a.threat-model.yaml", "agents/a.threat-model"),
            ("v1.2/THREAT_MODEL", "v1.2/THREAT_MODEL"),
            (".github/aivss-policy.yml", ".github/aivss-policy"),
            (".yaml", ".yaml"),
            ("a/.yaml", "a/.yaml"),
            (".", "."),
            ("..", ".."),
            ("../..", "../.."),
            ("agents/", "agents/"),
            ("a.", "a"),
            ("caf\u{e9}.Modèle.json", "caf\u{e9}.Modèle"),
        ];
        for (path, class) in classes {
            assert_eq!(without_extension(path), class);
        }
    }

    #[test]
    fn test_cases_of_one_class_have_different_names() {
        let mut names = Names::default();
        let mut name = |path| names.case(path, "syntax (line 1)", Outcome::Clean).name;
        assert_eq!(name("a.yaml"), "syntax (line 1)");
        assert_eq!(name("a.json"), "syntax (line 1, number 2)");
        assert_eq!(name("b.json"), "syntax (line 1)");
        let mut name = |path| names.case(path, "no faults", Outcome::Clean).name;
        assert_eq!([name("a.yaml"), name("a.md")], ["no faults", "no faults (number 2)"]);
    }

    #[test]
    fn nothing_ends_a_tag_a_section_or_an_attribute() {
        assert_eq!(content("a]]>b</c>&\u{FFFE}\u{1b}\n"), "a]]&gt;b&lt;/c&gt;&amp;\\u{fffe}\\u{1b}\n");
        assert_eq!(attribute("\"'\n"), "&quot;&apos;&#10;");
    }
}
