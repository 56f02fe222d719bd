//! What the reports of a folder ask and answer, read back from their first lines.

use crate::markdown::{code, escape};
use crate::page::link_target;
use pulldown_cmark::{Event, Options, Parser, TextMergeStream};
use recur_core::digest::Digest;
use std::fmt;

/// A report's first lines.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Opening {
    /// The experiment's name.
    pub name: String,
    /// Its question in Markdown; empty if it has none.
    pub question: String,
    /// The first sentences of its answer, in Markdown.
    pub answer: String,
}

/// A text that does not open as a report does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: no {expected}")]
pub struct NoOpening {
    /// Where it was expected, counted from 1.
    pub line: usize,
    /// What was expected.
    pub expected: Opener,
}

/// A part of a report's opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opener {
    /// `# name`.
    Title,
    /// The paragraph below the question.
    Answer,
}

impl fmt::Display for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Opener::Title => "title (`# NAME`)",
            Opener::Answer => "answer (a paragraph before the first section)",
        })
    }
}

impl Opening {
    /// The question of a report, in Markdown and on one line.
    pub(crate) fn question(markdown: &str) -> String {
        let mut lines = markdown.lines().skip(1).filter(|line| !line.trim().is_empty()).peekable();
        let mut question = Vec::new();
        while let Some(quoted) = lines.next_if(|line| line.starts_with('>')) {
            question.push(quoted.trim_start_matches('>').trim());
        }
        question.join(" ")
    }

    /// Reads it from the text of a report. Only text and code are taken: no HTML, no link and no image of it goes further.
    ///
    /// # Errors
    /// If the text has no title, or no answer.
    pub fn read(markdown: &str) -> Result<Self, NoOpening> {
        let mut lines = (1..).zip(markdown.lines()).filter(|(_, line)| !line.trim().is_empty()).peekable();
        let title = lines.next().and_then(|(_, line)| line.strip_prefix("# "));
        let name = title.ok_or(NoOpening { line: 1, expected: Opener::Title })?.trim().to_owned();
        let mut question = Vec::new();
        while let Some((_, quoted)) = lines.next_if(|(_, line)| line.starts_with('>')) {
            question.push(quoted.trim_start_matches('>').trim());
        }
        let end = markdown.lines().count() + 1;
        let line = lines.peek().map_or(end, |(line, _)| *line);
        let paragraphs: Vec<&str> =
            lines.map(|(_, text)| text).take_while(|text| !text.starts_with('#') && !text.starts_with('|')).collect();
        let [first, others @ ..] = paragraphs.as_slice() else {
            return Err(NoOpening { line, expected: Opener::Answer });
        };
        let others = others.iter().map(|paragraph| sentences(paragraph, 1));
        let answer: Vec<String> = std::iter::once(sentences(first, 2)).chain(others).collect();
        Ok(Self { name, question: plain(&question.join(" ")), answer: plain(&answer.join(" ")) })
    }
}

/// The text and the code of `markdown`, as Markdown.
fn plain(markdown: &str) -> String {
    let mut text = String::new();
    for event in TextMergeStream::new(Parser::new_ext(markdown, Options::empty())) {
        match event {
            Event::Text(part) if text.is_empty() => text.push_str(&escape(&part)),
            // Only at the beginning do some signs open a list.
            Event::Text(part) => text.push_str(&escape(&format!(" {part}"))[1..]),
            Event::Code(part) => text.push_str(&code(&part)),
            Event::Html(part) | Event::InlineHtml(part) => text.push_str(&escape(part.trim_end_matches('\n'))),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
    }
    text
}

/// The first `n` sentences, without the emphasis that the report gives to some words.
fn sentences(paragraph: &str, n: usize) -> String {
    let plain = paragraph.replace("**", "");
    let end = plain.match_indices(". ").nth(n - 1).map_or(plain.len(), |(at, _)| at + 1);
    plain[..end].to_owned()
}

/// How the page of a folder's reports begins.
const INTRODUCTION: &str = "\
# Reports

What each experiment of this folder asks, and what came of it. Written by `recur reports --write`; the reports themselves are written by
`just experiment SPEC`, and `just verify reports/NAME.md` makes one again and compares every byte. A comparison names the `just compare` that wrote it.

| report | question | answer |
|---|---|---|
";

/// What is before the digest in the page's last line, and after it.
const DIGEST: [&str; 2] = ["\n<!-- recur reports --write: the SHA-256 of the lines above is ", " -->\n"];

/// The page of a folder's reports. Its last line has a digest of the others, by which [`IndexState::of`] knows it.
pub fn index(openings: &[Opening]) -> String {
    let mut text = INTRODUCTION.to_owned();
    for Opening { name, question, answer } in openings {
        let cells = [&format!("[{}]({}.md)", escape(name), link_target(name)), question, answer];
        text.push_str(&format!("| {} |\n", cells.map(|cell| cell.as_str()).join(" | ")));
    }
    let digest = Digest::of(text.as_bytes());
    text + &DIGEST.join(digest.as_str())
}

/// Who wrote a page that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexState {
    /// recur did, and it is unchanged.
    Own,
    /// recur did, and somebody changed it.
    Changed,
    /// Somebody else did.
    Foreign,
}

