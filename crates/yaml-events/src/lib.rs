//! The events of a YAML text, from `granit-parser`.
//!
//! A crate of its own for one reason: releases of `aivss-lint` are compiled for size, and the parser is generic over its input,
//! so it takes the level of the crate that uses it. Here that is speed, which saves a third of the time to check YAML.

pub use granit_parser::{ErrorKind, Event, Options, ScalarStyle, ScanError, Span, StructureStyle, Tag};

/// Passes the events of a text on in their order, until `take` returns `false` or the text ends. An error is the last one.
pub fn each<'t>(
    text: &'t str,
    options: Options,
    take: &mut dyn FnMut(Result<(Event<'t>, Span), ScanError>) -> bool,
) {
    for event in granit_parser::Parser::new_from_str_with_options(text, options) {
        let is_error = event.is_err();
        if !take(event) || is_error {
            return;
        }
    }
}
