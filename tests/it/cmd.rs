//! Whole-program cases: arguments to stdout and exit status, as a user types and reads them.
//!
//! Each file in `tests/it/cmd/` is a transcript; its commands run in the folder of the
//! same name, if there is one. Those of the README and the book are in `book.rs`.

#[test]
fn commands_print_what_the_transcripts_contain() {
    trycmd::TestCases::new().case("tests/it/cmd/*.md");
}
