//! Arbitrary input never panics, and is reported within bounds.

use crate::{least, parse, parse_with, typos::FULL};
use proptest::prelude::*;

/// Text made of pieces that mean something in YAML.
fn yamlish() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "recur",
        "models",
        "sweep",
        "use",
        "manual_rnn",
        "hidden_size",
        ":",
        ": ",
        "- ",
        "? ",
        "\n",
        "\n  ",
        "\n    ",
        "[",
        "]",
        "{",
        "}",
        ",",
        "#",
        "&a",
        "*a",
        "!!str",
        "<<",
        "'",
        "\"",
        "|",
        ">",
        "|-\n",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "\t",
        "\u{85}",
        "\u{2028}",
        "é",
        "名",
        "1",
        "-1",
        "0x",
        "1e999",
        ".nan",
        "~",
        "\\",
        "\\x00",
        "@",
        "`",
        "\r",
        "\u{feff}",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn reported(text: &[u8]) {
    if let Err(errors) = parse(text) {
        assert!(!errors.errors.is_empty());
        assert!(errors.to_string().len() < 400_000);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        reported(&bytes);
    }

    #[test]
    fn yamlish_text_never_panics(text in yamlish()) {
        reported(text.as_bytes());
        reported(least(&text).as_bytes());
    }

    #[test]
    fn a_damaged_spec_never_panics(at in 0..FULL.len(), len in 0_usize..20, piece in yamlish()) {
        let mut bytes = FULL.as_bytes().to_vec();
        let end = (at + len).min(bytes.len());
        bytes.splice(at..end, piece.bytes());
        reported(&bytes);
    }

    #[test]
    fn arbitrary_overrides_never_panic(path in "[a-z.0-9é]{1,20}", value in yamlish()) {
        let _ = parse_with(least(""), &[&format!("{path}={value}")]);
    }
}
