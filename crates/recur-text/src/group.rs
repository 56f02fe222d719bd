//! Which texts stay on one side of a split: the same text, and its accented, masculine or feminine variants.

use crate::fold::fold;
use crate::normalise::lower;
use recur_core::settings::Group;
use recur_core::visible::is_ignorable;
use std::borrow::Cow;
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// Endings that count as the same: two texts that differ only by endings of one line are variants.
///
/// A line joins every pair of its endings, so a few strangers (`Mara`, `Maras`) share a group as well. That costs
/// nothing but a slightly coarser split; variants on both sides of a split would cost the truth of the test results.
/// Texts are folded and lower case here, so `a` is `á` too.
const FAMILIES: [&[&str]; 33] = [
    // Slavic: Ivanov, Ivanova.
    &["", "a"],
    // Czech, Slovak: Novák, Nováková; Svoboda, Svobodová; Janko, Janková; Krause, Krausová; Jiří, Jiřová; Tichý, Tichová.
    &["", "ova"],
    &["a", "ova"],
    &["o", "ova"],
    &["e", "ova"],
    &["i", "ova"],
    &["y", "ova"],
    // The same with a vowel that falls out: Hájek, Hájková; Němec, Němcová; Havel, Havlová; Švagr, Švagrová.
    &["ek", "kova"],
    &["ok", "kova"],
    &["ec", "cova"],
    &["el", "lova"],
    &["er", "rova"],
    &["en", "nova"],
    // Russian: Lebed, Lebedeva.
    &["", "eva"],
    // Polish, once the wife and the daughter: Nowak, Nowakowa, Nowakówna.
    &["", "owa", "owna"],
    // Adjectives, Polish -ski, Czech -ský, Ukrainian -skyi, Russian -sky and -skiy: Kowalski, Kowalska, Kovalskaya.
    &["ski", "sky", "ska", "skij", "skyj", "skiy", "skyi", "skaya", "skaia", "skaja", "skoi", "skoy", "skoj", "skii"],
    &["cki", "cky", "cka", "ckij", "ckyj", "ckiy", "ckyi", "ckaya", "ckaia", "ckaja", "ckoi", "ckoy", "ckoj", "ckii"],
    // Other adjectives: Tolstoy, Tolstaya; Bely, Belaya; Liutyi, Liuta.
    &["y", "yi", "yy", "yj", "iy", "ii", "ij", "oi", "oy", "oj", "a", "aya", "aia", "aja", "ia", "yaya", "iaia"],
    // Icelandic: Jónsson, Jónsdóttir.
    &["son", "dottir"],
    // Latvian: Bērziņš, Bērziņa; Kalniņš, Kalniņa; Balodis, Balode; Markus, Marke.
    &["s", "a"],
    &["is", "e"],
    &["us", "e"],
    &["a", "e"],
    // Lithuanian: Kazlauskas, Kazlauskienė, Kazlauskaitė; Butkus, Butkutė.
    &["as", "is", "ys", "us", "ius", "iene", "aite", "yte", "ute", "iute"],
    // Greek: Papadopoulos, Papadopoulou; Ioannidis, Ioannidi, Ioannidou; Karras, Karra; Andreas, Andreou.
    &["os", "ou", "i"],
    &["is", "ou", "i"],
    &["as", "ou", "a"],
    &["es", "ou", "e"],
    &["us", "ou"],
    // The same in Cyrillic: Иванов, Иванова; Достоевский, Достоевская; Толстой, Толстая.
    &["", "а"],
    &["ии", "ыи", "ои", "ая", "яя", "а"],
    // ... and in Greek characters: Παπαδόπουλος, Παπαδοπούλου.
    &["ος", "οσ", "ου"],
    &["ης", "ησ", "η", "ου"],
];

/// The shortest stem, in characters, that an ending is looked for after.
const SHORTEST_STEM: usize = 2;

/// The length of the longest ending, in bytes.
const LONGEST_ENDING: usize = 6;

