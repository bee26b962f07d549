//! The formats for people, over hostile threat models and large reports: every problem is shown or counted, and no text is
//! markup or a command.

use std::collections::BTreeMap;
use std::sync::Arc;

use aivss_lint::aivss::Band;
use aivss_lint::date::Date;
use aivss_lint::decimal::Decimal;
use aivss_lint::diagnostic::{Diagnostic, Excepted, Level, Owner};
use aivss_lint::input_error::{InputError, Revision};
use aivss_lint::lint::{LintContext, lint};
use aivss_lint::model::Spanned;
use aivss_lint::output::{Format, Look, write};
use aivss_lint::policy::Direction;
use aivss_lint::policy::{NoFiles, recommended};
use aivss_lint::rego::CompiledPolicy;
use aivss_lint::report::{AgentChange, Change, Difference, ScoreChange};
use aivss_lint::report::{FileReport, Report, Verdict};
use aivss_lint::rules;
use aivss_lint::rules::NAMES;
use aivss_lint::source::{Source, Span};
use proptest::prelude::*;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd};

const MODEL: &str = include_str!("../../src/rules/stock.yaml");
const LINKS: &str = "https://host.example/o/r/blob/1a2b/";
const HUMAN: Format = Format::Human(Look { color: false, unicode: true, width: 60, ..Look::PLAIN });

fn report_of(path: &str, text: &str) -> Report {
    let source = Source::decode(path, text.as_bytes().to_vec());
    let policy = CompiledPolicy::built_in(recommended(), NAMES);
    let today = Date::parse("2026-01-01").unwrap();
    let linted = lint(&source, path, LintContext { policy: &policy, today, load: &NoFiles, before: None });
    let mut report = Report::new(today, Level::Error);
    report.files.push(FileReport::new(Arc::new(source), path.to_owned(), linted.models, linted.diagnostics));
    "recommended".clone_into(&mut report.policy);
    report.links = Some(LINKS.to_owned());
    report
}

fn problem(level: Level, message: &str) -> Diagnostic {
    Diagnostic { level, ..Diagnostic::new(rules::ALL[0], Owner::File, Span::new(0, 3), message) }
}

