//! From the text of a file to the tokens that count.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A file's tokens that count, and the modules that it declares in files of their own: these lines are not among the
/// tokens, so that a new model is no edit of the others.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Tokens {
    pub(crate) texts: Vec<String>,
    pub(crate) submodules: Vec<String>,
    /// Those that are compiled only in tests.
    pub(crate) test_submodules: Vec<String>,
}

/// The tokens of `text`, without comments, documentation, lint attributes, items only for tests and `mod name;`.
///
/// # Errors
/// If `text` is not Rust.
pub(crate) fn tokens(text: &str) -> Result<Tokens, proc_macro2::LexError> {
    let mut out = Tokens::default();
    flatten(text.parse::<TokenStream>()?, true, &mut out);
    Ok(out)
}

/// Attributes that no result depends on.
const IDLE_ATTRIBUTES: [&str; 6] = ["doc", "allow", "expect", "warn", "deny", "must_use"];

fn flatten(stream: TokenStream, top: bool, out: &mut Tokens) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut at = 0;
    while at < trees.len() {
        if let Some((name, arguments, end)) = attribute(&trees, at) {
            if name == "cfg" && arguments == "test" {
                at = end_of_item(&trees, end);
                out.test_submodules
                    .extend((end..at).filter(|_| top).find_map(|at| submodule(&trees, at)).map(|it| it.0));
                continue;
            }
            if IDLE_ATTRIBUTES.contains(&name.as_str()) {
                at = end;
                continue;
            }
        }
        if let Some((name, end)) = submodule(&trees, at).filter(|_| top) {
            out.submodules.push(name);
            at = end;
            continue;
        }
        push(&trees[at], out);
        at += 1;
    }
}

fn push(tree: &TokenTree, out: &mut Tokens) {
    let TokenTree::Group(group) = tree else {
        out.texts.push(tree.to_string());
        return;
    };
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    };
    out.texts.push(open.to_owned());
    flatten(group.stream(), false, out);
    out.texts.push(close.to_owned());
}

/// The attribute at `at`: its name, its arguments as text, and where it ends.
fn attribute(trees: &[TokenTree], at: usize) -> Option<(String, String, usize)> {
    let is = |index: usize, sign: char| matches!(trees.get(index), Some(TokenTree::Punct(p)) if p.as_char() == sign);
    let body = at + 1 + usize::from(is(at + 1, '!'));
    let Some(TokenTree::Group(group)) = trees.get(body).filter(|_| is(at, '#')) else { return None };
    let mut inner = group.stream().into_iter();
    let name = inner.next().filter(|_| group.delimiter() == Delimiter::Bracket)?.to_string();
    let arguments = match inner.next() {
        Some(TokenTree::Group(arguments)) => arguments.stream().to_string(),
        _ => String::new(),
    };
    Some((name, arguments, body + 1))
}

/// Where the item that begins at `at`, with its other attributes, ends: behind its `;` or its braces.
fn end_of_item(trees: &[TokenTree], mut at: usize) -> usize {
    while at < trees.len() {
        let last = match &trees[at] {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            _ => false,
        };
        at += 1;
        if last {
            break;
        }
    }
    at
}

/// The name in `mod name;` at `at`, whoever may see it, and where that ends.
fn submodule(trees: &[TokenTree], at: usize) -> Option<(String, usize)> {
    let is_word = |at: usize, word: &str| matches!(trees.get(at), Some(TokenTree::Ident(ident)) if *ident == word);
    let restricted = matches!(trees.get(at + 1), Some(TokenTree::Group(_)));
    let start = if is_word(at, "pub") { at + 1 + usize::from(restricted) } else { at };
    match trees.get(start..start + 3)? {
        [TokenTree::Ident(_), TokenTree::Ident(name), TokenTree::Punct(end)]
            if is_word(start, "mod") && end.as_char() == ';' =>
        {
            Some((name.to_string(), start + 3))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) {
        assert_eq!(tokens(a).unwrap(), tokens(b).unwrap());
    }

    #[test]
    fn comments_documentation_layout_lints_and_tests_do_not_count() {
        let code = "mod a; fn f(x: f32) -> f32 { x * 2.0 }";
        same(code, "//! Module.\nmod a;\n/// Says.\nfn f(x: f32)\n    -> f32 { /* why */ x * 2.0 }\n");
        same(
            code,
            "#![allow(dead_code)] mod a; #[expect(clippy::all, reason = \"r\")] fn f(x: f32) -> f32 { x * 2.0 }",
        );
        same(code, "mod a; fn f(x: f32) -> f32 { x * 2.0 } #[cfg(test)] mod tests { fn g() {} }");
        same(code, "mod a; #[cfg(test)] #[expect(unused)] use x::y; fn f(x: f32) -> f32 { x * 2.0 }");
    }

    #[test]
    fn every_other_change_counts() {
        let code = tokens("fn f(x: f32) -> f32 { x * 2.0 }").unwrap();
        for other in [
            "fn f(x: f32) -> f32 { x * 2.5 }",
            "fn f(x: f32) -> f32 { x + 2.0 }",
            "fn f(x: f64) -> f32 { x * 2.0 }",
            "fn f(x: f32) -> f32 { (x) * 2.0 }",
            "#[inline] fn f(x: f32) -> f32 { x * 2.0 }",
            "#[cfg(unix)] fn f(x: f32) -> f32 { x * 2.0 }",
        ] {
            assert_ne!(tokens(other).unwrap(), code, "{other}");
        }
    }

    #[test]
    fn modules_in_files_of_their_own_are_found() {
        let found =
            tokens("pub mod a; mod b { mod c; } #[cfg(test)] mod d; pub(crate) mod e; #[cfg(test)] use f;").unwrap();
        assert_eq!(found.submodules, ["a", "e"]);
        assert_eq!(found.test_submodules, ["d"]);
        assert_eq!(found.texts.concat(), "modb{modc;}", "lines of other files are not this file's tokens");
    }
}
