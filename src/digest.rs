//! Digests of texts that are stable across versions and machines. They are not for passwords.

use data_encoding::BASE64;
use hmac_sha256::Hash;

/// The first `bytes` bytes of the SHA-256 of some texts, in hexadecimal. The length of each text is included, so that
/// different lists of texts have different digests.
pub(crate) fn of_texts(texts: &[&str], bytes: usize) -> String {
    let mut digest = Hash::new();
    for text in texts {
        digest.update((text.len() as u64).to_be_bytes());
        digest.update(text);
    }
    hexadecimal(&digest.finalize(), bytes)
}

/// Whether a file with these bytes is the object with this id in a repository of git, which can be one of SHA-1 or SHA-256.
pub(crate) fn is_git_blob(bytes: &[u8], id: &str) -> bool {
    let head = format!("blob {}\0", bytes.len());
    if id.len() == 64 {
        let mut digest = Hash::new();
        digest.update(head);
        digest.update(bytes);
        return hexadecimal(&digest.finalize(), 32) == id;
    }
    id.len() == 40 && hexadecimal(&sha1(head.as_bytes(), bytes), 20) == id
}

/// The SHA-1 of the concatenation of a short text and some bytes.
fn sha1(head: &[u8], bytes: &[u8]) -> [u8; 20] {
    let mut state = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
    let (start, rest) = bytes.split_at(bytes.len().min(BLOCK.saturating_sub(head.len())));
    let (blocks, end) = rest.as_chunks::<BLOCK>();
    let mut first = [head, start].concat();
    if first.len() == BLOCK {
        add_blocks(&mut state, first.as_chunks().0);
        first.clear();
    }
    add_blocks(&mut state, blocks);
    let mut last = [&first, end, &[0x80]].concat();
    last.resize((last.len() + 8).next_multiple_of(BLOCK) - 8, 0);
    last.extend(((head.len() + bytes.len()) as u64 * 8).to_be_bytes());
    add_blocks(&mut state, last.as_chunks().0);
    let mut digest = [0; 20];
    for (to, word) in digest.as_chunks_mut().0.iter_mut().zip(state) {
        *to = word.to_be_bytes();
    }
    digest
}

/// The bytes of a block of SHA-1.
const BLOCK: usize = 64;
/// The constants of its four phases.
const CONSTANTS: [u32; 4] = [0x5A82_7999, 0x6ED9_EBA1, 0x8F1B_BCDC, 0xCA62_C1D6];

#[expect(clippy::many_single_char_names, reason = "the names of the standard")]
fn add_blocks(state: &mut [u32; 5], blocks: &[[u8; BLOCK]]) {
    for block in blocks {
        let mut words = [0; 80];
        for (word, bytes) in words.iter_mut().zip(block.as_chunks().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        for at in 16..80 {
            words[at] = (words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotate_left(1);
        }
        let [mut a, mut b, mut c, mut d, mut e] = *state;
        for (words, (phase, constant)) in
            words.as_chunks::<20>().0.iter().zip(CONSTANTS.into_iter().enumerate())
        {
            for word in words {
                let mixed = match phase {
                    0 => d ^ (b & (c ^ d)),
                    2 => (b & c) | (d & (b | c)),
                    _ => b ^ c ^ d,
                };
                let next = a.rotate_left(5).wrapping_add(mixed).wrapping_add(e).wrapping_add(constant);
                (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next.wrapping_add(*word));
            }
        }
        for (sum, word) in state.iter_mut().zip([a, b, c, d, e]) {
            *sum = sum.wrapping_add(word);
        }
    }
}

/// The first `bytes` bytes of the SHA-256 of one text, in hexadecimal.
pub(crate) fn of_text(text: &str, bytes: usize) -> String {
    hexadecimal(&Hash::hash(text.as_bytes()), bytes)
}

/// The SHA-256 of some bytes, in hexadecimal.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    hexadecimal(&Hash::hash(bytes), 32)
}

/// A text's SHA-256 as in a Content-Security-Policy.
pub(crate) fn for_policy_of_content(text: &str) -> String {
    format!("sha256-{}", BASE64.encode(&Hash::hash(text.as_bytes())))
}

fn hexadecimal(digest: &[u8], bytes: usize) -> String {
    digest.iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_is_sha_256_and_separates_texts() {
        assert_eq!(of_text("abc", 4), "ba7816bf");
        assert_eq!(for_policy_of_content("abc"), "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
        assert_ne!(of_texts(&["a", "bc"], 32), of_texts(&["ab", "c"], 32));
        assert_eq!(of_texts(&["a", "bc"], 32).len(), 64);
    }

    #[test]
    fn git_blob_is_known_by_its_id() {
        // As `git hash-object` prints them, also with `--object-format=sha256`.
        let rows = [
            (0, "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"),
            (1, "2e65efe2a145dda7ee51d1741299f848e5bf752e"),
            (54, "60704cd2c753c0419b5d235cbf244ec4c696cded"),
            (55, "d1985ddc2983785702b9a90effd5aff2f7cfdca4"),
            (56, "1f973e890f52da1f22fa7e5620a628bc4ee74cb3"),
            (57, "d28c6cde5a5ab0b138bd53a288c23e8c011c4171"),
            (120, "253af86ee859905852357aee8bd83b08601364ae"),
            (100_000, "94bc76618de566c4e568aaf031cce7cef592d868"),
            (55, "effff96b330f5ec63587301709076c2dffa59e5b98fec07209bc08076b9c5546"),
        ];
        for (length, id) in rows {
            let bytes = vec![b'a'; length];
            assert!(is_git_blob(&bytes, id), "{length}");
            assert!(!is_git_blob(&[&bytes[..], b"\n"].concat(), id), "{length}");
        }
        assert!(!is_git_blob(b"", "") && !is_git_blob(b"", "e69de29b"));
    }

    #[test]
    fn sha_1_of_every_length_is_that_of_its_concatenation() {
        assert_eq!(hexadecimal(&sha1(b"", b"abc"), 20), "a9993e364706816aba3e25717850c26c9cd0d89d");
        let bytes: Vec<u8> = (0..=255).cycle().take(300).collect();
        for end in 0..bytes.len() {
            let text = &bytes[..end];
            for cut in [0, 7, 63].map(|cut: usize| cut.min(end)) {
                assert_eq!(sha1(&text[..cut], &text[cut..]), sha1(b"", text), "{end} {cut}");
            }
        }
    }
}
