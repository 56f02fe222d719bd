//! What to do about an error.

use crate::{ReportError, Unlike};

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
            Self::Unlike { unlike, .. } => Some(unlike.hint()),
            Self::NothingFinished { .. } => Some("its report tells how its trials ended".to_owned()),
            Self::MixedData { .. } => {
                Some("the data has changed since it was run: run the experiment again".to_owned())
            }
            _ => None,
        }
    }
}

impl Unlike {
    /// How to make two experiments such that they can be compared.
    pub fn hint(&self) -> String {
        let set = |setting: &str| format!("give both the same {setting}, and run the one again");
        match self {
            Self::Labels { .. } | Self::Data { .. } => {
                "only figures on the same test names can be compared: run both on the \
                same data, read by the same settings"
                    .to_owned()
            }
            Self::Split { .. } => set("data.split"),
            Self::Seed { .. } => set("seed"),
            Self::Replicates { .. } => {
                "give both the same replicates, and run the one again: trials that are there are not trained again"
                    .to_owned()
            }
            Self::Replicate { .. } => "compare trials of one replicate: recur plan tells each trial's".to_owned(),
            Self::Primary { .. } => {
                "give both the same report.primary, and run the one again: that trains nothing".to_owned()
            }
            Self::Division { .. } => "run both with this version of recur".to_owned(),
        }
    }
}
