//! Markdown to the HTML of the page's main part.

use super::inline::{self, Image};
use crate::page::Page;
use pulldown_cmark::{Alignment, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};
use std::collections::BTreeSet;

/// The main part of a page.
pub(crate) struct Body {
    pub(crate) html: String,
    /// In order of appearance.
    pub(crate) headings: Vec<Heading>,
}

/// A heading that can be linked to.
pub(crate) struct Heading {
    /// 1 for the page's title.
    pub(crate) level: u8,
    pub(crate) id: String,
    pub(crate) html: String,
}

/// Events on their way to HTML.
struct Writer<'a> {
    page: &'a Page,
    events: std::vec::IntoIter<Event<'a>>,
    body: Body,
    ids: BTreeSet<String>,
    n_figures: usize,
}

/// The HTML of `page`.
pub(crate) fn body(page: &Page) -> Body {
    let events: Vec<Event<'_>> = Parser::new_ext(&page.html_source, Options::ENABLE_TABLES).collect();
    let body = Body { html: String::new(), headings: Vec::new() };
    let mut writer = Writer { page, events: events.into_iter(), body, ids: BTreeSet::new(), n_figures: 0 };
    writer.write();
    writer.body
}

impl<'a> Writer<'a> {
    fn write(&mut self) {
        // What the crate writes as it is.
        let mut plain: Vec<Event<'a>> = Vec::new();
        while let Some(event) = self.events.next() {
            let is_figure = matches!(
                (&event, self.events.as_slice().first()),
                (Event::Start(Tag::Paragraph), Some(Event::Start(Tag::Image { .. })))
            );
            match event {
                Event::Start(Tag::Heading { level, .. }) => {
                    self.flush(&mut plain);
                    self.heading(level);
                }
                Event::Start(Tag::Table(sides)) => {
                    self.flush(&mut plain);
                    self.table(&sides);
                }
                _ if is_figure => {
                    self.flush(&mut plain);
                    self.figure();
                }
                event => plain.push(event),
            }
        }
        self.flush(&mut plain);
    }

    fn flush(&mut self, events: &mut Vec<Event<'a>>) {
        html::push_html(&mut self.body.html, events.drain(..));
    }

    /// The events before the one that ends with `end`, which is taken too.
    fn until(&mut self, end: impl Fn(&TagEnd) -> bool) -> Vec<Event<'a>> {
        let is_within = |event: &Event<'a>| !matches!(event, Event::End(tag) if end(tag));
        self.events.by_ref().take_while(is_within).collect()
    }

    fn heading(&mut self, level: HeadingLevel) {
        let events = self.until(|tag| matches!(tag, TagEnd::Heading(_)));
        let id = self.fresh_id(&text(&events));
        let content = to_html(events);
        self.body.html.push_str(&format!("<{level} id=\"{id}\">{content}</{level}>\n"));
        self.body.headings.push(Heading { level: level as u8, id, html: content });
    }

    /// `text` as GitHub makes an anchor of a heading, numbered where it was there before.
    fn fresh_id(&mut self, text: &str) -> String {
        let lower = text.to_lowercase();
        let kept = lower.chars().filter(|character| character.is_alphanumeric() || " -_".contains(*character));
        let slug: String = kept.map(|character| if character == ' ' { '-' } else { character }).collect();
        let numbered = (1..).map(|n| format!("{slug}-{n}"));
        let mut ids = std::iter::once(slug.clone()).chain(numbered);
        let id = ids.find(|id| !id.is_empty() && !self.ids.contains(id)).expect("numbers do not end");
        self.ids.insert(id.clone());
        id
    }

    fn table(&mut self, sides: &[Alignment]) {
        // What is before the first section has to be read on a phone without moving sideways: rows become cards there, and each
        // cell has the title of its column.
        let has_cards = self.body.headings.iter().all(|heading| heading.level == 1);
        let class = if has_cards { "scroll cards" } else { "scroll" };
        let (mut cell, mut titles, mut column, mut is_head) = (Vec::new(), Vec::new(), 0, false);
        let mut html = format!("<div class=\"{class}\" tabindex=\"0\" role=\"group\">\n<table>\n");
        for event in self.until(|tag| *tag == TagEnd::Table) {
            match event {
                Event::Start(Tag::TableHead) => {
                    is_head = true;
                    column = 0;
                    html.push_str("<thead>\n<tr>");
                }
                Event::End(TagEnd::TableHead) => {
                    is_head = false;
                    html.push_str("</tr>\n</thead>\n<tbody>\n");
                }
                Event::Start(Tag::TableRow) => {
                    column = 0;
                    html.push_str("<tr>");
                }
                Event::End(TagEnd::TableRow) => html.push_str("</tr>\n"),
                Event::Start(Tag::TableCell) => {}
                Event::End(TagEnd::TableCell) => {
                    let tag = if is_head { "th" } else { "td" };
                    let scope = if is_head { " scope=\"col\"" } else { "" };
                    let is_number = sides.get(column) == Some(&Alignment::Right);
                    let class = if is_number { " class=\"number\"" } else { "" };
                    let title = if is_head { None } else { titles.get(column).filter(|_| has_cards) };
                    let title = title.map_or_else(String::new, |title| format!(" data-label=\"{title}\""));
                    if is_head {
                        titles.push(super::escaped(&text(&cell)));
                    }
                    html.push_str(&format!(
                        "<{tag}{scope}{class}{title}>{}</{tag}>",
                        to_html(std::mem::take(&mut cell))
                    ));
                    column += 1;
                }
                inline => cell.push(inline),
            }
        }
        html.push_str("</tbody>\n</table>\n</div>\n");
        self.body.html.push_str(&html);
    }

    /// A paragraph of images: one, or several side by side.
    fn figure(&mut self) {
        let events = self.until(|tag| *tag == TagEnd::Paragraph);
        let mut images: Vec<Image<'_>> = Vec::new();
        for image in events.split(|event| matches!(event, Event::End(TagEnd::Image))) {
            let start = image.iter().find_map(|event| match event {
                Event::Start(Tag::Image { dest_url, .. }) => Some(dest_url.rsplit('/').next().unwrap_or_default()),
                _ => None,
            });
            let Some(file) = start else { continue };
            let figure = self.page.figures.iter().find(|figure| figure.file == file);
            let svg = &figure.expect("a page links to its own figures only").svg;
            self.n_figures += 1;
            let caption = super::escaped(text(image).trim());
            images.push(Image { svg, id: format!("caption-{}", self.n_figures), caption });
        }
        self.body.html.push_str(&inline::figure(&images));
    }
}

