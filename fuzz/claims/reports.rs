//! Reports of any texts: each format stays valid, loses nothing, and no text is a command to a terminal or a service.

use std::sync::{Arc, LazyLock};

use aivss_lint::diagnostic::Excepted;
use aivss_lint::diagnostic::{Diagnostic, Edit, Fix, Level, Origin, Owner};
use aivss_lint::input_error::InputError;
use aivss_lint::output::{Format, Look, Verbosity, is_steering, write};
use aivss_lint::report::{FileReport, Report};
use aivss_lint::source::{Source, Span};
use serde_json::Value as Json;

use crate::{RECOMMENDED, TODAY, linted};

static SARIF: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    let schema = include_str!("../../tests/it/schemas/sarif-2.1.0.schema.json");
    let schema = serde_json::from_str(schema).expect("the schema is JSON");
    jsonschema::validator_for(&schema).expect("the schema is one")
});
/// The separator of an input's texts, a byte that UTF-8 never contains.
const BORDER: u8 = 0xFF;

/// With any texts in a report, every format stays valid. The first byte selects the content of the report, the
/// second and third a place in the first text, which is the file; the other texts are placed wherever a report has some.
pub fn reports(whole: &[u8]) {
    let Some((&[choice, start, length], data)) = whole.split_first_chunk() else { return };
    let texts: Vec<String> =
        data.split(|byte| *byte == BORDER).map(|text| String::from_utf8_lossy(text).into_owned()).collect();
    let report = of_texts(choice, (start, length), &texts);
    let count = report.diagnostics().count() + report.input_errors.len();

    let look =
        Look { color: false, unicode: choice & 1 == 0, width: 20 + usize::from(length), ..Look::PLAIN };
    for format in [Format::Human(look), Format::Human(Look { beside: Verbosity::Nothing, ..look })] {
        shown(&written(&report, format), &['\n', '\t']);
    }
    let concise = written(&report, Format::Concise(Look::PLAIN));
    shown(&concise, &['\n']);
    assert_eq!(concise.lines().count(), count + usize::from(!report.lowered.is_empty()), "{concise}");
    let github = written(&report, Format::Github);
    steers_nothing(&github, &['\n']);
    are_our_commands(&report, &github);
    // The page separates signs by a word joiner, so that they are not markup.
    steers_nothing(&written(&report, Format::Markdown), &['\n', '\u{2060}', '\u{FE0F}']);

    is_a_page(&report);

    let json = parsed(&written(&report, Format::Json));
    let files = json["files"].as_array().expect("files");
    let problems = |file: &Json| file["diagnostics"].as_array().map_or(0, Vec::len);
    assert_eq!(files.iter().map(problems).sum::<usize>() + report.input_errors.len(), count);
    let gitlab = parsed(&written(&report, Format::Gitlab));
    assert_eq!(gitlab.as_array().map(Vec::len), Some(count));
    // It describes all rules in every report, which takes ten times as long as all the rest, and its schema ten times that:
    // for libFuzzer one input in 64 is checked by it, selected by a sum that it cannot learn.
    let sum = whole.iter().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte));
    if !cfg!(fuzzing) || sum.is_multiple_of(64) {
        let sarif = parsed(&written(&report, Format::Sarif));
        assert!(SARIF.is_valid(&sarif), "{:?}", SARIF.iter_errors(&sarif).next());
        let results = sarif["runs"][0]["results"].as_array().map(Vec::len);
        assert_eq!(results, Some(count - report.input_errors.len()));
    }
    let junit = written(&report, Format::Junit);
    steers_nothing(&junit, &['\n']);
    let tree = roxmltree::Document::parse(&junit).unwrap_or_else(|error| panic!("{error}\n{junit}"));
    let cases = tree.descendants().filter(|node| node.has_tag_name("testcase")).count();
    assert!(cases >= count, "{cases} of {count}\n{junit}");
    assert!(!junit.contains("]]>"), "{junit}");
}

/// The page has a place for each problem, and only its own markup.
fn is_a_page(report: &Report) {
    let page = written(report, Format::Html);
    // The style sheet and the script are not markup.
    let (head, rest) = page.split_once("<style>").expect("a style sheet");
    let (_, body) = rest.split_once("</style>").expect("its end");
    let (body, rest) = body.rsplit_once("<script>").expect("a script");
    let (_, foot) = rest.rsplit_once("</script>").expect("its end");
    let markup = format!("{head}{body}{foot}");
    steers_nothing(&markup, &['\n']);
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..roxmltree::ParsingOptions::default() };
    let tree = roxmltree::Document::parse_with_options(&markup, options);
    let tree = tree.unwrap_or_else(|error| panic!("{error}\n{markup}"));
    let is_fault = |node: &roxmltree::Node<'_, '_>| {
        node.attribute("class").is_some_and(|class| class.starts_with("problem "))
    };
    assert_eq!(tree.descendants().filter(is_fault).count(), report.diagnostics().count());
    for attribute in tree.descendants().flat_map(|node| node.attributes()) {
        assert!(!attribute.name().starts_with("on") && attribute.name() != "style", "{markup}");
    }
}

