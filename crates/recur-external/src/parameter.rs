//! Parameters as a manifest declares them, in the kinds that every model has.

use recur_core::model::Condition;
use recur_core::params::{ParamDefault, ParamKind, ParamSpec, ParamValue, is_snake_case};
use recur_core::visible::{is_hidden, visible};
use serde::Deserialize;
use std::collections::BTreeMap;

/// One element of `parameters`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Declared {
    name: String,
    kind: Kind,
    min: Option<ParamValue>,
    max: Option<ParamValue>,
    above_min: Option<bool>,
    words: Option<Vec<String>>,
    max_characters: Option<u32>,
    default: ParamValue,
    meaning: String,
    /// The whole-numbered parameter that this one needs to have an effect, and how large it must be.
    effect_from: Option<BTreeMap<String, i64>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Integer,
    Real,
    Choice,
    Text,
    Boolean,
    IntegerPair,
}

/// Characters that a text has at most where its declaration does not say, and those that one may say.
const USUAL_CHARACTERS: u32 = 1000;
const MOST_CHARACTERS: u32 = 100_000;

/// `text` for the rest of the process. Manifests are read once, so this is no leak that grows.
pub(crate) fn keep(text: impl Into<String>) -> &'static str {
    Box::leak(text.into().into_boxed_str())
}

/// The declarations, checked, and which parameters have an effect only with others.
pub(crate) fn specs(declared: Vec<Declared>) -> Result<(Vec<ParamSpec>, Vec<Condition>), String> {
    let mut specs: Vec<ParamSpec> = Vec::with_capacity(declared.len());
    let mut effects = Vec::new();
    for mut declared in declared {
        let name = declared.name.clone();
        let effect_from = declared.effect_from.take();
        let spec = spec(declared).map_err(|problem| format!("parameter `{}`: {problem}", visible(&name)))?;
        if specs.iter().any(|earlier| earlier.name == spec.name) {
            return Err(format!("parameter `{name}` is declared twice"));
        }
        effects.extend(effect_from.map(|needs| (spec.name, needs)));
        specs.push(spec);
    }
    let condition = |(parameter, needs): (&'static str, BTreeMap<String, i64>)| {
        condition(parameter, &needs, &specs).map_err(|problem| format!("parameter `{parameter}`: {problem}"))
    };
    let conditions = effects.into_iter().map(condition).collect::<Result<_, _>>()?;
    Ok((specs, conditions))
}

/// What `effect_from` of a parameter says.
fn condition(parameter: &'static str, needs: &BTreeMap<String, i64>, specs: &[ParamSpec]) -> Result<Condition, String> {
    let mut needs = needs.iter();
    let (Some((name, at_least)), None) = (needs.next(), needs.next()) else {
        return Err("`effect_from` names one other parameter with a whole number, such as {layers: 2}".to_owned());
    };
    let is_other = |spec: &&ParamSpec| spec.name == name && spec.name != parameter;
    match specs.iter().find(is_other) {
        Some(ParamSpec { name, kind: ParamKind::Integer { .. }, .. }) => {
            Ok(Condition { parameter, needs: name, at_least: *at_least })
        }
        _ => Err(format!("`effect_from` names `{}`, which is no other parameter with whole numbers", visible(name))),
    }
}

fn spec(declared: Declared) -> Result<ParamSpec, String> {
    if !is_snake_case(&declared.name) {
        return Err("its name is not snake_case".to_owned());
    }
    if declared.meaning.trim().is_empty() || declared.meaning.contains('\n') {
        return Err("its `meaning` is not one line".to_owned());
    }
    let words = declared.words.iter().flatten();
    if let Some(text) = words.chain([&declared.meaning]).find(|text| text.chars().any(is_hidden)) {
        return Err(format!("`{}` has a character that cannot be shown", visible(text)));
    }
    let kind = kind(&declared)?;
    let default = match declared.default {
        ParamValue::Integer(n) if matches!(kind, ParamKind::Real { .. }) => ParamDefault::Real(n as f64),
        ParamValue::Integer(n) => ParamDefault::Integer(n),
        ParamValue::Real(x) => ParamDefault::Real(x),
        ParamValue::Boolean(yes) => ParamDefault::Boolean(yes),
        ParamValue::IntegerPair(from, to) => ParamDefault::IntegerPair(from, to),
        ParamValue::Text(word) => ParamDefault::Text(keep(word)),
    };
    let spec = ParamSpec { name: keep(declared.name), kind, default, meaning: keep(declared.meaning) };
    match spec.check(&default.value()) {
        Ok(_) => Ok(spec),
        Err(error) => Err(format!("its default {} is not a {}", visible(&error.got.to_string()), error.expected)),
    }
}

fn kind(declared: &Declared) -> Result<ParamKind, String> {
    let whole = |key: &str, value: &Option<ParamValue>| match value {
        Some(ParamValue::Integer(n)) => Ok(*n),
        _ => Err(format!("`{key}` must be a whole number")),
    };
    let number = |key: &str, value: &Option<ParamValue>| match value {
        Some(ParamValue::Integer(n)) => Ok(*n as f64),
        Some(ParamValue::Real(x)) if x.is_finite() => Ok(*x),
        _ => Err(format!("`{key}` must be a number")),
    };
    refuse_useless(declared)?;
    let kind = match declared.kind {
        Kind::Integer => ParamKind::Integer { min: whole("min", &declared.min)?, max: whole("max", &declared.max)? },
        Kind::IntegerPair => {
            ParamKind::IntegerPair { min: whole("min", &declared.min)?, max: whole("max", &declared.max)? }
        }
        Kind::Real => ParamKind::Real {
            min: number("min", &declared.min)?,
            max: number("max", &declared.max)?,
            above_min: declared.above_min.unwrap_or(false),
        },
        Kind::Boolean => ParamKind::Boolean,
        Kind::Text => match declared.max_characters.unwrap_or(USUAL_CHARACTERS) {
            max_characters @ 1..=MOST_CHARACTERS => ParamKind::Text { max_characters },
            _ => return Err(format!("`max_characters` must be a whole number from 1 to {MOST_CHARACTERS}")),
        },
        Kind::Choice => ParamKind::Choice(words(declared.words.as_deref().unwrap_or_default())?),
    };
    Ok(kind)
}

/// Keys that mean nothing for the kind.
fn refuse_useless(declared: &Declared) -> Result<(), String> {
    let is_ranged = matches!(declared.kind, Kind::Integer | Kind::Real | Kind::IntegerPair);
    let keys = [
        ("min", declared.min.is_some(), is_ranged),
        ("max", declared.max.is_some(), is_ranged),
        ("above_min", declared.above_min.is_some(), declared.kind == Kind::Real),
        ("words", declared.words.is_some(), declared.kind == Kind::Choice),
        ("max_characters", declared.max_characters.is_some(), declared.kind == Kind::Text),
    ];
    match keys.into_iter().find(|(_, is_there, has_meaning)| *is_there && !has_meaning) {
        Some((key, ..)) => Err(format!("`{key}` means nothing for its kind")),
        None => Ok(()),
    }
}

fn words(words: &[String]) -> Result<&'static [&'static str], String> {
    if words.is_empty() {
        return Err("`words` must list what can be chosen".to_owned());
    }
    let kept: Vec<&'static str> = words.iter().map(keep).collect();
    Ok(Vec::leak(kept))
}
