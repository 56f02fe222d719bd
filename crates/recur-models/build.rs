//! Digests the code and makes the list of models: see `recur-code`.

fn main() {
    recur_code::emit_models();
    // The template is compiled only in tests and makes no trials.
    println!("cargo::rustc-env=RECUR_CODE_template=template");
}
