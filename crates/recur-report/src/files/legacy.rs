//! Reports from before there were lists: what recur wrote is recognised by what it wrote.

use super::list::List;
use super::place::Place;
use crate::page::link_target;
use crate::{Making, ReportError, costs};
use recur_core::digest::Digest;

/// The files of a report without a list: the text, if it has recur's signature and name, and of the files that belong to it
/// those that begin as recur begins them. Nothing where the text is not recur's.
pub(crate) fn own_files(place: &Place<'_>) -> Result<List, ReportError> {
    let mut list = List::default();
    // A link or a folder at a place of these files is found where they are to be written.
    let content = |name: &str| place.content(name).ok().flatten();
    let Some(text) = content(&place.text()) else { return Ok(list) };
    let Ok(markdown) = std::str::from_utf8(&text) else { return Ok(list) };
    let name = place.name();
    let title = format!("# {}", crate::markdown::escape(name));
    if Making::read(markdown).is_none() || markdown.lines().next() != Some(&title) {
        return Ok(list);
    }
    list.add(&place.text(), Digest::of(&text));
    let mut candidates = vec![
        (place.html(), format!("<title>{} – recur</title>", crate::html::escaped(name))),
        (costs::FILE.to_owned(), costs::title(name)),
    ];
    candidates.extend(figures(markdown, name).map(|figure| (figure.to_owned(), " data-trials=\"".to_owned())));
    for (file, sign) in candidates {
        if let Some(bytes) = content(&file).filter(|bytes| begins_with_sign(bytes, &sign)) {
            list.add(&file, Digest::of(&bytes));
        }
    }
    Ok(list)
}

/// The figures that the text links to.
fn figures<'a>(markdown: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let link = format!("]({}/", link_target(name));
    let images = markdown.lines().filter(|line| line.starts_with("!["));
    images.filter_map(move |line| {
        let (_, file) = line.rsplit_once(&link)?;
        let file = file.strip_suffix(')')?;
        let is_plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        file.strip_suffix(".svg").is_some_and(|stem| stem.chars().all(is_plain)).then_some(file)
    })
}

/// Whether `sign` is near the beginning.
fn begins_with_sign(bytes: &[u8], sign: &str) -> bool {
    let beginning = &bytes[..bytes.len().min(2000)];
    beginning.windows(sign.len()).any(|window| window == sign.as_bytes())
}
