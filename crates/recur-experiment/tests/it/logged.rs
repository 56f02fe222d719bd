//! What is logged in this process.

use recur_experiment::TrialLogs;
use std::sync::{LazyLock, Mutex};
use tracing::Level;
use tracing::field::{Field, Visit};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// What any test of this process logged, each with its level.
static LOGGED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The logs of trials. Whoever uses them first makes this process log: it has one subscriber, whichever tests run in it.
pub static LOGS: LazyLock<TrialLogs> = LazyLock::new(|| {
    let logs = TrialLogs::default();
    let subscriber = tracing_subscriber::registry().with(logs.clone()).with(Messages);
    tracing::subscriber::set_global_default(subscriber).expect("nothing else sets it");
    logs
});

struct Messages;

impl<S: tracing::Subscriber> Layer<S> for Messages {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() <= Level::INFO {
            let mut message = Message(format!("{} ", event.metadata().level()));
            event.record(&mut message);
            LOGGED.lock().unwrap().push(message.0);
        }
    }
}

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "message" {
            self.0.push_str(&format!("{value:?}"));
        }
    }
}

/// Whether one message that this process logged has all of `parts`. Other tests may log at the same time: one of the parts has
/// to be of this test alone, such as a path in its folder.
pub fn is_logged(parts: &[&str]) -> bool {
    LOGGED.lock().unwrap().iter().any(|message| parts.iter().all(|part| message.contains(part)))
}
