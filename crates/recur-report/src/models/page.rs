//! The page of all models, in Markdown.

use super::ModelDescription;

const HEAD: &str = "\
# The models, one by one

What each model of the program says about itself. Written by `recur models --write FILE`, so edits belong into the models:
`description.md` next to the code, and the declarations of parameters. [models.md](models.md) explains the models at length, with
gradients, and what they share.

";

/// The page: a table of all, then a section each.
pub fn models_page(models: &[ModelDescription]) -> String {
    let mut text = HEAD.to_owned();
    table(&mut text, ["model", "what it is", "trained", "grade"], models.iter().map(row));
    models.iter().for_each(|model| section(&mut text, model));
    text
}

fn row(model: &ModelDescription) -> [String; 4] {
    let link = format!("[`{0}`](#{0})", model.id);
    [link, model.summary.to_owned(), model.regime_word().to_owned(), model.grade_word().to_owned()]
}

fn section(text: &mut String, model: &ModelDescription) {
    text.push_str(&format!("\n## `{}`\n\n{}\n\n", model.id, model.description.trim()));
    if !model.parameters.is_empty() {
        let rows = model.parameters.iter().map(|parameter| {
            let [name, takes, default, meaning] = parameter.cells();
            [format!("`{name}`"), takes, format!("`{default}`"), meaning]
        });
        table(text, ["parameter", "takes", "default", "meaning"], rows);
        text.push('\n');
    }
    for (name, fact) in model.facts() {
        let fact = if name == "source" { format!("`{fact}`") } else { fact };
        text.push_str(&format!("- {name}: {fact}\n"));
    }
}

fn table(text: &mut String, header: [&str; 4], rows: impl Iterator<Item = [String; 4]>) {
    text.push_str(&format!("| {} |\n|---|---|---|---|\n", header.join(" | ")));
    for row in rows {
        text.push_str(&format!("| {} |\n", row.map(|cell| cell.replace('|', "\\|")).join(" | ")));
    }
}