fn written(report: &Report, format: Format) -> String {
    let mut out = Vec::new();
    write(report, format, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn change(name: &str) -> Change {
    let score = |units, band| ScoreChange::Scored(Decimal::new(units, 1), band);
    let agent = |path: &str, before, after, differences| AgentChange {
        path: path.to_owned(),
        position: None,
        renamed_from: None,
        name: Some(name.to_owned()),
        before,
        after,
        differences,
    };
    let difference = |what: &str, before: Option<&str>, after: Option<&str>, direction| Difference {
        what: what.to_owned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
        direction,
    };
    let differences = vec![
        difference("score", Some("8.9 High"), Some("9.4 Critical"), Direction::Worse),
        difference("autonomy_of_action", Some("0.5"), Some("1.0"), Direction::Worse),
        difference("threat in agent_frameworks: T2 Tool misuse", None, Some("open"), Direction::Worse),
        difference("environment", Some(name), None, Direction::Other),
    ];
    Change {
        base: Revision { asked: "main".to_owned(), commit: "1a2b3c4d5e6f".to_owned() },
        verdict_before: Verdict::Passed,
        agents: vec![
            agent("a.yaml", score(89, Band::High), score(94, Band::Critical), differences),
            agent("b.yaml", ScoreChange::Absent, score(65, Band::Medium), Vec::new()),
            agent("c.yaml", score(40, Band::Medium), ScoreChange::Absent, Vec::new()),
        ],
        policy: vec![difference("limits.score", Some("8.9"), Some("9.9"), Direction::Worse)],
        fixed: BTreeMap::from([("score-mismatch".to_owned(), 2), ("owner-missing".to_owned(), 1)]),
    }
}

/// Replaces the problems of the first file of a report.
fn set_problems(report: &mut Report, diagnostics: Vec<Diagnostic>) {
    let file = report.files.remove(0);
    let source = Source::decode(file.name(), MODEL.as_bytes().to_vec());
    report.files.insert(0, FileReport::new(Arc::new(source), file.path, file.models, diagnostics));
}

/// A report in which every text is this one.
fn full_of(text: &str) -> Report {
    let mut report = report_of("agents/a.yaml", MODEL);
    let mut whole =
        problem(Level::Error, text).working(text).note(Some(text.to_owned())).help(text).label(text);
    whole.finding = Some(text.into());
    let mut excepted = whole.clone();
    let origin = aivss_lint::diagnostic::Origin::outside(text);
    excepted.excepted = Some(Box::new(Excepted {
        reason: text.to_owned(),
        owner: text.to_owned(),
        expires: report.today,
        origin: origin.clone(),
    }));
    let source = Source::decode(text, format!("{text}\nabc: {text}\n").into_bytes());
    let mut models = report.files.remove(0).models;
    Arc::make_mut(&mut models)[0].model.agent.name = Some(Spanned::new(text.into(), Span::new(0, 0)));
    let diagnostics = vec![whole.decided_by(&origin), excepted];
    report.files.push(FileReport::new(Arc::new(source), text.to_owned(), models, diagnostics));
    report.input_errors = vec![InputError::unreadable(text, text)];
    report.lowered = vec![text.to_owned()];
    report.remarks = vec![text.to_owned()];
    text.clone_into(&mut report.policy);
    report.change = Some(change(text));
    report
}

/// Checks that a page has only its own markup. Returns the texts of the page, and those that are not code, in which
/// services look for mentions and addresses.
fn shown(page: &str) -> (String, String) {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_GFM;
    let own = [
        "<!-- aivss-lint -->",
        "<details>",
        "</details>",
        "<summary>",
        "</summary>",
        "<sub>",
        "</sub>",
        "<br>",
    ];
    let is_own = |html: &CowStr<'_>| {
        let left = own.iter().fold(html.to_string(), |left, tag| left.replace(tag, ""));
        !left.contains(['<', '&'])
    };
    let (mut shown, mut plain) = (String::new(), String::new());
    let mut cells = 0;
    for event in Parser::new_ext(page, options) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => assert!(is_own(&html), "{html} in {page}"),
            Event::Start(Tag::Link { dest_url, .. }) => assert!(dest_url.starts_with(LINKS), "{dest_url}"),
            Event::Start(
                tag @ (Tag::Image { .. } | Tag::CodeBlock(_) | Tag::BlockQuote(_) | Tag::HtmlBlock),
            ) => assert!(matches!(tag, Tag::HtmlBlock), "{tag:?} in {page}"),
            Event::Start(Tag::TableCell) => cells += 1,
            Event::End(TagEnd::TableRow | TagEnd::TableHead) => {
                assert!([4, 5].contains(&cells), "{page}");
                cells = 0;
            }
            Event::Code(code) => shown.push_str(&code),
            Event::Text(text) => {
                shown.push_str(&text);
                plain.push_str(&text);
            }
            Event::SoftBreak | Event::HardBreak => shown.push('\n'),
            _ => {}
        }
    }
    (shown, plain)
}

const HOSTILE: [&str; 14] = [
    "</details><script>x</script>",
    "](javascript:x)",
    "[a](http://evil)",
    "`a` ``` b",
    "a | b | c |",
    "@org/team fixes #1",
    "<!-- x -->",
    "-->",
    "![x](http://evil)",
    "https://evil.example www.evil.example",
    "::error::x",
    ": ::stop-commands::x ::error::y",
    "##[error]x ##vso[task.setvariable variable=a]b",
    "~~a~~ **b** \\| \\",
];

