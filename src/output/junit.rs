//! JUnit XML, for pages that show test reports: a suite per file, a test case per problem. There is no binding standard. This
//! is the part that Jenkins, GitLab and Azure read alike and that the schema of Jenkins (`junit-10.xsd`) allows.

use std::collections::BTreeMap;
use std::io;

use crate::diagnostic::Diagnostic;
use crate::escape::line;
use crate::output::problem::{passes_because, plain_text};
use crate::report::{FileReport, Report};

pub(crate) fn write(report: &Report, out: &mut dyn io::Write) -> io::Result<()> {
    let mut names = CaseNames::default();
    let mut suites: Vec<TestSuite> =
        report.files.iter().map(|file| suite(report, file, &mut names)).collect();
    if !report.input_errors.is_empty() {
        let mut suite = TestSuite { name: "cannot check".to_owned(), ..TestSuite::default() };
        for error in &report.input_errors {
            let name = names.add(report.root_path(error.path()), "cannot check");
            let message = attribute(&line(&error.to_string()));
            suite.errors += 1;
            suite.cases.push(format!(
                r#"<testcase {name}><error type="cannot-judge" message="{message}"/></testcase>"#
            ));
        }
        suites.push(suite);
    }
    let tests: usize = suites.iter().map(|suite| suite.cases.len()).sum();
    let failures: usize = suites.iter().map(|suite| suite.failures).sum();
    let errors = report.input_errors.len();
    writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    // The schema has no `skipped` here.
    writeln!(
        out,
        r#"<testsuites name="aivss-lint" tests="{tests}" failures="{failures}" errors="{errors}">"#
    )?;
    for TestSuite { name, cases, failures, errors, skipped } in &suites {
        let (name, tests) = (attribute(name), cases.len());
        writeln!(
            out,
            r#"  <testsuite name="{name}" tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}">"#
        )?;
        for case in cases {
            writeln!(out, "    {case}")?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

/// A suite with the XML of its test cases.
#[derive(Default)]
struct TestSuite {
    name: String,
    cases: Vec<String>,
    failures: usize,
    errors: usize,
    skipped: usize,
}

fn suite(report: &Report, file: &FileReport, names: &mut CaseNames) -> TestSuite {
    let mut suite = TestSuite { name: line(&file.path).into_owned(), ..TestSuite::default() };
    for diagnostic in &file.diagnostics {
        let at = file.position(diagnostic.span.start);
        let (path, rule, level) = (line(&file.path), line(&diagnostic.rule), diagnostic.level.name());
        let name = names.add(&file.path, &format!("{rule} (line {})", at.line));
        let text = format!("{path}:{}:{}: {level}: {}", at.line, at.column, plain_text(report, diagnostic));
        let body = suite.body(report, diagnostic, &content(&text));
        suite.cases.push(format!("<testcase {name}>{body}</testcase>"));
    }
    if suite.cases.is_empty() {
        suite.cases.push(format!("<testcase {}/>", names.add(&file.path, "no problems")));
    }
    suite
}

impl TestSuite {
    /// The content of a test case, which is counted.
    fn body(&mut self, report: &Report, diagnostic: &Diagnostic, text: &str) -> String {
        if let Some(reason) = passes_because(report, diagnostic) {
            self.skipped += 1;
            let reason = attribute(&line(&reason));
            return format!(r#"<skipped message="{reason}"/><system-out>{text}</system-out>"#);
        }
        if !report.fails(diagnostic) {
            return format!("<system-out>{text}</system-out>");
        }
        self.failures += 1;
        let [rule, message] = [&*diagnostic.rule, &diagnostic.message].map(|text| attribute(&line(text)));
        format!(r#"<failure type="{rule}" message="{message}">{text}</failure>"#)
    }
}

/// The names of the test cases so far. Pages show test cases with the same class and name only once.
#[derive(Default)]
struct CaseNames(BTreeMap<(String, String), usize>);

impl CaseNames {
    /// The attributes that name a test case of a file. A second case of the same name gets a number.
    fn add(&mut self, path: &str, name: &str) -> String {
        let class = line(without_extension(path)).into_owned();
        let count = self.0.entry((class.clone(), name.to_owned())).or_default();
        *count += 1;
        let name = match (*count, name.strip_suffix(')')) {
            (1, _) => name.to_owned(),
            (count, Some(open)) => format!("{open}, number {count})"),
            (count, None) => format!("{name} (number {count})"),
        };
        format!(r#"classname="{}" name="{}""#, attribute(&class), attribute(&name))
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

/// A text as the value of an attribute.
fn attribute(text: &str) -> String {
    // A reader would make a space of a bare line break.
    content(text).replace('\n', "&#10;")
}

/// A text between tags. Characters that XML 1.0 cannot contain are escaped, as in `\u{fffe}`.
fn content(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            // Escaped everywhere, so that no `]]>` is left.
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
    fn class_name_has_no_extension() {
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
    fn test_case_of_the_same_name_gets_a_number() {
        let mut names = CaseNames::default();
        let mut name = |path| names.add(path, "syntax (line 1)");
        assert_eq!(name("a.yaml"), r#"classname="a" name="syntax (line 1)""#);
        assert_eq!(name("a.json"), r#"classname="a" name="syntax (line 1, number 2)""#);
        assert_eq!(name("b.json"), r#"classname="b" name="syntax (line 1)""#);
        let mut name = |path| names.add(path, "no problems");
        assert_eq!(name("a.yaml"), r#"classname="a" name="no problems""#);
        assert_eq!(name("a.md"), r#"classname="a" name="no problems (number 2)""#);
    }

    #[test]
    fn text_does_not_end_a_tag_a_section_or_an_attribute() {
        assert_eq!(content("a]]>b</c>&\u{FFFE}\u{1b}\n"), "a]]&gt;b&lt;/c&gt;&amp;\\u{fffe}\\u{1b}\n");
        assert_eq!(attribute("\"'\n"), "&quot;&apos;&#10;");
    }
}
