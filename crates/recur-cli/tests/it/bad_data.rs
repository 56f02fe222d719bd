//! Data that cannot be used, and data that can but for some rows.

use crate::common::{Lab, names_csv};

/// Runs the experiment on `content` in the file `name`, which has to be refused with all of `told`.
fn check_refused(name: &str, content: &str, told: &[&str]) {
    let lab = Lab::new();
    lab.write(name, content);
    check_source_refused(&lab, name, told);
}

fn check_source_refused(lab: &Lab, source: &str, told: &[&str]) {
    lab.experiment(&["--set", &format!("data.source={source}")]).ended(1).told(&["error: ", source]).told(told);
    assert!(!lab.path("reports").exists(), "no report is written");
    assert_eq!(lab.trials(), [""; 0].map(std::path::PathBuf::from), "nothing is trained");
}

#[test]
fn an_empty_file_is_refused() {
    check_refused("a.csv", "", &["`a.csv` is empty"]);
}

#[test]
fn a_header_without_rows_is_refused() {
    check_refused("a.csv", "name,label\n", &["`a.csv` has no rows"]);
}

#[test]
fn a_missing_column_is_told_with_the_columns_there_are() {
    check_refused("a.csv", "name,labels\nAbe,Japanese\n", &["no column `label`", "did you mean `labels`", "`name`"]);
}

#[test]
fn another_delimiter_is_recognised() {
    let csv = names_csv().replace(',', ";");
    check_refused("a.csv", &csv, &["no column", "fields seem to be separated by `;`"]);
}

#[test]
fn one_label_alone_is_refused() {
    check_refused("a.csv", "name,label\nAbe,Japanese\nIto,Japanese\n", &["`Japanese`", "at least two labels"]);
}

#[test]
fn fewer_rows_than_parts_are_refused() {
    let told = ["cannot divide the rows of a.csv", "too few to divide", "data.split"];
    check_refused("a.csv", "name,label\nAbe,Japanese\nNovak,Czech\n", &told);
}

#[test]
fn a_folder_in_the_place_of_a_file_is_refused_with_the_files_in_it() {
    let lab = Lab::new();
    lab.write("data/names.csv", names_csv());
    check_source_refused(&lab, "data", &["folder `data` holds no LABEL.txt", "`names.csv`"]);
}

#[test]
fn a_missing_file_is_told_with_the_nearest_one() {
    check_source_refused(&Lab::new(), "nams.csv", &["does not exist", "did you mean `names.csv`", "hint"]);
}

#[test]
fn an_unknown_extension_is_told_with_the_known_ones() {
    check_refused("a.xlsx", "x", &["of no known format", "csv", "parquet"]);
}

#[test]
fn a_file_with_some_unusable_rows_is_used_without_them() {
    let lab = Lab::new();
    let mut csv = format!("\u{feff}{}", names_csv().replace('\n', "\r\n")).into_bytes();
    csv.extend_from_slice(b"M\xfcller,Czech\r\n");
    csv.extend_from_slice(format!("{},Irish\r\n,Korean\r\n", "x".repeat(1_000_000)).as_bytes());
    lab.write("odd.csv", csv);
    lab.experiment(&["--set", "data.source=odd.csv"]).ended(0).told(&["60 names", "3 rows of 63 cannot be used"]);

    let rejects = lab.read("runs/experiments/small/rejects.csv");
    for (line, reason) in [(62, "not UTF-8"), (63, "text too long"), (64, "empty text")] {
        let listed = |row: &str| row.starts_with(&format!("odd.csv,{line},")) && row.contains(reason);
        assert!(rejects.lines().any(listed), "line {line}, {reason}:\n{rejects}");
    }
    assert!(rejects.len() < 2000, "a name of a megabyte is cut");
    assert!(lab.read("reports/small.md").contains("name too long"));
}

#[test]
fn byte_order_mark_and_line_ends_change_no_trial() {
    let lab = Lab::new();
    let before = lab.plan(&["small.yaml"]);
    lab.write("names.csv", format!("\u{feff}{}", names_csv().replace('\n', "\r\n")));
    assert_eq!(before, lab.plan(&["small.yaml"]));
}

/// [`names_csv`] with more rows.
fn with_rows(rows: &str) -> String {
    names_csv() + rows
}

/// What `plan` and `experiment` report of `content`, which both use: each of them all of `told`.
fn check_warned(content: &str, sets: &[&str], told: &[&str]) -> Lab {
    let lab = Lab::new();
    lab.write("odd.csv", content);
    let source = ["--set", "data.source=odd.csv"];
    let arguments: Vec<&str> = source.iter().chain(sets).copied().collect();
    lab.recur(&[&["plan", "small.yaml"], &arguments[..]].concat()).ended(0).told(told);
    assert!(!lab.path("runs").exists(), "a plan writes nothing");
    lab.experiment(&arguments).ended(0).told(told);
    lab
}

