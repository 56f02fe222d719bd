//! The log of each trial, apart from the others': what is logged within its span.

use crate::clock::unix_time;
use recur_core::visible::visible_json;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_serde::fields::AsMap as _;
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

/// The fields of a span or an event.
fn fields(map: impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(map) {
        Ok(Value::Object(fields)) => fields,
        // Not reached: a map of fields is an object, whose values are numbers, truth values and texts.
        _ => Map::new(),
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for TrialLogs {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if attributes.metadata().name() != "trial" {
            return;
        }
        if let (Some(span), Some(Value::String(trial))) =
            (context.span(id), fields(attributes.field_map()).remove("id"))
        {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(trial.clone()).or_default();
            span.extensions_mut().insert(OfTrial(trial));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let spans = context.event_scope(event).into_iter().flatten();
        let trial = spans.into_iter().find_map(|span| span.extensions().get::<OfTrial>().map(|of| of.0.clone()));
        let Some(trial) = trial else { return };
        let mut line = Map::from_iter([
            ("unix_time".to_owned(), Value::from(unix_time())),
            ("level".to_owned(), Value::from(event.metadata().level().as_str())),
        ]);
        line.extend(fields(event.field_map()));
        let mut logs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What comes after the log was taken has no place any more.
        let Some(log) = logs.get_mut(&trial) else { return };
        log.extend_from_slice(visible_json(&Value::Object(line).to_string()).as_bytes());
        log.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing_subscriber::layer::SubscriberExt as _;

    #[test]
    fn an_event_within_a_trial_is_a_line_with_a_value_of_its_type_for_each_field() {
        let (logs, mut late) = (TrialLogs::default(), None);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(logs.clone()), || {
            let trial = tracing::info_span!("trial", model = "m", id = "ab12");
            tracing::info!("outside");
            trial.in_scope(|| {
                let text = "a\u{1b}\u{202e}b";
                tracing::warn!(loss = 0.5, nan = f64::NAN, n = 3_u64, below = -1_i64, is = true, text, list = ?[1], "end {}", 1);
            });
            late = Some(trial);
        });
        let log = String::from_utf8(logs.take("ab12")).unwrap();
        let (begin, time) = log.trim_end_matches("}\n").rsplit_once(':').unwrap();
        assert!(time.parse::<f64>().is_ok(), "{log}");
        assert_eq!(
            begin,
            "{\"below\":-1,\"is\":true,\"level\":\"WARN\",\"list\":\"[1]\",\"loss\":0.5,\"message\":\"end 1\",\"n\":3,\"nan\":null,\
             \"text\":\"a\\u001b\\u202eb\",\"unix_time\""
        );
        tracing::subscriber::with_default(tracing_subscriber::registry().with(logs.clone()), || {
            late.unwrap().in_scope(|| tracing::info!("late"));
        });
        assert_eq!(logs.take("ab12"), b"", "a log that was taken is forgotten");
    }
}
