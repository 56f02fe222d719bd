//! Text from outside, made safe for a cell of a spreadsheet.
//!
//! A spreadsheet that opens a CSV file takes some cells for formulas, which can run programs or send data away. What
//! is written here follows the advice of OWASP ("CSV injection"): such a cell begins with an apostrophe, which makes
//! the spreadsheet take it for text. Plain numbers stay numbers.

use std::borrow::Cow;

/// `text` as the content of a CSV cell that no spreadsheet takes for a formula: a text that begins with `=`, `+`, `-`,
/// `@`, a full-width form of these, a tab or a carriage return gets an apostrophe before it, unless the whole text is a
/// plain number. Blanks before such a character change nothing, because some spreadsheets skip them. A text that looks as if
/// it had got one, because it begins with apostrophes before such a character, gets another: so the text comes back if one
/// apostrophe is removed from each cell that begins with apostrophes before such a character.
///
/// Quoting (RFC 4180) is the caller's business.
///
/// ```
/// use recur_core::spreadsheet::cell;
/// assert_eq!(cell("=1+1"), "'=1+1");
/// assert_eq!(cell("-1.5e-3"), "-1.5e-3");
/// ```
pub fn cell(text: &str) -> Cow<'_, str> {
    let bare = text.trim_start_matches('\'');
    let is_escaped = bare.len() < text.len() && begins_a_formula(bare);
    if is_escaped || (begins_a_formula(text) && !is_plain_number(text)) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

fn begins_a_formula(text: &str) -> bool {
    text.starts_with(['\t', '\r', '\n']) || text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// An optional sign, digits with at most one dot, and an optional exponent.
fn is_plain_number(text: &str) -> bool {
    let is_digits = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = |number: &str| number.strip_prefix(['+', '-']).unwrap_or(number).to_owned();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(unsigned(exponent))),
        None => (text, None),
    };
    let mantissa = unsigned(mantissa);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((&mantissa, ""));
    is_digits(whole)
        && is_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && is_digits(&exponent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_execute_begins_with_an_apostrophe() {
        for text in [
            "=1+1",
            "+1+1",
            "-1+1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\n=1",
            "  =1",
            "＝1",
            "＋1",
            "－1",
            "＠a",
            "=HYPERLINK(\"https://example.org\")",
            "-",
            "-.",
            "-e5",
            "-1e",
            "-1.2.3",
            "-1 ",
            "--1",
            "-inf",
            "-Anna",
        ] {
            assert_eq!(cell(text), format!("'{text}"), "{text:?}");
        }
    }

    #[test]
    fn numbers_and_other_texts_stay_as_they_are() {
        for text in [
            "",
            "Anna",
            "O'Neil",
            "a=b",
            "Smith-Jones",
            "-1",
            "+2",
            "-0.5",
            "-.5",
            "-5.",
            "-1e-9",
            "+1.5E+10",
            "'n",
            "''",
        ] {
            assert!(matches!(cell(text), Cow::Borrowed(same) if same == text), "{text:?}");
        }
    }

    #[test]
    fn different_texts_stay_different() {
        for text in ["=1", "'=1", "''=1", "-1", "'-1", "''-1", "' =1", "'a"] {
            let cell = cell(text);
            let is_escaped = cell.starts_with('\'') && begins_a_formula(cell.trim_start_matches('\''));
            let back = if is_escaped { &cell[1..] } else { &cell };
            assert_eq!(back, text, "{cell}");
        }
    }
}