#[test]
fn more_rejected_rows_than_allowed_are_refused_with_reasons_examples_and_the_remedy() {
    let csv = with_rows(&(",Czech\n".to_owned() + &"Novak,Czech,x\n".repeat(3)));
    let told = [
        "4 of 64 rows of `odd.csv` cannot be used (empty text: 1, malformed row: 3): these are 6.25 %, and data.max_rejected allows 5 %",
        "\n  odd.csv:62: empty text",
        "\n  odd.csv:63: malformed row",
        "hint: mend the file; to go on without these rows: --set data.max_rejected=0.07",
    ];
    check_refused("odd.csv", &csv, &told);
    check_warned(&csv, &["--set", "data.max_rejected=0.07"], &["odd.csv: 4 rows of 64 cannot be used"]);
    let lab = Lab::new();
    lab.write("odd.csv", &csv);
    let strict = ["plan", "small.yaml", "--set", "data.source=odd.csv", "--set", "data.rejects=error"];
    lab.recur(&strict).ended(1).told(&["4 rows cannot be used:"]);
}

#[test]
fn few_rejected_rows_are_warned_of_by_plan_as_by_experiment() {
    let told = ["WARN odd.csv: 1 row of 61 cannot be used (malformed row: 1); the first: odd.csv:62: malformed row"];
    let lab = check_warned(&with_rows("Novak,Czech,x\n"), &[], &told);
    assert!(lab.read("runs/experiments/small/rejects.csv").contains("odd.csv,62,malformed row"));
    let plan = lab.recur(&["plan", "small.yaml", "--json", "--set", "data.source=odd.csv"]).ended(0);
    let plan: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
    assert!(plan["warnings"][0].as_str().unwrap().starts_with("1 row of 61 cannot be used"), "{plan}");
}

#[test]
fn what_the_files_are_like_is_among_the_warnings_of_a_plan_after_those_about_the_data() {
    let lab = Lab::new();
    lab.write("odd.csv", with_rows("Novak,Czech,x\n").replace('\n', "\r"));
    let ran = lab.recur(&["plan", "small.yaml", "--json", "--set", "data.source=odd.csv"]).ended(0);
    let plan: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let warnings: Vec<&str> = plan["warnings"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    assert!(warnings[0].starts_with("1 row of 61 cannot be used"), "{warnings:?}");
    assert!(warnings.last().unwrap().starts_with("`odd.csv` has CR as its only line ends"), "{warnings:?}");
}

#[test]
fn rejected_rows_are_counted_once_and_listed_at_one_place() {
    let lab = Lab::new();
    lab.write("odd.csv", with_rows("Novak,Czech,x\n"));
    let ran = lab.experiment(&["--set", "data.source=odd.csv"]).ended(0);
    let lines: Vec<&str> = ran.err.lines().filter(|line| line.contains("reject") || line.contains("be used")).collect();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("1 row of 61 cannot be used") && lines[1].contains("rejects.csv"), "{lines:?}");
}

#[test]
fn a_label_that_loses_all_its_rows_is_refused_by_name() {
    let lost = |row: &str, label: &str, reason: &str| {
        let told = [&*format!("would lose all its rows, because none of these can be used: {label} (1)"), reason];
        check_refused("odd.csv", &with_rows(row), &told);
    };
    lost(",Welsh\n", "`Welsh`", "odd.csv:62: empty text");
    lost(&format!("{},Welsh\n", "x".repeat(100)), "`Welsh`", "odd.csv:62: text too long");
    lost("Jones,We\u{7}lsh\n", "`We\\x07lsh`", "odd.csv:62: control character (U+0007 in the label)");
    // Nothing but the control character separates this label from one with rows.
    check_warned(&with_rows("Novak,Cz\u{7}ech\n"), &[], &["1 row of 61 cannot be used (control character: 1)"]);
}

