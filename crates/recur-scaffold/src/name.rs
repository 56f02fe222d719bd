//! The names that a model can have.

use crate::error::Error;
use crate::{SRC, read};
use std::fmt;
use std::path::{Path, PathBuf};

/// What no module can be called: the keywords of Rust, the reserved ones too.
const KEYWORDS: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// A model's id: a snake_case word, which is its module and the value of `use` in specs as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// Checks the form of a name.
    ///
    /// # Errors
    /// If it is not snake_case, or a keyword of Rust. The error has a name that would do.
    pub fn new(name: &str) -> Result<Self, Error> {
        let wrong = |problem, remedy| Err(Error::Name { name: name.to_owned(), problem, remedy });
        let remedy = snake_case(name);
        if name != remedy {
            return wrong(
                "names are lower-case letters, digits and single underscores, and begin with a letter",
                remedy,
            );
        }
        if KEYWORDS.contains(&name) {
            return wrong("it is a word of Rust", format!("{name}_rnn"));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name in snake_case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of the plugin's type.
    pub fn type_name(&self) -> String {
        let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
        self.0.split('_').map(capital).collect()
    }

    /// `text` of the template with this name instead of the template's.
    pub(crate) fn put_into(&self, text: &str) -> String {
        text.replace("template", &self.0).replace("Template", &self.type_name())
    }

    /// Refuses the name of a module, a smoke spec or a model that is there.
    pub(crate) fn ensure_free(&self, root: &Path) -> Result<(), Error> {
        let files = [format!("{SRC}/{self}"), format!("{SRC}/{self}.rs"), format!("experiments/{self}.yaml")];
        let file = files.into_iter().map(PathBuf::from).find(|file| root.join(file).exists());
        match file.map_or_else(|| self.declared_in(&root.join("crates")), |file| Ok(Some(file))) {
            Ok(None) => Ok(()),
            Ok(Some(by)) => {
                let by = by.strip_prefix(root).unwrap_or(&by).to_owned();
                Err(Error::Taken { name: self.0.clone(), by })
            }
            Err(error) => Err(error),
        }
    }

    /// The file below `crates/*/src` that declares a plugin with this id.
    fn declared_in(&self, crates: &Path) -> Result<Option<PathBuf>, Error> {
        let mut folders: Vec<PathBuf> = below(crates)?.into_iter().map(|folder| folder.join("src")).collect();
        while let Some(folder) = folders.pop() {
            for path in if folder.is_dir() { below(&folder)? } else { Vec::new() } {
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|it| it == "rs") && self.is_id_in(&read(&path)?) {
                    return Ok(Some(path));
                }
            }
        }
        Ok(None)
    }

    /// Whether `text` has a declaration whose field `id` is this name as a literal.
    fn is_id_in(&self, text: &str) -> bool {
        let bodies = text.split("\n    id: ").skip(1);
        bodies.into_iter().any(|body| body.trim_start().starts_with(&format!("\"{}\"", self.0)))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What stands in `folder`, sorted.
fn below(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let failed = |error| Error::io(folder, error);
    let entries = std::fs::read_dir(folder).map_err(failed)?;
    let mut paths = entries.map(|entry| entry.map(|it| it.path())).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    paths.sort();
    Ok(paths)
}

/// The nearest name of the right form.
fn snake_case(name: &str) -> String {
    let mut out = String::new();
    let mut after_small = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && after_small {
            out.push('_');
        }
        after_small = c.is_ascii_lowercase() || c.is_ascii_digit();
        out.push(if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' });
    }
    let words: Vec<&str> = out.split('_').filter(|word| !word.is_empty()).collect();
    let joined = words.join("_");
    match joined.chars().next() {
        Some(first) if first.is_ascii_lowercase() => joined,
        Some(_) => format!("model_{joined}"),
        None => "my_model".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(name: &str, expected: &str) {
        assert_eq!(Name::new(name).unwrap_err().to_string(), expected);
    }

    const FORM: &str = "names are lower-case letters, digits and single underscores, and begin with a letter";

    #[test]
    fn names_of_another_form_are_refused_with_one_that_would_do() {
        let check = |name: &str, remedy: &str| {
            refused(name, &format!("`{name}` cannot be a model's name: {FORM}; try `{remedy}`"));
            assert!(Name::new(remedy).is_ok(), "{remedy}");
        };
        check("MyModel", "my_model");
        check("minimal-GRU", "minimal_gru");
        check("my__model_", "my_model");
        check("2layers", "model_2layers");
        check("../etc", "etc");
        check("", "my_model");
        check("größe", "gr_e");
    }

    #[test]
    fn words_of_rust_are_refused() {
        refused("match", "`match` cannot be a model's name: it is a word of Rust; try `match_rnn`");
        refused("gen", "`gen` cannot be a model's name: it is a word of Rust; try `gen_rnn`");
    }

    #[test]
    fn a_good_name_gives_its_type_and_takes_the_templates_place() {
        let name = Name::new("minimal_gru2").unwrap();
        assert_eq!(name.type_name(), "MinimalGru2");
        assert_eq!(name.put_into("mod template; struct Template;"), "mod minimal_gru2; struct MinimalGru2;");
    }

    #[test]
    fn an_id_is_found_wherever_it_stands() {
        let name = Name::new("gru").unwrap();
        assert!(name.is_id_in("Declaration {\n    id: \"gru\",\n"));
        assert!(!name.is_id_in("Declaration {\n    id: \"gru2\",\n"));
        assert!(!name.is_id_in("fn summary(&self) -> &'static str {\n        \"gru\"\n    }"));
    }
}
