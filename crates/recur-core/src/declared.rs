//! What a model declares, as a value that outlives its plugin: results of a model that is no longer here can still be read.

use crate::model::{Condition, Declaration, Determinism, Model, ModelError, ModelPlugin, Needs, Regime, Setup};
use crate::params::{ParamDefault, ParamKind, ParamSpec, is_snake_case};
use crate::settings::TrainingKey;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The declaration of a model, owned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredModel {
    id: String,
    summary: String,
    description: String,
    version: u32,
    code: String,
    determinism: Determinism,
    regime: Regime,
    unused_settings: Vec<TrainingKey>,
    parameters: Vec<DeclaredParameter>,
    conditions: Vec<DeclaredCondition>,
    /// [`Needs::raw_texts`], which is part of a trial's identity.
    raw_texts: bool,
    /// [`Needs::validation`], which reports state. Not serialised where it is `false`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    validation: bool,
    source_file: String,
    cost_in_words: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclaredParameter {
    name: String,
    kind: DeclaredKind,
    meaning: String,
}

/// The kind of a parameter with its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum DeclaredKind {
    Integer { min: i64, max: i64, default: i64 },
    Real { min: f64, max: f64, above_min: bool, default: f64 },
    Choice { words: Vec<String>, default: String },
    Boolean { default: bool },
    IntegerPair { min: i64, max: i64, default: (i64, i64) },
    Text { max_characters: u32, default: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclaredCondition {
    parameter: String,
    needs: String,
    at_least: i64,
}

impl DeclaredModel {
    /// What `plugin` declares.
    pub fn of(plugin: &dyn ModelPlugin) -> Self {
        let about = plugin.about();
        let condition = |it: &Condition| DeclaredCondition {
            parameter: it.parameter.to_owned(),
            needs: it.needs.to_owned(),
            at_least: it.at_least,
        };
        Self {
            id: about.id.to_owned(),
            summary: about.summary.to_owned(),
            description: about.description.to_owned(),
            version: about.version,
            code: about.code.to_owned(),
            determinism: about.determinism,
            regime: about.regime,
            unused_settings: about.unused_settings.to_vec(),
            parameters: about.parameters.iter().filter_map(DeclaredParameter::of).collect(),
            conditions: plugin.conditions().iter().map(condition).collect(),
            raw_texts: plugin.needs().raw_texts,
            validation: plugin.needs().validation,
            source_file: about.source_file.to_owned(),
            cost_in_words: about.cost_in_words.map(str::to_owned),
        }
    }

    /// The model's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// A plugin that declares this, and cannot build a model. It lives as long as the program. `None` for what no plugin
    /// could declare: a file of a store may come from anybody.
    pub fn leak(self) -> Option<&'static dyn ModelPlugin> {
        let parameters: Vec<ParamSpec> = self.parameters.into_iter().map(DeclaredParameter::leak).collect();
        let names: BTreeSet<&str> = parameters.iter().map(|spec| spec.name).collect();
        let is_sound = |spec: &ParamSpec| is_snake_case(spec.name) && spec.check(&spec.default.value()).is_ok();
        if !is_snake_case(&self.id) || names.len() < parameters.len() || !parameters.iter().all(is_sound) {
            return None;
        }
        let condition = |it: DeclaredCondition| Condition {
            parameter: leaked(it.parameter),
            needs: leaked(it.needs),
            at_least: it.at_least,
        };
        let conditions: Vec<Condition> = self.conditions.into_iter().map(condition).collect();
        let about = Declaration {
            id: leaked(self.id),
            summary: leaked(self.summary),
            description: leaked(self.description),
            version: self.version,
            code: leaked(self.code),
            determinism: self.determinism,
            regime: self.regime,
            unused_settings: self.unused_settings.leak(),
            parameters: parameters.leak(),
            source_file: leaked(self.source_file),
            cost_in_words: self.cost_in_words.map(leaked),
        };
        let needs = Needs { raw_texts: self.raw_texts, validation: self.validation, ..Needs::default() };
        Some(Box::leak(Box::new(Gone { about, conditions: conditions.leak(), needs })))
    }
}

impl DeclaredParameter {
    /// `None` where the default is of another kind: no spec could use it.
    fn of(spec: &ParamSpec) -> Option<Self> {
        let kind = match (spec.kind, spec.default) {
            (ParamKind::Integer { min, max }, ParamDefault::Integer(default)) => {
                DeclaredKind::Integer { min, max, default }
            }
            (ParamKind::Real { min, max, above_min }, ParamDefault::Real(default)) => {
                DeclaredKind::Real { min, max, above_min, default }
            }
            (ParamKind::Choice(words), ParamDefault::Text(default)) => DeclaredKind::Choice {
                words: words.iter().map(|word| (*word).to_owned()).collect(),
                default: default.to_owned(),
            },
            (ParamKind::Boolean, ParamDefault::Boolean(default)) => DeclaredKind::Boolean { default },
            (ParamKind::IntegerPair { min, max }, ParamDefault::IntegerPair(from, to)) => {
                DeclaredKind::IntegerPair { min, max, default: (from, to) }
            }
            (ParamKind::Text { max_characters }, ParamDefault::Text(default)) => {
                DeclaredKind::Text { max_characters, default: default.to_owned() }
            }
            _ => return None,
        };
        Some(Self { name: spec.name.to_owned(), kind, meaning: spec.meaning.to_owned() })
    }

    fn leak(self) -> ParamSpec {
        let (kind, default) = match self.kind {
            DeclaredKind::Integer { min, max, default } => {
                (ParamKind::Integer { min, max }, ParamDefault::Integer(default))
            }
            DeclaredKind::Real { min, max, above_min, default } => {
                (ParamKind::Real { min, max, above_min }, ParamDefault::Real(default))
            }
            DeclaredKind::Choice { words, default } => {
                let words: Vec<&'static str> = words.into_iter().map(leaked).collect();
                (ParamKind::Choice(words.leak()), ParamDefault::Text(leaked(default)))
            }
            DeclaredKind::Boolean { default } => (ParamKind::Boolean, ParamDefault::Boolean(default)),
            DeclaredKind::IntegerPair { min, max, default: (from, to) } => {
                (ParamKind::IntegerPair { min, max }, ParamDefault::IntegerPair(from, to))
            }
            DeclaredKind::Text { max_characters, default } => {
                (ParamKind::Text { max_characters }, ParamDefault::Text(leaked(default)))
            }
        };
        ParamSpec { name: leaked(self.name), kind, default, meaning: leaked(self.meaning) }
    }
}

fn leaked(text: String) -> &'static str {
    text.leak()
}

