//! Files that anybody may have put there, and temporary folders that no ended process leaves for good.

mod regular;
mod temporary;

pub use regular::{kind, read_regular};
pub use temporary::{NoTemporaryFolder, TemporaryFolder, remove_all};
