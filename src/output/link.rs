//! Addresses of lines in files, for reports that lead there.

use crate::escape::uri_path;

/// How places in files are linked to, if they are.
pub(crate) struct Links<'r> {
    prefix: Option<&'r str>,
}

/// A path without end has no address.
const LONGEST: usize = 2_000;

impl<'r> Links<'r> {
    /// Links that begin with `prefix`; none, where that is no address of the web.
    pub(crate) fn new(prefix: Option<&'r str>) -> Self {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-._~:/?@!$&'*+,;=%".contains(letter);
        let is_web = |prefix: &&str| prefix.starts_with("https://") || prefix.starts_with("http://");
        Self { prefix: prefix.filter(is_web).filter(|prefix| prefix.chars().all(is_plain)) }
    }

    /// The address of the lines from `first` to `last` of the file at `path`, relative to the repository's root.
    pub(crate) fn url(&self, path: &str, first: u32, last: u32) -> Option<String> {
        let lines = if first < last { format!("#L{first}-L{last}") } else { format!("#L{first}") };
        let url = format!("{}{}{lines}", self.prefix?, uri_path(path));
        (url.len() <= LONGEST).then_some(url)
    }
}
