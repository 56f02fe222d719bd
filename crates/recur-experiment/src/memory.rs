//! The memory that trials may use: what the machine has free, and what limits leave of it.

use crate::Experiment;
use recur_core::model::Kernels;
use recur_core::trial::Trial;
use std::collections::BTreeSet;
use std::str::FromStr;
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// The memory that trials may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Memory {
    /// What the machine has free, and limits leave of it.
    #[default]
    OfMachine,
    /// As many bytes for all running trials together.
    Bytes(u64),
    /// Every trial is started, whatever it needs.
    Off,
}

/// A word that is no amount of memory.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a size such as 500MiB or 8GiB, or off")]
pub struct NotMemory;

impl FromStr for Memory {
    type Err = NotMemory;

    fn from_str(text: &str) -> Result<Self, NotMemory> {
        if text == "off" {
            return Ok(Self::Off);
        }
        let units = [("GiB", 1_u64 << 30), ("MiB", 1 << 20), ("G", 1 << 30), ("M", 1 << 20)];
        let split = units.into_iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, bytes)));
        let (number, unit) = split.ok_or(NotMemory)?;
        let number = number.trim().parse::<f64>().map_err(|_| NotMemory)?;
        let bytes = number * unit as f64;
        // Up to 2⁵³ a real number holds each whole one.
        if (1.0..9e15).contains(&bytes) { Ok(Self::Bytes(bytes as u64)) } else { Err(NotMemory) }
    }
}

impl Memory {
    /// Bytes that this process may still take; `None` where nothing is known, or every trial is to be started.
    pub fn available(self) -> Option<u64> {
        match self {
            Memory::Off => None,
            Memory::Bytes(bytes) => Some(bytes),
            Memory::OfMachine => {
                [of_machine(), linux::of_control_groups(), linux::of_address_space()].into_iter().flatten().min()
            }
        }
    }
}

impl Experiment {
    /// Warns of the configurations among `trials` that need more memory than this machine has: they would fail on it.
    pub fn warn_of_memory(&self, trials: &[&Trial]) {
        let Some(available) = Memory::OfMachine.available() else { return };
        let mut seen = BTreeSet::new();
        for trial in trials.iter().filter(|trial| seen.insert(trial.configuration)) {
            let Ok(plugin) = self.registry().get(&trial.identity.model) else { continue };
            let Ok(replicate) = self.replicate(trial.identity.replicate) else { continue };
            let need = recur_train::memory_need(trial, &replicate, &self.data().dataset, plugin, Kernels::widest());
            if need > available {
                let [need, available] = [need, available].map(recur_train::bytes_in_words);
                tracing::warn!(
                    "{} needs about {need} of memory, and {available} are available: its trials would fail on this machine",
                    trial.title
                );
            }
        }
    }
}

/// Free memory, with what the system gives back when it is asked, and swap.
fn of_machine() -> Option<u64> {
    let system = System::new_with_specifics(RefreshKind::nothing().with_memory(MemoryRefreshKind::everything()));
    // Where the system does not tell, nothing is known.
    (system.total_memory() > 0).then(|| system.available_memory().saturating_add(system.free_swap()))
}

#[cfg(not(target_os = "linux"))]
mod linux {
    pub(super) fn of_control_groups() -> Option<u64> {
        None
    }

    pub(super) fn of_address_space() -> Option<u64> {
        None
    }
}

/// Limits that Linux shows in files.
#[cfg(target_os = "linux")]
mod linux {
    use std::path::{Path, PathBuf};

    /// What `ulimit -v` leaves.
    pub(super) fn of_address_space() -> Option<u64> {
        let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        left_of_address_space(&limits, &status)
    }

    pub(super) fn left_of_address_space(limits: &str, status: &str) -> Option<u64> {
        let limit = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
        // `unlimited` is no number, and no limit.
        let limit: u64 = limit.split_whitespace().next()?.parse().ok()?;
        let size = status.lines().find_map(|line| line.strip_prefix("VmSize:"))?;
        let size: u64 = size.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(limit.saturating_sub(1024 * size))
    }

    /// What the control groups of this process leave, that of a container or a job of a batch system.
    pub(super) fn of_control_groups() -> Option<u64> {
        let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
        left_of_control_groups(&groups, Path::new("/sys/fs/cgroup"))
    }

