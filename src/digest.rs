//! Digests of texts that are stable across versions and machines. They are not for passwords.

use data_encoding::{BASE64, HEXLOWER};
use sha1::Sha1;
use sha2::{Digest, Sha256};

/// The first `bytes` bytes of the SHA-256 of some texts, in hexadecimal. The length of each text is included, so that
/// different lists of texts have different digests.
pub(crate) fn of_texts(texts: &[&str], bytes: usize) -> String {
    let mut digest = Sha256::new();
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
        return hexadecimal(&Sha256::new().chain_update(head).chain_update(bytes).finalize(), 32) == id;
    }
    hexadecimal(&Sha1::new().chain_update(head).chain_update(bytes).finalize(), 20) == id
}

/// The first `bytes` bytes of the SHA-256 of one text, in hexadecimal.
pub(crate) fn of_text(text: &str, bytes: usize) -> String {
    hexadecimal(&Sha256::digest(text.as_bytes()), bytes)
}

/// The SHA-256 of some bytes, in hexadecimal.
pub(crate) fn of_bytes(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes), 32)
}

/// A text's SHA-256 as in a Content-Security-Policy.
pub(crate) fn for_policy_of_content(text: &str) -> String {
    format!("sha256-{}", BASE64.encode(&Sha256::digest(text.as_bytes())))
}

fn hexadecimal(digest: &[u8], bytes: usize) -> String {
    HEXLOWER.encode(&digest[..bytes.min(digest.len())])
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
}
