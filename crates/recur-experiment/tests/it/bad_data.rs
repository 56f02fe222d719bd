//! Data that cannot be used, and data that can but for some rows.

use crate::common::{Lab, names_csv, says};
use recur_experiment::{LookupError, RequestedExperiment, SpecRequest};
use recur_ingest::rejects_csv;

/// The experiment on the file `source`, with `more` keys of `data`.
fn spec(lab: &Lab, source: &str, more: &str) -> String {
    lab.spec("small", 4).replace("names.csv'}", &format!("{source}'{more}}}"))
}

fn prepare(lab: &Lab, source: &str, more: &str) -> Result<RequestedExperiment, LookupError> {
    lab.write("small.yaml", spec(lab, source, more));
    RequestedExperiment::read(&SpecRequest::of_file(lab.path("small.yaml")), &lab.program())
}

#[track_caller]
fn check_source_refused(lab: &Lab, source: &str, parts: &[&str]) {
    let error = prepare(lab, source, "").err().unwrap_or_else(|| panic!("{source} is used"));
    says(&error, error.hint(), &[&[source], parts].concat());
}

/// Prepares the experiment on `content` in the file `name`, which has to be refused with all of `parts`.
#[track_caller]
fn check_refused(name: &str, content: impl AsRef<[u8]>, parts: &[&str]) {
    let lab = Lab::new();
    lab.write(name, content);
    check_source_refused(&lab, name, parts);
}

/// The warnings about `content`, which can be used.
#[track_caller]
fn check_warned(content: impl AsRef<[u8]>, more: &str, parts: &[&str]) -> (Lab, RequestedExperiment) {
    let lab = Lab::new();
    lab.write("odd.csv", content);
    let experiment = prepare(&lab, "odd.csv", more).unwrap();
    let warnings: Vec<String> = experiment.warnings().iter().map(ToString::to_string).collect();
    let warnings = warnings.join("\n");
    for part in parts {
        assert!(warnings.contains(part), "`{part}` is not in:\n{warnings}");
    }
    (lab, experiment)
}

fn rejects(experiment: &RequestedExperiment) -> String {
    String::from_utf8(rejects_csv(
        &experiment.data().rejects,
        &experiment.data().unlisted,
        &experiment.plan().report.noun,
    ))
    .unwrap()
}

/// The names with more rows.
fn with_rows(rows: &str) -> String {
    names_csv() + rows
}

#[test]
fn files_without_rows_or_labels_are_refused() {
    check_refused("a.csv", "", &["a.csv` is empty"]);
    check_refused("a.csv", "name,label\n", &["a.csv` has no rows"]);
    check_refused("a.csv", "name,label\nAbe,Japanese\nIto,Japanese\n", &["`Japanese`", "at least two labels"]);
    let parts = ["cannot divide the rows of", "too few to divide", "data.split"];
    check_refused("a.csv", "name,label\nAbe,Japanese\nNovak,Czech\n", &parts);
}

#[test]
fn columns_that_are_not_there_are_refused_with_those_that_are() {
    let parts = ["no column `label`", "did you mean `labels`", "`name`"];
    check_refused("a.csv", "name,labels\nAbe,Japanese\n", &parts);
    let csv = names_csv();
    check_refused("a.csv", csv.replace(',', ";"), &["no column", "fields seem to be separated by `;`"]);
    let parts = ["U+0430", "where `name` has U+0061 (`a`)"];
    check_refused("a.csv", csv.replacen("name", "n\u{430}me", 1), &parts);
    check_refused("a.csv", csv.replacen("name", "name\u{200b}", 1), &["invisible characters: U+200B"]);
    let error = prepare(&Lab::new(), "names.csv", ", columns: {label: name}").unwrap_err();
    says(&error, error.hint(), &["`data.columns.label` and `data.columns.text` are both `name`"]);
}

#[test]
fn sources_that_are_no_files_of_data_are_refused_with_the_remedy() {
    let lab = Lab::new();
    lab.write("data/names.csv", names_csv());
    check_source_refused(&lab, "data", &["data` holds no LABEL.txt", "names.csv`"]);
    check_source_refused(&lab, "nams.csv", &["does not exist", "did you mean", "names.csv`"]);
    check_refused("a.xlsx", "x", &["of no known format", "csv", "parquet"]);
    let wide: Vec<u8> = names_csv().encode_utf16().flat_map(u16::to_le_bytes).collect();
    check_refused("a.csv", wide, &["looks like UTF-16LE", "convert it: iconv -f UTF-16LE -t UTF-8"]);
}

