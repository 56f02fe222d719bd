//! The HTML page: that it holds the same, whole and valid, and loads nothing.

use super::fixture::{Build, Reported, clear, small};
use super::{every_kind, markdown, rendered, source};
use recur_analysis::End;
use recur_report::StoreLink;
use roxmltree::{Document, Node, ParsingOptions};
use std::collections::BTreeSet;
use std::path::Path;

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

/// Whether a link leads to a file next to the page, which nobody loads before it is asked for.
fn is_file(link: &str) -> bool {
    link.ends_with("/cost.html") || link.starts_with("../runs/trials/")
}

/// The page without the section that the Markdown page does not have.
fn without_trials(page: &str) -> String {
    let Some((before, section)) = page.split_once("<h2 id=\"trials\">") else { return page.to_owned() };
    let (_, after) = section.split_once("<h2 ").expect("it is not the last section");
    format!("{before}<h2 {after}")
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
        assert!(files.iter().all(|file| is_file(file)), "{files:?}");
        let in_contents = |node: &Node<'_, '_>| node.ancestors().any(|above| above.has_tag_name("nav"));
        let n_in_contents = elements(&document, "a").filter(in_contents).count();
        assert_eq!(n_in_contents, elements(&document, "h2").count() + elements(&document, "h3").count());
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
                            || (name == "a" && is_file(attribute.value())),
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
        let text = &without_trials(text);
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

/// The targets of the links to a trial's folder, and to its files, within it.
fn targets<'a>(text: &'a str, trial: &str) -> BTreeSet<&'a str> {
    let folder = format!("href=\"../runs/trials/{}/{trial}/", &trial[..2]);
    text.split(&folder).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn a_configuration_leads_to_its_trials_and_a_trial_to_what_its_outcome_leaves() {
    let experiment = small().build();
    let (analysis, text) = (experiment.analysis(), page(&experiment));
    assert!(analysis.trials.iter().any(|trial| trial.outcome == End::Diverged && trial.test.is_none()));
    let document = parse(&text);
    for trial in &analysis.trials {
        let is_finished = trial.outcome == End::Finished;
        let mut expected = BTreeSet::from(["", "curves.csv", "log.jsonl"]);
        expected.extend(is_finished.then_some("weights.safetensors"));
        expected.extend(trial.test.is_some().then_some("test/predictions.parquet"));
        assert_eq!(targets(&text, trial.trial.as_str()), expected, "{trial:?}");
        let predicts = text.contains(&format!("recur predict --model {} 'a text'\n", trial.trial.short()));
        assert_eq!(predicts, is_finished);
        assert!(text.contains(&format!("recur logs {}\n", trial.trial.short())));
        let anchor = format!("trials.{}", trial.configuration);
        let details = elements(&document, "details").find(|node| node.attribute("id") == Some(&anchor)).unwrap();
        let id = elements(&document, "code").find(|node| text_of(*node) == trial.trial.short());
        assert!(id.is_some() && text_of(details).contains(trial.trial.short()), "{trial:?}");
        assert!(text.contains(&format!("<a href=\"#{anchor}\">")), "a row of all configurations leads to it");
        let links: Vec<&str> = elements(&document, "a")
            .filter(|link| link.ancestors().any(|node| node == details))
            .filter_map(|link| link.attribute("href"))
            .collect();
        let row = format!("#configuration.{}", trial.configuration);
        assert!(links.contains(&row.as_str()), "it leads back: {links:?}");
        let of_model = links.iter().any(|link| link.starts_with("#model."));
        assert_eq!(of_model, analysis.configurations[trial.configuration].times_chosen > 0);
    }
    for (place, model) in analysis.models.iter().enumerate() {
        let row =
            elements(&document, "span").find(|node| node.attribute("id") == Some(&format!("model.{place}"))).unwrap();
        let link = row.children().find(|node| node.has_tag_name("a")).and_then(|link| link.attribute("href"));
        assert_eq!(link, model.configuration.map(|index| format!("#trials.{index}")).as_deref());
    }
    let summaries: Vec<String> = elements(&document, "summary").map(text_of).collect();
    let has = |expected: &str| summaries.iter().any(|summary| summary == expected);
    assert!(has("6 configurations that nothing chose"), "{summaries:?}");
    assert!(has("manual_rnn learning_rate=0.1: 0 of 3 finished"), "{summaries:?}");
}

#[test]
fn a_page_without_a_relative_way_to_the_store_has_ids_and_no_links() {
    let mut experiment = small().build();
    let (markdown, linked) = (markdown(&experiment), page(&experiment));
    assert!(!markdown.contains("../runs") && !markdown.contains("recur logs"), "{markdown}");
    for store_link in [None, serde_json::from_str(r#"{"store": "/etc", "reports": "reports"}"#).unwrap()] {
        experiment.provenance.store_link = store_link;
        let text = page(&experiment);
        assert!(!text.contains("/trials/") && !text.contains("/etc"), "{text}");
        assert!(text.contains("This page has no links to files") && text.contains("recur logs "), "{text}");
        let ids = |text: &str| text.matches("<code>").count();
        assert!(ids(&text) > ids(&linked) / 2);
        assert_eq!(super::markdown(&experiment), markdown);
    }
}

#[test]
fn commands_name_the_store_and_the_plugins_as_a_shell_and_the_page_need_it() {
    let mut experiment = small().build();
    experiment.provenance.store_link = StoreLink::new(Path::new("out"), Path::new("my <runs>"));
    source(&mut experiment).plugins = Some("a'b".to_owned());
    let text = page(&experiment);
    assert!(text.contains("recur predict --plugins \"a'b\" --store 'my &lt;runs&gt;' --model "), "{text}");
    assert!(text.contains("href=\"../my%20%3Cruns%3E/trials/"), "{text}");
    experiment.provenance.prefix = None;
    assert!(!page(&experiment).contains(" predict --"), "the program has no such command");
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
fn figures_are_as_in_their_files_but_for_the_title_and_the_description_of_the_whole() {
    let (written, files) = rendered(&clear().build());
    let text = &files["clear.html"];
    for figure in &written.figures {
        let name = figure.file_name().unwrap().to_str().unwrap();
        let (_, after) = files[&format!("clear/{name}")].split_once("</desc>\n").unwrap();
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
