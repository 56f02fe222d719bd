//! What a report says of its own making, read back from its text.

use crate::markdown::uncode;
use crate::sections::reproduce;
use crate::signature::Signature;
use recur_core::visible::visible;
use std::collections::BTreeMap;

/// What a report says of its own making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Making {
    /// The command that makes it again.
    pub command: String,
    /// The path of the spec, as the report shows it.
    pub(crate) spec_path: String,
    /// The spec, defaults filled in, as YAML.
    pub resolved_spec: String,
    /// The SHA-256 of each file of the data, by its name as the report shows it.
    pub files: BTreeMap<String, String>,
    /// Its signature.
    pub signature: Signature,
}

impl Making {
    /// Reads it from the text of a report; `None` if this is none, or one that was made before reports had signatures.
    pub fn read(markdown: &str) -> Option<Self> {
        let (_, section) = markdown.split_once(&format!("\n## {}\n", reproduce::TITLE))?;
        let (_, after_spec) = section.split_once(reproduce::SPEC)?;
        let file = |line: &str| {
            let (name, digest) = line.strip_prefix(reproduce::FILE_ROW)?.strip_suffix("` |")?.split_once(" | `")?;
            Some((uncode(name), digest.to_owned()))
        };
        let spec_path = section.lines().find_map(|line| line.strip_prefix(reproduce::SPEC_ROW)?.strip_suffix(" |"));
        Some(Self {
            spec_path: spec_path?.to_owned(),
            command: block(section, "sh")?,
            resolved_spec: block(after_spec, "yaml")? + "\n",
            files: section.lines().filter_map(file).collect(),
            signature: Signature::read(markdown)?,
        })
    }

    /// The SHA-256 of a file of the data, by its name as it is, not as the report shows it.
    pub fn digest_of(&self, file: &str) -> Option<&str> {
        self.files.get(&*visible(file)).map(String::as_str)
    }
}

/// The content of the first block of code in `language`.
fn block(text: &str, language: &str) -> Option<String> {
    let is_opening = |line: &&str| line.starts_with("```") && line.trim_start_matches('`') == language;
    let mut lines = text.lines();
    let opening = lines.find(is_opening)?;
    let fence = &opening[..opening.len() - language.len()];
    Some(lines.take_while(|line| *line != fence).collect::<Vec<_>>().join("\n"))
}