#[test]
fn how_the_text_of_a_file_is_stored_changes_no_trial() {
    let lab = Lab::new();
    let ids = |experiment: &RequestedExperiment| -> Vec<String> {
        experiment.trials().iter().map(|trial| trial.id.to_string()).collect()
    };
    let before = ids(&prepare(&lab, "names.csv", "").unwrap());
    // The names in a gzip member of one stored block.
    let text = names_csv().into_bytes();
    let len = u16::try_from(text.len()).unwrap();
    let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1];
    packed.extend_from_slice(&len.to_le_bytes());
    packed.extend_from_slice(&(!len).to_le_bytes());
    packed.extend_from_slice(&text);
    packed.extend_from_slice(&crc32(&text).to_le_bytes());
    packed.extend_from_slice(&u32::from(len).to_le_bytes());
    lab.write("names.csv.gz", packed);
    assert_eq!(before, ids(&prepare(&lab, "names.csv.gz", "").unwrap()));
    lab.write("names.csv", format!("\u{feff}{}", names_csv().replace('\n', "\r\n")));
    assert_eq!(before, ids(&prepare(&lab, "names.csv", "").unwrap()));
}

/// The checksum of gzip (RFC 1952).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[test]
fn more_rejected_rows_than_allowed_are_refused_with_reasons_examples_and_the_remedy() {
    let csv = with_rows(&(",Czech\n".to_owned() + &"Novak,Czech,x\n".repeat(3)));
    let parts = [
        "4 of 64 rows of",
        "cannot be used (empty text: 1, malformed row: 3): these are 6.25 %, and data.max_rejected allows 5 %",
        "odd.csv:62: empty text",
        "odd.csv:63: malformed row",
        "mend the file; to go on without these rows: --set data.max_rejected=0.07",
    ];
    check_refused("odd.csv", &csv, &parts);
    let (lab, _) = check_warned(&csv, ", max_rejected: 0.07", &["4 rows of 64 cannot be used"]);
    let error = prepare(&lab, "odd.csv", ", rejects: error").unwrap_err();
    says(&error, error.hint(), &["4 rows cannot be used:"]);
}

