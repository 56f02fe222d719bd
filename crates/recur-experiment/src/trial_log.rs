//! The log of each trial, apart from the others': what is told within its span.

use crate::clock::unix_time;
use recur_core::visible::visible_json;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

/// JSON lines by trial, until they are taken.
#[derive(Clone, Debug, Default)]
pub struct TrialLogs(Arc<Mutex<BTreeMap<String, Vec<u8>>>>);

impl TrialLogs {
    /// The lines of a trial; they are then forgotten.
    pub fn take(&self, trial: &str) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(trial).unwrap_or_default()
    }
}

/// The trial that a span is about.
struct OfTrial(String);

/// Reads the fields of a span or an event.
#[derive(Default)]
struct Fields(Map<String, Value>);

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), Value::from(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.0.insert(field.name().to_owned(), Value::from(format!("{value:?}")));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for TrialLogs {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().name() != "trial" {
            return;
        }
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        if let (Some(span), Some(Value::String(trial))) = (context.span(id), fields.0.remove("id")) {
            span.extensions_mut().insert(OfTrial(trial));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let spans = context.event_scope(event).into_iter().flatten();
        let trial = spans.into_iter().find_map(|span| span.extensions().get::<OfTrial>().map(|of| of.0.clone()));
        let Some(trial) = trial else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut line = Map::from_iter([
            ("unix_time".to_owned(), Value::from(unix_time())),
            ("level".to_owned(), Value::from(event.metadata().level().as_str())),
        ]);
        line.extend(fields.0);
        let mut logs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let log = logs.entry(trial).or_default();
        log.extend_from_slice(visible_json(&Value::Object(line).to_string()).as_bytes());
        log.push(b'\n');
    }
}
