//! The recurrent models and their training loop.
