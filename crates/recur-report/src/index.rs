//! The page that lists the reports of a folder, from their records.

use crate::markdown::escape;
use crate::page::link_target;
use crate::record::ReportRecord;
use recur_core::digest::Digest;
use recur_core::visible::visible;

/// A report in the list: all as its record has it, which may be anybody's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The name of the report's file, without `.md`.
    pub name: String,
    /// Its question; empty if it has none.
    pub question: String,
    /// The first sentences of its answer.
    pub answer: String,
}

impl Listed {
    /// The report `name` with this record.
    pub fn new(name: &str, record: &ReportRecord) -> Self {
        Self { name: name.to_owned(), question: record.question.clone(), answer: record.answer.clone() }
    }

    /// The question and the answer, each on one line, for a terminal.
    pub fn lines(&self) -> [String; 2] {
        [&self.question, &self.answer].map(|text| visible(&one_line(text)).into_owned())
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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
        // No HTML, no link and no image of a text goes into the page.
        let [question, answer] = [question, answer].map(|text| escape(&one_line(text)));
        let cells = [format!("[{}]({}.md)", escape(name), link_target(name)), question, answer];
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
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
    fn the_page_has_a_row_for_each_report() {
        let listed = Listed { name: "x".into(), question: "a | b?".into(), answer: "a|b is\nbest.".into() };
        let page = index(&[listed], "own");
        assert!(page.contains("|---|---|---|\n| [x](x.md) | a \\| b? | a\\|b is best. |\n\n<!-- recur"), "{page}");
        assert!(page.contains("`own experiment SPEC`") && page.contains("`own verify REPORT`"), "{page}");
    }

    #[test]
    fn nothing_of_a_report_but_text_goes_into_the_page() {
        let check = |text: &str, expect: &str| {
            let listed = Listed { name: "x".into(), question: text.into(), answer: String::new() };
            let page = index(&[listed], "own");
            assert!(page.contains(&format!("| [x](x.md) | {expect} |  |\n")), "{page}");
        };
        check("a <script>x</script> <b>y</b>", "a &lt;script&gt;x&lt;/script&gt; &lt;b&gt;y&lt;/b&gt;");
        check("![x](http://a/b.png)", "!\\[x\\](http&#58;//a/b.png)");
        check("1. which\n\n# one?", "1. which # one?");
        check("a\u{202e}b", "a\\\\u{202e}b");
    }

    #[test]
    fn on_a_terminal_a_text_is_what_somebody_wrote() {
        let question = "1. Is a_b < `c` & www.d.e\nor f@g.h?".to_owned();
        let listed = Listed { name: "x".into(), question, answer: "a_b is \u{1b}[31mbest.".into() };
        assert_eq!(listed.lines(), ["1. Is a_b < `c` & www.d.e or f@g.h?", "a_b is \\x1b[31mbest."]);
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
