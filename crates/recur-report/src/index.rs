//! What the reports of a folder ask and answer, read back from their first lines.

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
    /// Reads it from the text of a report.
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
        Ok(Self { name, question: question.join(" "), answer: answer.join(" ") })
    }
}

/// The first `n` sentences, without the emphasis that the report gives to some words.
fn sentences(paragraph: &str, n: usize) -> String {
    let plain = paragraph.replace("**", "");
    let end = plain.match_indices(". ").nth(n - 1).map_or(plain.len(), |(at, _)| at + 1);
    plain[..end].to_owned()
}

/// The page of a folder's reports.
pub fn index(openings: &[Opening]) -> String {
    let mut text = "\
# Reports

What each experiment of this folder asks, and what came of it. Written by `recur reports --write`; the reports themselves are written by
`just experiment SPEC`, and `just verify reports/NAME.md` makes one again and compares every byte. A comparison names the `just compare` that wrote it.

| report | question | answer |
|---|---|---|
"
    .to_owned();
    for Opening { name, question, answer } in openings {
        let cells = [&format!("[{name}]({name}.md)"), question, answer].map(|cell| cell.replace('|', "\\|"));
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
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
        let opening = Opening { name: "x".into(), question: "a | b?".into(), answer: "`a`.".into() };
        assert!(index(&[opening]).ends_with("|---|---|---|\n| [x](x.md) | a \\| b? | `a`. |\n"));
    }
}
