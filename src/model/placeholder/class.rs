//! Classes of bytes, for the loops over each byte of each text.

pub(crate) const ALPHANUMERIC: u8 = 1;
pub(crate) const CAPITAL: u8 = 2;
/// A hyphen or a dot, which is a sign of an address before a letter or digit.
pub(crate) const JOINT: u8 = 4;
/// A sign of an address.
pub(crate) const ADDRESS: u8 = 8;
/// A bracket, or a byte of a letter that is not in ASCII and may be one.
pub(crate) const BRACKET: u8 = 16;
pub(crate) const APOSTROPHE: u8 = 32;

/// The classes of a byte, a bit each.
#[inline]
pub(crate) fn of(byte: u8) -> u8 {
    CLASSES[usize::from(byte)]
}

static CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0_u8;
    loop {
        classes[byte as usize] = match byte {
            b'A'..=b'Z' => ALPHANUMERIC | CAPITAL,
            b'a'..=b'z' | b'0'..=b'9' => ALPHANUMERIC,
            b'-' | b'.' => JOINT,
            b'/' | b'@' | b'#' | b':' => ADDRESS,
            b'[' | b'<' | b'{' | 0x80.. => BRACKET,
            b'\'' => APOSTROPHE,
            _ => 0,
        };
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    classes
};
