//! Figures within a page.

/// An SVG file with what it shows in words.
pub(crate) struct Image<'a> {
    pub(crate) svg: &'a str,
    /// Of its caption, for a link.
    pub(crate) id: String,
    /// HTML.
    pub(crate) caption: String,
}

/// SVG files as elements of a page, side by side, under captions that are their texts for those who cannot see them.
///
/// The title of the whole is left out: it would pop up over every mark that has none.
pub(crate) fn figure(images: &[Image<'_>]) -> String {
    let element = |Image { svg, id, .. }: &Image<'_>| {
        without_title(&svg.replacen("<svg ", &format!("<svg role=\"img\" aria-labelledby=\"{id}\" "), 1))
    };
    let elements: String = images.iter().map(element).collect();
    let (class, captions) = match images {
        [Image { id, caption, .. }] => ("scroll", format!("<figcaption id=\"{id}\">{caption}</figcaption>")),
        several => {
            let caption = |Image { id, caption, .. }: &Image<'_>| format!("<span id=\"{id}\">{caption}</span>");
            let captions: Vec<String> = several.iter().map(caption).collect();
            ("beside", format!("<figcaption>{}</figcaption>", captions.join(" ")))
        }
    };
    format!("<figure>\n<div class=\"{class}\">\n{elements}</div>\n{captions}\n</figure>\n")
}

/// `svg` without its first title, which is that of the whole.
fn without_title(svg: &str) -> String {
    let parts = svg.split_once("<title>").and_then(|(before, rest)| Some((before, rest.split_once("</title>\n")?.1)));
    parts.map_or_else(|| svg.to_owned(), |(before, after)| format!("{before}{after}"))
}
