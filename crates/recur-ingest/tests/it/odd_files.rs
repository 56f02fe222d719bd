//! Files that are compressed, in another encoding, hidden, or no files at all.

use crate::common::{folder, ingest_file, ingest_in, ingest_with, settings};
use recur_core::facts::RejectReason;
use recur_core::settings::DataSettings;
use std::io::Write as _;

const CSV: &str = "name,label\nNovák,Czech\nDvořák,Czech\nAbe,Japanese\nIto,Japanese\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn check_error(name: &str, bytes: &[u8], expected: &str, remedy: &str) {
    let error = ingest_file(name, bytes).unwrap_err();
    assert_eq!((error.to_string().as_str(), error.hint().as_deref()), (expected, Some(remedy)));
}

#[test]
fn a_compressed_file_gives_the_data_set_of_its_text_whatever_its_extension() {
    let expected = ingest_file("a.csv", CSV.as_bytes()).unwrap();
    for (name, bytes) in [
        ("a.csv.gz", gzip(CSV.as_bytes())),
        ("a.csv.zst", zstd(CSV.as_bytes())),
        ("a.csv", gzip(CSV.as_bytes())),
        ("a.CSV.GZ", zstd(CSV.as_bytes())),
        ("a.csv.gz", CSV.as_bytes().to_vec()),
        ("a.tsv.gz", gzip(CSV.replace(',', "\t").as_bytes())),
    ] {
        let found = ingest_file(name, &bytes).unwrap();
        assert_eq!(found.dataset, expected.dataset, "{name}");
        assert_eq!(
            found.facts.files[name],
            recur_core::digest::Digest::of(&bytes),
            "the digest is of the file as it is"
        );
    }
    let lists = [("d/Czech.txt.gz", gzip("Novák\nDvořák\n".as_bytes())), ("d/Japanese.txt.zst", zstd(b"Abe\nIto\n"))];
    let files: Vec<_> = lists.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    assert_eq!(ingest_with(&settings("d"), &files).unwrap().dataset, expected.dataset);
}

#[test]
fn a_damaged_compressed_file_is_an_error() {
    let packed = gzip(CSV.as_bytes());
    let error = ingest_file("a.csv.gz", &packed[..packed.len() - 12]).unwrap_err().to_string();
    assert!(error.starts_with("`a.csv.gz` cannot be unpacked as gzip: "), "{error}");
}

#[test]
fn wide_text_is_refused_with_the_command_that_converts_it() {
    let not = "is not UTF-8: it";
    let iconv = "iconv -f UTF-16LE -t UTF-8";
    check_error(
        "a.csv",
        &wide(CSV),
        &format!("`a.csv` {not} looks like UTF-16LE without a byte order mark"),
        &format!("convert it: {iconv} a.csv > a.utf8.csv"),
    );
    check_error(
        "a b.ndjson",
        &wide("\u{feff}{\"name\":\"Abe\",\"label\":\"x\"}\n"),
        &format!("`a b.ndjson` {not} begins with the byte order mark of UTF-16LE"),
        &format!("convert it: {iconv} 'a b.ndjson' > 'a b.utf8.ndjson'"),
    );
    check_error(
        "Czech.txt.gz",
        &gzip(&wide("Novák\nDvořák\n")),
        &format!("`Czech.txt.gz` {not} looks like UTF-16LE without a byte order mark"),
        &format!("convert it: gzip -dc < Czech.txt.gz | {iconv} > Czech.utf8.txt"),
    );
}

#[test]
fn rows_in_another_encoding_are_rejected_and_noted_with_what_they_look_like() {
    let found =
        ingest_file("a.csv", &[CSV.as_bytes(), b"Abel,Czech,x\nM\xfcller,Czech\nJos\xe9,Czech\n"].concat()).unwrap();
    assert_eq!(found.facts.rejected[&RejectReason::InvalidUtf8], 2);
    let detail = "byte 2 of the row, 0xfc, is not UTF-8; it looks like WINDOWS-1252: `Müller,Czech`";
    assert_eq!(found.rejects[1].detail, detail);
    assert_eq!(found.notes, [format!("`a.csv` has 2 rows that are not UTF-8; the first is line 7: {detail}")]);
}