impl IndexState {
    /// That of the page with this text.
    pub fn of(text: &[u8]) -> Self {
        let Ok(text) = std::str::from_utf8(text) else { return IndexState::Foreign };
        // A checkout may have other line ends.
        let text = text.replace("\r\n", "\n");
        let parts = text.rsplit_once(DIGEST[0]).and_then(|(page, rest)| Some((page, rest.split_once(DIGEST[1])?)));
        match parts {
            Some((page, (digest, ""))) if Digest::of(page.as_bytes()).as_str() == digest => IndexState::Own,
            _ => match text.strip_prefix(INTRODUCTION) {
                // A page from before there were digests: nothing but rows.
                Some(rows) if parts.is_none() && rows.lines().all(|row| row.starts_with("| [")) => IndexState::Own,
                Some(_) => IndexState::Changed,
                None if parts.is_some() => IndexState::Changed,
                None => IndexState::Foreign,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(markdown: &str, expect: Result<[&str; 3], (usize, Opener)>) {
        let read = Opening::read(markdown).map(|o| [o.name, o.question, o.answer]);
        let expect = expect.map(|parts| parts.map(str::to_owned));
        assert_eq!(read, expect.map_err(|(line, expected)| NoOpening { line, expected }), "{markdown}");
    }

    #[test]
    fn name_question_and_the_gist_of_the_answer_are_read() {
        let answer = "**`a` is best:** 62.33 % on test. It is ahead. It is the baseline.\n\nWithin `a`, **`x` matters:** so. \
                      `y` too.\n\n## Models\n\nMore.\n";
        let first = "`a` is best: 62.33 % on test. It is ahead. Within `a`, `x` matters: so.";
        check(&format!("# x\n\n> Why?\n\n> And how?\n\n{answer}"), Ok(["x", "Why? And how?", first]));
        check(&format!("# x\n\n{answer}"), Ok(["x", "", first]));
        check("# x\n\n**`a` and `b` are tied.** More.", Ok(["x", "", "`a` and `b` are tied. More."]));
        check("# x\n\nNothing finished", Ok(["x", "", "Nothing finished"]));
    }

    #[test]
    fn what_is_no_report_is_told_with_its_line() {
        check("", Err((1, Opener::Title)));
        check("Notes\n", Err((1, Opener::Title)));
        check("# x\n\n> Why?\n\n## Models\n", Err((5, Opener::Answer)));
        check("# x\n\n> Why?\n", Err((4, Opener::Answer)));
    }

    #[test]
    fn the_page_has_a_row_a_report() {
        let report = "# x\n\n> a \\| b?\n\n`a|b` is best.\n";
        let page = index(&[Opening::read(report).unwrap()]);
        assert!(page.contains("|---|---|---|\n| [x](x.md) | a \\| b? | `a\\|b` is best. |\n\n<!-- recur"), "{page}");
    }

    #[test]
    fn nothing_of_a_report_but_text_and_code_goes_into_the_page() {
        let check = |markdown: &str, expect: &str| assert_eq!(plain(markdown), expect);
        check("a <script>x</script> <b>y</b>", "a &lt;script&gt;x&lt;/script&gt; &lt;b&gt;y&lt;/b&gt;");
        check("<div onclick=\"x\">", "&lt;div onclick=\"x\"&gt;");
        check("![x](http://a/b.png) [text](javascript:x) <http://a>", "x text http://a");
        check("a\u{202e}b `c\u{200b}`", "a\\\\u{202e}b `c\\u{200b}`");
        check("50&nbsp;% &amp; \\_x\\_ a_b `a_b` - +1", "50\u{a0}% &amp; \\_x\\_ a\\_b `a_b` - +1");
    }

    #[test]
    fn a_page_is_recognised_until_somebody_changes_it() {
        let opening = Opening { name: "x".into(), question: "why?".into(), answer: "so.".into() };
        let page = index(&[opening.clone(), opening]);
        let check = |text: &str, expect| assert_eq!(IndexState::of(text.as_bytes()), expect, "{text}");
        check(&page, IndexState::Own);
        check(&page.replace('\n', "\r\n"), IndexState::Own);
        check(&page.replacen("why?", "who?", 1), IndexState::Changed);
        check(&format!("{page}More.\n"), IndexState::Changed);
        let (older, _) = page.split_once("\n<!--").unwrap();
        check(older, IndexState::Own);
        check(&format!("{older}\nMore.\n"), IndexState::Changed);
        check("# Reports\n\nOf my project.\n", IndexState::Foreign);
        assert_eq!(IndexState::of(&[0xff]), IndexState::Foreign);
    }
}