#[test]
fn a_label_whose_names_are_all_of_another_encoding_is_refused_by_name() {
    let lab = Lab::new();
    let files = [("csv", ",", ""), ("tsv", "\t", ""), ("ndjson", "\", \"label\": \"", "\"}")];
    for (kind, between, end) in files {
        let start = if kind == "ndjson" { "{\"name\": \"" } else { "" };
        let rows = names_csv()
            .replace(',', between)
            .lines()
            .skip(1)
            .map(|row| format!("{start}{row}{end}\n"))
            .collect::<String>();
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
fn control_characters_in_names_and_labels_reject_the_row_by_code_point() {
    let rows = "No\0vak,Czech\nNo\u{1b}[31mvak,Czech\n\"No\tvak\",Cz\u{85}ech\n";
    let lab = check_warned(&with_rows(rows), &[], &["3 rows of 63 cannot be used (control character: 3)"]);
    let rejects = lab.read("runs/experiments/small/rejects.csv");
    for detail in ["U+0000 in the text", "U+001B in the text", "U+0085 in the label"] {
        assert!(rejects.contains(detail), "{rejects}");
    }
    assert!(!rejects.contains(|c: char| c.is_control() && c != '\n'), "{rejects:?}");
}

#[test]
fn rejected_rows_are_written_so_that_no_spreadsheet_executes_them() {
    let lab = check_warned(&with_rows("=cmd|' /C calc'!A0,Czech,x\n"), &[], &["malformed row: 1"]);
    let rejects = lab.read("runs/experiments/small/rejects.csv");
    assert!(rejects.contains(",\"'=cmd|' /C calc'!A0,Czech,x\","), "{rejects}");
}

#[test]
fn names_of_invisible_characters_only_are_empty() {
    let told = ["2 rows of 62 cannot be used (empty text: 2)", "only U+200B, which show nothing"];
    check_warned(&with_rows("\u{200b},Czech\n\u{3164}\u{feff},Irish\n"), &[], &told);
}

#[test]
fn names_without_a_character_of_the_alphabet_are_refused() {
    let name = |i: usize| "ωθ".repeat(i / 8 + 1) + &"ζ".repeat(i % 8);
    let greek: String = (0..60).map(|i| format!("{},{}\n", name(i), ["a", "b"][i % 2])).collect();
    let lab = Lab::new();
    lab.write("odd.csv", format!("name,label\n{greek}"));
    for set in ["data.text.fold=ascii", "data.text.alphabet=xyz"] {
        let arguments = ["plan", "small.yaml", "--set", "data.source=odd.csv", "--set", set];
        lab.recur(&arguments).ended(1).told(&[
            "is in the alphabet",
            "it has none of `",
            "hint",
            "data.text.alphabet: auto",
        ]);
    }
    lab.recur(&["plan", "small.yaml", "--set", "data.source=odd.csv"]).ended(0);
}

#[test]
fn names_mostly_outside_the_alphabet_and_labels_wholly_outside_are_warned_of() {
    let greek = (0..40).map(|i| format!("{}{},Greek\n", "ω".repeat(i / 8 + 6), "ζ".repeat(i % 8))).collect::<String>();
    let told = [
        "% of the characters of texts are outside the alphabet",
        "1 of 4 labels has no text with a character of the alphabet (`Greek`)",
    ];
    let lab = check_warned(&with_rows(&greek), &["--set", "data.text.fold=ascii"], &told);
    assert!(lab.read("reports/small.md").contains(told[0]));
}

#[test]
fn labels_that_look_alike_are_warned_of_with_both_spellings() {
    let rows = "Novy,czech\nNovik,Czech\u{200b}\nBrinan,Ir\u{a0}ish\n";
    let told = [
        "some labels look alike",
        "`Czech` (20 rows), `Czech\\u{200b}` (1 row), `czech` (1 row)",
        "`Irish` (20 rows), `Ir\\u{a0}ish` (1 row)",
    ];
    let lab = check_warned(&with_rows(rows), &[], &told);
    let report = lab.read("reports/small.md");
    assert!(report.contains("Some labels look alike"), "{report}");
}

#[test]
fn labels_with_fewer_rows_than_parts_are_warned_of_and_stated_in_the_opening() {
    let told = [
        "1 of 4 labels has fewer rows than the split has parts (3 parts), so no replicate has them in each part (`Welsh`: 2)",
        "1 of 4 labels has no test rows",
    ];
    let lab = check_warned(&with_rows("Jones,Welsh\nEvans,Welsh\n"), &[], &told);
    let report = lab.read("reports/small.md");
    let opening = report.split("## ").next().unwrap();
    assert!(opening.contains("1 of 4 labels has fewer rows than the split has parts"), "{report}");
    assert!(opening.contains("has no test rows"), "{report}");
}

#[test]
fn a_column_of_labels_with_nearly_as_many_values_as_rows_is_doubted() {
    let csv: String =
        names_csv().lines().skip(1).enumerate().map(|(i, row)| format!("{row}{}\n", i / 2 * 2 % 50)).collect();
    let csv = format!("name,label\n{csv}");
    let told = ["labels in 60 rows: the column of labels is probably another one (data.columns.label)"];
    let lab = Lab::new();
    lab.write("odd.csv", csv);
    lab.recur(&["plan", "small.yaml", "--set", "data.source=odd.csv"]).ended(0);
    let csv: String =
        names_csv().lines().skip(1).map(|row| format!("{row},{}\n", row.split(',').next().unwrap())).collect();
    lab.write("odd.csv", format!("name,x,label\n{csv}"));
    let ran = lab.recur(&["plan", "small.yaml", "--set", "data.source=odd.csv"]).ended(0);
    ran.told(&told).told(&["60 of 60 rows have their own text as label"]);
}

#[test]
fn one_column_for_names_and_labels_is_refused() {
    let arguments = ["plan", "small.yaml", "--set", "data.columns.label=name"];
    Lab::new().recur(&arguments).ended(1).told(&["`data.columns.label` and `data.columns.name` are both `name`"]);
}

#[test]
fn data_without_such_problems_is_not_warned_of() {
    let ran = Lab::new().recur(&["plan", "small.yaml"]).ended(0);
    assert!(!ran.err.contains("WARN"), "{}", ran.err);
}

#[test]
fn quotes_that_pair_over_lines_swallow_no_row() {
    let lab = Lab::new();
    lab.write("odd.csv", format!("{}Abel\",Irish\n", names_csv().replacen('\n', "\nAbel,\"Irish\n", 1)));
    lab.experiment(&["--set", "data.source=odd.csv"]).ended(0).told(&["60 names", "2 rows of 62 cannot be used"]);
    let rejects = lab.read("runs/experiments/small/rejects.csv");
    assert!(rejects.contains("odd.csv,2,"), "{rejects}");
    assert!(rejects.contains("odd.csv,63,"), "{rejects}");
}

#[test]
fn a_compressed_file_has_the_trials_of_its_text() {
    let lab = Lab::new();
    let before = lab.plan(&["small.yaml"]);
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
    assert_eq!(before, lab.plan(&["small.yaml", "--set", "data.source=names.csv.gz"]));
}

/// The checksum of gzip (RFC 1952).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[test]
fn wide_text_is_refused_with_the_command_that_converts_it() {
    let lab = Lab::new();
    lab.write("a.csv", names_csv().encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>());
    let told = ["looks like UTF-16LE", " hint: convert it: iconv -f UTF-16LE -t UTF-8 a.csv > a.utf8.csv"];
    check_source_refused(&lab, "a.csv", &told);
}

#[test]
fn columns_that_look_alike_are_distinguished() {
    let csv = names_csv();
    check_refused("a.csv", &csv.replacen("name", "n\u{430}me", 1), &["U+0430", "where `name` has U+0061 (`a`)"]);
    check_refused("a.csv", &csv.replacen("name", "name\u{200b}", 1), &["invisible characters: U+200B"]);
}

#[test]
fn hidden_files_are_left_out_with_a_warning() {
    let lab = Lab::new();
    for (name, text) in [("Irish", "Byrne\nNolan\nKelly\nWalsh\n"), ("Czech", "Novak\nKral\nDvorak\nJelinek\n")] {
        lab.write(&format!("lists/{name}.txt"), text);
        lab.write(&format!("lists/._{name}.txt"), "\0\x05");
    }
    let ended = lab.experiment(&["--set", "data.source=lists"]);
    ended.told(&["8 names with 2 labels", "hidden files are not read: 2 (`lists/._Czech.txt`, `lists/._Irish.txt`)"]);
}

#[test]
fn a_glob_without_quotes_is_refused_with_the_quotes() {
    let lab = Lab::new();
    lab.experiment(&["--set", "data.source=*.csv"]).ended(1).told(&["`*.csv`", "--set 'data.source=\"*.csv\"'"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    use std::os::unix::fs::symlink;
    let lab = Lab::new();
    for (link, target) in [("zero.csv", "/dev/zero"), ("dang.csv", "gone.csv"), ("loop.csv", "loop.csv")] {
        symlink(target, lab.path(link)).unwrap();
    }
    check_source_refused(&lab, "zero.csv", &["it is a device", "only regular files are read", "hint"]);
    check_source_refused(&lab, "dang.csv", &["a link to `gone.csv`, which does not exist", "hint"]);
    check_source_refused(&lab, "loop.csv", &["lead in a circle", "hint"]);
    symlink("/dev/zero", lab.path("zero.yaml")).unwrap();
    lab.recur(&["plan", "zero.yaml"]).ended(1).told(&["cannot read the spec zero.yaml", "it is a device"]);
}