#[test]
fn hostile_text_in_markdown_is_shown_as_text() {
    for raw in HOSTILE {
        let page = written(&full_of(raw), Format::Markdown);
        let (joined, plain) = shown(&page);
        let shown = joined.replace('\u{2060}', "");
        let safe = raw.replace("##", "#\\u{23}");
        assert!(shown.matches(&*safe).count() > 15, "{raw}\n{shown}");
        for bare in ["@org", "#1 ", "://evil", "www.evil"] {
            assert!(!plain.contains(bare), "{bare} in {page}");
        }
    }
}

/// Checks that no text for logs contains a command that is not its format's own.
fn no_commands(report: &Report) {
    for format in [
        HUMAN,
        Format::Human(Look { color: false, unicode: false, width: 9, ..Look::PLAIN }),
        Format::Concise(Look::PLAIN),
        Format::Github,
    ] {
        let text = written(report, format);
        for line in text.lines().filter(|line| line.trim().starts_with("::")) {
            let own = ["::error ", "::warning ", "::notice "].iter().any(|own| line.starts_with(own));
            assert!(own && format == Format::Github, "{format:?}: {line}\n{text}");
            let (properties, _) = line[2..].split_once("::").unwrap();
            let keys =
                properties.split_once(' ').unwrap().1.split(',').map(|pair| pair.split_once('=').unwrap().0);
            let known = ["file", "line", "endLine", "col", "endColumn", "title"];
            assert!(keys.into_iter().all(|key| known.contains(&key)), "{line}");
        }
        assert!(!text.contains("##[") && !text.contains("##vso["), "{text}");
    }
}

