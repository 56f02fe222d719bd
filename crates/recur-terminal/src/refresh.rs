//! Text that is shown again and again: in one place of a terminal, one below the other elsewhere.

use crate::output::write_data;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use recur_core::visible::visible_screen;
use std::io::IsTerminal as _;

/// Shows a text in the place of the one before it on a terminal, and below it elsewhere.
#[derive(Debug)]
pub struct Refresh(Option<ProgressBar>);

impl Refresh {
    /// On standard output.
    pub fn new() -> Self {
        let style = || ProgressStyle::with_template("{msg}").expect("the template is valid");
        let bar = || ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout()).with_style(style());
        Self(std::io::stdout().is_terminal().then(bar))
    }

    /// Whether texts replace one another.
    pub fn is_in_place(&self) -> bool {
        self.0.is_some()
    }

    /// Shows `text`. Says whether anyone still reads it.
    ///
    /// # Errors
    /// If standard output cannot be written to.
    pub fn show(&self, text: &str) -> std::io::Result<bool> {
        let text = visible_screen(text).into_owned();
        let Some(bar) = &self.0 else { return write_data(format!("{text}\n").as_bytes()) };
        bar.set_message(text);
        bar.tick();
        Ok(true)
    }
}

impl Default for Refresh {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Refresh {
    /// The last text stays.
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.abandon();
        }
    }
}
