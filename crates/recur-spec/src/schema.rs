//! The JSON Schema of a spec, for completion and checks in editors.
//!
//! It derives from the same tables of keys and declarations of parameters as the check. What it refuses the check refuses,
//! too; the check refuses more: what concerns several keys, models or files.

use crate::axis::MAX_VALUES;
use crate::key::{Default, Key, Kind};
use crate::keys::{AXIS, MODEL, RANGE, ROOT, TRAINING};
use crate::reference::meaning;
use crate::varied::{SETTINGS, Setting};
use recur_core::model::{ModelPlugin, Regime};
use recur_core::params::{ParamKind, ParamSpec};
use recur_core::registry::{Broken, Registry};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::ops::Bound::{self, Excluded, Included, Unbounded};

/// The schema of specs with the models of `registry`, in JSON Schema's draft 2020-12, indented, with keys in alphabetical
/// order.
pub fn schema(registry: &Registry) -> String {
    let mut schema = Schema { registry }.section(ROOT);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("a spec of recur");
    schema["description"] = json!("An experiment of recur. `recur plan` checks more than this schema can say.");
    schema.sort_all_objects();
    let text = serde_json::to_string_pretty(&schema).expect("a tree of plain values can be written");
    text + "\n"
}

struct Schema<'r> {
    registry: &'r Registry,
}

impl Schema<'_> {
    fn section(&self, keys: &[Key]) -> Value {
        let properties: Map<String, Value> = keys.iter().map(|key| (key.name.to_owned(), self.key(key))).collect();
        let mut schema = mapping(properties);
        let required = |key: &&Key| matches!(key.default, Default::Required);
        let required: Vec<&str> = keys.iter().filter(required).map(|key| key.name).collect();
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schema
    }

    fn key(&self, key: &Key) -> Value {
        let mut schema = self.kind(&key.kind);
        match key.default {
            Default::Required => {}
            Default::OfSettings => schema["default"] = json!(key.default_value()),
            Default::Empty => schema = or_empty(schema),
            Default::None | Default::Derived(_) => schema = json!({"anyOf": [schema, nothing()]}),
        }
        schema["description"] = json!(meaning(key));
        schema
    }

    fn kind(&self, kind: &Kind) -> Value {
        match kind {
            Kind::Integer { min, max } if min == max => json!({"const": min}),
            Kind::Integer { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
            Kind::Real { min, max } => real(*min, *max),
            Kind::RealOr { min, max, words } => json!({"anyOf": [real(*min, *max), {"enum": words}]}),
            Kind::TextOr { max_characters, keys } => {
                json!({"anyOf": [self.kind(&Kind::Text { max_characters: *max_characters }), self.section(keys)]})
            }
            Kind::Boolean => json!({"type": "boolean"}),
            Kind::Choice(words) => json!({"enum": words}),
            Kind::Text { max_characters } => json!({"type": "string", "minLength": 1, "maxLength": max_characters}),
            Kind::Name => json!({"type": "string", "pattern": "^[a-z0-9_-]{1,100}$"}),
            Kind::Section(keys) => self.section(keys),
            Kind::Models => json!({"type": "array", "minItems": 1, "items": self.models()}),
            // Those of a model depend on its id: see `of_model`.
            Kind::Params => json!({"type": "object"}),
            Kind::Axes => self.shared_axes(),
            Kind::Training => self.section(TRAINING),
        }
    }

    /// An element of the list of models.
    fn models(&self) -> Value {
        let mut schema = self.section(MODEL);
        let ids: Vec<&str> = self.registry.ids().collect();
        let summary = |plugin: Result<&'static dyn ModelPlugin, Broken>| {
            plugin.map_or("its manifest cannot be used", |plugin| plugin.about().summary)
        };
        let summaries: Vec<&str> = self.registry.all().map(summary).collect();
        let properties = &mut schema["properties"];
        properties["use"]["enum"] = json!(ids);
        properties["use"]["markdownEnumDescriptions"] = json!(summaries);
        let of_models: Vec<Value> = self.registry.iter().map(|plugin| self.of_model(plugin)).collect();
        // A list with nothing in it would be no schema.
        if !of_models.is_empty() {
            schema["allOf"] = json!(of_models);
        }
        schema
    }

    /// What a model that is used takes under `params`, `sweep` and `weights`.
    fn of_model(&self, plugin: &dyn ModelPlugin) -> Value {
        let about = plugin.about();
        let of_each = |schema: &dyn Fn(&ParamSpec) -> Value| -> Map<String, Value> {
            about.parameters.iter().map(|spec| (spec.name.to_owned(), schema(spec))).collect()
        };
        let mut axes = of_each(&|spec| self.own_axis(spec));
        let used = SETTINGS.iter().filter(|setting| !about.ignored().contains(&setting.training_key));
        axes.extend(used.map(|setting| (setting.path.clone(), shared(&setting.path))));
        let mut properties = json!({"params": or_empty(mapping(of_each(&value))), "sweep": or_empty(mapping(axes))});
        if plugin.about().regime == Regime::OneShot {
            properties["weights"] = nothing();
        }
        json!({
            "if": {"properties": {"use": {"const": plugin.about().id}}, "required": ["use"]},
            "then": {"properties": properties},
        })
    }

    /// A model's own axis: the shared one, where all that declare the name declare it alike.
    fn own_axis(&self, spec: &ParamSpec) -> Value {
        let all = self.registry.iter().flat_map(|plugin| plugin.about().parameters);
        if all.filter(|other| other.name == spec.name).any(|other| other.kind != spec.kind) {
            return described(axis(spec.kind), spec);
        }
        described(shared(spec.name), spec)
    }

    /// Axes by the names that any model declares.
    fn shared_axes(&self) -> Value {
        let mut declared: BTreeMap<&str, Vec<&ParamSpec>> = BTreeMap::new();
        for spec in self.registry.iter().flat_map(|plugin| plugin.about().parameters) {
            declared.entry(spec.name).or_default().push(spec);
        }
        let of_parameters = declared.iter().map(|(name, specs)| ((*name).to_owned(), shared_axis(specs)));
        let of_setting = |setting: &Setting| {
            let mut schema = axis_of(&value_of_setting(setting), setting_ends(setting));
            schema["description"] = json!(meaning(setting.key));
            (setting.path.clone(), schema)
        };
        mapping(of_parameters.chain(SETTINGS.iter().map(of_setting)).collect())
    }
}

