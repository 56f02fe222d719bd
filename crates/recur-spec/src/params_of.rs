//! Parameters of a model outside of a spec, as `PARAM=VALUE`.

use recur_core::model::ModelPlugin;
use recur_core::nearest::nearest;
use recur_core::params::{ParamError, ParamValue, Params};

/// Why a text sets no parameter of a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotAParameter {
    /// It has no equals sign.
    #[error("--set {text}: write PARAM=VALUE")]
    NoValue {
        /// The text.
        text: String,
    },
    /// The model does not declare it.
    #[error("--set {text}: {model} has no parameter `{name}`{}; it has {}", did_you_mean(nearest), known.join(", "))]
    Unknown {
        /// The text.
        text: String,
        /// The model.
        model: &'static str,
        /// The name in the text.
        name: String,
        /// The parameter whose name is most like it.
        nearest: Option<&'static str>,
        /// All parameters of the model.
        known: Vec<&'static str>,
    },
    /// The parameter does not take the value.
    #[error("--set {text}: {problem}")]
    Value {
        /// The text.
        text: String,
        /// Why not.
        problem: ParamError,
    },
}

fn did_you_mean(nearest: &Option<&str>) -> String {
    nearest.map(|name| format!(", did you mean `{name}`?")).unwrap_or_default()
}

/// The parameters of `plugin`: those that `given` sets, each as `PARAM=VALUE` with the value in YAML, and defaults for the others.
///
/// # Errors
/// If the model does not have such a parameter, or it does not take the value.
pub fn params_of(plugin: &dyn ModelPlugin, given: &[String]) -> Result<Params, NotAParameter> {
    let declared = plugin.about().parameters;
    let mut params = Params::defaults(declared);
    for text in given {
        let (name, value) = text.split_once('=').ok_or_else(|| NotAParameter::NoValue { text: text.clone() })?;
        let Some(spec) = declared.iter().find(|spec| spec.name == name) else {
            let known: Vec<&'static str> = declared.iter().map(|spec| spec.name).collect();
            let (nearest, model) = (nearest(name, known.iter().copied()), plugin.about().id);
            return Err(NotAParameter::Unknown { text: text.clone(), model, name: name.to_owned(), nearest, known });
        };
        let value = serde_yaml::from_str::<ParamValue>(value).unwrap_or_else(|_| ParamValue::Text(value.to_owned()));
        let checked = spec.check(&value).map_err(|problem| NotAParameter::Value { text: text.clone(), problem })?;
        params = params.with(name, checked);
    }
    Ok(params)
}
