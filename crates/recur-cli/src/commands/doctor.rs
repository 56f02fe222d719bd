//! `recur doctor`: what the machine offers. Nothing of it can change a result.

use crate::args::Doctor;
use crate::error::{CliError, Exit};
use crate::output::print;
use indicatif::HumanBytes;
use recur_experiment::{Started, available_cores, cpu_name};
use recur_kernels::Isa;
use std::hint::black_box;
use std::path::Path;
use sysinfo::{MemoryRefreshKind, RefreshKind, System};

/// Prints one line a fact.
pub(crate) fn run(args: &Doctor) -> Result<Exit, CliError> {
    let memory_alone = RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(memory_alone);
    let facts = [
        ("recur", format!("{}, numeric contract {}", env!("CARGO_PKG_VERSION"), recur_core::NUMERIC_CONTRACT)),
        ("platform", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
        ("CPU", cpu_name()),
        ("instruction sets", Isa::available().map(Isa::name).collect::<Vec<_>>().join(", ")),
        ("chosen", chosen()),
        ("FMA peak", peak()),
        ("threads", available_cores().to_string()),
        ("memory", memory(&system)),
        ("store", store(&args.store)),
    ];
    let lines: Vec<String> = facts.iter().map(|(name, fact)| format!("{name:<17} {fact}")).collect();
    print(&lines.join("\n"))?;
    Ok(Exit::Success)
}

fn chosen() -> String {
    let name = crate::kernels().isa().name();
    let names: Vec<&str> = Isa::available().map(Isa::name).collect();
    let how = match crate::forced_instruction_set() {
        Some(_) => "forced by RECUR_ISA".to_owned(),
        None => format!("the widest; RECUR_ISA={} forces one", names.join("|")),
    };
    format!("{name} ({how}); all give equal bits")
}

fn peak() -> String {
    match fma_peak() {
        Some(peak) => format!("{peak:.1} GFLOP/s measured, f32 on one thread"),
        None => "cannot be measured: the time does not grow with the work".to_owned(),
    }
}

/// The best of some short measurements of the chosen instruction set, in 10⁹ operations a second (an fma counts as two).
fn fma_peak() -> Option<f64> {
    /// Operations of a measurement, roughly: some milliseconds of any CPU.
    const OPERATIONS: u64 = 400_000_000;
    let kernels = crate::kernels();
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

/// The speed that `more`, which is several times as much work as `less`, tells; each is (operations, seconds). None if
/// it did not take longer accordingly: then something else than the arithmetic was measured.
fn peak_of(less: (u64, f64), more: (u64, f64)) -> Option<f64> {
    let (work, time) = (more.0 as f64 / less.0 as f64, more.1 / less.1);
    (time > work / 2.0).then(|| (more.0 as f64 / more.1).max(less.0 as f64 / less.1) / 1e9)
}

fn memory(system: &System) -> String {
    let whole = format!("{}, {} available", HumanBytes(system.total_memory()), HumanBytes(system.available_memory()));
    match system.cgroup_limits() {
        Some(limits) if limits.total_memory < system.total_memory() => {
            format!("{whole}; this process may use {}", HumanBytes(limits.total_memory))
        }
        _ => whole,
    }
}

/// The free space where the store is, or where it would be made.
fn store(path: &Path) -> String {
    let made = if path.exists() { "" } else { " (not made yet)" };
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let free = absolute.ancestors().find(|folder| folder.exists()).map(fs4::available_space);
    match free {
        Some(Ok(bytes)) => format!("{}{made}: {} free", path.display(), HumanBytes(bytes)),
        Some(Err(error)) => format!("{}{made}: free space unknown, {error}", path.display()),
        None => format!("{}{made}: there is no such place", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_is_told_of_the_nearest_folder_that_is_there() {
        let folder = tempfile::tempdir().unwrap();
        assert!(store(folder.path()).ends_with(" free"));
        let missing = store(&folder.path().join("a/b"));
        assert!(missing.contains("(not made yet)") && missing.ends_with(" free"), "{missing}");
    }

    #[test]
    fn a_peak_is_told_only_where_more_work_takes_more_time() {
        assert_eq!(peak_of((1_000_000_000, 0.5), (4_000_000_000, 2.0)), Some(2.0));
        assert_eq!(peak_of((1_000_000_000, 0.5), (4_000_000_000, 1.6)), Some(2.5));
        assert_eq!(peak_of((1_000_000_000, 2e-8), (4_000_000_000, 2e-8)), None);
        assert_eq!(peak_of((1_000_000_000, 0.0), (4_000_000_000, 0.0)), None);
    }
}
