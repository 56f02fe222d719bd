//! The texts of progress: lines that fit into a terminal, whatever the titles of trials are, and a line for a log.

use crate::output::duration;
use crate::sweep::{RunningTrial, Sweep};
use indicatif::HumanDuration;
use std::borrow::Cow;
use std::time::Duration;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// Columns before what belongs to a line above.
const INDENT: usize = 6;

/// Columns of the bars of a sweep, at least and at most, and of a trial.
const SWEEP_BAR: (usize, usize) = (8, 32);
const TRIAL_BAR: usize = 12;

/// The columns that a title needs at least, so that the metric is shown next to it.
const LEAST_TITLE: usize = 16;

/// Rows and columns of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

/// What is drawn of a sweep `now`: lines that fit.
pub(crate) fn block(sweep: &Sweep, size: Size, now: f64) -> Vec<String> {
    let mut lines = Vec::new();
    if !sweep.stage.is_empty() && size.rows > 2 {
        lines.push(shorten_end(&format!("{:INDENT$}{}", "", sweep.stage), size.columns));
    }
    lines.push(sweep_line(sweep, size.columns, now));
    // The cursor stays below the last line.
    let n_free = size.rows.saturating_sub(lines.len() + 1);
    let n_running = sweep.running.len();
    let n_shown = if n_running <= n_free { n_running } else { n_free.saturating_sub(1) };
    lines.extend(sweep.running[..n_shown].iter().map(|trial| trial_line(sweep, trial, size.columns)));
    if n_shown < n_running && n_free > 0 {
        lines.push(shorten_end(&format!("{:INDENT$}and {} more", "", n_running - n_shown), size.columns));
    }
    lines
}

/// A line for a log that nobody watches.
pub(crate) fn minute(sweep: &Sweep, now: f64) -> String {
    let running = match sweep.running.len() {
        0 => String::new(),
        n => format!(", {n} running"),
    };
    let best = match &sweep.best {
        Some((value, title)) => format!("; best so far: {title}, validation {} {value:.4}", sweep.metric.title()),
        None => String::new(),
    };
    let left = match sweep.left(now) {
        None => String::new(),
        Some((seconds, None)) => format!("; about {} left", duration(seconds)),
        Some((seconds, Some(at_most))) => {
            format!("; at least about {} left, at most {}", duration(seconds), duration(at_most))
        }
    };
    format!("{} of {} trials done{running}{}{best}{left}", sweep.n_done, sweep.n_trials, unfinished(sweep))
}

fn sweep_line(sweep: &Sweep, columns: usize, now: f64) -> String {
    let elapsed = format!("{:>5} ", short(now));
    let count = format!("{}/{} trials{}", sweep.n_done, sweep.n_trials, unfinished(sweep));
    let left = left(sweep, now);
    let texts = [format!("{count}, {:.1} a minute{left}", sweep.a_minute(now)), format!("{count}{left}")];
    let (least, most) = SWEEP_BAR;
    for text in &texts {
        let room = columns.saturating_sub(elapsed.width() + 1 + text.width());
        if room >= least {
            return format!("{elapsed}{} {text}", bar(sweep.share(), room.min(most)));
        }
    }
    shorten_end(&format!("{elapsed}{}", texts[1]), columns)
}

fn trial_line(sweep: &Sweep, trial: &RunningTrial, columns: usize) -> String {
    let head = format!("{:INDENT$}{} ", "", bar(trial.share(), TRIAL_BAR));
    let room = columns.saturating_sub(head.width());
    if let Some(value) = trial.value() {
        let metric = format!("  {} {value:.3}", sweep.metric.title());
        let room = room.saturating_sub(metric.width());
        if room >= LEAST_TITLE.min(trial.title.width()) {
            return format!("{head}{}{metric}", shorten(&trial.title, room));
        }
    }
    if room >= LEAST_TITLE.min(trial.title.width()) {
        return head + &shorten(&trial.title, room);
    }
    shorten(&trial.title, columns).into_owned()
}

/// How many trials did not finish, if any.
fn unfinished(sweep: &Sweep) -> String {
    let count = |n: usize, what: &str| if n > 0 { format!(", {n} {what}") } else { String::new() };
    count(sweep.n_failed, "failed") + &count(sweep.n_diverged, "diverged")
}

/// The time that is left, in few columns.
fn left(sweep: &Sweep, now: f64) -> String {
    match sweep.left(now) {
        None => String::new(),
        Some((seconds, at_most)) => {
            let (least, most) = (short(seconds), at_most.map(short));
            match most.filter(|most| *most != least) {
                Some(most) => format!(", {least} to {most} left"),
                None => format!(", {least} left"),
            }
        }
    }
}

/// A time in seconds in few columns, such as `12m`.
fn short(seconds: f64) -> String {
    let time = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX);
    format!("{:#}", HumanDuration(time))
}

/// A bar of as many columns, of which a share is done.
fn bar(share: f64, columns: usize) -> String {
    let n_done = (share.clamp(0.0, 1.0) * columns as f64) as usize;
    let is_at_end = n_done == columns;
    let (head, rest) = if is_at_end { ("", 0) } else { ("╸", columns - n_done - 1) };
    format!("{}{head}{}", "━".repeat(n_done), "─".repeat(rest))
}

