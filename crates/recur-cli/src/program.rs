//! The name of the program that runs: `recur`, or another one with recur's command line and models of its own.

use recur_experiment::Project;

/// The name of recur's own program.
const RECUR: &str = "recur";

/// The commands that texts of this workspace name after the program.
const COMMANDS: [&str; 21] = [
    "init",
    "experiment",
    "plan",
    "status",
    "logs",
    "report",
    "compare",
    "export",
    "reports",
    "why",
    "store",
    "verify",
    "reproduce",
    "models",
    "check-model",
    "schema",
    "predict",
    "doctor",
    "trial",
    "completions",
    "man",
];

/// The runner of recur's own project: its recipes have the names of the commands, and build the program first.
const JUST: &str = "just";

/// What users type before a command of the program `name`: that name, or what the project says that they type instead of `recur`.
pub(crate) fn prefix_of<'a>(name: &'a str, project: Option<&'a Project>) -> &'a str {
    project.and_then(|project| project.command.as_deref()).filter(|_| name == RECUR).unwrap_or(name)
}

/// What users of the program `name` type before a command elsewhere.
pub(crate) fn other_prefixes_of(name: &str) -> &'static [&'static str] {
    if name == RECUR { &[JUST] } else { &[] }
}

/// The command line of the program `name`: its help shows that name.
pub(crate) fn command_line(command: clap::Command, name: &'static str) -> clap::Command {
    command.name(name).mut_subcommands(|command| match command.get_after_help().map(ToString::to_string) {
        Some(help) => command.after_help(named(&help, name)),
        None => command,
    })
}

/// A text of this workspace that names commands of `recur`, for users who type `prefix` before a command.
pub(crate) fn named(text: &str, prefix: &str) -> String {
    let mut named = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("recur ") {
        let (before, after) = (&rest[..at], &rest[at + "recur ".len()..]);
        let is_word = !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '/' | '.'));
        let command = after.split(|c: char| !(c.is_ascii_lowercase() || c == '-')).next().unwrap_or_default();
        named.push_str(before);
        named.push_str(if is_word && COMMANDS.contains(&command) { prefix } else { RECUR });
        named.push(' ');
        rest = after;
    }
    named + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Args;
    use clap::CommandFactory as _;

    #[test]
    fn commands_of_recur_get_the_name_of_the_program() {
        let check = |text: &str, expect: &str| assert_eq!(named(text, "own"), expect);
        check("run `recur store gc`, or recur plan x", "run `own store gc`, or own plan x");
        check("recur reports --write", "own reports --write");
        check("this version of recur reads format 1", "this version of recur reads format 1");
        check("/bin/recur plan, my-recur plan", "/bin/recur plan, my-recur plan");
        check("recur", "recur");
    }

    #[test]
    fn every_command_is_known() {
        let mut commands: Vec<String> = Args::command().get_subcommands().map(|c| c.get_name().to_owned()).collect();
        let mut known = COMMANDS.map(str::to_owned).to_vec();
        commands.sort();
        known.sort();
        assert_eq!(known, commands);
    }
}