#[test]
fn a_packed_list_with_rows_that_are_not_utf_8_loses_no_label() {
    let files: [(&str, &[u8]); 2] =
        [("Czech.txt.gz", &gzip(b"Nov\xe1k\nDvorak\n")), ("Irish.txt", b"Kelly\nO'Neill\n")];
    let found = ingest_with(&settings("."), &files).unwrap();
    assert_eq!(found.facts.rejected[&RejectReason::InvalidUtf8], 1);
    assert_eq!(found.facts.rows_by_label["Czech"], 1);
}

#[test]
fn labels_that_only_rows_that_are_not_utf_8_have_are_lost_in_every_form_of_a_file() {
    use recur_ingest::IngestError;
    let whole = "Abe,Japanese\nIto,Japanese\nKelly,Irish\n".as_bytes();
    let damaged = b"Nov\xe1k,Czech\n";
    for (header, column) in [
        ("name,label\n", "label"),
        ("sep=,\nname,label\n", "label"),
        ("\u{feff}\"sep=,\"\nname,\"label\"\n", "label"),
        // The same column with a combining accent.
        ("name,pai\u{301}s\n", "pa\u{ed}s"),
        ("name,pa\u{ed}s\n", "pai\u{301}s"),
    ] {
        let settings = DataSettings { label_column: column.to_owned(), ..settings("a.csv") };
        let content = [header.as_bytes(), whole, damaged].concat();
        match ingest_with(&settings, &[("a.csv", &content)]) {
            Err(IngestError::LostLabels { labels, .. }) => assert_eq!(labels, [("Czech".to_owned(), 1)], "{header}"),
            other => panic!("{header}: {:?}", other.map(|found| found.facts)),
        }
    }
}

#[test]
fn lost_labels_of_json_lines_are_read_as_those_of_kept_rows() {
    use recur_ingest::IngestError;
    let row = |name: &[u8], label: &str| [b"{\"name\":\"", name, b"\",\"label\":", label.as_bytes(), b"}\n"].concat();
    let read = |damaged: &[&str]| {
        let kept = [row(b"Abe", "1"), row(b"Ito", "2.5"), row(b"Kelly", "true"), row(b"Toth", "\"x\"")];
        let damaged = damaged.iter().map(|label| row(b"Nov\xe1k", label));
        let rows: Vec<u8> = kept.into_iter().chain(damaged).flatten().collect();
        ingest_file("a.ndjson", &rows)
    };
    for label in ["1", "2.5", "true", "\"x\"", "\" x \"", "null", "[1]"] {
        assert_eq!(read(&[label]).unwrap().facts.rejected[&RejectReason::InvalidUtf8], 1, "{label}");
    }
    match read(&["null", "3", "1", "false", "3", "{}", "\"y\""]) {
        Err(IngestError::LostLabels { labels, first, .. }) => {
            let lost = [("3", 2), ("false", 1), ("y", 1)].map(|(label, rows)| (label.to_owned(), rows));
            assert_eq!(labels, lost);
            assert_eq!(first.iter().map(|row| row.line).collect::<Vec<_>>(), [6, 8, 11]);
        }
        other => panic!("{:?}", other.map(|found| found.facts)),
    }
}

#[test]
fn a_share_of_rejected_rows_that_is_exactly_the_limit_is_accepted() {
    let kept: Vec<String> = (0..71).map(|i| format!("Ann{i},{}\n", ["x", "y"][i % 2])).collect();
    let file = |rejected: usize| format!("name,label\n{}{}", kept.concat(), "Ann,x,1\n".repeat(rejected));
    let read = |rejected| {
        ingest_with(&DataSettings { max_rejected: 0.29, ..settings("a.csv") }, &[("a.csv", file(rejected).as_bytes())])
    };
    assert_eq!(read(29).unwrap().facts.n_rejected(), 29);
    let error = read(30).unwrap_err().to_string();
    assert!(error.contains("these are 29.7 %, and data.max_rejected allows 29 %"), "{error}");
}

