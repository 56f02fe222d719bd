//! Jobs of batch systems: where tasks are sent to run, and what is known of them there.
//!
//! A [`Job`] is an array of tasks, numbered one after the other. What a task does is none of this crate's business: it is a file
//! that a process of recur is started with. An [`Engine`] submits jobs, says what it knows of their tasks, and cancels them:
//! [`Slurm`] through its commands, [`Command`] by starting a command of the user. A [`Site`] is the file in which a user
//! writes once what an engine needs to know of a cluster. It stands apart from specs, as nothing in it changes a result.
//!
//! What an engine says is a hint. Whether a task did its work, its results tell: see recur-experiment.

mod command;
mod engine;
mod site;
mod slurm;
mod tool;

pub use command::Command;
pub use engine::{Ended, Engine, EngineError, Job, Refusal, Seen, State, TaskProgram};
pub use site::{CommandSite, ExecutorName, Site, SiteError, SlurmSite};
pub use slurm::Slurm;
