//! From a text as it is in a file to the text that a model sees.

use crate::fold::fold;
use recur_core::settings::{Fold, TextSettings, UnicodeForm};
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;

/// `text` as models see it: Unicode form, folding, and no white space (Unicode `White_Space`) at either end.
///
/// Folding decomposes, strips marks, and replaces the characters that do not decompose: `ß` by `ss`, `æ` by `ae`, `œ` by
/// `oe`, `þ` by `th`, `ð` and `đ` by `d`, `ħ` by `h`, `ı` by `i`, `ł` by `l`, `ŋ` by `n`, `ø` by `o`, `ŧ` by `t`, their
/// capitals likewise (`Þ` by `Th`), and typographic apostrophes and hyphens by `'` and `-`. What is then not ASCII
/// keeps its character, in the Unicode form asked for. Characters outside an alphabet are not touched here: leaving them out
/// or not is the encoding's business. Normalising twice is the same as once.
///
/// ```
/// use recur_core::settings::{Fold, TextSettings, UnicodeForm, Unknown};
/// let text = TextSettings { unicode: UnicodeForm::Nfc, fold: Fold::AsciiLower, alphabet: None, unknown: Unknown::Token };
/// assert_eq!(recur_text::normalise(" Þórðarson\t", &text), "thordarson");
/// ```
pub fn normalise(text: &str, settings: &TextSettings) -> String {
    let unicode = settings.unicode;
    let formed = form(text.trim(), unicode);
    let folded = match settings.fold {
        Fold::None => formed,
        Fold::Ascii => reduce(&formed, unicode).into(),
        // Some small characters have marks that their capitals have not: reduce again.
        Fold::AsciiLower => reduce(&lower(&reduce(&formed, unicode)), unicode).into(),
    };
    // A compatibility form or a stripped mark may bare new white space.
    folded.trim().to_owned()
}

/// Lower case, character by character: no character's lower case depends on its neighbours.
pub(crate) fn lower(text: &str) -> String {
    if text.is_ascii() { text.to_ascii_lowercase() } else { text.chars().flat_map(char::to_lowercase).collect() }
}

fn form(text: &str, form: UnicodeForm) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    match form {
        UnicodeForm::Nfc => text.nfc().collect(),
        UnicodeForm::Nfd => text.nfd().collect(),
        UnicodeForm::Nfkc => text.nfkc().collect(),
        UnicodeForm::None => Cow::Borrowed(text),
    }
}

/// Folding leaves what it cannot fold decomposed: back to the form asked for, or to the composed one where none is.
fn reduce(text: &str, asked: UnicodeForm) -> String {
    let asked = if asked == UnicodeForm::None { UnicodeForm::Nfc } else { asked };
    form(&fold(text), asked).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use recur_core::settings::Unknown;

    fn settings(unicode: UnicodeForm, fold: Fold) -> TextSettings {
        TextSettings { unicode, fold, alphabet: None, unknown: Unknown::Token }
    }

    #[test]
    fn form_and_fold_are_as_asked() {
        let check = |unicode, fold, text: &str, expected: &str| {
            assert_eq!(normalise(text, &settings(unicode, fold)), expected);
        };
        check(UnicodeForm::Nfc, Fold::None, "Nova\u{301}k", "Novák");
        check(UnicodeForm::Nfd, Fold::None, "Novák", "Nova\u{301}k");
        check(UnicodeForm::Nfkc, Fold::None, "ﬁn", "fin");
        check(UnicodeForm::None, Fold::None, " Nova\u{301}k\u{a0}", "Nova\u{301}k");
        check(UnicodeForm::Nfc, Fold::Ascii, "Łø Ďß", "Lo Dss");
        check(UnicodeForm::Nfc, Fold::AsciiLower, "Ṧ\u{2003}", "s");
        check(UnicodeForm::Nfc, Fold::Ascii, "한", "한");
        check(UnicodeForm::Nfc, Fold::None, "\u{3000} \t", "");
    }

    #[test]
    fn lower_case_does_not_depend_on_neighbours() {
        assert_eq!(lower("ΟΔΟΣ"), "οδοσ");
    }

    proptest! {
        #[test]
        fn normalising_twice_is_the_same_as_once(text in any::<String>(), unicode in 0..4, fold in 0..3) {
            let unicode = [UnicodeForm::Nfc, UnicodeForm::Nfd, UnicodeForm::Nfkc, UnicodeForm::None][unicode as usize];
            let fold = [Fold::None, Fold::Ascii, Fold::AsciiLower][fold as usize];
            let settings = settings(unicode, fold);
            let once = normalise(&text, &settings);
            prop_assert_eq!(normalise(&once, &settings), once);
        }
    }
}
