//! Whether a row can be used: its label and its text, normalised, or the reason why not.

use crate::warnings::UnknownCounts;
use recur_core::facts::RejectReason;
use recur_core::settings::{DataSettings, Fold, Unknown};
use recur_core::visible::{is_ignorable, visible_fully};
use recur_text::normalise;
use std::collections::{BTreeMap, BTreeSet};
use unicode_normalization::UnicodeNormalization;

/// How many characters a message names.
const SHOWN: usize = 5;

/// A row that cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub reason: RejectReason,
    pub detail: String,
    /// Its label, where it has one.
    pub label: Option<String>,
}

/// Judges rows, and counts characters outside the alphabet.
pub(crate) struct Judge<'a> {
    settings: &'a DataSettings,
    given_alphabet: Option<BTreeSet<char>>,
    /// Characters outside the alphabet, with the number of rows that have them.
    pub unknown_characters: BTreeMap<char, u64>,
    /// Characters of the texts that can be used, and how many of them are outside the alphabet.
    characters: u64,
    n_unknown: u64,
}

impl<'a> Judge<'a> {
    pub fn new(settings: &'a DataSettings) -> Self {
        Self {
            settings,
            given_alphabet: settings.text.alphabet.as_ref().map(|characters| characters.chars().collect()),
            unknown_characters: BTreeMap::new(),
            characters: 0,
            n_unknown: 0,
        }
    }

    /// The text and label of a row, normalised, or why it cannot be used.
    pub fn row(&mut self, text: &str, label: &str) -> Result<(String, String), Refused> {
        let label: String = label.trim().nfc().collect();
        if let Some(what) = nothing_visible(&label) {
            let detail = format!("the label is empty{what}");
            return Err(Refused { reason: RejectReason::MissingLabel, detail, label: None });
        }
        match self.text_next_to(text, &label) {
            Ok(text) => Ok((text, label)),
            Err((reason, detail)) => Err(Refused { reason, detail, label: Some(label) }),
        }
    }

    /// The text of a row with this label.
    fn text_next_to(&mut self, text: &str, label: &str) -> Result<String, (RejectReason, String)> {
        refuse_controls("label", label)?;
        refuse_controls("text", text.trim())?;
        let mut text = normalise(text, &self.settings.text);
        self.check_length(&text)?;
        let n_characters = text.chars().count() as u64;
        let unknown: BTreeSet<char> = text.chars().filter(|character| !self.has_token(*character)).collect();
        for character in &unknown {
            *self.unknown_characters.entry(*character).or_default() += 1;
        }
        let n_unknown = text.chars().filter(|character| unknown.contains(character)).count() as u64;
        match self.settings.text.unknown {
            Unknown::Error if !unknown.is_empty() => {
                return Err((
                    RejectReason::UnknownCharacter,
                    format!("no character of the alphabet: {}", named(unknown.iter().copied())),
                ));
            }
            Unknown::Drop if n_unknown == n_characters => {
                return Err((RejectReason::EmptyText, "no character of the text is in the alphabet".to_owned()));
            }
            Unknown::Drop if !unknown.is_empty() => {
                text.retain(|character| !unknown.contains(&character));
                text = text.trim().to_owned();
                self.check_length(&text)?;
            }
            _ => {}
        }
        self.characters += n_characters;
        self.n_unknown += n_unknown;
        Ok(text)
    }

    fn check_length(&self, text: &str) -> Result<(), (RejectReason, String)> {
        let (n_characters, most) = (text.chars().count(), self.settings.max_characters as usize);
        match nothing_visible(text) {
            Some(what) => Err((RejectReason::EmptyText, format!("nothing is left of the text{what}"))),
            None if n_characters > most => {
                Err((RejectReason::TooLong, format!("{n_characters} characters, at most {most} are allowed")))
            }
            None => Ok(()),
        }
    }

    /// Whether `character` has a token of its own.
    pub fn has_token(&self, character: char) -> bool {
        match &self.given_alphabet {
            Some(characters) => characters.contains(&character),
            None => self.settings.text.fold == Fold::None || character.is_ascii(),
        }
    }

    /// Some of the characters of the texts, if none of them all has a token of its own.
    pub fn unknown_only(&self) -> Option<Vec<char>> {
        let is_all = self.characters > 0 && self.n_unknown == self.characters;
        is_all.then(|| self.unknown_characters.keys().take(SHOWN).copied().collect())
    }

    /// What the alphabet has not of `rows`, given as (text, label).
    pub fn unknown_counts(&self, rows: &[(&str, &str)]) -> UnknownCounts {
        let (characters, of) = (self.n_unknown, self.characters);
        if characters == 0 || self.settings.text.unknown != Unknown::Token {
            return UnknownCounts { characters, of, labels: Vec::new() };
        }
        let mut is_known: BTreeMap<&str, bool> = BTreeMap::new();
        for (text, label) in rows {
            let known = is_known.entry(label).or_default();
            *known = *known || text.chars().any(|character| self.has_token(character));
        }
        let unknown = is_known.into_iter().filter(|(_, known)| !known);
        UnknownCounts { characters, of, labels: unknown.map(|(label, _)| label.to_owned()).collect() }
    }
}

/// `text` without control characters.
pub(crate) fn without_controls(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

/// Something if a reader sees nothing of `text`: nothing more, or that it has invisible characters, and which.
fn nothing_visible(text: &str) -> Option<String> {
    if !text.chars().all(is_ignorable) {
        return None;
    }
    let hidden: BTreeSet<char> = text.chars().collect();
    Some(if hidden.is_empty() { String::new() } else { format!(": only {}, which show nothing", named(hidden)) })
}

/// Control characters inside of a text are no part of it: damage, or an attack on who reads it.
fn refuse_controls(what: &str, text: &str) -> Result<(), (RejectReason, String)> {
    let controls: BTreeSet<char> = text.chars().filter(|character| character.is_control()).collect();
    if controls.is_empty() {
        return Ok(());
    }
    let points: Vec<String> = controls.into_iter().take(SHOWN).map(code_point).collect();
    Err((RejectReason::ControlCharacter, format!("{} in the {what}", points.join(", "))))
}

fn code_point(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

/// The first few of `characters`; one that cannot be seen by its code point.
fn named(characters: impl IntoIterator<Item = char>) -> String {
    let name = |character: char| match character.is_control() || is_ignorable(character) {
        true => code_point(character),
        false => format!("`{}`", visible_fully(character.encode_utf8(&mut [0; 4]))),
    };
    characters.into_iter().take(SHOWN).map(name).collect::<Vec<_>>().join(", ")
}
