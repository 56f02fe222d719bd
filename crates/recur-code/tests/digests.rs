//! Which edit changes which digest.

use recur_code::Digests;
use std::path::Path;

/// A crate with two plugins, a shared module and a test.
const FILES: [(&str, &str); 6] = [
    ("src/lib.rs", "mod shared; mod one; mod two; #[cfg(test)] mod checks;"),
    ("src/shared.rs", "mod deep; pub fn f() -> f32 { 1.0 }"),
    ("src/shared/deep.rs", "pub fn g() -> f32 { 2.0 }"),
    ("src/one/mod.rs", "mod cell; impl ModelPlugin for One { fn version(&self) -> u32 { 1 } }"),
    ("src/one/cell.rs", "pub fn cell() {}"),
    ("src/two.rs", "impl ModelPlugin for Two { fn version(&self) -> u32 { 1 } }"),
];

/// The crate with `edits`, and what keeps its folder.
fn crate_with(edits: &[(&str, &str)]) -> (Digests, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in FILES.iter().chain(edits) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    (Digests::of_crate(folder.path()), folder)
}

fn digests(edits: &[(&str, &str)]) -> [String; 3] {
    let (digests, _folder) = crate_with(edits);
    [digests.of(None), digests.of(Some("one")), digests.of(Some("two"))]
}

/// Which of (crate, plugin one, plugin two) change when `path` holds `text`.
fn check(path: &str, text: &str, changed: [bool; 3]) {
    let (before, after) = (digests(&[]), digests(&[(path, text)]));
    let found: Vec<bool> = before.iter().zip(&after).map(|(a, b)| a != b).collect();
    assert_eq!(found, changed, "{path}: {text}");
}

#[test]
fn an_edit_of_a_plugin_changes_its_own_digest_alone() {
    check("src/one/cell.rs", "pub fn cell() { todo() }", [true, true, false]);
    check("src/two.rs", "impl ModelPlugin for Two { fn version(&self) -> u32 { 2 } }", [true, false, true]);
}

#[test]
fn an_edit_of_shared_code_changes_every_plugin() {
    check("src/shared/deep.rs", "pub fn g() -> f32 { 2.5 }", [true; 3]);
}

#[test]
fn a_new_plugin_changes_no_other() {
    let root = ("src/lib.rs", "mod shared; mod one; mod three; mod two; #[cfg(test)] mod checks;");
    let after = digests(&[root, ("src/three.rs", "impl ModelPlugin for Three { fn version(&self) -> u32 { 1 } }")]);
    assert_eq!(digests(&[])[1..], after[1..]);
}

#[test]
fn the_list_holds_the_plugins_of_declared_modules() {
    let (digests, _folder) = crate_with(&[("src/stray.rs", "impl ModelPlugin for Stray {}")]);
    assert!(digests.list().ends_with("= &[&one::One, &two::Two];\n"), "{}", digests.list());
}

#[test]
fn a_module_without_its_line_is_reported_with_the_remedy() {
    let in_use = [("src/shared/loose.rs", ""), ("src/snapshots/a.snap", ""), ("src/checks.rs", "")];
    assert_eq!(crate_with(&in_use).0.undeclared(), [""; 0]);
    let (digests, _folder) = crate_with(&[("src/three/mod.rs", "impl ModelPlugin for Three {}"), ("src/four.rs", "")]);
    let reported = |file, name| format!("{file} is not part of the crate: add the line `mod {name};` to src/lib.rs");
    assert_eq!(digests.undeclared(), [reported("src/four.rs", "four"), reported("src/three/mod.rs", "three")]);
}

#[test]
fn the_program_beside_a_library_is_no_module_and_changes_no_digest() {
    check("src/main.rs", "fn main() {}", [false; 3]);
    assert_eq!(crate_with(&[("src/main.rs", "fn main() {}")]).0.undeclared(), [""; 0]);
}

#[test]
fn comments_tests_and_files_outside_of_the_crate_change_nothing() {
    check("src/shared.rs", "mod deep; /// Says.\npub fn f() -> f32 { 1.0 } // why", [false; 3]);
    check("src/checks.rs", "fn test() {}", [false; 3]);
    check("src/stray.rs", "fn stray() {}", [false; 3]);
}

#[test]
fn only_the_named_modules_count_when_they_are_named() {
    let digest = |edit: (&str, &str)| {
        let (digests, _folder) = crate_with(&[edit]);
        digests.only(&["shared"]).of(None)
    };
    let before = digest(("src/checks.rs", ""));
    assert_eq!(digest(("src/two.rs", "fn other() {}")), before);
    assert_ne!(digest(("src/shared.rs", "mod deep; pub fn f() -> f32 { 3.0 }")), before);
}

#[test]
fn locked_versions_count() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let plain = Digests::of_crate(here).of(None);
    assert_ne!(Digests::of_crate(here).locked(&["sha2"]).of(None), plain);
}
