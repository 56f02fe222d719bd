//! Sizes of memory, as sbatch reads them.

use super::SlurmSite;

/// The units of sbatch, in KiB. A number without one is in MiB.
const UNITS: [(&str, u64); 5] = [("K", 1), ("", 1 << 10), ("M", 1 << 10), ("G", 1 << 20), ("T", 1 << 30)];

/// A size: a number in decimal digits, and its unit.
struct Size<'s> {
    /// The number without its point.
    digits: u64,
    /// How many of the digits are behind the point.
    decimals: u32,
    unit: &'s str,
}

impl<'s> Size<'s> {
    fn parse(size: &'s str) -> Option<Self> {
        let end = size.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let (number, unit) = size.split_at(end);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let is_number = !whole.is_empty() && number.ends_with(|c: char| c.is_ascii_digit()) && fraction.len() < 10;
        let digits = format!("{whole}{fraction}").parse().ok().filter(|_| is_number)?;
        Some(Self { digits, decimals: fraction.len() as u32, unit })
    }

    /// The number, without zeros at the end of its fraction.
    fn number(&self) -> String {
        let power = 10_u64.pow(self.decimals);
        let fraction = format!("{:0width$}", self.digits % power, width = self.decimals as usize);
        let text = format!("{}.{fraction}", self.digits / power);
        if self.decimals == 0 {
            self.digits.to_string()
        } else {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    }
}

/// A size in KiB; `None` where it is none.
fn kibibytes(size: &str) -> Option<u64> {
    let size = Size::parse(size)?;
    let unit = size.unit.trim().trim_end_matches(['B', 'b']).to_uppercase();
    let (_, kibibytes) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    Some(size.digits.saturating_mul(kibibytes) / 10_u64.pow(size.decimals))
}

/// `size`, `doublings` times doubled, and at most `most`. What is no number with or without a unit stays as it is.
pub(crate) fn doubled(size: &str, doublings: u32, most: Option<&str>) -> String {
    let Some(parsed) = Size::parse(size).filter(|_| doublings > 0) else { return size.to_owned() };
    let digits = parsed.digits.saturating_mul(1 << doublings.min(16));
    let doubled = format!("{}{}", Size { digits, ..parsed }.number(), parsed.unit);
    match most {
        Some(most) if kibibytes(&doubled) > kibibytes(most) => most.to_owned(),
        _ => doubled,
    }
}

/// Why a task that was out of memory with so many doublings cannot ask for more; `None` where it can.
pub(crate) fn at_limit(site: &SlurmSite, doublings: u32) -> Option<String> {
    let most = site.max_mem.as_ref().map(|text| &*text.0);
    let asked = [("mem", &site.mem), ("mem_per_cpu", &site.mem_per_cpu)];
    let Some((key, size)) = asked.into_iter().find_map(|(key, size)| Some((key, &*size.as_ref()?.0))) else {
        return Some("the site file has no `slurm.mem` that could be doubled".to_owned());
    };
    if doubled(size, doublings, most) != doubled(size, doublings + 1, most) {
        return None;
    }
    Some(match (kibibytes(size), most) {
        (Some(0), _) => format!("`slurm.{key}: {size}` in the site file is all the memory of a node"),
        (Some(_), Some(most)) => format!("`slurm.max_mem: {most}` in the site file is the limit"),
        _ => format!("`slurm.{key}: {size}` in the site file cannot be doubled"),
    })
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
        check("1.5G", 0, None, "1.5G");
        check("1.5G", 1, None, "3G");
        check("1.25G", 1, None, "2.5G");
        check("0.75 TB", 2, Some("10T"), "3 TB");
        check("1.5G", 2, Some("5.5G"), "5.5G");
        check("1.G", 1, None, "1.G");
        check("1.2.3G", 1, None, "1.2.3G");
        check("0", 3, None, "0");
        check("3T", 60, Some("100TB"), "100TB");
    }

    #[test]
    fn sizes_have_the_units_of_sbatch() {
        assert_eq!(["1", "1M", "1024K", "1024kb"].map(kibibytes), [Some(1024); 4]);
        assert_eq!(["2G", "1T"].map(kibibytes), [Some(2 << 20), Some(1 << 30)]);
        assert_eq!(["1.5G", "0.5M"].map(kibibytes), [Some(3 << 19), Some(512)]);
        assert_eq!(["", "G", ".5G", "1X", "max"].map(kibibytes), [None; 5]);
    }

    #[test]
    fn a_limit_is_named_where_nothing_more_can_be_asked_for() {
        let check = |site: &str, doublings: u32, expected: Option<&str>| {
            let site = crate::site::Site::parse(&format!("slurm: {{{site}}}")).unwrap().slurm;
            let limit = at_limit(&site, doublings);
            assert!(
                limit.as_deref().map_or(expected.is_none(), |limit| expected.is_some_and(|part| limit.contains(part))),
                "{limit:?}"
            );
        };
        check("mem: 2G", 5, None);
        check("mem: 2G, max_mem: 8G", 1, None);
        check("mem: 2G, max_mem: 8G", 2, Some("`slurm.max_mem: 8G`"));
        check("mem: 2G, max_mem: 3G", 0, None);
        check("mem: 2G, max_mem: 3G", 1, Some("`slurm.max_mem: 3G`"));
        check("mem: 0", 0, Some("`slurm.mem: 0` in the site file is all the memory of a node"));
        check("mem_per_cpu: 1G, max_mem: 1G", 0, Some("`slurm.max_mem: 1G`"));
        check("partition: x", 0, Some("no `slurm.mem`"));
    }
}
