//! The JSON Schema of keys that take values of two kinds. `recur-cli` holds whole specs against it.

use serde_json::{Value, json};

fn key(path: &[&str]) -> Value {
    let schema: Value = serde_json::from_str(&recur_spec::schema(&crate::fake::registry())).unwrap();
    path.iter().fold(schema, |schema, key| schema["properties"][key].clone())
}

#[test]
fn a_source_is_text_or_a_place_for_each_part() {
    let source = key(&["data", "source"]);
    assert_eq!(source["anyOf"][0]["type"], "string");
    let parts = &source["anyOf"][1];
    assert_eq!((&parts["required"], &parts["additionalProperties"]), (&json!(["train", "test"]), &json!(false)));
    assert!(parts["properties"]["validation"]["anyOf"].is_array());
}

#[test]
fn the_test_part_is_a_share_or_a_word() {
    let test = &key(&["data", "split", "test"])["anyOf"][0]["anyOf"];
    assert_eq!((&test[0]["exclusiveMinimum"], &test[1]["enum"]), (&json!(0.0), &json!(["per_replicate", "fixed"])));
}
