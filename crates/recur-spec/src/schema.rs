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
    schema["$defs"] = Schema { registry }.definitions();
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
            // A list, and a choice of several forms, say so themselves.
            Default::Empty if schema["type"] == "object" => schema = or_empty(schema),
            Default::Empty => {}
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
            Kind::Axes => grids(self.all_of("axes"), self.all_of("listed_axes")),
            Kind::Exceptions => list_of(mapping(self.all_of("excepted"))),
            Kind::Stages => {
                json!({"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 1, "maximum": 1000}, "uniqueItems": true})
            }
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

    /// What a model that is used takes under `params`, `sweep`, `except` and `weights`.
    fn of_model(&self, plugin: &dyn ModelPlugin) -> Value {
        let about = plugin.about();
        let mut own = Map::new();
        let mut excepted = Map::new();
        let mut listed = Map::new();
        for spec in about.parameters {
            let name = spec.name.to_owned();
            if self.is_declared_alike(spec) {
                own.insert(name.clone(), described(shared("axes", spec.name), spec));
                listed.insert(name.clone(), shared("listed_axes", spec.name));
                excepted.insert(name, shared("excepted", spec.name));
            } else {
                own.insert(name.clone(), described(axis(spec.kind), spec));
                listed.insert(name.clone(), json!({"anyOf": [axis(spec.kind), value_of(spec.kind)]}));
                excepted.insert(name, one_or_several(&value_of(spec.kind)));
            }
        }
        for path in used_settings(plugin) {
            own.insert(path.to_owned(), shared("axes", path));
            listed.insert(path.to_owned(), shared("listed_axes", path));
            excepted.insert(path.to_owned(), shared("excepted", path));
        }
        let params: Map<String, Value> =
            about.parameters.iter().map(|spec| (spec.name.to_owned(), value(spec))).collect();
        let mut properties = json!({
            "params": or_empty(mapping(params)),
            "sweep": grids(own, listed),
            "except": list_of(mapping(excepted)),
        });
        if plugin.about().regime == Regime::OneShot {
            properties["weights"] = nothing();
        }
        json!({
            "if": {"properties": {"use": {"const": plugin.about().id}}, "required": ["use"]},
            "then": {"properties": properties},
        })
    }

    /// Whether all that declare the parameter's name declare it alike.
    fn is_declared_alike(&self, spec: &ParamSpec) -> bool {
        let mut all = self.registry.iter().flat_map(|plugin| plugin.about().parameters);
        all.all(|other| other.name != spec.name || other.kind == spec.kind)
    }

    /// The parameters that any model declares, by name.
    fn declared(&self) -> BTreeMap<&'static str, Vec<&'static ParamSpec>> {
        let mut declared: BTreeMap<&str, Vec<&ParamSpec>> = BTreeMap::new();
        for spec in self.registry.iter().flat_map(|plugin| plugin.about().parameters) {
            declared.entry(spec.name).or_default().push(spec);
        }
        declared
    }

    /// Axes by the names that any model declares, and by the paths of settings: as such, in a list of grids, and in `except`.
    fn definitions(&self) -> Value {
        let (mut axes, mut listed, mut excepted) = (Map::new(), Map::new(), Map::new());
        let mut add = |name: &str, axis: Value, value: &Value| {
            axes.insert(name.to_owned(), axis);
            listed.insert(name.to_owned(), json!({"anyOf": [shared("axes", name), value]}));
            excepted.insert(name.to_owned(), one_or_several(value));
        };
        for (name, specs) in self.declared() {
            add(name, shared_axis(&specs), &any_of(specs.iter().map(|spec| value_of(spec.kind))));
        }
        for setting in SETTINGS.iter() {
            let value = value_of_setting(setting);
            let mut axis = axis_of(&value, setting_ends(setting));
            axis["description"] = json!(meaning(setting.key));
            add(&setting.path, axis, &value);
        }
        json!({"axes": axes, "listed_axes": listed, "excepted": excepted})
    }

    /// Every name in `definition`.
    fn all_of(&self, definition: &str) -> Map<String, Value> {
        let paths = SETTINGS.iter().map(|setting| setting.path.as_str());
        self.declared().into_keys().chain(paths).map(|name| (name.to_owned(), shared(definition, name))).collect()
    }
}

fn used_settings(plugin: &dyn ModelPlugin) -> impl Iterator<Item = &'static str> {
    let ignored = plugin.about().ignored();
    SETTINGS.iter().filter(move |setting| !ignored.contains(&setting.training_key)).map(|setting| setting.path.as_str())
}

/// What `definition` holds for `name`.
fn shared(definition: &str, name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{definition}/{name}")})
}

/// A mapping with the axes `one`, or a list of mappings with those of `listed`.
fn grids(one: Map<String, Value>, listed: Map<String, Value>) -> Value {
    json!({"anyOf": [or_empty(mapping(one)), {"type": "array", "minItems": 1, "items": or_empty(mapping(listed))}]})
}

fn list_of(items: Value) -> Value {
    json!({"type": ["array", "null"], "items": items})
}

fn one_or_several(value: &Value) -> Value {
    json!({"anyOf": [value, {"type": "array", "minItems": 1, "items": value}]})
}

/// What any of `schemas` describes, each once.
fn any_of(schemas: impl Iterator<Item = Value>) -> Value {
    let mut once: Vec<Value> = Vec::new();
    for schema in schemas {
        if !once.contains(&schema) {
            once.push(schema);
        }
    }
    if once.len() == 1 { once.remove(0) } else { json!({"anyOf": once}) }
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
        ParamKind::Text { max_characters } => json!({"type": "string", "maxLength": max_characters}),
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
