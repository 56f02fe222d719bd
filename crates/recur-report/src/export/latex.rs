//! The leaderboard as a LaTeX table.

use crate::answer::settings;
use crate::method::test_name;
use crate::numbers::{self, NBSP, count, estimate, heading, spread};
use recur_analysis::{Analysis, Model};
use recur_core::visible::visible;

/// The table of [`super::Export::leaderboard_latex`].
pub(super) fn table(analysis: &Analysis) -> String {
    let has_baseline = analysis.baseline().is_some();
    let mut header = vec!["Model".to_owned(), "Configuration".to_owned()];
    header.extend(analysis.metrics().into_iter().map(|metric| text(&format!("Test {}", heading(metric)))));
    if has_baseline {
        let primary = analysis.primary;
        let difference = format!("{} vs. baseline [95 % CI], {}", primary.title(), numbers::unit(primary));
        header.push(format!("$\\Delta$ {}", text(&difference)));
        header.push("$p$".to_owned());
    }
    header.push("Parameters".to_owned());
    let sides = format!("ll{}", "r".repeat(header.len() - 2));
    let rows = analysis.in_order().map(|model| line(&row(analysis, model, has_baseline)));
    format!(
        "% {}\n% Needs \\usepackage{{booktabs}}.\n\\begin{{tabular}}{{{sides}}}\n\\toprule\n{}\\midrule\n{}\\bottomrule\n\\end{{tabular}}\n",
        about(analysis),
        line(&header),
        rows.collect::<String>()
    )
}

/// What a reader needs to know of the table, on one line.
fn about(analysis: &Analysis) -> String {
    let data = &analysis.data;
    let rows = match analysis.has_fixed_test() {
        false => format!(", test rows / training rows = {} / {}", data.test_rows, data.train_rows),
        true => String::new(),
    };
    let about = format!(
        "Experiment {}: mean and standard deviation over {}; intervals and p-values (after Holm) of {}{rows}.",
        analysis.experiment,
        numbers::plural(u64::from(analysis.replicates), "replicate"),
        test_name(analysis),
    );
    visible(&about).into_owned()
}

fn row(analysis: &Analysis, model: &Model, has_baseline: bool) -> Vec<String> {
    let mut cells = vec![monospaced(&model.model), configuration(analysis, model)];
    cells.extend(analysis.metrics().into_iter().map(|metric| number(&spread(metric, model.test(metric)))));
    if has_baseline {
        cells.extend(against_baseline(analysis, model));
    }
    cells.push(model.parameters.map_or("--".to_owned(), |n| text(&count(n))));
    cells
}

fn configuration(analysis: &Analysis, model: &Model) -> String {
    if model.times_chosen().is_empty() {
        return "none finished".to_owned();
    }
    let Some(chosen) = model.only_configuration() else { return "chosen for each replicate".to_owned() };
    let settings = settings(&analysis.configurations[chosen]);
    if settings.is_empty() { "as given".to_owned() } else { monospaced(&settings) }
}

fn against_baseline(analysis: &Analysis, model: &Model) -> [String; 2] {
    if analysis.baseline.as_ref() == Some(&model.model) {
        return ["baseline".to_owned(), "--".to_owned()];
    }
    let Some(found) = &model.to_baseline else { return ["--", "--"].map(str::to_owned) };
    let p = match (found.mean, found.p_holm) {
        (_, Some(p)) => number(&numbers::p_plain(p)),
        (Some(_), None) => "no spread".to_owned(),
        (None, None) => "--".to_owned(),
    };
    [number(&estimate(analysis.primary, found.mean, found.interval)), p]
}

fn line(cells: &[String]) -> String {
    format!("{} \\\\\n", cells.join(" & "))
}

fn monospaced(name: &str) -> String {
    format!("\\texttt{{{}}}", text(name))
}

/// A number as the report prints it, in mathematical mode.
fn number(printed: &str) -> String {
    if printed == numbers::NOTHING {
        return "--".to_owned();
    }
    let mut math = String::new();
    for character in printed.chars() {
        match character {
            '−' => math.push('-'),
            '±' => math.push_str("\\pm"),
            '∞' => math.push_str("\\infty"),
            NBSP => math.push(' '),
            other => math.push(other),
        }
    }
    format!("${math}$")
}

/// `text` so that LaTeX prints it as itself.
fn text(text: &str) -> String {
    let mut escaped = String::new();
    for character in visible(text).chars() {
        match character {
            '&' | '%' | '$' | '#' | '_' | '{' | '}' => escaped.extend(['\\', character]),
            '\\' => escaped.push_str("\\textbackslash{}"),
            '~' => escaped.push_str("\\textasciitilde{}"),
            '^' => escaped.push_str("\\textasciicircum{}"),
            // Some fonts lack these, and some turn two hyphens into a dash.
            '<' => escaped.push_str("\\textless{}"),
            '>' => escaped.push_str("\\textgreater{}"),
            '|' => escaped.push_str("\\textbar{}"),
            '-' if escaped.ends_with('-') => escaped.push_str("{-}"),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_names_print_as_themselves() {
        let check = |name: &str, expect: &str| assert_eq!(text(name), expect);
        check("stacked_rnn", "stacked\\_rnn");
        check("100 % & {a}", "100 \\% \\& \\{a\\}");
        check("a\\b~c^d\n", "a\\textbackslash{}b\\textasciitilde{}c\\textasciicircum{}d\\textbackslash{}n");
        check("x\u{202e}", "x\\textbackslash{}u\\{202e\\}");
        check("x--y-z", "x-{-}y-z");
        check("Łódź", "Łódź");
    }

    #[test]
    fn numbers_stand_in_mathematical_mode() {
        let check = |printed: &str, expect: &str| assert_eq!(number(printed), expect);
        check("−1.25\u{A0}[−∞,\u{A0}+2.00]", "$-1.25 [-\\infty, +2.00]$");
        check("76.24\u{A0}±\u{A0}0.41", "$76.24 \\pm 0.41$");
        check("< 0.0001", "$< 0.0001$");
        check("–", "--");
    }
}
