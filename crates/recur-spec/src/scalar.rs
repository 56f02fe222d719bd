//! What a scalar means under the core schema of YAML 1.2: `no` is text, `0x10` a number.

/// The meaning of a scalar.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar {
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i128),
    /// Another number; infinite and not-a-number included.
    Real(f64),
    /// Anything else, and all that is quoted.
    Text(String),
}

/// Resolves `text`; only a plain (unquoted) scalar can be anything but text.
pub(crate) fn resolve(text: &str, plain: bool) -> Scalar {
    if !plain {
        return Scalar::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Boolean(true),
        "false" | "False" | "FALSE" => return Scalar::Boolean(false),
        ".nan" | ".NaN" | ".NAN" => return Scalar::Real(f64::NAN),
        _ => {}
    }
    integer(text).or_else(|| real(text)).unwrap_or_else(|| Scalar::Text(text.to_owned()))
}

fn integer(text: &str) -> Option<Scalar> {
    let radix =
        |digits: &str, radix| digits.chars().all(|c| c.is_digit(radix)).then(|| i128::from_str_radix(digits, radix));
    let parsed = match (text.strip_prefix("0o"), text.strip_prefix("0x")) {
        (Some(octal), _) => radix(octal, 8)?,
        (_, Some(hexadecimal)) => radix(hexadecimal, 16)?,
        _ => text.parse(),
    };
    parsed.ok().map(Scalar::Integer)
}

fn real(text: &str) -> Option<Scalar> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Some(Scalar::Real(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY }));
    }
    // Rust also reads `inf` and `nan`, which are words in YAML.
    let numeric = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.contains(|c: char| c.is_ascii_digit())
        && unsigned.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-'));
    numeric.then(|| text.parse().ok().map(Scalar::Real)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Scalar) {
        assert_eq!(resolve(text, true), expect, "{text}");
    }

    #[test]
    fn numbers_are_those_of_the_core_schema() {
        check("12", Scalar::Integer(12));
        check("+5", Scalar::Integer(5));
        check("-3", Scalar::Integer(-3));
        check("0x10", Scalar::Integer(16));
        check("0o17", Scalar::Integer(15));
        check("18446744073709551615", Scalar::Integer(u64::MAX.into()));
        check("1e-3", Scalar::Real(0.001));
        check(".5", Scalar::Real(0.5));
        check("1.", Scalar::Real(1.0));
        check("-.inf", Scalar::Real(f64::NEG_INFINITY));
        assert!(matches!(resolve(".nan", true), Scalar::Real(x) if x.is_nan()));
    }

    #[test]
    fn words_stay_words() {
        for word in [
            "no", "yes", "on", "inf", "nan", "infinity", "1_000", "0x", "0o8", "0x-1", "1e", ".", "..", "e5", "1.2.3",
            "+-1",
        ] {
            check(word, Scalar::Text(word.to_owned()));
        }
    }

    #[test]
    fn a_quoted_scalar_is_text() {
        assert_eq!(resolve("5", false), Scalar::Text("5".into()));
        assert_eq!(resolve("", false), Scalar::Text(String::new()));
    }
}
