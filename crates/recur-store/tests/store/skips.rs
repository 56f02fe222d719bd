//! Which tests may be skipped.

use crate::skip::is_allowed;

#[test]
fn a_skip_fails_where_none_is_allowed_unless_the_machine_lacks_what_it_needs() {
    assert!(is_allowed("mounts", "", ""), "a developer's machine may lack a program");
    assert!(!is_allowed("mounts", "1", ""));
    assert!(!is_allowed("mounts", "1", "python3 mount"));
    assert!(is_allowed("mounts", "1", "vectors mounts"));
}