#[test]
fn hostile_text_in_logs_is_not_a_command() {
    for raw in HOSTILE {
        no_commands(&full_of(raw));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_text_is_shown_as_text(any in any::<String>(), signs in "[-<>\\[\\]()`*_~|!#@&:;/\\\\a1 .\"'=+\r\n\u{a0}]{0,60}") {
        for text in [any, signs] {
            let report = full_of(&text);
            no_commands(&report);
            let page = written(&report, Format::Markdown);
            prop_assert!(page.starts_with("<!-- aivss-lint -->\n"));
            shown(&page);
        }
    }
}

/// A report with this many problems and agents in as many files.
fn large(number: usize, text: &str) -> Report {
    let mut report = report_of("a.yaml", MODEL);
    report.files.clear();
    let source = Arc::new(Source::decode("agents/a.yaml", MODEL.as_bytes().to_vec()));
    for at in 0..number {
        let file = report_of("agents/a.yaml", if number > 200 { "" } else { MODEL }).files.remove(0);
        let level = [Level::Error, Level::Warning, Level::Note][at % 3];
        let diagnostics = vec![problem(level, &format!("message {at} {text}"))];
        report.files.push(FileReport::new(
            source.clone(),
            format!("agents/{at}{text}.yaml"),
            file.models,
            diagnostics,
        ));
    }
    report
}

#[test]
fn markdown_of_a_large_report_stays_small_and_counts_the_rest() {
    for (number, text) in [(150, "\u{E0001}".repeat(600)), (10_000, "<&|".repeat(200))] {
        let mut report = large(number, &text);
        report.remarks = vec![text.clone(); 100];
        report.input_errors = vec![InputError::unreadable(text.clone(), text.clone()); 1_000];
        let mut changed = change(&text);
        let policy = changed.policy.remove(0);
        changed.policy.extend(std::iter::repeat_n(policy, 10_000));
        report.change = Some(changed);
        report
            .files
            .iter_mut()
            .flat_map(|file| &mut file.diagnostics)
            .skip(90)
            .for_each(|problem| problem.known = true);
        report.gate.new_only = true;
        let page = written(&report, Format::Markdown);
        assert!(page.len() < 60_000, "{}", page.len());
        assert!(page.contains("omitted here"));
        shown(&page);
    }
}

#[test]
fn oversized_problem_does_not_hide_others() {
    let mut report = full_of(&"\u{E0001}".repeat(600));
    report.files[0].diagnostics.push(problem(Level::Error, "the other one"));
    let page = written(&report, Format::Markdown);
    assert!(page.contains("the other one") && page.len() < 60_000, "{page}");
}

#[test]
fn worst_agents_stay_in_the_table() {
    let mut report = large(190, "x");
    let last = report.files.len() - 1;
    for file in &mut report.files {
        Arc::make_mut(&mut file.models)[0].model.agent.name =
            Some(Spanned::new("name".repeat(30).into(), Span::new(0, 0)));
    }
    Arc::make_mut(&mut report.files[last].models)[0].model.agent.name =
        Some(Spanned::new("the worst".into(), Span::new(0, 0)));
    for file in &mut report.files[..last] {
        for score in &mut Arc::make_mut(&mut file.models)[0].scores {
            score.working = None;
        }
    }
    let page = written(&report, Format::Markdown);
    assert!(page.contains("agents omitted here"));
    let first = page.lines().find(|line| line.starts_with("| [")).unwrap();
    assert!(first.contains("the worst"), "{first}");
}

#[test]
fn markdown_has_a_table_the_change_and_the_problems() {
    let mut report = report_of("agents/a b.yaml", MODEL);
    let mut change = change("Planner");
    change.agents[0].path = "agents/a b.yaml".to_owned();
    change.agents[0].position = Some(report.files[0].models[0].position);
    report.change = Some(change);
    set_problems(&mut report, vec![problem(Level::Error, "it is wrong").help("fix it")]);
    let page = written(&report, Format::Markdown);
    let page = page.replace('\u{a0}', " ");
    let head = "<!-- aivss-lint -->\n## ❌ aivss-lint: failed, 1 error, 1 agent riskier\n";
    assert!(page.starts_with(head), "{page}");
    let mut at = 0;
    for part in [
        "Policy `recommended` · base `main (1a2b3c4d5e)` · 1 threat model · highest score 9.4 🔴 Critical\n",
        "⚠️ **This change loosens the policy**\n\n- `limits.score`\\: 8\\.9 → 9\\.9\n",
        "| Agent | Before | After | Why |",
        "| [Planner](https://host.example/o/r/blob/1a2b/agents/a%20b.yaml#L1) | 8.9 🟠 High | **9.4 🔴 Critical** 🔺 +0.5 |",
        "🔺 `autonomy_of_action`\\: 0\\.5 → 1\\.0<br>",
        "| ~~Planner~~<br>`c.yaml` | 4.0 🟡 Medium | **removed** |",
        "✅ Fixed: `owner-missing` 1, `score-mismatch` 2\n",
        "**To fix**",
        "/agents/a%20b.yaml#L1) **`syntax`** it is wrong<br>fix it\n",
        "<details><summary>All agents (1)</summary>\n\n| Agent | Score | Layers | Open threats | Problems |",
    ] {
        let place = page[at..].find(part);
        at += place.unwrap_or_else(|| panic!("{part} in\n{page}"));
    }
    report.links = None;
    report.change = None;
    let page = written(&report, Format::Markdown);
    assert!(!page.contains("]("), "{page}");
    assert!(page.contains("Planner<br>`agents/a b.yaml:1` |") && !page.contains("Before"), "{page}");
}

#[test]
fn github_gets_ten_annotations_of_a_kind_and_the_rest_in_lines() {
    let report = large(60, "");
    let text = written(&report, Format::Github);
    for kind in ["error", "warning", "notice"] {
        let commands: Vec<&str> =
            text.lines().filter(|line| line.starts_with(&format!("::{kind} "))).collect();
        assert_eq!(commands.len(), 10, "{text}");
        assert!(commands[9].contains("title=11 more::"), "{}", commands[9]);
    }
    for at in 0..60 {
        assert!(text.contains(&format!("message {at} ")), "{at}");
    }
    let few = written(&large(30, ""), Format::Github);
    assert_eq!(few.lines().filter(|line| line.starts_with("::")).count(), 30);
    let many = written(&large(3_000, "%:,"), Format::Github);
    let longest = many.lines().filter(|line| line.contains(" more::")).map(str::len).max().unwrap();
    assert!(longest < 4_100, "{longest}");
    for at in 0..3_000 {
        assert!(many.contains(&format!("message {at} ")), "{at}");
    }
}

#[test]
fn github_annotation_has_the_place_the_rule_and_the_explanation() {
    let mut report = report_of("agents/a,b.yaml", MODEL);
    let mut known = problem(Level::Note, "known").help("100% so");
    known.finding = Some("F-1".into());
    set_problems(&mut report, vec![known, problem(Level::Error, "first").help("fix it")]);
    report.input_errors = vec![InputError::unreadable("/etc/x", "not there")];
    let text = written(&report, Format::Github);
    let rule = rules::ALL[0].name;
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "::error title=cannot check%3A not there::/etc/x: not there");
    let place = "file=agents/a%2Cb.yaml,line=1,endLine=1,col=1,endColumn=4";
    assert_eq!(lines[1], format!("::error {place},title=first::{rule}: first%0Ahelp: fix it"));
    assert_eq!(
        lines[2],
        format!("::notice {place},title=known (finding F-1)::{rule}: known (finding F-1)%0Ahelp: 100%25 so")
    );
}

