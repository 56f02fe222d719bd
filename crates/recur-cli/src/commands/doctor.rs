//! `recur doctor`: what the machine offers. Nothing of it can change a result.

use crate::args::Doctor;
use crate::error::{CliError, Exit};
use crate::instruction_set;
use indicatif::HumanBytes;
use recur_core::visible::shown;
use recur_experiment::{MachineMemory, available_cores, cpu_name, fma_peak, free_space};
use recur_kernels::Isa;
use recur_terminal::print;
use std::path::Path;

/// Prints one line a fact.
pub(crate) fn run(args: &Doctor) -> Result<Exit, CliError> {
    let facts = [
        ("recur", format!("{}, numeric contract {}", env!("CARGO_PKG_VERSION"), recur_core::NUMERIC_CONTRACT)),
        ("platform", format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)),
        ("CPU", cpu_name()),
        ("instruction sets", Isa::available().map(Isa::name).collect::<Vec<_>>().join(", ")),
        ("chosen", chosen()),
        ("FMA peak", peak()),
        ("threads", available_cores().to_string()),
        ("memory", memory()),
        ("store", store(&args.store)),
    ];
    let lines: Vec<String> = facts.iter().map(|(name, fact)| format!("{name:<17} {fact}")).collect();
    print(&lines.join("\n"))?;
    Ok(Exit::Success)
}

fn chosen() -> String {
    let name = instruction_set::kernels().isa().name();
    let names: Vec<&str> = Isa::available().map(Isa::name).collect();
    let how = match instruction_set::forced_instruction_set() {
        Some(_) => "forced by RECUR_ISA".to_owned(),
        None => format!("the widest; RECUR_ISA={} forces one", names.join("|")),
    };
    format!("{name} ({how}); all give equal bits")
}

fn peak() -> String {
    match fma_peak(instruction_set::kernels()) {
        Some(peak) => format!("{peak:.1} GFLOP/s measured, f32 on one thread"),
        None => "cannot be measured: the time does not grow with the work".to_owned(),
    }
}

fn memory() -> String {
    let MachineMemory { total, available, limit } = MachineMemory::now();
    let whole = format!("{}, {} available", HumanBytes(total), HumanBytes(available));
    limit.map_or_else(|| whole.clone(), |limit| format!("{whole}; this process may use {}", HumanBytes(limit)))
}

/// The free space where the store is, or where it would be made.
fn store(path: &Path) -> String {
    let made = if path.exists() { "" } else { " (not made yet)" };
    match free_space(path) {
        Some(Ok(bytes)) => format!("{}{made}: {} free", shown(path), HumanBytes(bytes)),
        Some(Err(error)) => format!("{}{made}: free space unknown, {error}", shown(path)),
        None => format!("{}{made}: there is no such place", shown(path)),
    }
}
