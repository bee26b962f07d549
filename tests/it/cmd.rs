//! Whole-program cases: arguments to stdout and exit code, as a user types and reads them.
//!
//! Each file in `tests/it/cmd/` is a transcript; where a folder of the same name stands beside it, that is where its
//! commands run. Those of the README and the book are in `book.rs`.

#[test]
fn commands_print_what_the_transcripts_say() {
    trycmd::TestCases::new().case("tests/it/cmd/*.md");
}
