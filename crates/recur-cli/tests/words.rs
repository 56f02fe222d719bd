//! The pages of the documentation and of reports, the comments of specs and recipes, and the texts in the code (help, messages,
//! reports) use none of the words that `words.txt` lists.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::path::{Path, PathBuf};

/// Listed words that are right in a text of the code: these characters are characters.
const RIGHT: [&str; 7] = [
    "letters, digits",
    "of the letters a-z",
    "begin with a letter",
    "\"letter\"",
    "\"letters\"",
    "There is no answer:",
    "passes over as many examples",
];

/// A part of a page that is generated from the code begins with a line that has the first, and ends with one that has the second.
const WRITTEN_BY_TESTS: [&str; 2] = [": begin", ": end -->"];

/// A word or phrase, and what to write instead.
type Entry<'t> = (&'t str, &'t str);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The entry in a line of the list.
fn entry(line: &str) -> Option<Entry<'_>> {
    let (phrase, instead) = line.split_once('\t')?;
    let is_right = phrase.split_whitespace().eq(phrase.split(' ')) && !instead.trim().is_empty();
    is_right.then_some((phrase, instead))
}

/// The entries of a list as `words.txt` has them.
fn entries(list: &str) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    for line in list.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        entries.push(entry(line).unwrap_or_else(|| panic!("a phrase, a tab and a replacement: {line:?}")));
    }
    entries
}

/// Where the first run of exactly `n` backticks begins.
fn backticks(text: &str, n: usize) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text[from..].find('`') {
        let rest = &text[from + at..];
        let length = rest.len() - rest.trim_start_matches('`').len();
        if length == n {
            return Some(from + at);
        }
        from += at + length;
    }
    None
}

/// `text` with a backtick for each code span, and with all of its lines. A span ends within its paragraph.
fn without_spans(text: &str) -> String {
    let mut prose = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('`') {
        let (before, from) = rest.split_at(at);
        let after = from.trim_start_matches('`');
        let n = from.len() - after.len();
        let paragraph = after.split("\n\n").next().unwrap_or_default();
        let span = backticks(paragraph, n).map_or("", |end| &after[..end + n]);
        prose.push_str(before);
        prose.push('`');
        prose.extend(span.matches('\n'));
        rest = &after[span.len()..];
    }
    prose + rest
}

/// `page` without code and without parts that are written from the code: their lines are empty.
fn prose(page: &str) -> String {
    let [begin, end] = WRITTEN_BY_TESTS;
    let mut until: Option<String> = None;
    let mut prose = String::new();
    for line in page.lines().map(str::trim) {
        let info = line.trim_start_matches('`');
        let fence = &line[..line.len() - info.len()];
        if let Some(last) = &until {
            if line.ends_with(last.as_str()) {
                until = None;
            }
        } else if fence.len() >= 3 && !info.contains('`') {
            until = Some(fence.to_owned());
        } else if line.starts_with("<!-- ") && line.contains(begin) {
            until = Some(end.to_owned());
        } else {
            prose.push_str(line);
        }
        prose.push('\n');
    }
    without_spans(&prose)
}

/// The characters of `text` in lower case, each with the number of its line. White space is one space, and an empty line is a
/// line end, so that a phrase may go over the end of a line but not of a paragraph.
fn flat(text: &str) -> Vec<(char, usize)> {
    let mut flat = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            flat.push(('\n', number));
        }
        for word in line.split_whitespace() {
            let lower = word.chars().flat_map(char::to_lowercase);
            flat.extend(lower.chain([' ']).map(|character| (character, number)));
        }
    }
    flat
}

/// The numbers of the lines of `text` in which `phrase` begins, as whole words.
fn lines_with(text: &[(char, usize)], phrase: &str) -> Vec<usize> {
    let phrase: Vec<char> = phrase.chars().flat_map(char::to_lowercase).collect();
    let continues = |at: Option<usize>| {
        at.and_then(|at| text.get(at)).is_some_and(|(character, _)| character.is_alphanumeric() || *character == '_')
    };
    let is_found = |(at, window): &(usize, &[(char, usize)])| {
        window.iter().map(|(character, _)| character).eq(&phrase)
            && !continues(at.checked_sub(1))
            && !continues(Some(at + phrase.len()))
    };
    text.windows(phrase.len()).enumerate().filter(is_found).map(|(_, window)| window[0].1).collect()
}

