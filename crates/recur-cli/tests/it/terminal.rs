//! What the terminal shows.

use crate::common::{Lab, Ran};
use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

const ESCAPE: char = '\u{1b}';

/// Whether a run's standard error, and its standard output, hold escape codes.
fn colours(variables: &[(&str, &str)]) -> bool {
    let lab = Lab::new();
    let run = |arguments: &[&str]| {
        let output = lab.command(arguments).envs(variables.iter().copied()).output().unwrap();
        let ran = Ran::from(output);
        assert!(!ran.out.contains(ESCAPE), "{}", ran.out);
        ran.err
    };
    let shown = [run(&["experiment", "small.yaml"]), run(&["plan", "missing.yaml"])].map(|err| err.contains(ESCAPE));
    assert_eq!(shown[0], shown[1], "log lines and errors alike");
    shown[0]
}

#[test]
fn colours_are_shown_on_a_terminal_alone_and_never_with_no_color() {
    assert!(!colours(&[]), "not a terminal");
    assert!(colours(&[("CLICOLOR_FORCE", "1")]), "asked for");
    assert!(!colours(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), "refused");
}

#[test]
fn log_level_and_rust_log_choose_what_is_reported() {
    let lab = Lab::new();
    assert_eq!(lab.experiment(&["--log-level", "warn"]).ended(0).err, "");
    lab.experiment(&["--log-level", "warn", "--set", "seed=6"]).ended(0);
    let mut command = lab.command(&["experiment", "small.yaml", "--set", "seed=7"]);
    let output = command.env("RUST_LOG", "recur_experiment=debug").output().unwrap();
    Ran::from(output).ended(0).reported(&["DEBUG", "epoch finished"]);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let lab = Lab::new();
    // More lines than a pipe holds, so that some are written after the reader is gone.
    let mut child = lab.command(&["plan", "small.yaml", "--set", "replicates=1000"]).spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().expect("piped"));
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert!(line.contains("trial"), "{line}");
    drop(reader);
    Ran::from(child.wait_with_output().unwrap()).ended(0).reported(&[]);
}

#[test]
fn models_are_listed_with_their_parameters() {
    let lab = Lab::new();
    let list = lab.recur(&["models"]).ended(0).out;
    for plugin in recur_cli::builtin().iter() {
        let row = list.lines().find(|line| line.split_whitespace().next() == Some(plugin.about().id));
        let row = row.unwrap_or_else(|| panic!("{} is not listed:\n{list}", plugin.about().id));
        assert!(row.contains(plugin.about().summary) && row.contains(plugin.about().source_file), "{row}");
        let details = lab.recur(&["models", plugin.about().id]).ended(0).out;
        for parameter in plugin.about().parameters {
            assert!(row.contains(parameter.name), "{row}");
            assert!(details.contains(parameter.name) && details.contains(parameter.meaning), "{details}");
        }
    }
}

#[test]
fn an_unknown_model_is_reported_with_the_known_ones() {
    let ran = Lab::new().recur(&["models", "stacked_rn"]).ended(1);
    let ran = ran.reported(&["unknown model `stacked_rn`", "did you mean `stacked_rnn`", "manual_rnn", "recur models"]);
    assert!(ran.out.is_empty());
}

/// The text with single spaces between its words, however it was wrapped.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The commands that `help` lists, each with its summary. A summary that is wrapped goes on further to the right.
fn commands(help: &str) -> Vec<(String, String)> {
    let (_, list) = help.split_once("\nCommands:\n").unwrap_or_else(|| panic!("no list of commands:\n{help}"));
    let mut commands: Vec<(String, String)> = Vec::new();
    for line in list.lines().take_while(|line| !line.is_empty()) {
        match (line.strip_prefix("  ").filter(|row| !row.starts_with(' ')), commands.last_mut()) {
            (Some(row), _) => {
                let (command, summary) = row.split_once(' ').unwrap_or((row, ""));
                commands.push((command.to_owned(), unwrapped(summary)));
            }
            (None, Some((_, summary))) => *summary = unwrapped(&format!("{summary} {line}")),
            (None, None) => panic!("{line} follows no command:\n{help}"),
        }
    }
    commands
}

/// The commands that the pages of docs, the README and the justfile use.
fn commands_in_use() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let docs = std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let pages = docs.filter(|path| path.extension().is_some_and(|end| end == "md"));
    let mut used = BTreeSet::new();
    for file in pages.chain([root.join("README.md"), root.join("justfile")]) {
        let text = std::fs::read_to_string(file).unwrap();
        let calls = text.split("`recur ").skip(1).chain(text.split("--bin recur -- ").skip(1));
        let is_of_command = |c: char| c.is_ascii_lowercase() || c == '-';
        let command = |call: &str| call.split(|c| !is_of_command(c)).next().unwrap_or_default().to_owned();
        used.extend(calls.map(command).filter(|command| !command.is_empty() && !command.starts_with('-')));
    }
    used
}

