//! What experiments and trials are called in a comparison.

use super::input::ComparedInput;
use std::collections::BTreeSet;
use std::path::Path;

/// Experiments of one name are called as on the command line, by their file's name if that is enough.
pub(super) fn of_experiments(inputs: &mut [ComparedInput], words: &[String]) {
    let stem = |word: &String| Path::new(word).file_stem().and_then(|stem| stem.to_str()).unwrap_or(word).to_owned();
    let names = [
        inputs.iter().map(|input| input.name.clone()).collect::<Vec<_>>(),
        words.iter().map(stem).collect(),
        words.to_vec(),
    ];
    let differs = |names: &&Vec<String>| names.iter().collect::<BTreeSet<_>>().len() == names.len();
    let telling = names.iter().find(differs).unwrap_or(&names[2]);
    inputs.iter_mut().zip(telling).for_each(|(input, name)| input.name.clone_from(name));
}

/// Trials are called by their model, with the parameters in which trials of it differ, and by their ids where that is not
/// enough.
pub(super) fn of_trials(inputs: &mut [ComparedInput]) {
    let titles: Vec<String> = inputs.iter().map(|input| title(input, inputs)).collect();
    let is_unique = |title: &String| titles.iter().filter(|other| *other == title).count() == 1;
    for (input, title) in inputs.iter_mut().zip(&titles) {
        input.name = if is_unique(title) { title.clone() } else { format!("{title} {}", input.name) };
    }
}

fn title(input: &ComparedInput, inputs: &[ComparedInput]) -> String {
    let configuration = &input.experiment.plan().configurations[0];
    let others = inputs.iter().map(|other| &other.experiment.plan().configurations[0]);
    let others: Vec<_> = others.filter(|other| other.model == configuration.model).collect();
    let differs = |name: &str| others.iter().any(|other| other.params.get(name) != configuration.params.get(name));
    let telling = configuration.params.iter().filter(|(name, _)| differs(name));
    let settings: Vec<String> = telling.map(|(name, value)| format!("{name}={value}")).collect();
    if settings.is_empty() {
        configuration.model.clone()
    } else {
        format!("{}({})", configuration.model, settings.join(", "))
    }
}
