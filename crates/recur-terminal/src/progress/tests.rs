use super::*;
use crate::samples::{Run, ended, epoch_finished, started, sweep, trial};
use indicatif::TermLike;
use recur_core::record::Outcome;
use std::sync::atomic::{AtomicUsize, Ordering};
use unicode_width::UnicodeWidthStr as _;

/// A terminal that keeps what is written to it, and whose width changes.
#[derive(Clone, Debug)]
struct Paper {
    written: Arc<Mutex<Vec<String>>>,
    columns: Arc<AtomicUsize>,
}

impl Paper {
    fn new(columns: usize) -> Self {
        Self { written: Arc::default(), columns: Arc::new(AtomicUsize::new(columns)) }
    }

    fn screen(&self) -> Screen {
        let columns = self.columns.clone();
        Screen {
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::term_like(Box::new(self.clone()))),
            size: Arc::new(move || Size { rows: 24, columns: columns.load(Ordering::SeqCst) }),
        }
    }

    /// The lines that were written since this was asked before, without what fills them.
    fn take(&self) -> Vec<String> {
        let written = std::mem::take(&mut *self.written.lock().unwrap());
        written.iter().map(|text| text.trim_end().to_owned()).filter(|text| !text.is_empty()).collect()
    }
}

impl TermLike for Paper {
    fn width(&self) -> u16 {
        self.columns.load(Ordering::SeqCst) as u16
    }
    fn height(&self) -> u16 {
        24
    }
    fn move_cursor_up(&self, _: usize) -> std::io::Result<()> {
        Ok(())
    }
    fn move_cursor_down(&self, _: usize) -> std::io::Result<()> {
        Ok(())
    }
    fn move_cursor_right(&self, _: usize) -> std::io::Result<()> {
        Ok(())
    }
    fn move_cursor_left(&self, _: usize) -> std::io::Result<()> {
        Ok(())
    }
    fn write_line(&self, text: &str) -> std::io::Result<()> {
        self.write_str(text)
    }
    fn write_str(&self, text: &str) -> std::io::Result<()> {
        self.written.lock().unwrap().push(text.to_owned());
        Ok(())
    }
    fn clear_line(&self) -> std::io::Result<()> {
        Ok(())
    }
    fn flush(&self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Bars that are drawn when something happens, and not by a clock.
fn drawn(screen: &Screen, sweep: Sweep) -> Progress {
    let shared = Shared { sweep: Arc::new(Mutex::new(sweep)), started: Started::now() };
    let bar = bars(screen, shared.clone());
    bar.disable_steady_tick();
    Progress { shared, shown: Shown::Bars(bar) }
}

#[test]
fn bars_fit_into_the_terminal_and_follow_its_width() {
    let long = "stacked_rnn(hidden_size=128, layers=3, learning_rate=0.004, training.batch_size=64)".repeat(2);
    let paper = Paper::new(80);
    let run = Run { running: &[&long, "gru"], has_results: true, n_failed: 1, ..Run::default() };
    let progress = drawn(&paper.screen(), sweep(&run));
    for columns in [80, 40, 200, 33] {
        paper.columns.store(columns, Ordering::SeqCst);
        paper.take();
        progress.draw();
        let lines = paper.take();
        assert!(lines.iter().all(|line| line.width() <= columns), "{columns}: {lines:?}");
        assert!(lines.len() >= 3 && lines.len().is_multiple_of(3), "{columns}: {lines:?}");
        assert!(lines[0].contains("6/12") && lines[0].contains("1 failed"), "{columns}: {lines:?}");
    }
}

#[test]
fn epochs_of_an_earlier_run_count_as_done_and_the_rate_takes_those_of_this_one_only() {
    let (resumed, mut sweep) = (trial("m", 0), Sweep::new(Metric::DEFAULT, 2, ""));
    sweep.take(&started(&resumed, 6, 8));
    assert_eq!((sweep.running[0].share(), sweep.share(), sweep.a_minute(60.0)), (0.75, 0.375, 0.0));
    epoch_finished(&mut sweep, &resumed, 6, 0.5);
    epoch_finished(&mut sweep, &resumed, 7, 0.25);
    assert_eq!((sweep.share(), sweep.a_minute(60.0)), (0.5, 0.25));
    ended(&mut sweep, &resumed, &Outcome::Finished { kept_epoch: 6 });
    assert_eq!((sweep.share(), sweep.a_minute(30.0), sweep.n_done), (0.5, 0.5, 1));
    assert_eq!(sweep.best, Some((0.5, "m replicate 0".into())));
    // What an earlier run found is not known here.
    sweep.take(&started(&trial("m", 1), 6, 8));
    ended(&mut sweep, &trial("m", 1), &Outcome::Finished { kept_epoch: 2 });
    assert_eq!((sweep.best.unwrap().0, sweep.n_done), (0.5, 2));
}

#[test]
fn the_time_that_is_left_goes_down_between_two_estimates() {
    let mut sweep = sweep(&Run::default());
    assert_eq!([100.0, 160.0, 999.0].map(|now| sweep.left(now).unwrap().0), [480.0, 420.0, 0.0]);
    sweep.set_left(Left { seconds: 7.0, at_most: Some(30.0), known: 7.0 }, 999.0);
    assert_eq!(sweep.left(1000.0), Some((6.0, Some(29.0))));
}

#[test]
fn without_a_terminal_a_line_is_due_each_minute_and_none_before_the_first() {
    let (sweep, mut minutes) = (sweep(&Run::default()), Minutes::new());
    let mut due = |now: f64| minutes.line(&sweep, now).is_some();
    assert_eq!([0.0, 1.0, 59.9].map(&mut due), [false; 3]);
    assert_eq!([60.0, 60.1, 119.9, 120.5, 121.0, 180.0].map(&mut due), [true, false, false, true, false, true]);
    assert_eq!([1000.0, 1010.0, 1020.0].map(&mut due), [true, false, true], "what was missed is not made up for");
}

#[test]
fn the_thread_of_the_lines_ends_with_them() {
    let shared = Shared { sweep: Arc::new(Mutex::new(sweep(&Run::default()))), started: Started::now() };
    let logged = Logged::start(shared.clone()).unwrap();
    drop(logged);
    assert_eq!(Arc::strong_count(&shared.sweep), 1);
}
