//! Which machine this is, and since when it runs: whose scratch may be removed.

use std::path::Path;
use std::sync::OnceLock;

/// What is used where the system gives no name or no number.
const UNKNOWN: &str = "unknown";

/// A machine between two boots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Machine {
    pub(crate) host: String,
    pub(crate) boot: String,
}

impl Machine {
    /// This one. Without Linux's `/proc` the two are unknown, and all such machines count as one: locks decide.
    pub(crate) fn here() -> &'static Self {
        static HERE: OnceLock<Machine> = OnceLock::new();
        let read = |path: &str| std::fs::read_to_string(Path::new(path)).unwrap_or_default();
        HERE.get_or_init(|| Self {
            host: plain(read("/proc/sys/kernel/hostname").trim()),
            boot: plain(read("/proc/sys/kernel/random/boot_id").trim()).replace('-', ""),
        })
    }
}

/// `name` as it can be a part of a file's name.
pub(crate) fn plain(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.') { c } else { '_' };
    let name: String = name.chars().take(100).map(plain).collect();
    if name.is_empty() { UNKNOWN.to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_can_be_parts_of_a_files_name() {
        assert_eq!(plain("node-7.cluster"), "node-7.cluster");
        assert_eq!(plain("a/b c"), "a_b_c");
        assert_eq!(plain(""), "unknown");
        let here = Machine::here();
        assert_eq!((plain(&here.host), here.boot.contains('-')), (here.host.clone(), false));
    }
}
