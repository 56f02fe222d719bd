//! YAML specs: every error at once, with its place, and the plan that a right one makes.
