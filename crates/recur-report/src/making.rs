//! What a report says of its own making, read back from its text.

use crate::sections::reproduce;
use crate::signature::Signature;
use std::collections::BTreeMap;

/// What a report says of its own making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Making {
    /// The command that makes it again.
    pub command: String,
    /// The spec, defaults filled in, as YAML.
    pub resolved_spec: String,
    /// The SHA-256 of each file of the data, by its name.
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
            Some((name.trim_matches('`').replace("\\|", "|"), digest.to_owned()))
        };
        Some(Self {
            command: block(section, "sh")?,
            resolved_spec: block(after_spec, "yaml")? + "\n",
            files: section.lines().filter_map(file).collect(),
            signature: Signature::read(markdown)?,
        })
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