/// `text` in as many columns: if it is wider, its middle is left out, as titles of trials differ at both ends.
pub(crate) fn shorten(text: &str, columns: usize) -> Cow<'_, str> {
    if text.width() <= columns {
        return text.into();
    }
    let room = columns.saturating_sub(1);
    let (head, tail) = (within(text.chars(), room.div_ceil(2)), within(text.chars().rev(), room / 2));
    let tail: String = tail.chars().rev().collect();
    if columns == 0 { "".into() } else { format!("{head}…{tail}").into() }
}

/// `text` in as many columns: if it is wider, its end is left out.
fn shorten_end(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    if columns == 0 { String::new() } else { within(text.chars(), columns - 1) + "…" }
}

/// As many of the first characters as fit.
fn within(characters: impl Iterator<Item = char>, columns: usize) -> String {
    let mut room = columns;
    let fits = |character: &char| {
        let width = character.width().unwrap_or(0);
        room.checked_sub(width).is_some_and(|rest| {
            room = rest;
            true
        })
    };
    characters.take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{Run, sweep};

    #[track_caller]
    fn fits(sweep: &Sweep, rows: usize, columns: usize) -> Vec<String> {
        let lines = block(sweep, Size { rows, columns }, 100.0);
        for line in &lines {
            assert!(line.width() <= columns, "{} columns, not {columns}: {line}", line.width());
        }
        assert!(lines.len() <= rows.max(1), "{lines:?}");
        lines
    }

    #[test]
    fn lines_fit_into_any_terminal_whatever_the_titles_are() {
        let titles = ["m", &"wide_model(hidden_size=64, ".repeat(20), &"文字".repeat(90), "é\u{301}\u{301}"];
        for n_running in [0, 1, 70] {
            let running: Vec<&str> = titles.iter().cycle().take(n_running).copied().collect();
            for has_results in [false, true] {
                let sweep =
                    sweep(&Run { running: &running, has_results, stage: &"race: ".repeat(30), ..Run::default() });
                for columns in [0, 1, 2, 7, 20, 40, 80, 200] {
                    for rows in [0, 1, 2, 3, 24, 100] {
                        fits(&sweep, rows, columns);
                    }
                }
            }
        }
    }

    #[test]
    fn a_sweep_in_80_columns_shows_all_and_in_40_what_matters() {
        let long = "stacked_rnn(hidden_size=128, layers=3, learning_rate=0.004, training.batch_size=64)";
        let sweep = sweep(&Run { running: &["gru", long], has_results: true, n_failed: 2, ..Run::default() });
        let lines = fits(&sweep, 24, 80);
        assert_eq!(lines[1], "      ━━━━━━╸───── gru replicate 0  macro-F1 0.250");
        assert!(lines[0].ends_with("─ 6/12 trials, 2 failed, 4.2 a minute, 8m left"), "{}", lines[0]);
        let last = &lines[2];
        assert!(last.contains(" stacked_rnn(hidden") && last.contains('…'), "{last}");
        assert!(last.ends_with(") replicate 1  macro-F1 0.250") && last.width() == 80, "{last}");
        let lines = fits(&sweep, 24, 40);
        assert!(lines[0].ends_with("6/12 trials, 2 failed, 8m left"), "{}", lines[0]);
        let lines = fits(&sweep, 24, 200);
        assert!(lines[2].contains(long), "{}", lines[2]);
    }

    #[test]
    fn no_more_trials_are_shown_than_there_are_rows() {
        let running = vec!["m"; 30];
        let sweep = sweep(&Run { running: &running, ..Run::default() });
        let lines = fits(&sweep, 24, 80);
        assert_eq!((lines.len(), lines.last().unwrap().trim()), (23, "and 9 more"));
        assert_eq!(fits(&sweep, 32, 80).len(), 31);
        assert_eq!(fits(&sweep, 2, 80).len(), 1);
    }

    #[test]
    fn the_line_of_a_minute_shows_what_is_known() {
        let run = Run { running: &["gru"], n_failed: 1, ..Run::default() };
        assert_eq!(minute(&sweep(&run), 100.0), "5 of 12 trials done, 1 running, 1 failed; about 8 minutes left");
        let with_best = minute(&sweep(&Run { has_results: true, at_most: Some(7300.0), ..run }), 100.0);
        assert_eq!(
            with_best,
            "6 of 12 trials done, 1 running, 1 failed; best so far: best replicate 2, validation macro-F1 0.7500; \
             at least about 8 minutes left, at most 2 hours"
        );
    }

    #[test]
    fn a_text_loses_its_middle_and_never_half_a_character() {
        assert_eq!(shorten("abcdefgh", 8), "abcdefgh");
        assert_eq!(shorten("abcdefgh", 5), "ab…gh");
        assert_eq!(shorten("abcdefgh", 4), "ab…h");
        assert_eq!(shorten("文字文字", 6), "文…字");
        assert_eq!((shorten("abc", 1), shorten("abc", 0)), ("…".into(), "".into()));
        assert_eq!(shorten_end("abcd", 3), "ab…");
    }

    #[test]
    fn a_bar_is_as_wide_as_it_is_to_be() {
        for share in [-1.0, 0.0, 0.01, 0.5, 0.99, 1.0, 2.0, f64::NAN] {
            assert_eq!(bar(share, 12).width(), 12, "{share}");
        }
        assert_eq!((bar(0.5, 4), bar(1.0, 4), bar(0.0, 4)), ("━━╸─".into(), "━━━━".into(), "╸───".into()));
    }
}
