//! A report in the making: its text and its figures, in memory.

use crate::markdown::escape;

/// A figure with the file that it will be.
pub(crate) struct Figure {
    /// The file's name within the report's folder.
    pub(crate) file: String,
    /// The file's content.
    pub(crate) svg: String,
}

/// Text and figures so far.
#[derive(Default)]
pub(crate) struct Page {
    folder: String,
    pub(crate) markdown: String,
    /// What the HTML page is made from, in Markdown too: the same, and what only it has.
    pub(crate) html_source: String,
    /// The figures, in order of appearance.
    pub(crate) figures: Vec<Figure>,
    /// The network that the HTML page runs, as JSON for its script.
    pub(crate) try_network: Option<String>,
}

impl Page {
    /// An empty page whose figures will be in `folder` next to it.
    pub(crate) fn new(folder: &str) -> Self {
        Self { folder: folder.to_owned(), ..Self::default() }
    }

    pub(crate) fn section(&mut self, title: &str) {
        self.block(&format!("## {title}"));
    }

    /// Appends a block, parted by a blank line.
    pub(crate) fn block(&mut self, text: &str) {
        self.blocks(text, text);
    }

    /// Appends a block that has other links in the HTML page: `html` is Markdown too.
    pub(crate) fn blocks(&mut self, markdown: &str, html: &str) {
        append(&mut self.markdown, markdown);
        append(&mut self.html_source, html);
    }

    /// Appends a block, in Markdown, that only the HTML page has.
    pub(crate) fn html_block(&mut self, text: &str) {
        append(&mut self.html_source, text);
    }

    /// The target of a link to a file of the report's folder.
    pub(crate) fn link(&self, file: &str) -> String {
        format!("{}/{file}", link_target(&self.folder))
    }

    /// A file's name for a figure, numbered where another figure has it: names that differ may have one stem.
    fn free_file(&self, stem: &str) -> String {
        let numbered = (2..).map(|n| format!("{stem}-{n}.svg"));
        let is_free = |file: &String| self.figures.iter().all(|figure| figure.file != *file);
        std::iter::once(format!("{stem}.svg")).chain(numbered).find(is_free).expect("numbers do not end")
    }

    /// Appends a figure; `alternative` says in words what it shows.
    pub(crate) fn figure(&mut self, stem: &str, alternative: &str, svg: String) {
        self.figures_in_a_row([(stem, alternative.to_owned(), svg)]);
    }

    /// Appends a figure that only the HTML page has.
    pub(crate) fn html_figure(&mut self, stem: &str, alternative: &str, svg: String) {
        let image = self.image(stem, alternative, svg);
        self.html_block(&image);
    }

    /// Takes a figure; gives the link to it.
    fn image(&mut self, stem: &str, alternative: &str, svg: String) -> String {
        let file = self.free_file(&file_stem(stem));
        let image = format!("![{}]({})", escape(alternative), self.link(&file));
        self.figures.push(Figure { file, svg });
        image
    }

    /// Appends figures side by side: stem, what it shows in words, and content of each.
    pub(crate) fn figures_in_a_row<'a>(&mut self, figures: impl IntoIterator<Item = (&'a str, String, String)>) {
        let images = figures.into_iter().map(|(stem, alternative, svg)| self.image(stem, &alternative, svg));
        let images: Vec<String> = images.collect();
        self.block(&images.join("\n"));
    }
}

/// Appends a block to `page`, parted by a blank line.
fn append(page: &mut String, block: &str) {
    if !page.is_empty() {
        page.push('\n');
    }
    page.push_str(block.trim_end_matches('\n'));
    page.push('\n');
}

/// Lower-case characters and digits with hyphens between.
fn file_stem(text: &str) -> String {
    let plain = |character: char| if character.is_ascii_alphanumeric() { character.to_ascii_lowercase() } else { '-' };
    text.chars().map(plain).collect()
}

/// A folder's name as a link has it: bytes other than characters, digits and `-._~` as `%XX`.
pub(crate) fn link_target(name: &str) -> String {
    name.bytes().fold(String::new(), |mut link, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            link.push(char::from(byte));
        } else {
            link.push_str(&format!("%{byte:02X}"));
        }
        link
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_whose_names_differ_in_signs_alone_have_files_of_their_own() {
        let mut page = Page::new("x");
        ["lr-1/gru", "lr_1/gru", "lr.1/gru"].iter().for_each(|stem| page.figure(stem, "", String::new()));
        let files: Vec<&str> = page.figures.iter().map(|figure| figure.file.as_str()).collect();
        assert_eq!(files, ["lr-1-gru.svg", "lr-1-gru-2.svg", "lr-1-gru-3.svg"]);
    }
}