    pub(super) fn left_of_control_groups(groups: &str, root: &Path) -> Option<u64> {
        groups.lines().flat_map(|line| folders(line, root)).filter_map(|(folder, version)| left(&folder, version)).min()
    }

    #[derive(Clone, Copy, PartialEq)]
    enum Version {
        One,
        Two,
    }

    /// The folders of a line `number:controllers:/path`: those of the group and of all above it.
    fn folders(line: &str, root: &Path) -> Vec<(PathBuf, Version)> {
        let mut parts = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else { return Vec::new() };
        let (root, version) = match controllers {
            "" => (root.to_owned(), Version::Two),
            some if some.split(',').any(|controller| controller == "memory") => (root.join("memory"), Version::One),
            _ => return Vec::new(),
        };
        let below = Path::new(path.trim_start_matches('/'));
        below.ancestors().map(|group| (root.join(group), version)).collect()
    }

    /// What one group leaves; what it holds of files is given back when memory is short.
    fn left(folder: &Path, version: Version) -> Option<u64> {
        let [limit, usage, files] = match version {
            Version::Two => ["memory.max", "memory.current", "file"],
            Version::One => ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_cache"],
        };
        let number = |file: &str| std::fs::read_to_string(folder.join(file)).ok()?.trim().parse::<u64>().ok();
        let (limit, usage) = (number(limit)?, number(usage)?);
        let stat = std::fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
        let of_files =
            stat.lines().find_map(|line| line.strip_prefix(files)?.strip_prefix(' ')?.trim().parse::<u64>().ok());
        Some(limit.saturating_sub(usage.saturating_sub(of_files.unwrap_or(0))))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_limit_of_the_address_space_leaves_what_is_not_taken() {
            let limits = |limit: &str| {
                format!(
                    "Limit  Soft Limit  Hard Limit  Units\nMax address space         {limit}           unlimited            bytes\n"
                )
            };
            let status = "Name:\trecur\nVmPeak:\t  900 kB\nVmSize:\t     500 kB\n";
            assert_eq!(left_of_address_space(&limits("1024000"), status), Some(512_000));
            assert_eq!(left_of_address_space(&limits("1024"), status), Some(0));
            assert_eq!(left_of_address_space(&limits("unlimited"), status), None);
            assert_eq!(left_of_address_space("", status), None);
        }

        #[test]
        fn the_tightest_control_group_counts_and_files_that_it_holds_are_free() {
            let root = tempfile::tempdir().unwrap();
            let write = |path: &str, text: &str| {
                let path = root.path().join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            };
            let left = |groups: &str| left_of_control_groups(groups, root.path());
            write("a/b/memory.max", "max\n");
            write("a/b/memory.current", "10\n");
            assert_eq!(left("0::/a/b\n"), None, "no limit");
            write("a/memory.max", "1000\n");
            write("a/memory.current", "700\n");
            assert_eq!(left("0::/a/b\n"), Some(300));
            write("a/memory.stat", "anon 500\nfile_mapped 9\nfile 200\n");
            assert_eq!(left("0::/a/b\n"), Some(500));
            write("memory/job/memory.limit_in_bytes", "400");
            write("memory/job/memory.usage_in_bytes", "250");
            write("memory/job/memory.stat", "cache 1\ntotal_cache 50\n");
            assert_eq!(left("4:cpu,memory:/job\n3:cpuset:/job\n0::/a/b\n"), Some(200));
            assert_eq!(left("nonsense\n4:memory\n"), None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_a_size_or_off() {
        let check = |text: &str, expected: Option<Memory>| assert_eq!(text.parse::<Memory>().ok(), expected, "{text}");
        check("8GiB", Some(Memory::Bytes(8 << 30)));
        check("1.5 GiB", Some(Memory::Bytes(3 << 29)));
        check("500M", Some(Memory::Bytes(500 << 20)));
        check("off", Some(Memory::Off));
        for wrong in ["", "8", "GiB", "-1GiB", "0MiB", "nanGiB", "infGiB", "8TB"] {
            check(wrong, None);
        }
    }

    #[test]
    fn this_machine_has_memory_where_it_reports() {
        assert!(Memory::OfMachine.available().is_none_or(|bytes| bytes > 0));
    }
}
