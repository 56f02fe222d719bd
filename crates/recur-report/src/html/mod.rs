//! The report as one HTML page: the Markdown page's content with its figures inside, a style and a script of its own, and
//! nothing that has to be loaded. Without the script the page is whole; with it tables sort and filter, and figures tell
//! their values. Its first screen has the question, the answer, a figure and a table; the contents come after these.
//!
//! The page is well-formed XML as well, so that a test can read every part of it.

mod body;
mod inline;

use crate::figures::canvas::escape;
use crate::figures::palette::dark_rules;
use crate::page::Page;
use body::{Body, Heading};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
const TRY_STYLE: &str = include_str!("try.css");
const TRY_SCRIPT: &str = include_str!("try.js");

/// What the browser itself holds the page to: it loads nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; \
                      base-uri 'none'; form-action 'none'";

/// The page of the report `name`; `answer` is its first paragraph as plain text.
pub(crate) fn render(page: &Page, name: &str, answer: &str) -> String {
    let Body { html, headings } = body::body(page);
    let (name, answer) = (escaped(name), escaped(answer));
    // After what is on the first screen, of which it takes nothing.
    let (first, rest) = html.split_at(html.find("<h2").unwrap_or(html.len()));
    let (contents, dark) = (contents(&headings), dark_rules());
    let (try_style, try_scripts) = page.try_network.as_deref().map_or_else(Default::default, |network| {
        (TRY_STYLE, format!("{}{}", data("try-network", network), script(TRY_SCRIPT)))
    });
    let script = script(SCRIPT);
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\" />\n\
         <meta name=\"color-scheme\" content=\"light dark\" />\n\
         <meta name=\"description\" content=\"{answer}\" />\n<link rel=\"icon\" href=\"data:,\" />\n\
         <title>{name} – recur</title>\n<style>\n{STYLE}@media (prefers-color-scheme: dark) {{\n{dark}}}\n{try_style}</style>\n</head>\n<body>\n<main>\n{first}{contents}{rest}</main>\n\
         {script}{try_scripts}</body>\n</html>\n"
    )
}

/// A script in the page. The comments around CDATA are for the script, CDATA is for XML.
fn script(text: &str) -> String {
    format!("<script>\n//<![CDATA[\n{text}//]]>\n</script>\n")
}

/// JSON for a script, without characters of markup.
fn data(id: &str, json: &str) -> String {
    format!("<script type=\"application/json\" id=\"{id}\">{json}</script>\n")
}

/// The bytes that a page has more where a text can be tried, but for the network.
pub(crate) fn n_bytes_of_try() -> usize {
    TRY_STYLE.len() + data("try-network", "").len() + script(TRY_SCRIPT).len()
}

/// Links to the sections, and within them to their parts.
fn contents(headings: &[Heading]) -> String {
    let link = |heading: &Heading| {
        let Heading { level, id, html } = heading;
        format!("<li class=\"level-{level}\"><a href=\"#{id}\">{html}</a></li>\n")
    };
    let links: String = headings.iter().filter(|heading| heading.level > 1).map(link).collect();
    if links.is_empty() {
        return String::new();
    }
    format!("<nav aria-label=\"Contents\">\n<ol>\n{links}</ol>\n</nav>\n")
}

/// `text` as it has to stand in an element or an attribute.
pub(crate) fn escaped(text: &str) -> String {
    escape(text).replace('"', "&quot;")
}
