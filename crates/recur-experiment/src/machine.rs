//! What the machine offers. Nothing of it can change a result.

use crate::clock::Started;
use recur_core::model::Kernels;
use std::hint::black_box;
use std::io;
use std::path::Path;
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// The memory of the machine, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MachineMemory {
    /// All of it.
    pub total: u64,
    /// What programs can get now.
    pub available: u64,
    /// The most that this process may use, where that is less than all of it.
    pub limit: Option<u64>,
}

impl MachineMemory {
    /// As it is now.
    pub fn now() -> Self {
        let only_memory = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
        let system = System::new_with_specifics(only_memory);
        let limit = system.cgroup_limits().map(|limits| limits.total_memory);
        let (total, available) = (system.total_memory(), system.available_memory());
        Self { total, available, limit: limit.filter(|limit| *limit < total) }
    }
}

/// The free space, in bytes, where `path` is or would be made; `None` where there is no such place.
pub fn free_space(path: &Path) -> Option<io::Result<u64>> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    absolute.ancestors().find(|folder| folder.exists()).map(fs4::available_space)
}

/// The best of some short measurements of `kernels` on one thread, in 10⁹ operations a second (an fma counts as two). `None` if
/// the time does not grow with the work.
pub fn fma_peak(kernels: Kernels) -> Option<f64> {
    /// Operations of a measurement, roughly: some milliseconds of any CPU.
    const OPERATIONS: u64 = 400_000_000;
    let (of_one, _) = kernels.peak_round(black_box(1));
    let rounds = u32::try_from(OPERATIONS / of_one.max(1)).unwrap_or(u32::MAX / 4);
    let best = |rounds: u32| {
        let measured = (0..10).map(|_| {
            let started = Started::now();
            let (operations, sum) = kernels.peak_round(black_box(rounds));
            black_box(sum);
            (operations, started.elapsed().as_secs_f64())
        });
        measured.min_by(|a, b| a.1.total_cmp(&b.1)).expect("ten measurements")
    };
    peak_of(best(rounds), best(4 * rounds))
}

/// The speed that `more`, which is several times as much work as `less`, shows; each is (operations, seconds). None if
/// it did not take longer accordingly: then something else than the arithmetic was measured.
fn peak_of(less: (u64, f64), more: (u64, f64)) -> Option<f64> {
    let (work, time) = (more.0 as f64 / less.0 as f64, more.1 / less.1);
    (time > work / 2.0).then(|| (more.0 as f64 / more.1).max(less.0 as f64 / less.1) / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_is_that_of_the_nearest_folder_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        assert!(free_space(folder.path()).unwrap().is_ok());
        assert!(free_space(&folder.path().join("a/b")).unwrap().is_ok());
    }

    #[test]
    fn a_peak_is_shown_only_where_more_work_takes_more_time() {
        assert_eq!(peak_of((1_000_000_000, 0.5), (4_000_000_000, 2.0)), Some(2.0));
        assert_eq!(peak_of((1_000_000_000, 0.5), (4_000_000_000, 1.6)), Some(2.5));
        assert_eq!(peak_of((1_000_000_000, 2e-8), (4_000_000_000, 2e-8)), None);
        assert_eq!(peak_of((1_000_000_000, 0.0), (4_000_000_000, 0.0)), None);
    }

    #[test]
    fn the_limit_of_memory_is_less_than_all_of_it() {
        let MachineMemory { total, available, limit } = MachineMemory::now();
        assert!(available <= total && limit.is_none_or(|limit| limit < total));
    }
}
