//! What ended a call that does not return: a model's error, where the contract has no place for one, or a panic.

use crate::model::ModelError;
use std::any::Any;
use std::error::Error;
use std::fmt;

/// Ends a call that has no way to fail, such as [`Model::weights`](crate::model::Model::weights), with an error. Whoever
/// runs models catches it as [`Unwound::Error`]; no panic is reported on the way.
pub fn unwind_with(error: ModelError) -> ! {
    std::panic::resume_unwind(Box::new(error))
}

/// What `std::panic::catch_unwind` caught.
#[derive(Debug)]
pub enum Unwound {
    /// An error of the model, by [`unwind_with`].
    Error(ModelError),
    /// A panic's message.
    Panic(String),
}

impl Unwound {
    /// What `payload` was thrown for.
    pub fn new(payload: Box<dyn Any + Send>) -> Self {
        let payload = match payload.downcast() {
            Ok(error) => return Self::Error(*error),
            Err(payload) => payload,
        };
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        Self::Panic(text.unwrap_or("no message").to_owned())
    }
}

/// The error with all that caused it, or the panic as one.
impl fmt::Display for Unwound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => {
                write!(f, "{error}")?;
                let mut cause = error.source();
                while let Some(error) = cause {
                    write!(f, ": {error}")?;
                    cause = error.source();
                }
                Ok(())
            }
            Self::Panic(message) => write!(f, "the model panicked: {message}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;

    #[track_caller]
    fn check(call: fn(), reported: &str) {
        assert_eq!(Unwound::new(catch_unwind(call).unwrap_err()).to_string(), reported);
    }

    #[test]
    fn an_error_that_unwinds_is_reported_in_its_own_words() {
        check(|| unwind_with(ModelError::Diverged { step: 7, loss: f64::INFINITY }), "loss became inf at step 7");
        check(|| unwind_with(ModelError::Other("out of tensors".into())), "out of tensors");
    }

    #[test]
    fn a_panic_is_reported_as_one() {
        check(|| std::panic::resume_unwind(Box::new("fell over")), "the model panicked: fell over");
        check(|| std::panic::resume_unwind(Box::new("fell over".to_owned())), "the model panicked: fell over");
        check(|| std::panic::resume_unwind(Box::new(7)), "the model panicked: no message");
    }
}