#[test]
fn place_at_the_end_of_a_long_line_has_a_caret() {
    for end in ["\n", "\r\n", ""] {
        let text = format!("{{\"aivss_threat_model\": 1, \"agent\": {{ \"name\": \"{}{end}", "x".repeat(150));
        let shown = written(&report_of("a.threat-model.json", &text), HUMAN);
        let is_caret = |line: &str| line.trim_start().starts_with('·') && line.contains(['─', '▲']);
        assert!(shown.lines().any(is_caret), "{shown}");
    }
}

#[test]
fn human_report_of_a_change_lists_its_effects() {
    let mut report = report_of("agents/a.yaml", MODEL);
    let mut known = problem(Level::Error, "it is wrong");
    known.known = true;
    set_problems(&mut report, vec![known]);
    report.gate.new_only = true;
    report.remarks = vec!["Checked by the policy of the base.".to_owned()];
    report.change = Some(change("Planner"));
    let text =
        written(&report, Format::Human(Look { color: false, unicode: false, width: 100, ..Look::PLAIN }));
    let expected = String::from(
        "1 problem not listed: 1 in the base\n\n\
         change against main (1a2b3c4d5e):\n  policy: limits.score: 8.9 -> 9.9 (looser)\n  \
         a.yaml (Planner): 8.9 High -> 9.4 Critical (worse)\n    autonomy_of_action: 0.5 -> 1.0 (worse)\n    \
         threat in agent_frameworks: T2 Tool misuse: new, open (worse)\n    environment: removed, was Planner\n  \
         b.yaml (Planner): new, 6.5 Medium\n  c.yaml (Planner): removed, was 4.0 Medium\n  \
         fixed: owner-missing, score-mismatch (2)\n\nChecked by the policy of the base.\n\
         passed under policy recommended: ",
    );
    assert!(text.starts_with(&expected), "{text}");
    report.change.as_mut().unwrap().agents.clear();
    assert!(written(&report, HUMAN).contains("\n  no threat model changes\n"));
}

#[test]
fn json_has_the_change_and_fits_its_schema() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../schemas/report.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for report in [full_of("Planner"), report_of("a.yaml", MODEL)] {
        let json: serde_json::Value = serde_json::from_str(&written(&report, Format::Json)).unwrap();
        let errors: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        assert_eq!(json["change"].is_null(), report.change.is_none());
    }
    let json = written(&full_of("Planner"), Format::Json);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["change"]["agents"][0]["after"]["score"].to_string(), "9.4");
    assert_eq!(json["change"]["agents"][1]["before"]["state"], "absent");
}
