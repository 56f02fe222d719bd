//! The modules of a crate, found as the compiler finds them.

use crate::tokens::{Tokens, tokens};
use std::path::{Path, PathBuf};

/// A module at the top of a crate, with all below it. The root itself is the one without a name.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) tokens: Vec<String>,
    /// The types that are plugins, in the order of their declarations.
    pub(crate) plugins: Vec<String>,
}

impl Module {
    fn new(name: String, tokens: Vec<String>) -> Self {
        let declared = tokens.windows(3).filter(|words| words[0] == "ModelPlugin" && words[1] == "for");
        Self { plugins: declared.map(|words| words[2].clone()).collect(), name, tokens }
    }

    /// Whether a plugin is declared in it.
    pub(crate) fn is_plugin(&self) -> bool {
        !self.plugins.is_empty()
    }
}

/// The modules of the crate in `src`, sorted by name.
///
/// # Panics
/// Where a file is missing, cannot be read, or is not Rust.
pub(crate) fn modules(src: &Path) -> Vec<Module> {
    let Tokens { texts, submodules, .. } = read(&root(src));
    let mut found = vec![Module { name: String::new(), tokens: texts, plugins: Vec::new() }];
    for name in submodules {
        let mut texts = Vec::new();
        collect(src, &name, &mut texts);
        found.push(Module::new(name, texts));
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// The files in `src` of modules that the root of the crate does not declare, sorted.
///
/// # Panics
/// As [`modules`].
pub(crate) fn undeclared(src: &Path) -> Vec<(String, PathBuf)> {
    let root = root(src);
    let Tokens { submodules, test_submodules, .. } = read(&root);
    let module = |path: PathBuf| {
        let name = path.file_stem()?.to_str()?.to_owned();
        let file = if path.is_dir() { path.join("mod.rs") } else { path };
        // Beside a `lib.rs`, `main.rs` is the root of a program.
        let is_root = file == root || name == "main";
        (file.is_file() && file.extension()? == "rs" && !is_root).then_some((name, file))
    };
    let entries = std::fs::read_dir(src).unwrap_or_else(|error| panic!("{}: {error}", src.display()));
    let entries = entries.map(|entry| entry.unwrap_or_else(|error| panic!("{}: {error}", src.display())).path());
    let is_declared = |name: &String| submodules.contains(name) || test_submodules.contains(name);
    let mut found: Vec<_> = entries.filter_map(module).filter(|(name, _)| !is_declared(name)).collect();
    found.sort();
    found
}

fn root(src: &Path) -> PathBuf {
    let root = ["lib.rs", "main.rs"].map(|file| src.join(file)).into_iter().find(|file| file.is_file());
    root.unwrap_or_else(|| panic!("no lib.rs or main.rs in {}", src.display()))
}

/// Appends the tokens of module `name`, declared by a file whose submodules lie in `folder`, and of all below it.
fn collect(folder: &Path, name: &str, out: &mut Vec<String>) {
    let candidates: [PathBuf; 2] = [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")];
    let file = candidates.iter().find(|file| file.is_file());
    let file = file.unwrap_or_else(|| panic!("no file of module `{name}` in {}", folder.display()));
    let Tokens { texts, submodules, .. } = read(file);
    out.push(format!("mod {name}"));
    out.extend(texts);
    for submodule in submodules {
        collect(&folder.join(name), &submodule, out);
    }
}

fn read(file: &Path) -> Tokens {
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    tokens(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
