//! Text that is not UTF-8: what it looks like.

/// Text in an encoding that recur does not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// As `iconv -f` calls it.
    pub encoding: &'static str,
    /// Whether it begins with a byte order mark.
    pub has_mark: bool,
}

/// How much of a file is looked at.
const LOOKED_AT: usize = 1 << 16;

/// Refuses text whose every character takes several bytes: no line of it could be read.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Unreadable> {
    // The mark of UTF-32LE begins with that of UTF-16LE.
    let marks: [(&[u8], &str); 4] = [
        (&[0xff, 0xfe, 0, 0], "UTF-32LE"),
        (&[0, 0, 0xfe, 0xff], "UTF-32BE"),
        (&[0xff, 0xfe], "UTF-16LE"),
        (&[0xfe, 0xff], "UTF-16BE"),
    ];
    if let Some((_, encoding)) = marks.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Err(Unreadable { encoding, has_mark: true });
    }
    match without_mark(&bytes[..bytes.len().min(LOOKED_AT)]) {
        Some(encoding) => Err(Unreadable { encoding, has_mark: false }),
        None => Ok(()),
    }
}

/// Of wide text, the high bytes of delimiters, line ends and Latin characters are zero: always on the same side.
fn without_mark(bytes: &[u8]) -> Option<&'static str> {
    let mut zeros = [0_usize; 4];
    for (i, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == 0) {
        zeros[i % 4] += 1;
    }
    let n_zeros: usize = zeros.iter().sum();
    // A stray zero byte in UTF-8 spoils one row.
    if n_zeros < 2 || n_zeros * 20 < bytes.len() {
        return None;
    }
    let quarter = bytes.len() / 4;
    // The last character may be cut.
    let nearly_all = |n: usize| n + 1 >= quarter;
    match zeros {
        [0, a, b, c] if nearly_all(c) && nearly_all(b) && a > 0 => Some("UTF-32LE"),
        [a, b, c, 0] if nearly_all(a) && nearly_all(b) && c > 0 => Some("UTF-32BE"),
        [0, _, 0, _] => Some("UTF-16LE"),
        [_, 0, _, 0] => Some("UTF-16BE"),
        _ => None,
    }
}

/// What a row that is not UTF-8 looks like, and the name that `iconv -f` takes for it, if it can be guessed.
///
/// Latin-1 and Windows-1252 are the same but for 0x80 to 0x9f, and have few characters beyond ASCII next to each other.
pub(crate) fn guess(row: &[u8]) -> Option<&'static str> {
    let is_high = |byte: &u8| *byte >= 0x80;
    let longest_run = row.split(|byte| !is_high(byte)).map(<[u8]>::len).max().unwrap_or(0);
    if longest_run > 2 || row.contains(&0) {
        return None;
    }
    let is_western = as_windows_1252(row).chars().all(|c| c.is_ascii() || c.is_alphabetic() || matches!(c, '‘' | '’'));
    is_western.then_some("WINDOWS-1252")
}

/// `row` read as Windows-1252.
pub(crate) fn as_windows_1252(row: &[u8]) -> String {
    const C1: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    let character = |byte: &u8| match byte {
        0x80..=0x9f => C1[usize::from(byte - 0x80)],
        byte => char::from(*byte),
    };
    row.iter().map(character).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wide(text: &str, big_endian: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    }

    fn wider(text: &str, big_endian: bool) -> Vec<u8> {
        let bytes = |c: char| if big_endian { u32::from(c).to_be_bytes() } else { u32::from(c).to_le_bytes() };
        text.chars().flat_map(bytes).collect()
    }

    #[test]
    fn wide_text_is_known_with_and_without_a_mark() {
        let texts = ["name,label\nMüller,German\n", "имя,метка\nИванов,русский\nПетров,русский\n", "王\n李\n張\n陳\n"];
        for text in texts {
            for (big_endian, encoding) in [(false, "UTF-16LE"), (true, "UTF-16BE")] {
                let expected = |has_mark| Err(Unreadable { encoding, has_mark });
                assert_eq!(check(&wide(text, big_endian)), expected(false), "{text}");
                assert_eq!(check(&wide(&format!("\u{feff}{text}"), big_endian)), expected(true), "{text}");
            }
            for (big_endian, encoding) in [(false, "UTF-32LE"), (true, "UTF-32BE")] {
                let expected = |has_mark| Err(Unreadable { encoding, has_mark });
                assert_eq!(check(&wider(text, big_endian)), expected(false), "{text}");
                assert_eq!(check(&wider(&format!("\u{feff}{text}"), big_endian)), expected(true), "{text}");
            }
        }
    }

    #[test]
    fn bytes_of_one_character_each_are_left_to_the_rows() {
        for bytes in
            [b"".as_slice(), b"name,label\nM\xfcller,German\n", b"a\0b,c\nd,e\nf,ghij\0klmnopqrstuvwxyz0123456789"]
        {
            assert_eq!(check(bytes), Ok(()));
        }
        assert_eq!(check("име,етикет\nИван,х\n".as_bytes()), Ok(()));
    }

    #[test]
    fn western_rows_are_recognised() {
        assert_eq!(guess(b"M\xfcller,German"), Some("WINDOWS-1252"));
        assert_eq!(as_windows_1252(b"M\xfcller\x80\x9f"), "Müller€Ÿ");
        // Cyrillic in Windows-1251, and Japanese in Shift JIS.
        assert_eq!(guess(b"\xc8\xe2\xe0\xed\xee\xe2,Russian"), None);
        assert_eq!(guess(b"\x8e\x52\x93\x63\x91\xbe\x98\x59,x"), None);
    }
}
