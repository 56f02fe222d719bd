use super::*;
use crate::page::Figure;
use crate::provenance::{MadeFrom, SpecSource};

fn page_of(figures: u32, text: &str) -> Page {
    let mut page = Page::new("name");
    page.block(text);
    let figure = |n: u32| Figure { file: format!("{n}.svg"), svg: format!("<svg data-trials=\"\">{n} {text}</svg>") };
    page.figures = (0..figures).map(figure).collect();
    page
}

fn page() -> Page {
    page_of(8, "text")
}

fn record() -> ReportRecord {
    let source = SpecSource {
        spec_path: "a.yaml".to_owned(),
        overrides: Vec::new(),
        plugins: None,
        resolved_spec: "x: 1".to_owned(),
    };
    let provenance = Provenance {
        program: "recur".to_owned(),
        prefix: Some("recur".to_owned()),
        command: "recur experiment a.yaml".to_owned(),
        recur_version: "1".to_owned(),
        numeric_contract: 1,
        store_link: None,
        made_from: MadeFrom::Experiment(source),
    };
    let parts = crate::PARTS.map(|(part, _)| (part.to_owned(), "1".to_owned()));
    ReportRecord {
        recur_report: crate::REPORT_RECORD_VERSION,
        name: "name".to_owned(),
        question: String::new(),
        answer: String::new(),
        dataset: Digest::of(b"data"),
        files: std::collections::BTreeMap::new(),
        provenance,
        signature: std::collections::BTreeMap::from(parts).try_into().unwrap(),
    }
}

fn write_page(page: Page, dir: &Path, replace: bool) -> Result<Written, ReportError> {
    write(page, &record(), Destination { dir, replace }, String::new())
}

fn names(folder: &Path) -> Vec<String> {
    let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<String> = fs::read_dir(folder).unwrap().map(name).collect();
    names.sort();
    names
}

#[test]
#[cfg(target_os = "linux")]
fn several_that_write_one_report_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let dir = folder.path();
            scope.spawn(move || {
                for round in 0..20 {
                    let page = page_of(8, &format!("{writer} {round}"));
                    write_page(page, dir, false).unwrap();
                }
            });
        }
    });
    assert_eq!(names(folder.path()), ["name", "name.html", "name.md"]);
    assert_eq!(names(&folder.path().join("name")).len(), 10);
}

#[test]
fn what_a_killed_process_left_unfinished_goes_and_files_of_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let figures = folder.path().join("name");
    fs::create_dir(&figures).unwrap();
    let mine = ["old.svg.part", "old.svg", "0.svg.part", "mine.png", "mine.part", ".recur-short.part", "labels-2.svg"];
    for name in mine.iter().chain(&[".recur-abcDEF012345.part"]) {
        fs::write(figures.join(name), "x").unwrap();
    }
    fs::create_dir(figures.join(".recur-abcDEF012346.part")).unwrap();
    let written = write_page(page(), folder.path(), false).unwrap();
    assert!(written.removed.is_empty());
    let mut expected: Vec<String> = (0..8).map(|n| format!("{n}.svg")).collect();
    expected.extend(mine.iter().map(|name| (*name).to_owned()));
    expected.extend([list::FILE.to_owned(), "report.json".to_owned(), ".recur-abcDEF012346.part".to_owned()]);
    expected.sort();
    assert_eq!(names(&figures), expected);
}

/// Writes the report with `content` at `path` beforehand.
fn with_file(path: &str, content: &str) -> (tempfile::TempDir, Result<Written, ReportError>) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("name")).unwrap();
    fs::write(folder.path().join(path), content).unwrap();
    let written = write_page(page(), folder.path(), true);
    (folder, written)
}

