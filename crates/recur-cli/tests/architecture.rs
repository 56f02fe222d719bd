//! The table of dependency edges in ARCHITECTURE.md against what cargo sees, and walls within crates.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

const BEGIN: &str = "<!-- edges: begin -->\n";
const END: &str = "<!-- edges: end -->\n";

/// External crates that one crate of the workspace wraps for all others.
const WRAPPED: [(&str, &str); 3] = [("linfa", "recur-linfa"), ("polars", "recur-ingest"), ("rayon", "recur-train")];

/// The crates that one crate depends on: pairs of (kind, crate), kind being `normal`, `dev` or `build`.
type Edges = BTreeSet<(String, String)>;

/// The edges of every crate of the workspace, also of those that have none.
type Graph = BTreeMap<String, Edges>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn metadata() -> Value {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path"]);
    let output = cargo.arg(root().join("Cargo.toml")).output().expect("cargo runs");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("cargo writes JSON")
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value[key].as_array().unwrap_or_else(|| panic!("`{key}` is no list"))
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_else(|| panic!("`{key}` is no text")).to_owned()
}

/// Every dependency of every crate of the workspace, external ones included.
fn all_dependencies(metadata: &Value) -> Graph {
    // A dependency without a kind is a normal one.
    let kind = |dependency: &Value| dependency["kind"].as_str().unwrap_or("normal").to_owned();
    let edge = |dependency: &Value| (kind(dependency), text(dependency, "name"));
    let edges = |package: &Value| (text(package, "name"), list(package, "dependencies").iter().map(edge).collect());
    list(metadata, "packages").iter().map(edges).collect()
}

/// `graph` without its edges to crates outside of the workspace.
fn within_workspace(graph: &Graph) -> Graph {
    let kept = |edges: &Edges| edges.iter().filter(|(_, to)| graph.contains_key(to)).cloned().collect();
    graph.iter().map(|(from, edges)| (from.clone(), kept(edges))).collect()
}

/// The graph that stands between the markers: rows of crate, normal, dev- and build-dependencies.
fn documented(page: &str) -> Graph {
    let (_, rest) = page.split_once(BEGIN).expect("the page has the first marker");
    let (table, _) = rest.split_once(END).expect("the page has the second marker");
    let mut graph = Graph::new();
    for row in table.lines().filter(|line| line.starts_with('|')).skip(2) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let [from, normal, dev, build] = cells[..] else { panic!("a row has four cells: {row}") };
        let edges = [("normal", normal), ("dev", dev), ("build", build)];
        let edges = edges.into_iter().flat_map(|(kind, cell)| crates(cell).map(|to| (kind.to_owned(), to.to_owned())));
        let earlier = graph.insert(crates(from).collect(), edges.collect());
        assert!(earlier.is_none(), "a crate has two rows: {row}");
    }
    graph
}

/// The crates named in a cell, in backticks, each.
fn crates(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// What the table says too little and too much, a line each.
fn differences(table: &Graph, cargo: &Graph) -> Vec<String> {
    let mut lines = Vec::new();
    for (what, one, other) in [("missing in the table", cargo, table), ("superfluous in the table", table, cargo)] {
        for (from, edges) in one {
            if !other.contains_key(from) {
                lines.push(format!("{what}: the crate {from}"));
            }
            let missing = edges.iter().filter(|edge| !other.get(from).is_some_and(|others| others.contains(edge)));
            lines.extend(missing.map(|(kind, to)| format!("{what}: {from} -> {to} ({kind})")));
        }
    }
    lines
}

#[test]
fn the_edge_table_of_the_architecture_page_is_what_cargo_sees() {
    let page = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap().replace("\r\n", "\n");
    let cargo = within_workspace(&all_dependencies(&metadata()));
    assert!(cargo.len() > 1, "cargo sees the workspace");
    let differences = differences(&documented(&page), &cargo);
    assert!(differences.is_empty(), "ARCHITECTURE.md and Cargo.toml differ:\n{}", differences.join("\n"));
}

#[test]
fn each_wrapped_crate_has_one_user() {
    let all = all_dependencies(&metadata());
    for (wrapped, wrapper) in WRAPPED {
        let uses = |edges: &Edges| edges.iter().any(|(_, to)| to == wrapped);
        let users: Vec<&str> = all.iter().filter(|(_, edges)| uses(edges)).map(|(from, _)| from.as_str()).collect();
        assert_eq!(users, [wrapper], "users of {wrapped}");
    }
}

/// The files that name a metric: its declaration, and the tests by example, which are of two metrics.
const NAME_METRICS: [&str; 2] = ["crates/recur-analysis/src/per_example.rs", "crates/recur-core/src/metric.rs"];

/// Whether code names one metric, not a constant such as `Metric::ALL`. Tests, which are at the end of a file, may.
fn names_a_metric(code: &str) -> bool {
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    code.match_indices("Metric::").any(|(at, path)| {
        let mut characters = code[at + path.len()..].chars();
        let (first, second) = (characters.next(), characters.next());
        first.is_some_and(|c| c.is_ascii_uppercase()) && second.is_some_and(|c| c.is_ascii_lowercase())
    })
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder can be read") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.ends_with("tests.rs") {
            files.push(path);
        }
    }
}

