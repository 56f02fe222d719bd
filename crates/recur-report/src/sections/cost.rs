//! What the figures cost: parameters here, times in a page of their own.

use crate::costs;
use crate::figures::lines::XAxis;
use crate::figures::{MOST_MODELS, left_out};
use crate::markdown::code;
use crate::numbers::{count, phrase};
use crate::page::Page;
use crate::sections::scatter::{Place, scatter};
use recur_analysis::{Analysis, Model};

/// Appends the section; nothing without a ranked model with parameters, and no figure for one alone.
pub(crate) fn render(analysis: &Analysis, page: &mut Page) {
    let places: Vec<Place<'_>> = analysis.ranked().filter_map(|model| place(analysis, model)).collect();
    if places.is_empty() {
        return;
    }
    page.section("Cost");
    if let [Place { model, amount, .. }] = places.as_slice() {
        let of_model = format!("{} has {} trained parameters.", code(&model.model), count(*amount as u64));
        show(page, &of_model, "");
        return;
    }
    let (n, places) = (places.len(), &places[..places.len().min(MOST_MODELS)]);
    show(page, &introduction(analysis), &left_out(n, places.len(), "models", ", those with the best means"));
    let alternative = alternative(analysis, places);
    let figure = scatter(analysis, places, &alternative, "parameters", |range| XAxis::Named(powers(range)));
    page.figure("cost", &alternative, figure);
}

fn place<'a>(analysis: &Analysis, model: &'a Model) -> Option<Place<'a>> {
    Place::of(analysis, model, model.parameters? as f64)
}

/// Appends `before`, where the times are, and `after`.
fn show(page: &mut Page, before: &str, after: &str) {
    let [markdown, html] = [costs::FILE, costs::HTML_FILE].map(|file| format!("{before} {}{after}", times(page, file)));
    page.blocks(&markdown, &html);
}

fn introduction(analysis: &Analysis) -> String {
    let models = analysis.not_dominated.iter().filter_map(|id| Some(analysis.model(id)?.1));
    let with_size = |model: &Model| format!("{} ({})", code(&model.model), count(model.parameters.unwrap_or(0)));
    let worth: Vec<String> = models.map(with_size).collect();
    format!(
        "Test {} of the chosen configurations against their number of trained parameters. No other model has a better mean with \
         fewer parameters than {}.",
        analysis.primary.title(),
        crate::markdown::list(&worth),
    )
}

/// Where the times are: in `file` of the report's folder.
fn times(page: &Page, file: &str) -> String {
    format!(
        "Training times differ from machine to machine and from run to run, so they are in a file of their own, and not in this report, which is \
         compared byte for byte: [{}]({}).",
        file,
        page.link(file)
    )
}

fn alternative(analysis: &Analysis, places: &[Place<'_>]) -> String {
    let said = |Place { model, amount, score }: &Place<'_>| {
        format!("{} reaches {} with {}", model.model, phrase(analysis.primary, *score), count(*amount as u64))
    };
    let said: Vec<String> = places.iter().map(said).collect();
    format!("Test {} by number of parameters: {}.", analysis.primary.title(), said.join("; "))
}

/// The powers of ten within a range of logarithms, and 2 and 5 times them where there are few.
fn powers((low, high): (f64, f64)) -> Vec<(f64, String)> {
    let between: &[u64] = if high - low <= 2.0 { &[1, 2, 5] } else { &[1] };
    let numbers = (low as u32..=high as u32).flat_map(|power| between.iter().map(move |n| n * 10_u64.pow(power)));
    let ticks = numbers.map(|n| (libm::log10(n as f64), count(n)));
    ticks.filter(|(at, _)| *at <= high).collect()
}
