//! What to do about an error.

use crate::ReportError;

impl ReportError {
    /// What to do about it, where something can be said; `elsewhere` is how to write it to another place.
    pub fn hint(&self, elsewhere: &str) -> Option<String> {
        match self {
            Self::Write { .. } => Some(elsewhere.replace("another folder", "a folder that can be written")),
            Self::Foreign { .. } | Self::Link { .. } | Self::InTheWay { .. } => {
                Some(format!("move it away, or {elsewhere}"))
            }
            Self::Changed { .. } | Self::UnknownReport { .. } => {
                Some(format!("--replace writes over it; or {elsewhere}"))
            }
            Self::OtherReport { .. } => {
                Some(format!("--replace writes over it; or give one of them another `name`, or {elsewhere}"))
            }
            _ => None,
        }
    }
}