#[test]
fn only_its_declaration_names_a_metric() {
    let mut files = Vec::new();
    for name in std::fs::read_dir(root().join("crates")).expect("the folder of crates can be read") {
        rust_files(&name.expect("an entry can be read").path().join("src"), &mut files);
    }
    let found = files.iter().filter(|file| names_a_metric(&std::fs::read_to_string(file).expect("code can be read")));
    let mut found: Vec<String> =
        found.map(|file| file.strip_prefix(root()).expect("it is below").display().to_string()).collect();
    found.sort();
    assert_eq!(found, NAME_METRICS, "ask the metric for a property instead: `Metric::about`");
    assert!(names_a_metric("if metric == Metric::Loss {") && !names_a_metric("Metric::ALL #[cfg(test)] Metric::Loss"));
}

#[test]
fn each_missing_and_each_superfluous_edge_is_named() {
    let table = "\
# Page
<!-- edges: begin -->

| crate | depends on | in tests alone | in the build script |
|---|---|---|---|
| `a` | `b`, `c` | – | – |
| `b` | – | `d` | `a` |
| `c` | – | – | – |
| `e` | `a` | – | – |

<!-- edges: end -->
| `c` | `a` | – | – |
";
    let packages = r#"{"packages": [
        {"name": "a", "dependencies": [{"name": "b", "kind": null}, {"name": "serde", "kind": null}]},
        {"name": "b", "dependencies": [{"name": "d", "kind": null}, {"name": "c", "kind": "build"}]},
        {"name": "c", "dependencies": []},
        {"name": "d", "dependencies": [{"name": "a", "kind": "dev"}]}
    ]}"#;
    let cargo = within_workspace(&all_dependencies(&serde_json::from_str(packages).unwrap()));
    let expected = [
        "missing in the table: b -> c (build)",
        "missing in the table: b -> d (normal)",
        "missing in the table: the crate d",
        "missing in the table: d -> a (dev)",
        "superfluous in the table: a -> c (normal)",
        "superfluous in the table: b -> a (build)",
        "superfluous in the table: b -> d (dev)",
        "superfluous in the table: the crate e",
        "superfluous in the table: e -> a (normal)",
    ];
    assert_eq!(differences(&documented(table), &cargo), expected);
    assert_eq!(differences(&cargo, &cargo), [""; 0]);
}

/// Names of files are shown by `recur_core::visible::shown` or quoted for a shell: as they are, they may hold a line break, or what
/// a terminal obeys.
#[test]
fn no_name_of_a_file_is_shown_as_it_is() {
    // Values that are stored, and what the user typed.
    const RIGHT: [&str; 8] = [
        "recur-core/src/visible.rs",
        "recur-experiment/src/compared.rs",
        "recur-experiment/src/request.rs",
        "recur-cli/src/stores.rs",
        "recur-store/src/fs.rs",
        "recur-store/src/scratch.rs",
        "recur-store/src/shards.rs",
        "recur-files/src/",
    ];
    let shown = [
        "recur-cli",
        "recur-core",
        "recur-experiment",
        "recur-external",
        "recur-ingest",
        "recur-report",
        "recur-store",
    ];
    let mut found = Vec::new();
    let mut files = Vec::new();
    shown.iter().for_each(|name| rust_files(&root().join(format!("crates/{name}/src")), &mut files));
    for path in files {
        let name = path.display().to_string();
        let code = std::fs::read_to_string(&path).unwrap();
        let code = code.split("#[cfg(test)]").next().unwrap_or_default();
        let is_wrong =
            |line: &&str| line.contains(".display()") && !line.contains("quoted(") && !line.trim().starts_with("//");
        if !RIGHT.iter().any(|right| name.contains(right)) {
            found.extend(code.lines().filter(is_wrong).map(|line| format!("{name}: {}", line.trim())));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
