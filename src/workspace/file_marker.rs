//! Searches the bytes of files for the marker of threat models.

use std::io::Read;
use std::num::NonZero;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use memchr::memmem;
use memchr::memmem::Finder;

use crate::source::Language;
use crate::syntax::{LONGEST_LOOKALIKE, MODEL_MARKER, is_key_in};
use crate::workspace::candidate::Candidate;
use crate::workspace::read::{open, plain};

/// The largest file that is searched, in bytes.
const LONGEST: u64 = 4 * 1024 * 1024 * 1024;
/// The number of bytes that are searched at once.
const BLOCK: usize = 256 * 1024;

/// The marker in the encodings of text: a file in UTF-16 is an error, not another kind of file.
pub(crate) struct Marker {
    narrow: Finder<'static>,
    widest: Finder<'static>,
}

impl Default for Marker {
    fn default() -> Self {
        // Without the zeros of the first letter, both byte orders of UTF-32 contain it.
        let widest: Vec<u8> = MODEL_MARKER.bytes().flat_map(|byte| [0, 0, 0, byte]).skip(3).collect();
        Self { narrow: Finder::new(MODEL_MARKER), widest: Finder::new(&widest).into_owned() }
    }
}

impl Marker {
    /// Whether bytes contain the marker, or a key that people read as the marker.
    pub(crate) fn is_in(&self, bytes: &[u8], language: Language) -> bool {
        self.is_in_text(bytes, language)
            || (memchr::memchr(0, bytes).is_some()
                && (self.widest.find(bytes).is_some()
                    || is_utf16(bytes) && self.is_in_utf16(bytes, language)))
    }

    fn is_in_text(&self, bytes: &[u8], language: Language) -> bool {
        self.narrow.find(bytes).is_some() || is_key_in(bytes, language)
    }

    /// The same in UTF-16 of both byte orders. A block of a file can begin within a unit.
    fn is_in_utf16(&self, bytes: &[u8], language: Language) -> bool {
        [bytes, bytes.get(1..).unwrap_or_default()].iter().any(|bytes| {
            [u16::from_le_bytes as fn([u8; 2]) -> u16, u16::from_be_bytes].iter().any(|unit| {
                let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
                let letters = char::decode_utf16(units);
                let text: String =
                    letters.map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
                self.is_in_text(text.as_bytes(), language)
            })
        })
    }

    /// Whether a file contains the marker. `buffer` is reused for the next file.
    fn is_in_file(&self, path: &Path, buffer: &mut Vec<u8>) -> Result<bool, String> {
        /// The longest form of the marker, and the space before its colon.
        const OVERLAP: usize = LONGEST_LOOKALIKE + 256;
        let language = Language::of(&path.to_string_lossy());
        let (mut file, _) = open(path)?;
        buffer.resize(BLOCK, 0);
        let (mut kept, mut searched) = (0, 0);
        loop {
            let read = file.read(&mut buffer[kept..]).map_err(|error| plain(&error))?;
            if read == 0 {
                return Ok(false);
            }
            let end = kept + read;
            if self.is_in(&buffer[..end], language) {
                return Ok(true);
            }
            searched += read as u64;
            if searched > LONGEST {
                return Err("too large to be searched for a threat model".to_owned());
            }
            let rest = end.saturating_sub(OVERLAP);
            buffer.copy_within(rest..end, 0);
            kept = end - rest;
        }
    }
}

/// Whether bytes with zeros can be UTF-16: no text contains the character zero.
fn is_utf16(bytes: &[u8]) -> bool {
    memmem::find(bytes, &[0; 3]).is_none()
}

/// Searches candidates for the marker. Returns those that contain it, and those that could not be searched with the reason,
/// in no order.
pub(crate) fn search(candidates: &[Candidate], threads: usize) -> Vec<(&Candidate, Result<(), String>)> {
    /// Fewer files are searched before another thread has started.
    const FEW: usize = 64;
    let threads = match threads {
        0 => thread::available_parallelism().map_or(1, NonZero::get),
        threads => threads,
    };
    let search = Shared { candidates, next: AtomicUsize::new(0), marker: Marker::default() };
    let mut found = Vec::new();
    thread::scope(|scope| {
        let mut others = Vec::new();
        for _ in 1..threads.min(candidates.len() / FEW) {
            // If no more threads are available, this one does the work.
            others.extend(thread::Builder::new().spawn_scoped(scope, || search.run()));
        }
        found = search.run();
        for other in others {
            found.extend(other.join().unwrap_or_default());
        }
    });
    found
}

/// A search that several threads share.
struct Shared<'c> {
    candidates: &'c [Candidate],
    next: AtomicUsize,
    marker: Marker,
}

impl<'c> Shared<'c> {
    /// Searches candidates until none is left.
    fn run(&self) -> Vec<(&'c Candidate, Result<(), String>)> {
        let (mut buffer, mut found) = (Vec::new(), Vec::new());
        while let Some(candidate) = self.candidates.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            match self.marker.is_in_file(&candidate.path, &mut buffer) {
                Ok(false) => {}
                Ok(true) => found.push((candidate, Ok(()))),
                Err(message) => found.push((candidate, Err(message))),
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marker_is_found_in_every_encoding_and_across_blocks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.yaml");
        let wide = |zeros: usize| -> Vec<u8> {
            MODEL_MARKER.bytes().flat_map(|byte| [vec![byte], vec![0; zeros]].concat()).collect()
        };
        let big_endian: Vec<u8> = MODEL_MARKER.bytes().flat_map(|byte| [0, byte]).collect();
        let (marker, mut buffer) = (Marker::default(), Vec::new());
        for text in [MODEL_MARKER.as_bytes().to_vec(), wide(1), wide(3), big_endian] {
            for before in [0, 1, BLOCK - 70, BLOCK - 1, BLOCK, 3 * BLOCK - 5] {
                let bytes = [vec![b'a'; before], text.clone(), vec![b'b'; 9]].concat();
                std::fs::write(&path, &bytes).unwrap();
                assert_eq!(marker.is_in_file(&path, &mut buffer), Ok(true), "{before} {text:?}");
            }
        }
        std::fs::write(&path, "aivss_threat: 1\naivss_policy: 1\n\0").unwrap();
        assert_eq!(marker.is_in_file(&path, &mut buffer), Ok(false));
    }
}
