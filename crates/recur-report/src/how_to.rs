//! How to get the same report again.

/// How to get the same report again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HowTo {
    /// The spec as it was named on the command line.
    pub spec_path: String,
    /// The command to type, with every override.
    pub command: String,
    /// The version of recur.
    pub recur_version: String,
    /// The commit of the project that recur was built from, where known.
    pub commit: Option<String>,
    /// The spec as YAML, with defaults and overrides filled in.
    pub resolved_spec: String,
    /// The version of the numeric contract.
    pub numeric_contract: u32,
}
