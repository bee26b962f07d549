//! Messages on a stream: header lines with a length, an empty line, and that many bytes.

use std::io::{BufRead, Read};

/// The longest message, in bytes.
const MAX_LENGTH: u64 = 256 << 20;
/// The longest header line, in bytes.
const MAX_LINE_LENGTH: u64 = 4096;

/// The bytes of the next message; `None` at the end of the input. After an error the next message cannot be found.
pub(crate) fn next_message(input: &mut impl BufRead) -> Result<Option<Vec<u8>>, String> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        input.take(MAX_LINE_LENGTH).read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
        if line.is_empty() {
            return Ok(None);
        }
        let text = String::from_utf8_lossy(&line);
        match (text.trim_end().split_once(':'), length) {
            (Some((name, value)), _) if name.eq_ignore_ascii_case("Content-Length") => {
                let number = value.trim().parse().ok().filter(|length| *length <= MAX_LENGTH);
                length = Some(number.ok_or("the length of a message is not a number, or above 256 MiB")?);
            }
            (Some(_), _) => {}
            (None, Some(length)) if text.trim_end().is_empty() => return body(input, length).map(Some),
            (None, _) => return Err("a message does not begin with its `Content-Length`".to_owned()),
        }
    }
}

/// So many bytes. Memory is taken for those that arrive, whatever the header claims.
fn body(input: &mut impl BufRead, length: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = input.take(length).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if read as u64 == length { Ok(bytes) } else { Err("the input ended within a message".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_split_and_broken_headers_are_errors() {
        let message = |text: &str| Ok(Some(text.as_bytes().to_vec()));
        for (input, expected) in [
            ("", Ok(None)),
            ("Content-Length: 2\r\n\r\n{}x", message("{}")),
            ("content-length:2\n\n{}", message("{}")),
            ("Content-Type: a; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}", message("{}")),
            ("Content-Length: 0\r\n\r\n", message("")),
            ("Content-Length: 9\r\n\r\n{}", Err("the input ended within a message")),
            ("Content-Length: -1\r\n\r\n", Err("the length of a message is not a number, or above 256 MiB")),
            (
                "Content-Length: 99999999999\r\n\r\n",
                Err("the length of a message is not a number, or above 256 MiB"),
            ),
            ("Hello\r\n\r\n", Err("a message does not begin with its `Content-Length`")),
            ("\r\n{}", Err("a message does not begin with its `Content-Length`")),
            (&"a".repeat(9999), Err("a message does not begin with its `Content-Length`")),
        ] {
            assert_eq!(next_message(&mut input.as_bytes()), expected.map_err(str::to_owned), "{input}");
        }
    }
}
