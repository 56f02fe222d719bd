//! Digests this crate's code for `RECUR_CODE_letter_bayes` and `RECUR_CODE_letter_net`: an edited model makes other trials.

fn main() {
    recur_code::emit();
}