/// A line for each occurrence of a listed phrase in the prose of a page, in the order of the page.
fn occurrences(name: &str, page: &str, entries: &[Entry<'_>]) -> Vec<String> {
    let text = flat(&prose(page));
    let mut found = Vec::new();
    for &(phrase, instead) in entries {
        found.extend(lines_with(&text, phrase).into_iter().map(|line| (line, phrase, instead)));
    }
    found.sort_unstable();
    found.into_iter().map(|(line, phrase, instead)| format!("{name}:{line}: `{phrase}`, write: {instead}")).collect()
}

/// The paths of the files in `folder` whose names end so, relative to the root, and of those in folders within it.
fn files(folder: &str, ending: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(root().join(folder)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{folder}/{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            files(&path, ending, found);
        } else if path.ends_with(ending) {
            found.push(path);
        }
    }
}

/// Fails if one of these files has a listed word in what `prose` leaves of it.
fn check_files(names: &mut Vec<String>, at_least: usize, prose: impl Fn(&str) -> String) {
    assert!(names.len() >= at_least, "the files are found: {names:?}");
    let entries = entries(include_str!("words.txt"));
    names.sort_unstable();
    let read = |name: &String| prose(&std::fs::read_to_string(root().join(name)).unwrap());
    let found: Vec<String> = names.iter().flat_map(|name| occurrences(name, &read(name), &entries)).collect();
    assert!(found.is_empty(), "crates/recur-cli/tests/words.txt lists these words:\n{}", found.join("\n"));
}

/// The lines of `text` from `mark` on: those without it are empty.
fn after(mark: &str, text: &str) -> String {
    text.lines().map(|line| line.split_once(mark).map_or("", |(_, comment)| comment).to_owned() + "\n").collect()
}

#[test]
fn the_documentation_uses_none_of_the_listed_words() {
    let mut names = Vec::from(["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"].map(str::to_owned));
    files("docs", ".md", &mut names);
    check_files(&mut names, 15, str::to_owned);
}

#[test]
fn the_committed_reports_use_none_of_the_listed_words() {
    let mut names = Vec::new();
    files("reports", ".md", &mut names);
    check_files(&mut names, 10, str::to_owned);
}

#[test]
fn comments_of_specs_recipes_and_tools_use_none_of_the_listed_words() {
    let mut names = vec!["justfile".to_owned()];
    files("experiments", ".yaml", &mut names);
    files("tools", "", &mut names);
    names.retain(|name| std::fs::read_to_string(root().join(name)).is_ok_and(|text| text.contains("# ")));
    check_files(&mut names, 15, |text| after("# ", text));
}

#[test]
fn manifests_of_the_example_plugins_use_none_of_the_listed_words() {
    let mut names = Vec::new();
    files("examples/plugins", "plugin.yaml", &mut names);
    // What a plugin is called is no text.
    let is_text = |line: &&str| !line.starts_with("id: ") && !line.starts_with("command: ");
    check_files(&mut names, 3, |text| text.lines().filter(is_text).map(|line| line.to_owned() + "\n").collect());
}

#[test]
fn the_help_uses_none_of_the_listed_words() {
    let mut names = vec!["crates/recur-cli/src/args.rs".to_owned()];
    files("crates/recur-cli/src/args", ".rs", &mut names);
    check_files(&mut names, 8, |text| after("/// ", text));
}

/// The texts in `code`: its string literals, but for documentation, other attributes than those of errors, and tests.
fn texts(code: TokenStream, found: &mut Vec<String>) {
    let mut tokens = code.into_iter().peekable();
    let mut is_test = false;
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                // Documentation of a module is `#![doc = …]`.
                tokens.next_if(|next| matches!(next, TokenTree::Punct(punct) if punct.as_char() == '!'));
                let Some(TokenTree::Group(attribute)) = tokens.next_if(|next| matches!(next, TokenTree::Group(_)))
                else {
                    continue;
                };
                let text = attribute.stream().to_string();
                is_test |= text == "test" || text.replace(' ', "") == "cfg(test)";
                if text.starts_with("error") {
                    texts(attribute.stream(), found);
                }
            }
            TokenTree::Group(group) => {
                let ends_item = group.delimiter() == Delimiter::Brace;
                if !is_test {
                    texts(group.stream(), found);
                }
                is_test &= !ends_item;
            }
            TokenTree::Literal(literal) if !is_test => {
                let text = literal.to_string();
                // A line that goes on in the next one has its blanks before the backslash.
                found.extend(text.starts_with(['"', 'r']).then(|| text.replace("\\\n", " ").replace("\\n", "\n")));
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => is_test = false,
            _ => {}
        }
    }
}

