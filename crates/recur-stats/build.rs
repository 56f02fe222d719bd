//! Digests the code of the metrics that trials are scored by: see `recur-code`.

fn main() {
    let digests = recur_code::Digests::of_this_crate();
    digests.clone().only(&["confusion", "label_counts", "summary"]).emit();
    // Only trials that are scored by them depend on these.
    digests.only(&["on_request", "scored_rows"]).emit_as("ON_REQUEST");
}
