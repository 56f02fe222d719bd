//! Files on disk: reading those that anybody may have put there, writing a file whole or not at all, and temporary
//! folders that no ended process leaves for good.

mod atomic;
mod owned;
mod regular;
mod temporary;

pub use atomic::{Staged, Unfinished, WriteError, folder_of, remove_unfinished, sync_folder, write_atomically};
pub use owned::{NotReplaced, write_checked, write_unless_other};
pub use regular::{Kind, Links, Refusal, expect_regular, kind, open_regular, read_opened, read_regular};
pub use temporary::{NoTemporaryFolder, TemporaryFolder, remove_all};
