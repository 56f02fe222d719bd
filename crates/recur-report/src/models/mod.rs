//! Models, described by what they declare: for a terminal, for the page of all models, and for other programs.

mod description;
mod page;

pub use description::{ModelDescription, ParameterDescription};
pub use page::models_page;
