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
/// The title and the description of the whole are left out: a title would pop up over every mark that has none, and the trials are in the
/// description and in an attribute of the file.
pub(crate) fn figure(images: &[Image<'_>]) -> String {
    let element = |Image { svg, id, .. }: &Image<'_>| {
        without_head(&svg.replacen("<svg ", &format!("<svg role=\"img\" aria-labelledby=\"{id}\" "), 1))
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

/// `svg` without its trials, its first title and its first description, which are those of the whole.
fn without_head(svg: &str) -> String {
    let without = |svg: String, from: &str, to: &str| {
        let parts = svg.split_once(from).and_then(|(before, rest)| Some((before, rest.split_once(to)?.1)));
        parts.map_or_else(|| svg.clone(), |(before, after)| format!("{before}{after}"))
    };
    [(" data-trials=\"", "\""), ("<title>", "</title>\n"), ("<desc>", "</desc>\n")]
        .into_iter()
        .fold(svg.to_owned(), |svg, (from, to)| without(svg, from, to))
}
