//! The page of threats: each of its lines is tested.

use std::path::{Path, PathBuf};

/// The Rust files below `folder`.
fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn each_line_of_the_page_of_threats_names_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("docs/security.md")).unwrap();
    let mut files = Vec::new();
    sources(&root.join("crates"), &mut files);
    let code: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let rows: Vec<&str> =
        page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| written")).collect();
    assert!(rows.len() > 15, "{page}");
    for row in rows {
        let last = row.trim_end_matches(" |").rsplit("| ").next().unwrap_or_default();
        let test = last.trim_matches('`');
        let at = code.find(&format!("fn {test}() {{"));
        // The attribute is on a line before, perhaps with a condition between.
        let before = at.map_or("", |at| &code[..at]);
        let is_test = before.lines().rev().take(4).any(|line| line.trim() == "#[test]");
        assert!(is_test, "no test is called {test}: {row}");
    }
}
