//! A figure within a page.

/// An SVG file as an element of a page, under a caption that is its text for those who cannot see it.
///
/// The title of the whole is left out: it would pop up over every mark that has none.
pub(crate) fn figure(svg: &str, caption_id: &str, caption: &str) -> String {
    let element = svg.replacen("<svg ", &format!("<svg role=\"img\" aria-labelledby=\"{caption_id}\" "), 1);
    let element = without_title(&element);
    format!(
        "<figure>\n<div class=\"scroll\">\n{element}</div>\n<figcaption id=\"{caption_id}\">{caption}</figcaption>\n</figure>\n"
    )
}

/// `svg` without its first title, which is that of the whole.
fn without_title(svg: &str) -> String {
    let parts = svg.split_once("<title>").and_then(|(before, rest)| Some((before, rest.split_once("</title>\n")?.1)));
    parts.map_or_else(|| svg.to_owned(), |(before, after)| format!("{before}{after}"))
}
