//! The modules of a crate, found as the compiler finds them.

use crate::tokens::{Tokens, tokens};
use std::path::{Path, PathBuf};

/// A module at the top of a crate, with all below it. The root itself is the one without a name.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) tokens: Vec<String>,
    /// Whether a plugin is declared in it.
    pub(crate) is_plugin: bool,
}

/// The modules of the crate in `src`, sorted by name.
///
/// # Panics
/// Where a file is missing, cannot be read, or is not Rust.
pub(crate) fn modules(src: &Path) -> Vec<Module> {
    let root = ["lib.rs", "main.rs"].map(|file| src.join(file)).into_iter().find(|file| file.is_file());
    let root = root.unwrap_or_else(|| panic!("no lib.rs or main.rs in {}", src.display()));
    let Tokens { texts, submodules } = read(&root);
    let mut found = vec![Module { name: String::new(), is_plugin: false, tokens: texts }];
    for name in submodules {
        let mut texts = Vec::new();
        collect(src, &name, &mut texts);
        let is_plugin = texts.windows(3).any(|words| words == ["impl", "ModelPlugin", "for"]);
        found.push(Module { name, tokens: texts, is_plugin });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// Appends the tokens of module `name`, declared by a file whose submodules lie in `folder`, and of all below it.
fn collect(folder: &Path, name: &str, out: &mut Vec<String>) {
    let candidates: [PathBuf; 2] = [folder.join(format!("{name}.rs")), folder.join(name).join("mod.rs")];
    let file = candidates.iter().find(|file| file.is_file());
    let file = file.unwrap_or_else(|| panic!("no file of module `{name}` in {}", folder.display()));
    let Tokens { texts, submodules } = read(file);
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