#[test]
fn what_the_files_are_like_is_among_the_warnings_of_a_plan_after_those_about_the_data() {
    let lab = Lab::new();
    lab.write("odd.csv", with_rows("Novak,Czech,x\n").replace('\n', "\r"));
    let experiment = prepare(&lab, "odd.csv", "").unwrap();
    let plan = experiment.planned_run(None).unwrap().json();
    let warnings: Vec<&str> = plan["warnings"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    assert!(warnings[0].starts_with("1 row of 61 cannot be used"), "{warnings:?}");
    let last = warnings.last().unwrap();
    assert!(last.contains("odd.csv` has CR as its only line ends"), "{warnings:?}");
}

#[test]
fn a_label_that_loses_all_its_rows_is_refused_by_name() {
    let lost = |row: &str, label: &str, reason: &str| {
        let whole = format!("would lose all its rows, because none of these can be used: {label} (1)");
        check_refused("odd.csv", with_rows(row), &[&whole, reason]);
    };
    lost(",Welsh\n", "`Welsh`", "odd.csv:62: empty text");
    lost(&format!("{},Welsh\n", "x".repeat(100)), "`Welsh`", "odd.csv:62: text too long");
    lost("Jones,We\u{7}lsh\n", "`We\\x07lsh`", "odd.csv:62: control character (U+0007 in the label)");
    // Nothing but the control character separates this label from one with rows.
    check_warned(with_rows("Novak,Cz\u{7}ech\n"), "", &["1 row of 61 cannot be used (control character: 1)"]);
}

#[test]
fn a_label_whose_texts_are_all_of_another_encoding_is_refused_by_name() {
    let lab = Lab::new();
    let files = [("csv", ",", ""), ("tsv", "\t", ""), ("ndjson", "\", \"label\": \"", "\"}")];
    for (kind, between, end) in files {
        let start = if kind == "ndjson" { "{\"name\": \"" } else { "" };
        let names = names_csv().replace(',', between);
        let rows: String = names.lines().skip(1).map(|row| format!("{start}{row}{end}\n")).collect();
        let header = if kind == "ndjson" { String::new() } else { format!("name{between}label\n") };
        let mut bytes = (header + &rows).into_bytes();
        bytes.extend_from_slice(
            &[start.as_bytes(), b"M\xfcller", between.as_bytes(), b"German", end.as_bytes()].concat(),
        );
        lab.write(&format!("odd.{kind}"), bytes);
        check_source_refused(&lab, &format!("odd.{kind}"), &["would lose all its rows", "`German` (1)", "not UTF-8"]);
    }
    for (label, names) in [("Czech", "Novak\nVacek\n"), ("Irish", "O'Neil\nMacan\n")] {
        lab.write(&format!("lists/{label}.txt"), names);
    }
    lab.write("lists/German.txt", b"M\xfcller\n");
    check_source_refused(&lab, "lists", &["would lose all its rows", "`German` (1)"]);
}

#[test]
fn control_characters_in_texts_and_labels_reject_the_row_by_code_point() {
    let rows = "No\0vak,Czech\nNo\u{1b}[31mvak,Czech\n\"No\tvak\",Cz\u{85}ech\n";
    let (_, experiment) = check_warned(with_rows(rows), "", &["3 rows of 63 cannot be used (control character: 3)"]);
    let rejects = rejects(&experiment);
    for detail in ["U+0000 in the text", "U+001B in the text", "U+0085 in the label"] {
        assert!(rejects.contains(detail), "{rejects}");
    }
    assert!(!rejects.contains(|c: char| c.is_control() && c != '\n'), "{rejects:?}");
}

#[test]
fn rejected_rows_are_written_so_that_no_spreadsheet_executes_them() {
    let (_, experiment) = check_warned(with_rows("=cmd|' /C calc'!A0,Czech,x\n"), "", &["malformed row: 1"]);
    let rejects = rejects(&experiment);
    assert!(rejects.contains(",\"'=cmd|' /C calc'!A0,Czech,x\","), "{rejects}");
}

#[test]
fn texts_of_invisible_characters_only_are_empty() {
    let parts = ["2 rows of 62 cannot be used (empty text: 2)", "only U+200B, which show nothing"];
    check_warned(with_rows("\u{200b},Czech\n\u{3164}\u{feff},Irish\n"), "", &parts);
}

#[test]
fn quotes_that_pair_over_lines_swallow_no_row() {
    let csv = format!("{}Abel\",Irish\n", names_csv().replacen('\n', "\nAbel,\"Irish\n", 1));
    let (_, experiment) = check_warned(csv, "", &["2 rows of 62 cannot be used"]);
    let rejects = rejects(&experiment);
    assert!(rejects.contains("odd.csv,2,") && rejects.contains("odd.csv,63,"), "{rejects}");
    assert_eq!(experiment.data().facts.rows, 60);
}

#[test]
fn texts_without_a_character_of_the_alphabet_are_refused() {
    let name = |i: usize| "ωθ".repeat(i / 8 + 1) + &"ζ".repeat(i % 8);
    let greek: String = (0..60).map(|i| format!("{},{}\n", name(i), ["a", "b"][i % 2])).collect();
    let lab = Lab::new();
    lab.write("odd.csv", format!("name,label\n{greek}"));
    for text in ["fold: ascii", "alphabet: xyz"] {
        let error = prepare(&lab, "odd.csv", &format!(", text: {{{text}}}")).unwrap_err();
        let parts = ["is in the alphabet", "it has none of `", "data.text.alphabet: auto"];
        says(&error, error.hint(), &parts);
    }
    prepare(&lab, "odd.csv", "").unwrap();
}

#[test]
fn what_may_mislead_is_warned_of_and_in_the_report() {
    let report = |lab: &Lab| {
        let spec = lab.read("small.yaml");
        lab.run("small", &spec);
        lab.read("reports/small.md")
    };
    let greek: String = (0..40).map(|i| format!("{}{},Greek\n", "ω".repeat(i / 8 + 6), "ζ".repeat(i % 8))).collect();
    let parts = [
        "% of the characters of texts are outside the alphabet",
        "1 of 4 labels has no text with a character of the alphabet (`Greek`)",
    ];
    let (lab, _) = check_warned(with_rows(&greek), ", text: {fold: ascii}", &parts);
    assert!(report(&lab).contains(&parts[0].replace("texts", "names")));
    let parts = [
        "some labels look alike",
        "`Czech` (20 rows), `Czech\\u{200b}` (1 row), `czech` (1 row)",
        "`Irish` (20 rows), `Ir\\u{a0}ish` (1 row)",
    ];
    let rows = "Novy,czech\nNovik,Czech\u{200b}\nBrinan,Ir\u{a0}ish\n";
    let (lab, _) = check_warned(with_rows(rows), "", &parts);
    assert!(report(&lab).contains("Some labels look alike"));
    let parts = [
        "1 of 4 labels has fewer rows than the split has parts (3 parts), so no replicate has them in each part (`Welsh`: 2)",
        "1 of 4 labels has no test rows",
    ];
    let (lab, _) = check_warned(with_rows("Jones,Welsh\nEvans,Welsh\n"), "", &parts);
    let report = report(&lab);
    let opening = report.split("## ").next().unwrap();
    assert!(
        opening.contains("**Read first:** some of the data may mislead; some labels lack rows ([notes"),
        "{report}"
    );
    let notes = report.split("## Notes on the answer").nth(1).unwrap();
    assert!(notes.contains("1 of 4 labels has fewer rows than the split has parts"), "{report}");
    assert!(notes.contains("has no test rows"), "{report}");
}

#[test]
fn a_column_of_labels_with_nearly_as_many_values_as_rows_is_doubted() {
    let names = names_csv();
    let rows = names.lines().skip(1);
    let csv: String = rows.clone().enumerate().map(|(i, row)| format!("{row}{}\n", i / 2 * 2 % 50)).collect();
    check_warned(format!("name,label\n{csv}"), "", &[]);
    let csv: String = rows.map(|row| format!("{row},{}\n", row.split(',').next().unwrap())).collect();
    let parts = [
        "labels in 60 rows: the column of labels is probably another one (data.columns.label)",
        "60 of 60 rows have their own text as label",
    ];
    check_warned(format!("name,x,label\n{csv}"), "", &parts);
}

#[test]
fn data_without_such_problems_is_not_warned_of() {
    let experiment = prepare(&Lab::new(), "names.csv", "").unwrap();
    assert!(experiment.warnings().is_empty() && experiment.data().notes.is_empty());
}

#[test]
fn hidden_files_are_left_out_with_a_note() {
    let lab = Lab::new();
    for (name, text) in [("Irish", "Byrne\nNolan\nKelly\nWalsh\n"), ("Czech", "Novak\nKral\nDvorak\nJelinek\n")] {
        lab.write(&format!("lists/{name}.txt"), text);
        lab.write(&format!("lists/._{name}.txt"), "\0\x05");
    }
    let experiment = prepare(&lab, "lists", "").unwrap();
    let (facts, notes) = (&experiment.data().facts, experiment.data().notes.join("\n"));
    assert_eq!((facts.rows, facts.rows_by_label.len()), (8, 2));
    assert!(notes.contains("hidden files are not read: 2 (") && notes.contains("lists/._Czech.txt"), "{notes}");
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    use std::os::unix::fs::symlink;
    let lab = Lab::new();
    symlink("/dev/zero", lab.path("zero.csv")).unwrap();
    symlink(lab.path("gone.csv"), lab.path("dang.csv")).unwrap();
    symlink(lab.path("loop.csv"), lab.path("loop.csv")).unwrap();
    check_source_refused(&lab, "zero.csv", &["it is a device", "only regular files are read"]);
    check_source_refused(&lab, "dang.csv", &["a link to `", "gone.csv`, which does not exist"]);
    check_source_refused(&lab, "loop.csv", &["lead in a circle"]);
    symlink("/dev/zero", lab.path("zero.yaml")).unwrap();
    let error = SpecRequest::of_file(lab.path("zero.yaml")).read(&lab.registry).unwrap_err();
    says(&error, error.hint(), &["cannot read the spec ", "zero.yaml", "it is a device"]);
}
