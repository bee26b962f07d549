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

/// The SHA-256 of some bytes.
pub(crate) fn of_bytes(bytes: &[u8]) -> [u8; 32] {
    Hash::hash(bytes)
}

/// The first `bytes` bytes of the SHA-256 of one text, in hexadecimal.
pub(crate) fn of_text(text: &str, bytes: usize) -> String {
    hexadecimal(&Hash::hash(text.as_bytes()), bytes)
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
    fn one_text_gives_the_published_digest_and_lists_do_not_run_together() {
        assert_eq!(of_text("abc", 4), "ba7816bf");
        assert_eq!(for_policy_of_content("abc"), "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
        assert_ne!(of_texts(&["a", "bc"], 32), of_texts(&["ab", "c"], 32));
        assert_eq!(of_texts(&["a", "bc"], 32).len(), 64);
    }
}