#[test]
fn a_file_of_somebody_else_is_never_replaced_and_nothing_is_written_beside_it() {
    let sums = format!("{}  0.svg\n", Digest::of(b"mine"));
    for path in ["name.md", "name.html", "name/0.svg", "name/report.json", "name/SHA256SUMS"] {
        let (folder, written) = with_file(path, &sums);
        let foreign = folder.path().join(path);
        let error = written.unwrap_err();
        assert!(matches!(&error, ReportError::Foreign { path } if *path == foreign), "{error}");
        assert_eq!(fs::read_to_string(&foreign).unwrap(), sums);
        let n_files = names(folder.path()).len() + names(&folder.path().join("name")).len();
        assert_eq!(n_files, 2, "{path}");
    }
}

#[test]
fn a_list_of_somebody_else_gives_nothing_away() {
    // Even with recur's first line only plain names of figures are removed, and only at their digests.
    let folder = tempfile::tempdir().unwrap();
    let mut list = List::default();
    fs::create_dir(folder.path().join("name")).unwrap();
    for name in ["../outside.svg", "/tmp/outside.svg", "../name/../outside.svg", "kept.svg"] {
        list.add(name, Digest::of(b"x"));
    }
    fs::write(folder.path().join("name/SHA256SUMS"), list.text()).unwrap();
    fs::write(folder.path().join("outside.svg"), "x").unwrap();
    fs::write(folder.path().join("name/kept.svg"), "changed").unwrap();
    assert!(write_page(page(), folder.path(), false).unwrap().removed.is_empty());
    assert!(folder.path().join("outside.svg").exists() && folder.path().join("name/kept.svg").exists());
}

#[test]
fn figures_that_are_no_longer_made_go_unless_somebody_changed_them() {
    let folder = tempfile::tempdir().unwrap();
    write_page(page(), folder.path(), false).unwrap();
    let figures = folder.path().join("name");
    fs::write(figures.join("5.svg"), "mine now").unwrap();
    let written = write_page(page_of(4, "text"), folder.path(), false).unwrap();
    assert_eq!(written.removed, [4, 6, 7].map(|n| figures.join(format!("{n}.svg"))));
    assert_eq!(names(&figures), ["0.svg", "1.svg", "2.svg", "3.svg", "5.svg", "SHA256SUMS", "report.json"]);
}

#[test]
fn a_changed_file_is_replaced_only_where_that_is_asked_for() {
    for path in ["name.md", "name.html", "name/3.svg", "name/report.json"] {
        let folder = tempfile::tempdir().unwrap();
        write_page(page(), folder.path(), false).unwrap();
        let changed = folder.path().join(path);
        fs::write(&changed, "mine").unwrap();
        let error = write_page(page_of(8, "later"), folder.path(), false).unwrap_err();
        assert!(matches!(&error, ReportError::Changed { path } if *path == changed), "{error}");
        assert_eq!(fs::read_to_string(&changed).unwrap(), "mine");
        assert_ne!(fs::read_to_string(folder.path().join("name/0.svg")).unwrap(), page_of(1, "later").figures[0].svg);
        write_page(page_of(8, "later"), folder.path(), true).unwrap();
        assert_ne!(fs::read_to_string(&changed).unwrap(), "mine");
    }
}

#[test]
#[cfg(unix)]
fn no_link_is_followed_but_that_of_the_folder_of_reports() {
    use std::os::unix::fs::symlink;
    let lab = tempfile::tempdir().unwrap();
    let path = |path: &str| lab.path().join(path);
    fs::create_dir(path("elsewhere")).unwrap();
    fs::write(path("elsewhere/file"), "mine").unwrap();
    let check = |link: &str, to: &str| {
        fs::create_dir_all(path("reports")).unwrap();
        if link.starts_with("name/") {
            fs::create_dir(path("reports/name")).unwrap();
        }
        let link = path("reports").join(link);
        symlink(path(to), &link).unwrap();
        let error = write_page(page(), &path("reports"), true).unwrap_err();
        assert!(matches!(&error, ReportError::Link { path } if *path == link), "{error}");
        assert_eq!((names(&path("elsewhere")).len(), fs::read(path("elsewhere/file")).unwrap()), (1, b"mine".to_vec()));
        fs::remove_dir_all(path("reports")).unwrap();
    };
    check("name", "elsewhere");
    check("name", "nowhere");
    for file in ["name.md", "name.html", "name/0.svg", "name/report.json", "name/SHA256SUMS"] {
        check(file, "elsewhere/file");
        check(file, "nowhere");
    }
    symlink(path("elsewhere"), path("reports")).unwrap();
    write_page(page(), &path("reports"), false).unwrap();
    assert_eq!(names(&path("elsewhere")), ["file", "name", "name.html", "name.md"]);
}

