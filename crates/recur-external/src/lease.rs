//! Processes that outlive a model: a plugin with `reuse: true` pays for its imports once.

use crate::connection::Connection;
use crate::error::Problem;
use crate::manifest::Manifest;
use crate::process::Process;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

/// Processes of a plugin that wait for their next model. They end when a sweep has no more trials of it, and with recur
/// at the latest.
#[derive(Debug, Default)]
pub(crate) struct Idle(Mutex<Vec<Connection>>);

/// Processes that wait at most: a battery has a few models at once, a sweep one for each job.
const MOST: usize = 64;

impl Idle {
    /// Ends those that wait.
    pub(crate) fn end(&self) {
        let mut idle = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        // So that they end side by side.
        idle.iter_mut().for_each(Connection::close);
    }

    fn take(&self) -> Option<Connection> {
        loop {
            let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            // One that ended meanwhile is forgotten.
            if connection.is_alive() {
                return Some(connection);
            }
        }
    }

    fn give(&self, connection: Connection) {
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST {
            idle.push(connection);
        }
    }
}

/// A process for one model: it ends with the model, or goes back to those that wait.
#[derive(Debug)]
pub(crate) struct Lease {
    /// There until it is dropped.
    connection: Option<Connection>,
    /// Where it goes back to; `None` for plugins without `reuse`.
    idle: Option<Arc<Idle>>,
    /// Whether it served another model before.
    is_warm: bool,
}

impl Lease {
    /// A process that waits, or a new one.
    ///
    /// # Errors
    /// If none can be started.
    pub(crate) fn new(plugin: &'static str, manifest: &Manifest, idle: &Arc<Idle>) -> Result<Self, Problem> {
        match idle.take().filter(|_| manifest.reuse) {
            Some(mut connection) => {
                connection.begin();
                Ok(Self { connection: Some(connection), idle: Some(Arc::clone(idle)), is_warm: true })
            }
            None => Self::fresh(plugin, manifest, idle),
        }
    }

    /// A new process.
    ///
    /// # Errors
    /// If it cannot be started.
    pub(crate) fn fresh(plugin: &'static str, manifest: &Manifest, idle: &Arc<Idle>) -> Result<Self, Problem> {
        let process = Process::start(plugin, manifest)?;
        let connection = Some(Connection::new(plugin, process, manifest.limits));
        Ok(Self { connection, idle: manifest.reuse.then(|| Arc::clone(idle)), is_warm: false })
    }

    /// Whether it served another model before, and fails now: a new one may do better.
    pub(crate) fn has_gone_cold(&self) -> bool {
        self.is_warm && self.has_failed()
    }
}

impl Deref for Lease {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("there until it is dropped")
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("there until it is dropped")
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        if let Some(idle) = self.idle.as_ref().filter(|_| connection.reset()) {
            idle.give(connection);
        }
    }
}
