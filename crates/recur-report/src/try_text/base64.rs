//! Numbers in base 64.

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The characters that `n` bytes become.
pub(super) fn n_characters(n: usize) -> usize {
    n.div_ceil(3) * 4
}

/// `numbers` as 32-bit floats, least byte first, in base 64.
pub(super) fn floats(numbers: &[f32]) -> String {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let mut text = String::with_capacity(n_characters(bytes.len()));
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * place)) as usize & 63];
            text.push(if place > three.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rest_has_its_padding() {
        assert_eq!(floats(&[]), "");
        assert_eq!(floats(&[1.0]), "AACAPw==");
        assert_eq!(floats(&[1.0, -0.5]), "AACAPwAAAL8=");
        assert_eq!(floats(&[0.0, 0.0, 0.0]), "AAAAAAAAAAAAAAAA");
        (0..7).for_each(|n| assert_eq!(floats(&vec![0.1; n]).len(), n_characters(4 * n)));
    }
}
