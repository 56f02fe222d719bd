//! How the checked spec is read and written at one key. Reading makes the resolved spec and the defaults of the reference;
//! writing makes the spec of what a user wrote.

use crate::spec::Spec;
use serde_yaml::Value;

/// Reading and writing one key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    /// The value as the resolved spec has it: an empty mapping where the key is one of which each key is read by itself,
    /// `None` where it has no place next to the other settings.
    pub get: fn(&Spec) -> Option<Value>,
    /// Takes a checked value: null where the user wrote `none`, an empty mapping as above.
    pub set: fn(&mut Spec, Value),
}

impl Access {
    /// Of a key that is written together with others ([`crate::division`], [`crate::assemble`]).
    pub const fn read_only(get: fn(&Spec) -> Option<Value>) -> Self {
        Self { get, set: |_, _| {} }
    }
}

/// The access to a setting that is one field.
macro_rules! field {
    ($($place:ident).+) => {
        $crate::access::Access {
            get: |spec| Some($crate::value::plain(&spec.$($place).+)),
            set: |spec, value| spec.$($place).+ = $crate::value::typed(value),
        }
    };
}
pub(crate) use field;

/// The access to a setting that is one field with a text or nothing.
macro_rules! text_field {
    ($($place:ident).+) => {
        $crate::access::Access {
            get: |spec| Some($crate::value::text_or_none(spec.$($place).+.as_deref())),
            set: |spec, value| spec.$($place).+ = $crate::value::typed(value),
        }
    };
}
pub(crate) use text_field;
