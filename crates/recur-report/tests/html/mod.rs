//! The HTML page: that it holds the same, whole and valid, and loads nothing.

use super::fixture::{Build, Reported, clear, small};
use super::{every_kind, rendered};
use roxmltree::{Document, Node, ParsingOptions};
use std::collections::BTreeSet;

fn page(experiment: &Reported) -> String {
    rendered(experiment).1.remove(&format!("{}.html", experiment.plan.name)).expect("a page")
}

fn parse(text: &str) -> Document<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).unwrap_or_else(|error| panic!("{error}"))
}

fn elements<'a>(document: &'a Document<'a>, name: &'a str) -> impl Iterator<Item = Node<'a, 'a>> {
    document.descendants().filter(move |node| node.is_element() && node.tag_name().name() == name)
}

fn text_of(node: Node<'_, '_>) -> String {
    let text: String = node.descendants().filter_map(|node| node.is_text().then(|| node.text())?).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn ids_are_unique_and_every_link_leads_to_one() {
    for experiment in every_kind() {
        let text = page(&experiment);
        let document = parse(&text);
        let ids: Vec<&str> = document.descendants().filter_map(|node| node.attribute("id")).collect();
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids.len(), unique.len(), "{ids:?}");
        let links = elements(&document, "a").filter_map(|node| node.attribute("href"));
        let (links, files): (Vec<&str>, Vec<&str>) = links.partition(|link| link.starts_with('#'));
        assert!(files.iter().all(|file| file.ends_with("/cost.md")), "{files:?}");
        assert_eq!(links.len(), elements(&document, "h2").count() + elements(&document, "h3").count());
        for link in links {
            assert!(unique.contains(link.strip_prefix('#').unwrap()), "{link}");
        }
        let captions = elements(&document, "svg").map(|node| node.attribute("aria-labelledby").unwrap());
        assert!(captions.into_iter().all(|caption| unique.contains(caption)));
    }
}

#[test]
fn nothing_is_loaded() {
    for experiment in every_kind() {
        let text = page(&experiment);
        let document = parse(&text);
        for node in document.descendants().filter(Node::is_element) {
            let name = node.tag_name().name();
            assert!(!["img", "iframe", "object", "embed", "image", "use", "audio", "video"].contains(&name), "{name}");
            for attribute in node.attributes() {
                assert_ne!(attribute.name(), "src", "{name}");
                if attribute.name() == "href" {
                    assert!(
                        attribute.value().starts_with('#')
                            || attribute.value() == "data:,"
                            // A page to go to, not one to load.
                            || (name == "a" && attribute.value().ends_with("/cost.md")),
                        "{}",
                        attribute.value()
                    );
                }
            }
        }
        let policy = elements(&document, "meta").find(|node| node.attribute("http-equiv").is_some()).unwrap();
        assert!(policy.attribute("content").unwrap().starts_with("default-src 'none';"));
        let style = text_of(elements(&document, "style").next().unwrap());
        assert!(!style.contains("url(") && !style.contains("@import"));
    }
}

#[test]
fn the_page_has_every_heading_table_cell_and_figure_of_the_markdown() {
    for experiment in every_kind() {
        let (written, files) = rendered(&experiment);
        let name = &experiment.plan.name;
        let (markdown, text) = (&files[&format!("{name}.md")], &files[&format!("{name}.html")]);
        let document = parse(text);
        let outside_of_code: Vec<&str> = markdown.split("```").step_by(2).flat_map(str::lines).collect();
        let n_headings = outside_of_code.iter().filter(|line| line.starts_with('#')).count();
        let headings = ["h1", "h2", "h3"].map(|name| elements(&document, name).count());
        assert_eq!(headings.iter().sum::<usize>(), n_headings);
        let n_rows = outside_of_code.iter().filter(|line| line.starts_with("| ") && !line.starts_with("| :")).count();
        let n_side_rows = outside_of_code.iter().filter(|line| line.starts_with("| --:")).count();
        assert_eq!(elements(&document, "tr").count() + n_side_rows, n_rows, "{name}");
        assert_eq!(elements(&document, "svg").count(), written.figures.len());
        for row in elements(&document, "table").flat_map(|table| table.descendants().filter(|n| n.has_tag_name("tr"))) {
            let table = row.ancestors().find(|node| node.has_tag_name("table")).unwrap();
            let header = table.descendants().find(|node| node.has_tag_name("tr")).unwrap();
            let n_cells = |row: Node<'_, '_>| row.children().filter(Node::is_element).count();
            assert_eq!(n_cells(row), n_cells(header), "{}", text_of(row));
        }
    }
}

#[test]
fn odd_labels_read_as_themselves() {
    let text = page(&small().build());
    let document = parse(&text);
    let cells: BTreeSet<String> = elements(&document, "td").map(text_of).collect();
    for label in ["a|b", "<x>", "*"] {
        assert!(cells.contains(label), "{label}");
    }
}

#[test]
fn figures_are_as_in_their_files_but_for_the_title_of_the_whole() {
    let (written, files) = rendered(&clear().build());
    let text = &files["clear.html"];
    for figure in &written.figures {
        let name = figure.file_name().unwrap().to_str().unwrap();
        let (_, after) = files[&format!("clear/{name}")].split_once("</title>\n").unwrap();
        assert!(text.contains(after), "{name}");
    }
}

#[test]
fn every_configuration_has_a_line_that_describes_it() {
    let experiment = small().build();
    let (_, files) = rendered(&experiment);
    let document = Document::parse(&files["small/sweep.svg"]).unwrap();
    let lines: Vec<Node<'_, '_>> =
        document.descendants().filter(|node| node.attribute("class") == Some("line")).collect();
    let reported = |row: usize| {
        let line = lines.iter().find(|line| line.attribute("data-row") == Some(&row.to_string())).expect("a line");
        text_of(line.children().find(|node| node.has_tag_name("title")).unwrap())
    };
    assert_eq!(lines.len(), experiment.plan.configurations.len());
    assert!(reported(0).starts_with("linfa_logistic: ") && reported(0).ends_with(", chosen"), "{}", reported(0));
    assert_eq!(reported(3), "manual_rnn with learning_rate=0.1: no replicate finished");
    assert!(reported(9).starts_with("stacked_rnn with layers=2, learning_rate=0.1: "), "{}", reported(9));
    assert!(reported(9).ends_with(", 2 of 3 finished, chosen on 2 of 3"), "{}", reported(9));
}
