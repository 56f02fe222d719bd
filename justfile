# recur: machine-learning experiments that come out the same every time.

set positional-arguments := true

# List the recipes
_default:
    @just --list --unsorted

# Run an experiment and write its report (--jobs N, --store DIR, --reports DIR, --set path=value)
[group('experiments')]
experiment SPEC *OPTIONS:
    @cargo run --release --bin recur -- experiment "$@"

# Show an experiment's trials and their ids, without training
[group('experiments')]
plan SPEC *OPTIONS:
    @cargo run --release --bin recur -- plan "$@"

# Write an experiment's report again from its stored records
[group('experiments')]
report SPEC *OPTIONS:
    @cargo run --release --bin recur -- report "$@"

# List the models, or tell all about one
[group('experiments')]
models *ID:
    @cargo run --release --bin recur -- models "$@"

# Run the tests (with cargo-nextest where it is installed)
[group('checks')]
test *OPTIONS:
    @if cargo nextest --version >/dev/null 2>&1; then cargo nextest run --workspace "$@"; else cargo test --workspace --all-targets "$@"; fi

# Run the examples in the documentation
[group('checks')]
test-docs:
    cargo test --workspace --doc --quiet

# Check the error bounds of exp, tanh and ln on every f32 (minutes)
[group('checks')]
test-math:
    cargo test --release -p recur-kernels --lib -- --ignored --nocapture bounds_hold_for_every_input

# Run the quickstart with 1 and with 2 jobs and compare every record and the report, byte for byte
[group('checks')]
test-jobs SPEC="experiments/quickstart.yaml":
    tools/compare-jobs "$1"

# Format the code
[group('checks')]
fmt:
    cargo fmt --all

# Check formatting and lints
[group('checks')]
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Build the API documentation, warnings denied
[group('checks')]
docs:
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# All checks, from cheap to dear
[group('checks')]
ci: lint docs test-docs test-jobs test

# Measure the kernels and a training step
[group('measurements')]
bench *OPTIONS:
    cargo bench -p recur-models --bench training -- "$@"
