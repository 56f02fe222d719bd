//! How a split divides rows, whatever characters their texts are written in.

use crate::dataset::Dataset;
use crate::digest::{Digest, Hasher};
use crate::split::Split;

/// The digest of how many rows of each label and group are in which part of `split`. Data sets that were read from the same
/// rows with other text settings have it in common where no row was left out and the groups are the same, though
/// their rows are in another order.
pub fn digest(dataset: &Dataset, split: &Split) -> Digest {
    let mut hasher = Hasher::new();
    dataset.label_names().iter().for_each(|label| _ = hasher.field(label.as_bytes()));
    for part in [&split.train, &split.validation, &split.test] {
        let place = |row: &u32| (dataset.labels()[*row as usize], dataset.groups()[*row as usize]);
        let mut places: Vec<(u16, u32)> = part.iter().map(place).collect();
        places.sort_unstable();
        let bytes = places.iter().flat_map(|(label, group)| [u32::from(*label), *group].map(u32::to_le_bytes));
        hasher.field(&bytes.flatten().collect::<Vec<u8>>());
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dataset::{Alphabet, LabelledText};
    use crate::random::StreamPath;
    use crate::settings::{Group, SplitSettings};

    fn of(rows: &[(&str, &str, &str)], seed: u64) -> Digest {
        let row = |(label, text, group): &(&str, &str, &str)| LabelledText {
            label: (*label).to_owned(),
            text: (*text).to_owned(),
            group: (*group).to_owned(),
            raw: None,
        };
        let data = Dataset::new(rows.iter().map(row).collect(), Alphabet::new("abcdefghé".chars(), false));
        let settings = SplitSettings::shares(0.5, 0.25, 0.25, Group::Text, true);
        digest(&data, &Split::new(&data, &settings, &StreamPath::root(seed), 0).unwrap())
    }

    #[test]
    fn other_characters_change_nothing_and_other_rows_do() {
        let rows = |last: &'static str| {
            ["a", "b", "c", "d", "f", "g", "h", last].map(|text| {
                let group = if text == "é" { "e" } else { text };
                (if text < "e" { "x" } else { "y" }, text, group)
            })
        };
        let first = of(&rows("e"), 1);
        assert_eq!(first, of(&rows("é"), 1), "é sorts behind all others");
        assert_ne!(first, of(&rows("e"), 2), "another division");
        let mut other = rows("e");
        other[0].0 = "y";
        assert_ne!(first, of(&other, 1), "another label");
    }
}
