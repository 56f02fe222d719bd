//! Each model with every option that makes it execute other code.

use recur_core::model::ModelPlugin;
use recur_core::params::{ParamValue, Params};

/// The defaults of `plugin` with what it declares of `wanted`; and the same with each set of options of which it declares all.
pub fn variants(plugin: &dyn ModelPlugin, wanted: &[(&str, ParamValue)]) -> Vec<Params> {
    let text = |text: &str| ParamValue::Text(text.to_owned());
    let (both, embedding) = (("bidirectional", ParamValue::Boolean(true)), ("embedding", ParamValue::Integer(6)));
    let options = [
        vec![],
        vec![both.clone()],
        vec![both.clone(), ("pooling", text("mean"))],
        vec![both, ("pooling", text("max")), embedding.clone()],
        vec![("pooling", text("mean")), embedding],
        vec![("pooling", text("max"))],
        vec![("ngram_buckets", ParamValue::Integer(50))],
    ];
    let defaults = Params::defaults(plugin.about().parameters);
    let declared = |options: &[(&str, ParamValue)]| options.iter().all(|(name, _)| defaults.get(name).is_some());
    let set = |params: Params, (name, value): &(&str, ParamValue)| {
        if params.get(name).is_some() { params.with(name, value.clone()) } else { params }
    };
    let sized = wanted.iter().fold(defaults.clone(), set);
    options.iter().filter(|set| declared(set)).map(|options| options.iter().fold(sized.clone(), set)).collect()
}
