//! The page that lists the reports of a folder, from their records.

use crate::markdown::{code, escape};
use crate::page::link_target;
use crate::record::ReportRecord;
use crate::sections;
use pulldown_cmark::{Event, Options, Parser, TextMergeStream};
use recur_core::digest::Digest;

/// A report in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The name of the report's file, without `.md`.
    pub name: String,
    /// Its question in Markdown, on one line; empty if it has none.
    pub question: String,
    /// The first sentences of its answer, in Markdown.
    pub answer: String,
}

impl Listed {
    /// The report `name` with this record. The record may be anybody's text: no HTML, no link and no image of it goes further.
    pub fn new(name: &str, record: &ReportRecord) -> Self {
        let question = sections::question(&record.question).join(" ");
        Self { name: name.to_owned(), question, answer: plain(&record.answer) }
    }

    /// The question and the answer as plain text, for a terminal.
    pub fn plain(&self) -> [String; 2] {
        [&self.question, &self.answer].map(|markdown| text_of(markdown))
    }
}

/// The text and the code of `markdown`.
fn text_of(markdown: &str) -> String {
    let mut text = String::new();
    for event in TextMergeStream::new(Parser::new_ext(markdown, Options::empty())) {
        match event {
            Event::Text(part) | Event::Code(part) => text.push_str(&part),
            Event::SoftBreak | Event::HardBreak => text.push(' '),
            _ => {}
        }
    }
    text
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

/// What the list shows of an answer in Markdown: the first two sentences, without emphasis.
pub(crate) fn gist(answer: &str) -> String {
    let plain = answer.replace("**", "");
    let end = plain.match_indices(". ").nth(1).map_or(plain.len(), |(at, _)| at + 1);
    plain[..end].to_owned()
}

/// How the page of a folder's reports begins, up to its mention of a program.
const INTRODUCTION: &str = "\
# Reports

What each experiment of this folder asks, and its answer. `recur reports --write` wrote this list.";

/// What is between the introduction and the rows. `program` is how a command of recur begins, as users type it.
fn instructions(program: &str) -> String {
    format!(
        " `{program} experiment SPEC` writes a report,\nand `{program} verify REPORT` executes it again and compares every byte. A comparison names the \
         command that wrote it.\n\n| report | question | answer |\n|---|---|---|\n"
    )
}

/// What is before the digest in the page's last line, and after it.
const DIGEST: [&str; 2] = ["\n<!-- recur reports --write: the SHA-256 of the lines above is ", " -->\n"];

/// The page of a folder's reports, for readers who type `program` (such as `just` or `recur`) before a command. Its last line
/// has a digest of the others, by which [`IndexState::of`] knows it.
pub fn index(reports: &[Listed], program: &str) -> String {
    let mut text = INTRODUCTION.to_owned() + &instructions(program);
    for Listed { name, question, answer } in reports {
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
            _ if parts.is_some() || text.starts_with(INTRODUCTION) => IndexState::Changed,
            _ => IndexState::Foreign,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_the_first_sentences_of_an_answer() {
        let answer = "**`a` is best:** 62.33 % on test. It is ahead. It is the baseline.";
        assert_eq!(gist(answer), "`a` is best: 62.33 % on test. It is ahead.");
        assert_eq!(gist("**`a` and `b` are tied.** More."), "`a` and `b` are tied. More.");
        assert_eq!(gist("Nothing finished"), "Nothing finished");
    }

    #[test]
    fn the_page_has_a_row_for_each_report() {
        let listed = Listed { name: "x".into(), question: "a \\| b?".into(), answer: "`a\\|b` is best.".into() };
        let page = index(&[listed], "own");
        assert!(page.contains("|---|---|---|\n| [x](x.md) | a \\| b? | `a\\|b` is best. |\n\n<!-- recur"), "{page}");
        assert!(page.contains("`own experiment SPEC`") && page.contains("`own verify REPORT`"), "{page}");
    }

    #[test]
    fn nothing_of_a_report_but_text_and_code_goes_into_the_page() {
        let check = |markdown: &str, expect: &str| assert_eq!(plain(markdown), expect);
        check("a <script>x</script> <b>y</b>", "a &lt;script&gt;x&lt;/script&gt; &lt;b&gt;y&lt;/b&gt;");
        check("<div onclick=\"x\">", "&lt;div onclick=\"x\"&gt;");
        check("![x](http://a/b.png) [text](javascript:x) <http://a>", "x text http&#58;//a");
        check("at www.a.b, ftp://a, a@b", "at www&#46;a.b, ftp&#58;//a, a&#64;b");
        check("a\u{202e}b `c\u{200b}`", "a\\\\u{202e}b `c\\u{200b}`");
        check("50&nbsp;% &amp; \\_x\\_ a_b `a_b` - +1", "50\u{a0}% &amp; \\_x\\_ a\\_b `a_b` - +1");
    }

    #[test]
    fn on_a_terminal_a_text_is_what_somebody_wrote() {
        let question = escape("Is a_b < `c` & www.d.e or f@g.h?");
        let listed = Listed { name: "x".into(), question, answer: "`a_b` is best.".into() };
        assert_eq!(listed.plain(), ["Is a_b < `c` & www.d.e or f@g.h?", "a_b is best."]);
    }

    #[test]
    fn a_page_is_recognised_until_somebody_changes_it() {
        let listed = Listed { name: "x".into(), question: "why?".into(), answer: "so.".into() };
        let page = index(&[listed.clone(), listed], "recur");
        let check = |text: &str, expect| assert_eq!(IndexState::of(text.as_bytes()), expect, "{text}");
        check(&page, IndexState::Own);
        check(&page.replace('\n', "\r\n"), IndexState::Own);
        check(&page.replacen("why?", "who?", 1), IndexState::Changed);
        check(&format!("{page}More.\n"), IndexState::Changed);
        let (without_digest, _) = page.split_once("\n<!--").unwrap();
        check(without_digest, IndexState::Changed);
        check("# Reports\n\nOf my project.\n", IndexState::Foreign);
        assert_eq!(IndexState::of(&[0xff]), IndexState::Foreign);
    }
}
