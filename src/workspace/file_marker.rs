//! Files that hold the marker of threat models, whatever their names are: a search through their bytes.

use std::io::Read;
use std::num::NonZero;
use std::path::Path;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use memchr::memmem::Finder;

use crate::source::Language;
use crate::syntax::{LONGEST_LOOKALIKE, MODEL_MARKER, is_key_in};
use crate::workspace::discover::{Candidate, open, plain, regular};

/// The most that is searched of a file, in bytes.
const LONGEST: u64 = 4 * 1024 * 1024 * 1024;
/// How much of a file is searched at once, in bytes.
const BLOCK: usize = 256 * 1024;

/// The marker in the encodings that text may have: a file in UTF-16 is an error, not another kind of file.
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
    /// Whether bytes hold the marker, or a key that people read as the marker.
    pub(crate) fn is_in(&self, bytes: &[u8], language: Language) -> bool {
        self.is_in_text(bytes, language)
            || (memchr::memchr(0, bytes).is_some()
                && (self.widest.find(bytes).is_some()
                    || is_utf16(bytes) && self.is_in_utf16(bytes, language)))
    }

    fn is_in_text(&self, bytes: &[u8], language: Language) -> bool {
        self.narrow.find(bytes).is_some() || is_key_in(bytes, language)
    }

    /// The same in UTF-16 of both byte orders, of which a block of a file may begin within a unit.
    fn is_in_utf16(&self, bytes: &[u8], language: Language) -> bool {
        let units = |start: usize, unit: fn([u8; 2]) -> u16| {
            let pairs = bytes.get(start..).unwrap_or_default().chunks_exact(2);
            let text = char::decode_utf16(pairs.map(move |pair| unit([pair[0], pair[1]])));
            text.map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>()
        };
        [0, 1].into_iter().any(|start| {
            let texts = [units(start, u16::from_le_bytes), units(start, u16::from_be_bytes)];
            texts.iter().any(|text| self.is_in_text(text.as_bytes(), language))
        })
    }

    /// Whether a file holds the marker. `buffer` is used again for the next file.
    fn is_in_file(&self, path: &Path, buffer: &mut Vec<u8>) -> Result<bool, String> {
        /// The longest form of the marker, and what may be between it and its colon.
        const OVERLAP: usize = LONGEST_LOOKALIKE + 256;
        let language = Language::of(&path.to_string_lossy());
        let mut file = open(path).map_err(|error| plain(&error))?;
        regular(&file.metadata().map_err(|error| plain(&error))?)?;
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

/// Whether bytes with zeros can be UTF-16: no text has the character zero.
fn is_utf16(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, &[0; 3]).is_none()
}

/// The candidates that hold the marker, in no order; and why others could not be searched.
pub(crate) fn holding(
    candidates: &[Candidate],
    threads: usize,
) -> (Vec<Candidate>, Vec<(Candidate, String)>) {
    /// Fewer files are searched before another thread has begun.
    const FEW: usize = 64;
    let marker = Marker::default();
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let search = || {
        let mut buffer = Vec::new();
        while let Some(candidate) = candidates.get(next.fetch_add(1, Ordering::Relaxed)) {
            let outcome = marker.is_in_file(&candidate.path, &mut buffer);
            if outcome != Ok(false) {
                let candidate = Candidate { by_marker: true, ..candidate.clone() };
                found.lock().unwrap_or_else(PoisonError::into_inner).push((candidate, outcome));
            }
        }
    };
    thread::scope(|scope| {
        let cores = || thread::available_parallelism().map_or(1, NonZero::get);
        let threads = if threads == 0 { cores() } else { threads };
        for _ in 1..threads.min(candidates.len() / FEW) {
            // Where no more threads can be had, this one does the work.
            let _ = thread::Builder::new().spawn_scoped(scope, search);
        }
        search();
    });
    let (mut holding, mut failed) = (Vec::new(), Vec::new());
    for (candidate, outcome) in found.into_inner().unwrap_or_else(PoisonError::into_inner) {
        match outcome {
            Err(message) => failed.push((candidate, message)),
            Ok(_) => holding.push(candidate),
        }
    }
    (holding, failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_marker_is_found_in_every_encoding_and_across_blocks() {
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
