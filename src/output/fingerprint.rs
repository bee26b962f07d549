//! What makes a fault the same fault from run to run, as a digest. It tells nothing of where the fault stands: lines
//! move, and the fault stays.

use std::collections::BTreeMap;

use crate::diagnostic::Diagnostic;
use crate::digest;
use crate::report::FileReport;

/// Bytes of a fingerprint.
const LENGTH: usize = 20;

/// Hands out fingerprints, no two of them equal, to the faults of one report in their order.
#[derive(Default)]
pub(crate) struct Fingerprints {
    /// How many there were of each.
    seen: BTreeMap<String, usize>,
}

impl Fingerprints {
    /// The fingerprint of the next fault.
    pub(crate) fn of_fault(&mut self, file: &FileReport, diagnostic: &Diagnostic) -> String {
        let pointer = diagnostic.lasting_pointer();
        self.of(&["fault", &diagnostic.rule, &file.path, &pointer, &diagnostic.message])
    }

    /// The fingerprint of the next obstacle.
    pub(crate) fn of_obstacle(&mut self, path: &str, message: &str) -> String {
        self.of(&["obstacle", path, message])
    }

    fn of(&mut self, texts: &[&str]) -> String {
        let first = digest::of_texts(texts, LENGTH);
        let count = self.seen.entry(first.clone()).or_default();
        *count += 1;
        match *count {
            1 => first,
            count => digest::of_texts(&[&first, &count.to_string()], LENGTH),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ones_are_told_apart_and_the_first_stays() {
        let mut one = Fingerprints::default();
        let (first, second, third) = (one.of(&["a"]), one.of(&["a"]), one.of(&["b"]));
        assert!(first != second && first != third && second != third);
        assert_eq!(Fingerprints::default().of(&["a"]), first);
        assert_eq!(first.len(), 2 * LENGTH);
    }
}