/// The group of each of the `texts`, given as (text, label) in sorted order. Equal texts get equal groups, except
/// with [`Group::None`]; no group depends on the order in which the rows were read.
pub fn groups(rows: &[(&str, &str)], group: Group) -> Vec<String> {
    match group {
        Group::Text => rows.iter().map(|(text, _)| lower(&seen(text))).collect(),
        Group::FoldedText => join_variants(rows.iter().map(|(text, _)| key(text)).collect()),
        Group::None => each_its_own(rows),
    }
}

/// Text and label, and a number that distinguishes repeated rows.
fn each_its_own(rows: &[(&str, &str)]) -> Vec<String> {
    let mut seen: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    let numbered = rows.iter().map(|row| {
        let number = seen.entry(*row).or_default();
        *number += 1;
        format!("{}\n{}\n{number}", row.0, row.1)
    });
    numbered.collect()
}

/// What a reader sees of `text`: no character that Unicode lets a reader see nothing of.
fn seen(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.contains(is_ignorable) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|character| !is_ignorable(*character)).collect())
}

/// What a reader sees of `text`, in lower case without marks and in ordinary forms (no ligatures, no full-width characters);
/// a text of nothing but marks stays.
fn key(text: &str) -> String {
    let plain = if text.is_ascii() { Cow::Borrowed(text) } else { seen(text).nfkc().collect() };
    let key = fold(&lower(&fold(&plain)));
    if key.is_empty() { lower(text) } else { key }
}

/// Replaces each key by the smallest one of its variants, variants of variants included.
fn join_variants(keys: Vec<String>) -> Vec<String> {
    let mut distinct: Vec<&str> = keys.iter().map(String::as_str).collect();
    // Rows come sorted by label and text, so the keys are a few long runs, which this sort merges.
    distinct.sort();
    distinct.dedup();
    let counterparts = counterparts();
    let mut forest = Forest::new(distinct.len());
    let mut other = String::new();
    for (i, key) in distinct.iter().enumerate() {
        for (stem, longer, shorter) in endings(key, &counterparts) {
            for ending in shorter.iter().filter(|shorter| fits(stem, longer, shorter)) {
                other.clear();
                other.push_str(stem);
                other.push_str(ending);
                if let Ok(j) = distinct.binary_search(&other.as_str()) {
                    forest.join(i, j);
                }
            }
        }
    }
    let index_of = |key: &String| distinct.binary_search(&key.as_str()).expect("every key is listed");
    keys.iter().map(|key| distinct[forest.root(index_of(key))].to_owned()).collect()
}

/// For each ending, the shorter ones that count as the same. A pair is looked for from its longer ending, which fewer texts
/// have; of two equally long ones, from the later in the alphabet.
fn counterparts() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut counterparts: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for family in FAMILIES {
        for ending in family {
            let shorter = family.iter().filter(|other| (other.len(), **other) < (ending.len(), *ending));
            counterparts.entry(ending).or_default().extend(shorter);
        }
    }
    for list in counterparts.values_mut() {
        list.sort_unstable();
        list.dedup();
    }
    counterparts
}

/// The stems and endings of `key` that have shorter counterparts, and these.
fn endings<'a>(
    key: &'a str,
    counterparts: &'a BTreeMap<&'static str, Vec<&'static str>>,
) -> impl Iterator<Item = (&'a str, &'a str, &'a [&'static str])> {
    let stems = key.char_indices().map(|(i, _)| i).skip(SHORTEST_STEM);
    let stems = stems.filter(|stem| key.len() - stem <= LONGEST_ENDING).map(|stem| key.split_at(stem));
    stems.filter_map(|(stem, ending)| Some((stem, ending, counterparts.get(ending)?.as_slice())))
}

/// Whether `shorter` counts as the same as `longer` after `stem`: `a` is dropped after a consonant only.
fn fits(stem: &str, longer: &str, shorter: &str) -> bool {
    let drops_vowel = shorter.is_empty() && matches!(longer, "a" | "а");
    !drops_vowel
        || stem
            .ends_with(|character: char| character.is_alphabetic() && !"aeiouyаеиоуыэюяєіїαεηιουω".contains(character))
}

/// Disjoint sets (union-find); the root of a set is its smallest member.
struct Forest(Vec<usize>);

impl Forest {
    fn new(len: usize) -> Self {
        Self((0..len).collect())
    }