#[test]
fn a_run_that_ended_at_any_step_is_followed_by_one_that_ends_well() {
    // What a killed process leaves: the list of both, and any number of new files.
    for n_new in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        write_page(page(), folder.path(), false).unwrap();
        let place = Place::new(folder.path().into(), "name");
        let own = place.own_files().unwrap();
        let later = page_of(6, "later");
        let files: Vec<(String, Vec<u8>)> =
            later.figures.iter().map(|figure| (figure.file.clone(), figure.svg.clone().into_bytes())).collect();
        let mut changes = Changes::of(&place, &own, files, |name| name.ends_with(".svg")).unwrap();
        fs::write(place.path(list::FILE), own.clone().joined(&changes.list).text()).unwrap();
        changes.written.truncate(n_new);
        for (name, content) in &changes.written {
            fs::write(place.path(name), content).unwrap();
        }
        write_page(page_of(6, "later"), folder.path(), false).unwrap();
        assert_eq!(
            names(&place.folder),
            ["0.svg", "1.svg", "2.svg", "3.svg", "4.svg", "5.svg", "SHA256SUMS", "report.json"]
        );
        let list = place.own_files().unwrap();
        assert_eq!(list.text().lines().count(), 1 + 9, "{}", list.text());
    }
}

#[test]
fn the_list_is_one_that_sha256sum_reads() {
    let folder = tempfile::tempdir().unwrap();
    write_page(page_of(1, "text"), folder.path(), false).unwrap();
    let list = fs::read_to_string(folder.path().join("name/SHA256SUMS")).unwrap();
    let of = |path: &str| Digest::of(&fs::read(folder.path().join("name").join(path)).unwrap());
    let lines = ["../name.html", "../name.md", "0.svg", "report.json"].map(|path| format!("{}  {path}\n", of(path)));
    assert_eq!(list.split_once('\n').unwrap().1, lines.concat());
    assert!(list.starts_with("# "));
}

#[test]
#[cfg(unix)]
fn what_is_written_already_is_not_written_again() {
    use std::os::unix::fs::MetadataExt as _;
    let folder = tempfile::tempdir().unwrap();
    write_page(page(), folder.path(), false).unwrap();
    let inodes = || {
        let files = ["name.md", "name.html", "name/0.svg", "name/report.json", "name/SHA256SUMS"];
        files.map(|file| fs::metadata(folder.path().join(file)).unwrap().ino())
    };
    let before = inodes();
    write_page(page(), folder.path(), false).unwrap();
    assert_eq!(inodes(), before);
}

#[test]
fn a_report_that_cannot_be_known_again_is_replaced_only_where_that_is_asked_for() {
    for content in [None, Some("{}"), Some("")] {
        let folder = tempfile::tempdir().unwrap();
        write_page(page(), folder.path(), false).unwrap();
        let record = folder.path().join("name/report.json");
        match content {
            Some(content) => fs::write(&record, content).unwrap(),
            None => fs::remove_file(&record).unwrap(),
        }
        let error = write_page(page_of(8, "later"), folder.path(), false).unwrap_err();
        assert!(matches!(&error, ReportError::UnknownReport { .. } | ReportError::Changed { .. }), "{error}");
        write_page(page_of(8, "later"), folder.path(), true).unwrap();
        assert!(fs::read_to_string(&record).unwrap().contains("recur experiment a.yaml"));
    }
}
