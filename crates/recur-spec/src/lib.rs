//! YAML specs: every error at once, with its place, and the plan that a right one makes.
//!
//! Raw → checked → plan: [`parse`] reads YAML into a tree that knows its places, puts overrides into it, checks it
//! against the tables of keys and the registry's parameters, and gives a [`Spec`]; [`Spec::plan`] spells it out.
//! This crate reads no data, and knows models only by their declarations.

mod access;
mod alphabet;
mod assemble;
mod axis;
mod check;
mod configurations;
mod division;
mod entry;
mod error;
mod except;
mod excerpt;
mod grids;
mod help;
mod key;
mod keys;
mod layers;
mod models;
mod overrides;
mod params_of;
mod question;
mod race;
mod reader;
mod reference;
mod resolved;
mod scalar;
mod schema;
mod source;
mod spec;
mod trainings;
mod tree;
mod value;
mod varied;
mod yaml;

pub use entry::{Axis, Grid, ModelEntry};
pub use error::{ErrorKind, Feature, HalvingProblem, Section, SpecError, SpecErrors};
pub use except::{Exception, LeftOut};
pub use overrides::Override;
pub use params_of::{NotAParameter, params_of};
pub use reference::reference;
pub use schema::schema;
pub use source::Place;
pub use spec::Spec;
pub use yaml::{YamlError, read_yaml};

use check::Checker;
use reader::Fault;
use recur_core::registry::Registry;
use source::{Sources, Span, printable};

/// Reads the spec in `text`, with `overrides` put into it in order. `file` names it in messages.
///
/// # Errors
/// Everything that is wrong with it, in one pass and in order of place; text that is no YAML ends the pass.
pub fn parse(text: &[u8], file: &str, overrides: &[Override], registry: &Registry) -> Result<Spec, SpecErrors> {
    let (text, unreadable) = reader::decode(text);
    let sources = Sources::new(file, text, overrides);
    let mut checker =
        Checker { registry, sources: &sources, tables: keys::TABLES, errors: unreadable.into_iter().collect() };
    let spec = if checker.errors.is_empty() { read_and_check(&mut checker, overrides) } else { None };
    match spec {
        Some(spec) => Ok(spec),
        None => Err(reported(file, &sources, checker.errors)),
    }
}

fn read_and_check(checker: &mut Checker<'_>, overrides: &[Override]) -> Option<Spec> {
    let sources = checker.sources;
    let mut root = match reader::read(sources.text(), 0, 0) {
        Ok(Some(root)) if !root.is_null() => root,
        Ok(_) => {
            checker.error(Span { source: 0, line: 1, column: 1, len: 1 }, ErrorKind::Empty);
            return None;
        }
        Err(fault) => {
            checker.errors.push(*fault);
            return None;
        }
    };
    for (number, change) in (1..).zip(overrides) {
        checker.errors.extend(overrides::apply(&mut root, change, number).err().map(|fault| *fault));
    }
    assemble::spec(checker, &root, question::question(sources.text()))
}

fn reported(file: &str, sources: &Sources, mut errors: Vec<Fault>) -> SpecErrors {
    errors.sort_by_key(|(span, _)| *span);
    // A shared axis is checked once for each model: what is wrong with it is reported once.
    let mut once: Vec<Fault> = Vec::new();
    for error in errors {
        if !once.iter().rev().take_while(|earlier| earlier.0 == error.0).any(|earlier| *earlier == error) {
            once.push(error);
        }
    }
    let mut errors = once;
    let n_more = errors.len().saturating_sub(SpecErrors::SHOWN);
    errors.truncate(SpecErrors::SHOWN);
    let tell = |(span, kind): Fault| {
        let help = kind.help().map(|help| printable(&help, 1000));
        SpecError { place: sources.place(span), excerpt: sources.excerpt(span, help.as_deref()), kind }
    };
    SpecErrors { file: file.to_owned(), errors: errors.into_iter().map(tell).collect(), n_more }
}
