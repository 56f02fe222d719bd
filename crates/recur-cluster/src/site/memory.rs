//! Sizes of memory, as sbatch reads them.

use super::SlurmSite;

/// The units of sbatch, in KiB. A number without one is in MiB.
const UNITS: [(&str, u64); 5] = [("K", 1), ("", 1 << 10), ("M", 1 << 10), ("G", 1 << 20), ("T", 1 << 30)];

/// A size: a whole number and its unit.
fn parts(size: &str) -> Option<(u64, &str)> {
    let digits = size.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = size.split_at(digits);
    Some((number.parse().ok()?, unit))
}

/// A size in KiB; `None` where it is none.
fn kibibytes(size: &str) -> Option<u64> {
    let (number, unit) = parts(size)?;
    let unit = unit.trim().trim_end_matches(['B', 'b']).to_uppercase();
    let (_, kibibytes) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    Some(number.saturating_mul(kibibytes))
}

/// `size`, `doublings` times doubled, and at most `most`. What is no whole number with or without a unit stays as it is.
pub(crate) fn doubled(size: &str, doublings: u32, most: Option<&str>) -> String {
    let Some((number, unit)) = parts(size) else { return size.to_owned() };
    let doubled = format!("{}{unit}", number.saturating_mul(1 << doublings.min(16)));
    match most {
        Some(most) if doublings > 0 && kibibytes(&doubled) > kibibytes(most) => most.to_owned(),
        _ => doubled,
    }
}

/// Whether `max_mem` is a size, and no less than what is asked for at first.
pub(super) fn check(site: &SlurmSite) -> Result<(), String> {
    let Some(most) = site.max_mem.as_ref().map(|text| &*text.0) else { return Ok(()) };
    if kibibytes(most).is_none() {
        return Err(format!("`slurm.max_mem` is {most}, expected a size such as 8G"));
    }
    match [("mem", &site.mem), ("mem_per_cpu", &site.mem_per_cpu)].into_iter().find(|(_, size)| size.is_some()) {
        Some((key, size)) if size.as_ref().and_then(|size| kibibytes(&size.0)) > kibibytes(most) => {
            Err(format!("`slurm.max_mem` is {most}, less than `{key}`"))
        }
        None => Err(format!("`slurm.max_mem` is {most}, and there is no `mem` or `mem_per_cpu` that could be doubled")),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_doubled_up_to_the_most() {
        let check = |size: &str, doublings: u32, most: Option<&str>, expected: &str| {
            assert_eq!(doubled(size, doublings, most), expected, "{size} {doublings} {most:?}");
        };
        check("2G", 0, None, "2G");
        check("2G", 1, None, "4G");
        check("1500", 2, None, "6000");
        check("max", 2, None, "max");
        check("2G", 1, Some("5G"), "4G");
        check("2G", 2, Some("5G"), "5G");
        check("2G", 2, Some("8192M"), "8G");
        check("2G", 2, Some("8191"), "8191");
        check("3T", 60, Some("100TB"), "100TB");
    }

    #[test]
    fn sizes_have_the_units_of_sbatch() {
        assert_eq!(["1", "1M", "1024K", "1024kb"].map(kibibytes), [Some(1024); 4]);
        assert_eq!(["2G", "1T"].map(kibibytes), [Some(2 << 20), Some(1 << 30)]);
        assert_eq!(["", "G", "1.5G", "1X", "max"].map(kibibytes), [None; 5]);
    }
}
