//! `recur schema`: the JSON Schema of specs, for editors.

use crate::args::Schema;
use crate::error::{CliError, Exit};
use crate::generated::{deliver, rewrite};
use recur_core::registry::Registry;
use std::path::Path;

/// Prints the schema, writes it, or compares it with the file that is there; `plugins` is the folder that the user named.
pub(crate) fn run(args: &Schema, plugins: Option<&Path>, registry: &Registry) -> Result<Exit, CliError> {
    deliver(&recur_spec::schema(registry), &args.target, |path| rewrite("schema", plugins, path))
}