/// The shared axis called `name`.
fn shared(name: &str) -> Value {
    json!({"$ref": format!("#/properties/sweep/properties/{name}")})
}

/// A value of a setting in an axis.
fn value_of_setting(setting: &Setting) -> Value {
    let schema = Schema { registry: &Registry::new() }.kind(&setting.key.kind);
    let takes_none = matches!(setting.key.default, Default::None);
    if takes_none { json!({"anyOf": [schema, {"const": "none"}]}) } else { schema }
}

fn setting_ends(setting: &Setting) -> Option<Value> {
    match setting.key.kind {
        Kind::Integer { min, max } => Some(real(Included(min as f64 - 0.5), Included(max as f64 + 0.5))),
        Kind::Real { min, max } => Some(real(min, max)),
        _ => None,
    }
}

fn shared_axis(specs: &[&ParamSpec]) -> Value {
    // Models may declare one name in different ways: what one of them takes is no error before the models are known.
    let mut kinds: Vec<ParamKind> = Vec::new();
    for spec in specs {
        if !kinds.contains(&spec.kind) {
            kinds.push(spec.kind);
        }
    }
    match &kinds[..] {
        [kind] => described(axis(*kind), specs[0]),
        kinds => json!({"anyOf": kinds.iter().map(|kind| axis(*kind)).collect::<Vec<_>>()}),
    }
}

/// The value of a parameter.
fn value(spec: &ParamSpec) -> Value {
    let mut schema = described(value_of(spec.kind), spec);
    schema["default"] = json!(spec.default.value());
    schema
}

fn value_of(kind: ParamKind) -> Value {
    match kind {
        ParamKind::Integer { min, max } => json!({"type": "integer", "minimum": min, "maximum": max}),
        ParamKind::Real { min, max, above_min } => {
            real(if above_min { Excluded(min) } else { Included(min) }, Included(max))
        }
        ParamKind::Choice(words) => json!({"enum": words}),
        ParamKind::Boolean => json!({"type": "boolean"}),
        ParamKind::IntegerPair { min, max } => {
            let end = json!({"type": "integer", "minimum": min, "maximum": max});
            json!({"type": "array", "items": end, "minItems": 2, "maxItems": 2})
        }
    }
}

/// An axis of a parameter of `kind`: a list, or a range where it takes numbers.
fn axis(kind: ParamKind) -> Value {
    axis_of(&value_of(kind), ends(kind))
}

/// A list of what `value` describes, or a range with such `ends`.
fn axis_of(value: &Value, ends: Option<Value>) -> Value {
    let list = json!({
        "type": "array",
        "items": value,
        "minItems": 1,
        "maxItems": MAX_VALUES,
        "uniqueItems": true,
    });
    match ends {
        None => list,
        Some(ends) => {
            let ranges = AXIS.iter().map(|form| range(form, &ends));
            json!({"anyOf": std::iter::once(list).chain(ranges).collect::<Vec<_>>()})
        }
    }
}

/// The ends that a range may have; those of a whole number are rounded before they are checked.
fn ends(kind: ParamKind) -> Option<Value> {
    match kind {
        ParamKind::Integer { min, max } => Some(real(Included(min as f64 - 0.5), Included(max as f64 + 0.5))),
        ParamKind::Real { .. } => Some(value_of(kind)),
        _ => None,
    }
}

/// A range with the key `form`, and the other one left out.
fn range(form: &Key, ends: &Value) -> Value {
    let mut of_form = Schema { registry: &Registry::new() }.section(RANGE);
    for end in ["from", "to"] {
        let mut schema = ends.clone();
        schema["description"] = of_form["properties"][end]["description"].take();
        of_form["properties"][end] = schema;
    }
    of_form["description"] = json!(form.meaning);
    let of = |key: &Key| (key.name.to_owned(), if key.name == form.name { of_form.clone() } else { nothing() });
    let mut schema = mapping(AXIS.iter().map(of).collect());
    schema["required"] = json!([form.name]);
    schema
}

/// `schema` with what the parameter means.
fn described(mut schema: Value, spec: &ParamSpec) -> Value {
    let text = format!("{}: {}, by default {}", spec.meaning, spec.kind, spec.default.value());
    schema["description"] = json!(text);
    schema
}

fn mapping(properties: Map<String, Value>) -> Value {
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

/// `schema`, which is that of a mapping, or an empty value.
fn or_empty(mut schema: Value) -> Value {
    schema["type"] = json!(["object", "null"]);
    schema
}

/// How a spec says that something is not given.
fn nothing() -> Value {
    json!({"enum": ["none", null]})
}

fn real(min: Bound<f64>, max: Bound<f64>) -> Value {
    let mut schema = json!({"type": "number"});
    match min {
        Included(x) => schema["minimum"] = json!(x),
        Excluded(x) => schema["exclusiveMinimum"] = json!(x),
        Unbounded => {}
    }
    match max {
        Included(x) => schema["maximum"] = json!(x),
        Excluded(x) => schema["exclusiveMaximum"] = json!(x),
        Unbounded => {}
    }
    schema
}