fn to_html(events: Vec<Event<'_>>) -> String {
    let mut html = String::new();
    html::push_html(&mut html, events.into_iter());
    html
}

fn text(events: &[Event<'_>]) -> String {
    let text = |event: &Event<'_>| match event {
        Event::Text(text) | Event::Code(text) => text.to_string(),
        Event::SoftBreak | Event::HardBreak => " ".to_owned(),
        _ => String::new(),
    };
    events.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(markdown: &str) -> Page {
        let mut page = Page::new("name");
        page.block(markdown);
        page
    }

    fn check(markdown: &str, expect: &str) {
        assert_eq!(body(&page(markdown)).html, expect);
    }

    #[test]
    fn headings_of_one_title_have_anchors_of_their_own() {
        check(
            "## A `b`\n\n## a b\n\n## A b!",
            "<h2 id=\"a-b\">A <code>b</code></h2>\n<h2 id=\"a-b-1\">a b</h2>\n<h2 id=\"a-b-2\">A b!</h2>\n",
        );
    }

    #[test]
    fn columns_of_numbers_are_known() {
        check(
            "## A\n\n| a | b |\n| :-- | --: |\n| `x\\|y` | **1** |\n",
            "<h2 id=\"a\">A</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"group\">\n<table>\n<thead>\n<tr><th scope=\"col\">a</th>\
             <th scope=\"col\" class=\"number\">b</th></tr>\n</thead>\n<tbody>\n<tr><td><code>x|y</code></td>\
             <td class=\"number\"><strong>1</strong></td></tr>\n</tbody>\n</table>\n</div>\n",
        );
    }

    #[test]
    fn a_figure_stands_in_the_page_with_its_caption() {
        let mut page = page("text");
        page.figure("a b", "<best> at 1_0", "<svg width=\"1\">\n<title>t</title>\n<rect/>\n</svg>\n".to_owned());
        assert_eq!(
            body(&page).html,
            "<p>text</p>\n<figure>\n<div class=\"scroll\">\n<svg role=\"img\" aria-labelledby=\"caption-1\" width=\"1\">\n\
             <rect/>\n</svg>\n</div>\n<figcaption id=\"caption-1\">&lt;best&gt; at 1_0</figcaption>\n</figure>\n"
        );
    }
}
