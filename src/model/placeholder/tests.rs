//! Texts that are placeholders, and texts that are not.

use proptest::prelude::*;

use crate::model::placeholder::fold::tests as lists;
use crate::model::placeholder::fold::{LetterReading, fold};
use crate::model::placeholder::{
    Blank, MARKER_OPENINGS, TextKind, blank, is_denial, is_number_for_letters, is_plain, is_refusal,
    says_nothing,
};

fn is_blank(text: &str, kind: TextKind) -> bool {
    blank(text, kind).is_some()
}

/// The texts of a list, of which those in `prose`, a line each, must (not) be placeholders.
fn wrong(lines: &str, kind: TextKind, wanted: bool) -> Vec<&str> {
    let texts = lines.lines().map(str::trim).filter(|line| !line.is_empty());
    texts.filter(|text| is_blank(text, kind) != wanted).collect()
}

#[test]
fn placeholder_in_any_script_case_and_width_is_blank() {
    let found = wrong(include_str!("placeholders.txt"), TextKind::Prose, true);
    assert!(found.is_empty(), "not found: {found:#?}");
}

#[test]
fn ordinary_sentence_is_not_blank() {
    let sentences = include_str!("sentences.txt");
    assert!(sentences.lines().filter(|line| !line.trim().is_empty()).count() >= 200);
    let found = wrong(sentences, TextKind::Prose, false);
    assert!(found.is_empty(), "taken for placeholders: {found:#?}");
    let found = wrong(sentences, TextKind::Evidence, false);
    assert!(found.is_empty(), "taken for placeholders of evidence: {found:#?}");
}

#[test]
fn white_space_is_empty() {
    for text in ["", " \n\t", "\u{A0}\u{3000}"] {
        assert_eq!(blank(text, TextKind::Name), Some(Blank::Empty));
    }
}

#[test]
fn pointer_is_evidence_and_a_placeholder_is_not() {
    let evidence = "
        https://example.org/reports/sandbox
        see SEC-123
        SEC-123
        #1432
        <https://example.org/report>
        [report](docs/report.md)
        docs/tests/sandbox.md
        see Confluence
        tests/sandbox_escape.rs:42
        security@example.org
        Tested in May.
        Red team of 2026-03, 40 prompts.";
    assert_eq!(wrong(evidence, TextKind::Evidence, false), [""; 0]);
    let placeholders = "
        x
        TODO
        tbd: ask
        to be added
        [link]
        {{ evidence }}
        pending review
        none
        yes
        ok
        42
        wird nachgereicht
        待补充";
    assert_eq!(wrong(placeholders, TextKind::Evidence, true), [""; 0]);
}

#[test]
fn name_is_a_placeholder_only_as_a_marker_mark_or_promise() {
    let names = "
        Planner
        x
        QA
        42
        Security Team
        The Review Team
        Will
        Will Page
        Sera
        Nada
        Segue
        Todo Planner
        TODO app agent
        Test
        Foo
        Same
        agents@example.org
        todo@example.org
        Jane Doe <jane@example.org>
        https://example.org/teams/agents
        @org/agents
        Assistant [beta]
        No. 5
        旅行助手
        سارة
        Опен Ассистент";
    assert_eq!(wrong(names, TextKind::Name, false), [""; 0]);
    let placeholders = "
        TODO
        ＴＯＤＯ
        TODO: ask Bob
        todo ask Bob
        TBD
        tba
        N/A
        none
        unknown
        pending
        -
        ?
        ...
        <owner>
        [agent name]
        {{ cookiecutter.name }}
        ${OWNER}
        %OWNER%
        __NAME__
        your name here
        to be assigned
        to be decided by the board
        will be named later
        coming soon
        à définir
        wird noch festgelegt
        待定
        未定
        미정";
    assert_eq!(wrong(placeholders, TextKind::Name, true), [""; 0]);
}

#[test]
fn long_text_is_cheap_and_bounded() {
    for piece in
        ["TODO ", "n/a ", "x ", "[", "{{a}} ", "\u{200B}", "a-", "待", "https://a.b ", "no risk ", "%"]
    {
        let text = piece.repeat(200_000 / piece.len());
        let _ = is_blank(&text, TextKind::Prose);
    }
    assert!(is_blank(&"TODO ".repeat(10_000), TextKind::Prose));
    assert!(is_blank(&format!("T{}ODO", "\u{200B}".repeat(100_000)), TextKind::Prose));
    assert!(!is_blank(&"The planner may book twice. ".repeat(1_000), TextKind::Prose));
}

#[test]
fn every_marker_begins_with_an_opening() {
    for (_, marker) in lists::words().take_while(|(section, _)| *section == 0) {
        assert!(MARKER_OPENINGS.iter().any(|opening| marker.starts_with(opening)), "{marker}");
    }
}

/// Words of the tables and of phrases, and others, joined by gaps.
fn texts() -> impl Strategy<Value = String> {
    const OTHERS: [&str; 12] =
        ["Gateway", "token", "ledger", "xx", "aaaa", "2", "TODO", "q3", "to", "do", "Be", "l"];
    let whole: Vec<&str> = lists::phrases().filter(|phrase| phrase.is_ascii()).collect();
    let of_phrases = whole.iter().flat_map(|phrase| phrase.split(' '));
    let words: Vec<&str> = lists::words().map(|(_, word)| word).chain(of_phrases).chain(OTHERS).collect();
    let word = prop_oneof![
        4 => proptest::sample::select(words).prop_map(str::to_owned),
        2 => proptest::sample::select(&OTHERS[..]).prop_map(str::to_owned),
        1 => proptest::sample::select(whole).prop_map(str::to_owned),
    ];
    let gap = proptest::sample::select(vec![" ", " ", " ", ", ", ". ", " - ", "; "]);
    proptest::collection::vec((word, gap), 1..8).prop_map(|parts| {
        parts.into_iter().map(|(word, gap)| word + gap).collect::<String>().trim().to_owned()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn text_that_is_plain_without_folding_is_no_placeholder(text in texts()) {
        if text.contains(['/', '@', '#', ':', '[', '<', '{', '\'']) || !is_plain(&text) {
            return Ok(());
        }
        let folded = fold(&text, LetterReading::Letters);
        for kind in [TextKind::Prose, TextKind::Evidence, TextKind::Name] {
            prop_assert!(!says_nothing(&folded, kind) && !is_number_for_letters(&folded), "{text}");
        }
    }

    #[test]
    fn name_with_an_unlisted_word_is_no_refusal(text in texts()) {
        let folded = fold(&text, LetterReading::Letters);
        prop_assert_eq!(is_refusal(&text), is_denial(folded.words()), "{}", text);
    }
}