#[test]
fn help_mentions_every_command() {
    let lab = Lab::new();
    let help = lab.recur(&["--help"]).ended(0).out;
    let listed = commands(&help);
    for (command, summary) in &listed {
        assert!(!summary.is_empty(), "{command} has a summary:\n{help}");
        if command == "help" {
            continue;
        }
        let own = unwrapped(&lab.recur(&[command, "--help"]).ended(0).out);
        assert!(own.contains(&format!("Usage: recur {command} ")), "{command}:\n{own}");
        assert!(own.starts_with(summary), "{command} has another summary in its own help:\n{own}\n{help}");
    }
    let used = commands_in_use();
    assert!(used.len() >= 10, "the docs show how recur is used: {used:?}");
    let missing: Vec<_> = used.iter().filter(|used| listed.iter().all(|(command, _)| command != *used)).collect();
    assert!(missing.is_empty(), "the docs or the justfile use {missing:?}:\n{help}");
}

#[test]
fn all_about_a_model_is_reported_to_people_and_to_programs() {
    let lab = Lab::new();
    let all: Vec<serde_json::Value> = serde_json::from_str(&lab.recur(&["models", "--json"]).ended(0).out).unwrap();
    let models = recur_cli::builtin();
    assert_eq!(all.len(), models.iter().count());
    for (plugin, card) in models.iter().zip(&all) {
        let one = lab.recur(&["models", plugin.about().id, "--json"]).ended(0).out;
        assert_eq!(&serde_json::from_str::<serde_json::Value>(&one).unwrap(), card);
        assert_eq!(card["id"], plugin.about().id);
        assert_eq!(card["description"], plugin.about().description);
        assert_eq!(card["parameters"].as_array().unwrap().len(), plugin.about().parameters.len());
        let counted = card["cost"]["multiply_adds"].as_u64();
        assert!(counted > Some(0) || card["cost_in_words"].as_str().is_some_and(|words| !words.is_empty()), "{card}");
        let details = lab.recur(&["models", plugin.about().id]).ended(0).out;
        assert!(details.contains(plugin.about().description.trim()), "{details}");
        assert_eq!(details.contains("multiply-adds for a text of 7 characters"), counted.is_some(), "{details}");
    }
    // 201 · 128 rows of characters, 128 · 128 states, 128 biases; as many columns of labels.
    let manual = all.iter().find(|card| card["id"] == "manual_rnn").unwrap();
    assert_eq!(manual["cost"]["parameters"], (201 + 128 + 1) * (128 + 34));
    assert_eq!(manual["cost"]["weight_bytes"], 4 * (201 + 128 + 1) * (128 + 34));
    assert_eq!(manual["cost"]["multiply_adds"], 5 * 128 * 128 + 128 * 34);
    assert_eq!(manual["parameters"][0]["range"], serde_json::json!([1.0, 4096.0]));
}

#[test]
fn the_reports_of_a_folder_are_listed_and_their_page_is_checked() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    let list = lab.recur(&["reports"]).ended(0).out;
    assert!(list.starts_with("small\n  asks     Which family tells best"), "{list}");
    lab.recur(&["reports", "--check"]).ended(1).reported(&["README.md", "recur reports reports --write"]);
    lab.recur(&["reports", "--write"]).ended(0);
    lab.recur(&["reports", "--check"]).ended(0);
    lab.write("reports/other.md", "# What is in here does not matter\n");
    let record = lab.read("reports/small/report.json");
    let answer = "<img src=x onerror=y> [a](javascript:b) \\u202e ";
    let record = record.replace("\"question\": \"", &format!("\"question\": \"{answer}"));
    lab.write("reports/other/report.json", record.replace("\"answer\": \"", &format!("\"answer\": \"{answer}")));
    lab.recur(&["reports", "--check"]).ended(4).reported(&["README.md:8", "recur reports reports --write"]);
    lab.recur(&["reports", "--write"]).ended(0);
    let page = lab.read("reports/README.md");
    assert!(page.contains("| [other](other.md) | &lt;img src=x onerror=y&gt; \\[a\\](javascript:b)"), "{page}");
    assert!(page.contains("| &lt;img src=x onerror=y&gt; \\[a\\](javascript:b) \\\\u{202e}"), "{page}");
    assert!(!page.contains("<img") && !page.contains(" [a]") && !page.contains('\u{202e}'), "{page}");
    assert!(page.contains("`recur experiment SPEC`"), "{page}");
    lab.write("reports/notes.md", "# Notes\n\n<script>alert(1)</script>\n");
    let ran = lab.recur(&["reports", "--check"]).ended(0);
    ran.reported(&["WARN", "reports/notes.md is left out", "there is no reports/notes/report.json"]);
    lab.write("reports/other/report.json", "{\"recur_report\": 9}");
    let ran = lab.recur(&["reports", "--check"]).ended(1);
    ran.reported(&["cannot use reports/other/report.json", "has version 9", "recur report SPEC"]);
}

