//! From the template's files to those of a model.

use crate::error::Error;
use crate::name::Name;
use crate::read;
use std::path::{Path, PathBuf};

/// The files of the template in `folder` with `name` put into them: names within the folder, and texts.
pub(crate) fn of_template(folder: &Path, name: &Name) -> Result<Vec<(PathBuf, String)>, Error> {
    let file = |file: &&str| Ok((PathBuf::from(file), name.put_into(&read(&folder.join(file))?)));
    ["mod.rs", "description.md", "network.rs", "tests.rs"].iter().map(file).collect()
}

/// The root of a crate with one more `mod` line, in the alphabet's order; `None` if it has no such lines.
pub(crate) fn with_module(crate_root: &str, name: &Name) -> Option<String> {
    let lines: Vec<&str> = crate_root.lines().collect();
    let module = |line: &str| Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned());
    let last = lines.iter().rposition(|line| module(line).is_some())?;
    let later = lines.iter().position(|line| module(line).is_some_and(|module| *module > *name.as_str()));
    let mut at = later.unwrap_or(last + 1);
    // Attributes and documentation belong to the line below them.
    while at > 0 && (lines[at - 1].starts_with("#[") || lines[at - 1].starts_with("///")) {
        at -= 1;
    }
    let line = format!("mod {name};");
    let all: Vec<&str> =
        lines[..at].iter().copied().chain([line.as_str()]).chain(lines[at..].iter().copied()).collect();
    Some(all.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "//! Models.\n\nmod batch;\n#[cfg(test)]\nmod parity;\n/// Says.\n#[cfg(test)]\nmod template;\n\ninclude!(x);\n";

    fn check(name: &str, neighbours: &str) {
        let changed = with_module(ROOT, &Name::new(name).unwrap()).unwrap();
        assert!(changed.contains(neighbours), "{changed}");
        assert_eq!(changed.replacen(&format!("mod {name};\n"), "", 1), ROOT);
    }

    #[test]
    fn the_line_goes_where_the_alphabet_has_it() {
        check("alpha", "\n\nmod alpha;\nmod batch;");
        check("gru", "mod batch;\nmod gru;\n#[cfg(test)]\nmod parity;");
        check("simple", "mod parity;\nmod simple;\n/// Says.\n#[cfg(test)]\nmod template;");
        check("zeta", "mod template;\nmod zeta;\n\ninclude");
    }

    #[test]
    fn a_root_without_modules_is_left_alone() {
        assert_eq!(with_module("fn main() {}\n", &Name::new("gru").unwrap()), None);
    }
}