#[test]
fn a_share_just_above_the_limit_does_not_look_like_it() {
    let kept: Vec<String> = (0..9499).map(|i| format!("Ann{i},{}\n", ["x", "y"][i % 2])).collect();
    let file = format!("name,label\n{}{}", kept.concat(), "Ann,x,1\n".repeat(500));
    let settings = DataSettings { max_rejected: 0.05, ..settings("a.csv") };
    let error = ingest_with(&settings, &[("a.csv", file.as_bytes())]).unwrap_err().to_string();
    assert!(error.contains("these are 5.001 %, and data.max_rejected allows 5 %"), "{error}");
}

#[test]
fn carriage_returns_end_lines_where_nothing_else_does() {
    let found = ingest_file("a.csv", CSV.replace('\n', "\r").as_bytes()).unwrap();
    assert_eq!(found.dataset, ingest_file("a.csv", CSV.as_bytes()).unwrap().dataset);
    assert_eq!(found.notes, ["`a.csv` has CR as its only line ends: each CR is read as the end of a line"]);
}

#[test]
fn what_is_no_text_is_refused_by_name() {
    check_error(
        "a.csv",
        b"PK\x03\x04\x14\0\x06\0",
        "`a.csv` is a ZIP archive, as a spreadsheet (.xlsx, .ods) is too, not a file of texts",
        "unpack an archive (unzip a.csv); save a spreadsheet as CSV in UTF-8",
    );
    check_error(
        "a.ndjson",
        b"[{\"name\":\"Abe\",\"label\":\"x\"},\n{\"name\":\"Ito\",\"label\":\"y\"}]\n",
        "`a.ndjson` is a JSON array: one object a line is expected",
        "write one object a line: jq -c '.[]' a.ndjson > a.lines.ndjson",
    );
}

#[test]
fn hidden_files_are_left_out_and_noted() {
    let files: [(&str, &[u8]); 4] = [
        ("d/Alpha.txt", b"a\nb\n"),
        ("d/Beta.txt", b"c\nd\n"),
        ("d/._Alpha.txt", b"\0\x05\x16\x07"),
        ("d/.x.csv", b"x"),
    ];
    let found = ingest_with(&settings("d"), &files).unwrap();
    assert_eq!(found.dataset.label_names(), ["Alpha", "Beta"]);
    assert_eq!(found.notes, ["`d`: hidden files are not read: 2 (`d/._Alpha.txt`, `d/.x.csv`)"]);
}

#[test]
fn rejected_rows_beyond_the_limit_are_counted_and_not_listed() {
    let bad: String = (0..25_000).map(|i| if i % 5 == 0 { ",\n" } else { "x\n" }).collect();
    let found = ingest_file("a.csv", format!("{CSV}{bad}").as_bytes()).unwrap();
    assert_eq!(found.facts.rows_read, 25_004);
    let of = |reason| found.facts.rejected[&reason];
    assert_eq!((of(RejectReason::MissingLabel), of(RejectReason::Malformed)), (5_000, 20_000));
    assert_eq!(found.rejects.len(), 10_000);
    assert!(found.rejects.windows(2).all(|pair| pair[0].line < pair[1].line));
    let unlisted: Vec<_> = found.unlisted.iter().map(|unlisted| (unlisted.reason, unlisted.rows)).collect();
    assert_eq!(unlisted, [(RejectReason::MissingLabel, 3_000), (RejectReason::Malformed, 12_000)]);
}

#[cfg(unix)]
#[test]
fn pipes_and_links_that_lead_nowhere_are_errors_also_within_a_folder() {
    use std::os::unix::{fs::symlink, net::UnixListener};
    let folder = folder(&[("d/Alpha.txt", b"a\n"), ("e/Alpha.txt", b"a\n")]);
    let _socket = UnixListener::bind(folder.path().join("d/Beta.txt")).unwrap();
    symlink("gone", folder.path().join("e/Beta.txt")).unwrap();
    symlink("/dev/zero", folder.path().join("zero.csv")).unwrap();
    let check = |source: &str, expected: &str| {
        assert_eq!(ingest_in(&settings(source), folder.path()).unwrap_err().to_string(), expected);
    };
    check("d", "`d/Beta.txt` cannot be read: it is a socket: only regular files are read");
    check("d/*.txt", "`d/Beta.txt` cannot be read: it is a socket: only regular files are read");
    check("e", "`e/Beta.txt` cannot be read: it is a link to `gone`, which does not exist");
    check("zero.csv", "`zero.csv` cannot be read: it is a device: only regular files are read");
}
