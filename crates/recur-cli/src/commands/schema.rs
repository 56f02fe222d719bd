//! `recur schema`: the JSON Schema of specs, for editors.

use crate::args::Schema;
use crate::error::{CliError, Exit};
use crate::generated::deliver;
use recur_core::registry::Registry;

/// Prints the schema, writes it, or compares it with the file that is there.
pub(crate) fn run(args: &Schema, registry: &Registry) -> Result<Exit, CliError> {
    deliver(&recur_spec::schema(registry), &args.target, |path| format!("recur schema --write {}", path.display()))
}
