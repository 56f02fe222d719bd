//! The question that a spec asks: its first comment.

/// Settings for editors that may be above the question.
const EDITOR_LINE: &str = "yaml-language-server:";

/// The first block of comment lines above all else, joined to one line; empty if there is none.
pub(crate) fn question(text: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for line in text.lines().map(str::trim) {
        let Some(comment) = line.strip_prefix('#') else {
            if line.is_empty() && words.is_empty() { continue } else { break }
        };
        let comment = comment.trim_start_matches('#').trim();
        if !comment.starts_with(EDITOR_LINE) && !comment.is_empty() {
            words.push(comment);
        }
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(question(text), expect);
    }

    #[test]
    fn the_question_is_the_first_block_of_comments() {
        check("# Does depth\n# pay?\nrecur: 1\n# no\n", "Does depth pay?");
        check("\n#Does it?\n\n# A note.\n", "Does it?");
        check("## Does it?\n#\n# It does.\n", "Does it? It does.");
    }

    #[test]
    fn an_editor_line_is_no_question() {
        check("# yaml-language-server: $schema=x.json\n# Why?\n", "Why?");
        check("# yaml-language-server: $schema=x.json\n\n# Why?\n", "Why?");
    }

    #[test]
    fn a_comment_below_a_key_is_no_question() {
        check("recur: 1\n# Why?\n", "");
        check("", "");
    }
}