/// A model whose plugin is no longer here.
struct Gone {
    about: Declaration,
    conditions: &'static [Condition],
    needs: Needs,
}

/// A model that cannot be built: only its results are here.
#[derive(Debug, thiserror::Error)]
#[error(
    "the plugin of `{id}` is gone (it was {source_file}): its results can be shown, and no model be trained or asked"
)]
struct NotHere {
    id: &'static str,
    source_file: &'static str,
}

impl NotHere {
    /// Reports have the reason why a trial was not scored, and are the same on every machine: of an absolute path they
    /// show the last two parts.
    fn of(id: &'static str, source_file: &'static str) -> Self {
        let start = source_file.rmatch_indices('/').nth(1).map_or(0, |(slash, _)| slash + 1);
        Self { id, source_file: if source_file.starts_with('/') { &source_file[start..] } else { source_file } }
    }
}

impl ModelPlugin for Gone {
    fn about(&self) -> &Declaration {
        &self.about
    }

    fn conditions(&self) -> &'static [Condition] {
        self.conditions
    }

    fn needs(&self) -> Needs {
        self.needs
    }

    fn build(&self, _: &Setup<'_>) -> Result<Box<dyn Model>, ModelError> {
        let Declaration { id, source_file, .. } = self.about;
        Err(ModelError::Other(Box::new(NotHere::of(id, source_file))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMETERS: &[ParamSpec] = &[
        ParamSpec {
            name: "size",
            kind: ParamKind::Integer { min: 1, max: 9 },
            default: ParamDefault::Integer(3),
            meaning: "how large",
        },
        ParamSpec {
            name: "rate",
            kind: ParamKind::Real { min: 0.0, max: 1e300, above_min: true },
            default: ParamDefault::Real(0.1 + 0.2),
            meaning: "how fast",
        },
        ParamSpec {
            name: "way",
            kind: ParamKind::Choice(&["up", "down"]),
            default: ParamDefault::Text("down"),
            meaning: "where to",
        },
        ParamSpec { name: "loud", kind: ParamKind::Boolean, default: ParamDefault::Boolean(true), meaning: "whether" },
        ParamSpec {
            name: "lengths",
            kind: ParamKind::IntegerPair { min: 1, max: 5 },
            default: ParamDefault::IntegerPair(1, 3),
            meaning: "from, to",
        },
        ParamSpec {
            name: "file",
            kind: ParamKind::Text { max_characters: 100 },
            default: ParamDefault::Text("a b"),
            meaning: "which",
        },
    ];

    #[test]
    fn the_reason_why_a_model_is_not_here_has_no_folder_of_this_machine() {
        let shown = |source_file| NotHere::of("mine", source_file).source_file;
        assert_eq!(shown("../plugins/mine/plugin.yaml"), "../plugins/mine/plugin.yaml");
        assert_eq!(shown("/home/me/plugins/mine/plugin.yaml"), "mine/plugin.yaml");
        assert_eq!(shown("/mine/plugin.yaml"), "mine/plugin.yaml");
        assert_eq!(shown("/plugin.yaml"), "/plugin.yaml");
    }

    #[test]
    fn a_declaration_comes_back_from_json_as_it_was() {
        let about = Declaration {
            id: "mine",
            summary: "one line",
            description: "several\nlines",
            version: 7,
            code: "abc",
            determinism: Determinism::Machine,
            regime: Regime::Iterative,
            unused_settings: &[TrainingKey::Schedule],
            parameters: PARAMETERS,
            source_file: "mine/plugin.yaml",
            cost_in_words: Some("much"),
        };
        let conditions = &[Condition { parameter: "rate", needs: "size", at_least: 2 }];
        let needs = Needs { raw_texts: true, validation: true, ..Needs::default() };
        let declared = DeclaredModel::of(&Gone { about, conditions, needs });
        let json = serde_json::to_string(&declared).unwrap();
        let read: DeclaredModel = serde_json::from_str(&json).unwrap();
        assert_eq!(read, declared);
        let plugin = read.leak().unwrap();
        assert_eq!(DeclaredModel::of(plugin), declared);
        assert_eq!(plugin.about().parameters, PARAMETERS);
        assert!(plugin.needs().raw_texts && plugin.needs().validation);
        for (right, wrong) in [
            (r#""id":"mine""#, r#""id":"\u001b[31m""#),
            (r#""name":"size""#, r#""name":"rate""#),
            (r#""max":9"#, r#""max":2"#),
            (r#""default":"down""#, r#""default":"left""#),
        ] {
            assert!(json.contains(right), "{json}");
            let changed: DeclaredModel = serde_json::from_str(&json.replace(right, wrong)).unwrap();
            assert!(changed.leak().is_none(), "{wrong}");
        }
    }
}