#[test]
fn the_texts_in_the_code_use_none_of_the_listed_words() {
    let entries = entries(include_str!("words.txt"));
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root().join("crates")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        files(&format!("crates/{name}/src"), ".rs", &mut names);
    }
    names.retain(|name| !name.ends_with("tests.rs"));
    names.sort_unstable();
    let (mut found, mut n_texts) = (Vec::new(), 0);
    for name in &names {
        let code: TokenStream = std::fs::read_to_string(root().join(name)).unwrap().parse().unwrap();
        let mut own = Vec::new();
        texts(code, &mut own);
        n_texts += own.len();
        for text in own {
            // What is filled in is named for the code, not for readers.
            let filled = text.replace(['{', '}'], "`");
            let checked = RIGHT.iter().fold(filled, |text, right| text.replace(right, ""));
            let of_text = occurrences(name, &checked, &entries);
            found.extend(of_text.into_iter().map(|line| format!("{line}\n  in {text}")));
        }
    }
    assert!(n_texts > 3000, "{n_texts}");
    assert!(found.is_empty(), "crates/recur-cli/tests/words.txt lists these words:\n{}", found.join("\n"));
}

#[test]
fn the_texts_of_code_are_its_strings_without_documentation_and_tests() {
    let code = "//! \"module\"\n/// \"doc\"\n#[serde(rename = \"no\")] #[error(\"yes {0}\")] fn f() { g(\"also\", 'n', r\"raw\"); }\n\
                #[cfg(test)] mod tests { fn t() { g(\"no\"); } } #[test] fn u() { \"no\" } fn v() { \"last\" }";
    let mut found = Vec::new();
    texts(code.parse().unwrap(), &mut found);
    assert_eq!(found, ["\"yes {0}\"", "\"also\"", "r\"raw\"", "\"last\""]);
}

#[test]
fn the_list_has_each_phrase_once() {
    let mut phrases: Vec<&str> = entries(include_str!("words.txt")).into_iter().map(|(phrase, _)| phrase).collect();
    let n = phrases.len();
    assert!(n > 50, "{n}");
    phrases.sort_unstable();
    phrases.dedup();
    assert_eq!(phrases.len(), n);
}

const LIST: &str = "# A comment.\n\ntold\treported\nin place of\tinstead of\n";

/// The lines of `page` in which each phrase of [`LIST`] is found.
#[track_caller]
fn check(page: &str, expected: &[&str]) {
    assert_eq!(occurrences("page.md", page, &entries(LIST)), expected, "{page}");
}

const TOLD: &str = "page.md:1: `told`, write: reported";

#[test]
fn whole_words_are_found_in_upper_and_lower_case() {
    check("An error is told.", &[TOLD]);
    check("Told: (told) told_ *TOLD*", &[TOLD, TOLD, TOLD]);
    check("untold, toldness, a_told, told2, retold", &[]);
    check("", &[]);
    check("a told", &[TOLD]);
}

#[test]
fn phrases_are_found_over_line_ends_and_in_order() {
    let list = ["page.md:2: `in place of`, write: instead of", "page.md:4: `told`, write: reported"];
    check("One.\nIt comes in\n  place of another,\nand is told.", &list);
    check("It is in\tplace  of another.", &["page.md:1: `in place of`, write: instead of"]);
    check("It comes in\n\nplace of another.", &[]);
    check("It is in\nplace.", &[]);
    check("| in\n| place of |", &[]);
}

#[test]
fn code_is_not_searched() {
    check("It has `told` and ``a ` told``, and `one\ntold`.", &[]);
    check("In `x` told", &[TOLD]);
    check("in `x` place of", &[]);
    check("A span ends `with its paragraph.\n\ntold` there.", &["page.md:3: `told`, write: reported"]);
    check("```text\ntold\n\ntold\n```\nand told", &["page.md:6: `told`, write: reported"]);
    check("- item\n\n  ```rust\n  told\n  ```\n\n  told", &["page.md:7: `told`, write: reported"]);
    check("````md\n```\ntold\n```\ntold\n````", &[]);
    check("```told``` told", &[TOLD]);
}

#[test]
fn parts_that_are_written_from_the_code_are_not_searched() {
    check(
        "<!-- keys: begin; written by `x` -->\n\n| told |\n\n<!-- keys: end -->\ntold",
        &["page.md:6: `told`, write: reported"],
    );
    check("<!-- told -->", &[TOLD]);
}

#[test]
#[should_panic(expected = "a phrase, a tab and a replacement")]
fn a_line_of_the_list_without_a_replacement_is_refused() {
    entries("told\treported\nuntold\n");
}
