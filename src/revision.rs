//! A git revision that a run compares with.

use std::fmt;

/// A name of a commit, and the commit.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Revision {
    /// The name that the user gave.
    pub asked: String,
    /// The id of the commit, in hexadecimal digits.
    pub commit: String,
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let short = self.commit.get(..10).unwrap_or(&self.commit);
        if self.asked == self.commit { f.write_str(short) } else { write!(f, "{} ({short})", self.asked) }
    }
}
