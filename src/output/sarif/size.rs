//! An upper bound for the size of a log after gzip, without a library that compresses.
//!
//! A text is split into literals and repetitions, as in DEFLATE, by a search that finds at most as many as gzip does. The
//! size is that in the fixed code of DEFLATE, which gzip uses only if it finds no better one.

/// The distance up to which gzip finds repetitions, in bytes: its window less the bytes it reads ahead.
const WINDOW: usize = 32 * 1024 - 262;
/// The length of a repetition, in bytes.
const SHORTEST: usize = 4;
const MAX_LENGTH: usize = 258;
/// Bits of an index of the table of offsets.
const TABLE_BITS: u32 = 15;
/// An upper bound for the headers and the checksum of a gzip file, in bytes.
const FRAME: usize = 1_024;

/// An upper bound for the size of a text after gzip, in bytes.
pub(crate) fn compressed(bytes: &[u8]) -> usize {
    let mut places = vec![usize::MAX; 1 << TABLE_BITS];
    let mut bits = 0;
    let mut at = 0;
    while at < bytes.len() {
        let (length, distance) = repetition(bytes, at, &places).unwrap_or((1, 0));
        bits += if distance == 0 { literal_bits(bytes[at]) } else { repetition_bits(length, distance) };
        for passed in at..at + length {
            if let Some(slot) = slot(bytes, passed) {
                places[slot] = passed;
            }
        }
        at += length;
    }
    FRAME + bits / 8 + bytes.len() / 1_000
}

/// The index in the table for the bytes from an offset.
fn slot(bytes: &[u8], at: usize) -> Option<usize> {
    let start: [u8; SHORTEST] = bytes.get(at..at + SHORTEST)?.try_into().ok()?;
    let hash = u32::from_le_bytes(start).wrapping_mul(2_654_435_761) >> (u32::BITS - TABLE_BITS);
    usize::try_from(hash).ok()
}

/// The length and the distance of the last repetition in the window.
fn repetition(bytes: &[u8], at: usize, places: &[usize]) -> Option<(usize, usize)> {
    let from = places[slot(bytes, at)?];
    let distance = at.checked_sub(from).filter(|distance| *distance <= WINDOW)?;
    let same =
        bytes[at..].iter().zip(&bytes[from..]).take(MAX_LENGTH).take_while(|(one, other)| one == other);
    let length = same.count();
    (length >= SHORTEST).then_some((length, distance))
}

const fn literal_bits(byte: u8) -> usize {
    if byte < 144 { 8 } else { 9 }
}

const fn repetition_bits(length: usize, distance: usize) -> usize {
    let code = if length < 115 { 7 } else { 8 };
    let more_of_length = if length < 11 || length == MAX_LENGTH { 0 } else { (length - 3).ilog2() - 2 };
    let more_of_distance = if distance < 5 { 0 } else { (distance - 1).ilog2() - 1 };
    code + 5 + more_of_length as usize + more_of_distance as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitive_text_is_compressed_and_noise_is_not() {
        assert!(compressed(&vec![b' '; 1_000_000]) < 10_000);
        assert!(compressed(b"") < 2_000);
        let mut state = 1_u32;
        let noise: Vec<u8> = (0..1_000_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            })
            .collect();
        assert!(compressed(&noise) > noise.len());
    }
}