    fn root(&mut self, mut i: usize) -> usize {
        while self.0[i] != i {
            self.0[i] = self.0[self.0[i]];
            i = self.0[i];
        }
        i
    }

    fn join(&mut self, i: usize, j: usize) {
        let (i, j) = (self.root(i), self.root(j));
        self.0[i.max(j)] = i.min(j);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn folded(texts: &[&str]) -> Vec<String> {
        let rows: Vec<(&str, &str)> = texts.iter().map(|text| (*text, "x")).collect();
        groups(&rows, Group::FoldedText)
    }

    #[test]
    fn variants_share_a_group() {
        let variants = [
            ["Ivanov", "Ivanova"],
            ["Novák", "Nováková"],
            ["NOVAK", "Novák"],
            ["Svoboda", "Svobodová"],
            ["Hájek", "Hájková"],
            ["Němec", "Němcová"],
            ["Novotný", "Novotná"],
            ["Kowalski", "Kowalska"],
            ["Nowacki", "Nowacka"],
            ["Kovalskyi", "Kovalska"],
            ["Aleshkovsky", "Aleshkovskaya"],
            ["Tolstoy", "Tolstaya"],
            ["Jónsson", "Jónsdóttir"],
            ["Bērziņš", "Bērziņa"],
            ["Balodis", "Balode"],
            ["Kazlauskas", "Kazlauskienė"],
            ["Kazlauskas", "Kazlauskaitė"],
            ["Papadopoulos", "Papadopoulou"],
            ["Ioannidis", "Ioannidou"],
            ["Müller", "Muller"],
            ["Иванов", "Иванова"],
            ["Достоевский", "Достоевская"],
            ["Παπαδόπουλος", "Παπαδοπούλου"],
        ];
        for pair in variants {
            let groups = folded(&pair);
            assert_eq!(groups[0], groups[1], "{pair:?}");
        }
    }

    #[test]
    fn strangers_and_missing_counterparts_stay_apart() {
        for pair in [["Novak", "Novotny"], ["Abe", "Ito"], ["Kim", "Kimura"], ["Bo", "Boa"]] {
            let groups = folded(&pair);
            assert_ne!(groups[0], groups[1], "{pair:?}");
        }
        assert_eq!(folded(&["Ivanova"]), ["ivanova"]);
    }

    #[test]
    fn invisible_characters_and_other_forms_separate_nothing() {
        for other in ["José\u{200b}", "\u{200e}José", "\u{202b}José\u{202c}", "Jo\u{ad}sé", "\u{feff}JOSE", "Ｊｏｓé"]
        {
            let groups = folded(&["José", other]);
            assert_eq!(groups[0], groups[1], "{other:?}");
        }
        let rows = [("José", "x"), ("jo\u{2060}sé", "x"), ("Jose", "x")];
        assert_eq!(groups(&rows, Group::Text), ["josé", "josé", "jose"]);
    }

    #[test]
    fn variants_of_variants_share_the_smallest_text() {
        assert_eq!(folded(&["Kazlauskienė", "Kazlauskas", "Kazlauskaitė"]), ["kazlauskaite"; 3]);
    }

    #[test]
    fn text_joins_by_case_only_and_none_joins_nothing() {
        let rows = [("Abe", "a"), ("ABE", "a"), ("Abé", "a"), ("Abé", "a"), ("Abé", "b")];
        assert_eq!(groups(&rows, Group::Text), ["abe", "abe", "abé", "abé", "abé"]);
        let mut own = groups(&rows, Group::None);
        own.sort();
        own.dedup();
        assert_eq!(own.len(), rows.len());
    }

    #[test]
    fn longest_ending_is_looked_for() {
        assert!(FAMILIES.iter().flat_map(|family| family.iter()).all(|ending| ending.len() <= LONGEST_ENDING));
    }

    proptest! {
        #[test]
        fn order_of_texts_changes_no_group(texts in prop::collection::vec("[a-cs]{1,3}(a|ova|s|)", 1..40)) {
            let forwards: Vec<&str> = texts.iter().map(String::as_str).collect();
            let backwards: Vec<&str> = forwards.iter().rev().copied().collect();
            let mut groups = folded(&backwards);
            groups.reverse();
            prop_assert_eq!(groups, folded(&forwards));
        }
    }
}