#[test]
fn the_page_of_reports_is_not_written_over_a_page_of_somebody_else() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    lab.write("reports/README.md", "# My reports\n");
    let ran = lab.recur(&["reports", "--write", "--replace"]).ended(1);
    ran.reported(&["reports/README.md was not written by recur", "move it elsewhere"]);
    assert_eq!(lab.read("reports/README.md"), "# My reports\n");
    std::fs::remove_file(lab.path("reports/README.md")).unwrap();
    lab.recur(&["reports", "--write"]).ended(0);
    let changed = format!("{}More.\n", lab.read("reports/README.md"));
    lab.write("reports/README.md", &changed);
    lab.recur(&["reports", "--write"]).ended(1).reported(&["was changed after recur wrote it", "--replace"]);
    assert_eq!(lab.read("reports/README.md"), changed);
    lab.recur(&["reports", "--write", "--replace"]).ended(0);
    lab.recur(&["reports", "--check"]).ended(0);
    // Nor are the texts that recur generates for a repository.
    lab.write("mine.json", "{\"mine\": 1}\n");
    lab.recur(&["schema", "--write", "mine.json"]).ended(1).reported(&["mine.json exists with other content"]);
    assert_eq!(lab.read("mine.json"), "{\"mine\": 1}\n");
}

#[test]
fn the_committed_page_of_models_is_that_of_the_shipped_ones() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/model-reference.md");
    Lab::new().recur(&["models", "--check", page]).ended(0);
    Lab::new().recur(&["models", "gru", "--check", page]).ended(2).reported(&["cannot be used with"]);
}

/// What a hostile file, folder or argument may hold: a colour, a title of the terminal, a bell, text from right to left.
const HOSTILE: &str = "a\u{1b}[31mb\u{1b}]0;t\u{7}\u{9b}2J\u{202e}c";

/// Asserts that no stream of `ran` holds what a terminal obeys, and that the text was escaped, not removed.
fn is_escaped(ran: &Ran) {
    for stream in [&ran.out, &ran.err] {
        let hidden = stream.chars().find(|c| *c != '\n' && recur_core::visible::is_hidden(*c));
        assert_eq!(hidden, None, "{stream:?}");
    }
    let both = format!("{}{}", ran.out, ran.err);
    assert!(both.contains("a\\x1b[31mb") && both.contains("\\u{202e}c"), "{both}");
}

#[test]
fn text_from_outside_is_escaped_wherever_it_is_printed() {
    let lab = Lab::new();
    lab.experiment(&[]).ended(0);
    lab.write("rows.csv", format!("name,label\n{HOSTILE},x,y\nq,1,2\n"));
    lab.write("label.csv", format!("name,label\nab,{HOSTILE}\ncd,{HOSTILE}\n"));
    lab.write("header.csv", format!("{HOSTILE},label\nab,x\ncd,y\n"));
    lab.write(&format!("{HOSTILE}.yaml"), "name: 7\n");
    let spec = format!("{HOSTILE}.yaml");
    for arguments in [
        &["plan", "small.yaml", "--set", "data.source=rows.csv"] as &[&str],
        &["plan", "small.yaml", "--set", "data.source=label.csv"],
        &["plan", "small.yaml", "--set", "data.source=header.csv"],
        &["plan", &spec],
        &["plan", "missing.yaml", "--set", HOSTILE],
        &["models", HOSTILE],
        &["store", "check", "--store", HOSTILE],
        &["predict", "--model", HOSTILE, "Bako"],
        &["compare", HOSTILE, "small"],
        &["experiment", "small.yaml", "--jobs", HOSTILE],
        &[HOSTILE],
    ] {
        is_escaped(&lab.recur(arguments));
        let forced = lab.command(arguments).env("CLICOLOR_FORCE", "1").output().unwrap();
        let plain = String::from_utf8_lossy(&forced.stderr).replace("\u{1b}[", "");
        assert!(!plain.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']), "{plain:?}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_stream_that_is_full_or_closed_is_no_panic() {
    let lab = Lab::new();
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    let code = |command: &mut std::process::Command| command.status().unwrap().code();
    assert_eq!(code(lab.command(&["plan", "missing.yaml"]).stderr(full())), Some(1));
    assert_eq!(code(lab.command(&["plan", "small.yaml"]).stderr(full())), Some(0));
    assert_eq!(code(lab.command(&["plan", "small.yaml"]).stdout(full())), Some(1));
    assert_eq!(code(lab.command(&["plan", "small.yaml"]).stdout(full()).stderr(full())), Some(1));
    assert_eq!(code(lab.command(&["--help"]).stdout(full())), Some(0));
    assert_eq!(code(lab.command(&["no-such-command"]).stderr(full())), Some(2));
    assert_eq!(code(lab.command(&["experiment", "small.yaml"]).stderr(full())), Some(0));
}

#[test]
fn sizes_of_the_screen_and_of_records_have_one_form() {
    for bytes in [0, 1, 1000, 1 << 10, 200 << 20, 3 << 29, (1 << 40) - 1, u64::MAX] {
        assert_eq!(indicatif::HumanBytes(bytes).to_string(), recur_train::bytes_in_words(bytes));
    }
}