fn of_texts(choice: u8, (start, length): (u8, u8), texts: &[String]) -> Report {
    let text = |at: usize| texts[at % texts.len()].clone();
    let is_set = |bit: u8| choice & (1 << bit) != 0;
    let optional = |bit: u8, at: usize| is_set(bit).then(|| text(at).into_boxed_str());
    let source = Source::decode(text(1), text(0).into_bytes());
    let whole = source.text();
    let border = |at: usize| (at.min(whole.len())..=whole.len()).find(|at| whole.is_char_boundary(*at));
    let first = border(usize::from(start)).unwrap_or(0);
    let span = Span::new(first, border(first + usize::from(length)).unwrap_or(first));
    let rule: String = text(3).chars().filter(|letter| !letter.is_whitespace()).take(40).collect();
    let rule = if rule.is_empty() { "a".to_owned() } else { rule };
    let mut problem = Diagnostic::of_rego(rule, Level::Error, Owner::File, span, text(2));
    problem.label = optional(0, 4);
    problem.note = optional(1, 5);
    problem.working = optional(1, 6);
    problem.help = optional(2, 7);
    problem.finding = optional(3, 8).map(Arc::from);
    problem.pointer = text(9).into();
    if is_set(4) {
        problem = problem.decided_by(&Origin { text: text(10).into(), ..Origin::outside(&text(11)) });
    }
    problem = problem.fix(is_set(5).then(|| Fix {
        title: text(12),
        edits: vec![Edit { span, text: text(13) }],
        ..Fix::replacing(span, "")
    }));
    if is_set(6) {
        problem = problem.related(Span::new(0, first), text(14));
    }
    let mut diagnostics = linted(&source, &RECOMMENDED);
    let mut excepted = Diagnostic { level: Level::Warning, ..problem.clone() };
    excepted.excepted = Some(Box::new(Excepted {
        reason: text(15),
        owner: text(16),
        expires: *TODAY,
        origin: Origin::outside(&text(11)),
    }));
    diagnostics.diagnostics.extend([problem, excepted]);
    let mut report = Report::new(*TODAY, Level::Error);
    let file = FileReport::new(Arc::new(source), text(1), diagnostics.models, diagnostics.diagnostics);
    report.files.push(file);
    report.policy = text(17);
    if is_set(7) {
        report.input_errors.push(InputError::unreadable(text(18), text(19)));
        report.lowered = vec![text(20)];
        report.remarks = vec![text(21)];
        report.skipped = vec![text(22)];
        report.links = Some(text(23));
    }
    report
}

fn written(report: &Report, format: Format) -> String {
    let mut out = Vec::new();
    write(report, format, &mut out).expect("memory takes everything");
    let text = String::from_utf8(out).expect("reports are text");
    let orders = |letter: char| letter.is_control() && letter != '\n' && letter != '\t' && letter != '\r';
    // Byte by byte where that does: what is built for libFuzzer counts each comparison.
    let is_plain = |line: &str| line.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n'));
    let is_clean = |line: &str| is_plain(line) || !line.contains(orders);
    assert!(text.split_inclusive('\n').all(is_clean), "{format:?}: {text:?}");
    text
}

fn parsed(text: &str) -> Json {
    no_log_commands(text);
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// No character steers a terminal, and none but these is a control character.
fn steers_nothing(text: &str, allowed: &[char]) {
    // A carriage return before a line feed is part of the break, where lines of a file are shown.
    let text = text.replace("\r\n", "\n");
    let steers = |letter: char| is_steering(letter) && !allowed.contains(&letter);
    assert!(!text.contains(steers), "{text:?}");
}

/// No line is a command to the service that keeps the log, either.
fn shown(text: &str, allowed: &[char]) {
    steers_nothing(text, allowed);
    assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
    no_log_commands(text);
}

fn no_log_commands(text: &str) {
    for rest in text.split("##").skip(1) {
        let rest = rest.trim_start_matches(|letter: char| letter.is_ascii_alphabetic());
        assert!(!rest.starts_with('['), "{text}");
    }
}

/// Each workflow command is one of ours, and there are as many as there are problems that count and files that cannot be
/// checked. The others are one line with their number.
fn are_our_commands(report: &Report, text: &str) {
    no_log_commands(text);
    let commands: Vec<&str> = text.lines().filter(|line| line.trim_start().starts_with("::")).collect();
    let of = |kind: &str| commands.iter().filter(|line| line.starts_with(&format!("::{kind} "))).count();
    let kinds = ["error", "warning", "notice"].map(of);
    assert_eq!(kinds.iter().sum::<usize>(), commands.len(), "{text}");
    let counted = |kind: &str| {
        let counting = report.diagnostics().filter(|(_, problem)| report.counts(problem));
        let problems = counting.filter(|(_, problem)| match problem.level {
            Level::Note => kind == "notice",
            Level::Error => kind == "error",
            Level::Warning => kind == "warning",
        });
        problems.count() + if kind == "error" { report.input_errors.len() } else { 0 }
    };
    assert_eq!(kinds, ["error", "warning", "notice"].map(|kind| counted(kind).min(10)), "{text}");
}
