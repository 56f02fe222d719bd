//! Paths on the command line begin in the folder in which it was typed. A command works in the folder of a project: there they are
//! other paths.

use super::shared::{SpecArgs, Target};
use super::{Args, Command, ExecutorArgs, StoreCommand, TrainingArgs, TrialCommand};
use crate::folder::within;
use std::path::{Component, Path, PathBuf};

/// The folder of a project, and the one that a command line was typed in: both absolute, without links.
#[derive(Clone, Debug)]
pub(crate) struct Folders {
    pub(crate) typed_in: PathBuf,
    pub(crate) root: PathBuf,
}

impl Folders {
    /// `path` as it is in the project's folder: relative if it is within, otherwise absolute.
    pub(crate) fn moved(&self, path: &Path) -> PathBuf {
        let is_plain = path.components().all(|part| matches!(part, Component::Normal(_)));
        if self.typed_in == self.root && is_plain {
            // Without slashes that say nothing.
            return path.components().collect();
        }
        let whole = self.typed_in.join(path);
        if let Some(within) = within(&self.root, &whole) {
            return if within.as_os_str().is_empty() { PathBuf::from(".") } else { within };
        }
        // Only links on the way are followed: if the file itself is a link, it keeps its name.
        let real = match (whole.parent(), whole.file_name()) {
            (Some(folder), Some(name)) => folder.canonicalize().ok().map(|folder| folder.join(name)),
            _ => whole.canonicalize().ok(),
        };
        let real = real.unwrap_or(whole);
        match real.strip_prefix(&self.root) {
            Ok(within) if within.as_os_str().is_empty() => PathBuf::from("."),
            Ok(within) if within.components().all(|part| matches!(part, Component::Normal(_))) => within.to_owned(),
            _ => real,
        }
    }

    fn path(&self, path: &mut PathBuf) {
        *path = self.moved(path);
    }

    fn each<'p>(&self, paths: impl IntoIterator<Item = &'p mut PathBuf>) {
        paths.into_iter().for_each(|path| self.path(path));
    }

    /// A word that may be a path or something else.
    fn word(&self, word: &mut String) {
        let path = Path::new(word.as_str());
        if is_path(&self.typed_in.join(path)) {
            *word = self.moved(path).to_string_lossy().into_owned();
        }
    }
}

/// Whether a word means a file: one that is there, or one with the name of a spec, a report or a page.
fn is_path(path: &Path) -> bool {
    let ends = path.extension().is_some_and(|end| ["yaml", "yml", "md", "html"].iter().any(|known| end == *known));
    ends || path.exists()
}

impl Args {
    /// The file or folder whose project the command works in: the one that the command is about. `None` is the working folder.
    pub(crate) fn subject(&self) -> Option<&Path> {
        match &self.command {
            Command::Experiment(args) => Some(&args.spec.spec),
            Command::Plan(args) => Some(&args.spec.spec),
            Command::Why(args) => Some(&args.spec.spec),
            Command::Report(args) => Some(&args.spec.spec),
            Command::Export(args) => Some(args.spec.spec.as_path()).filter(|what| is_path(what)),
            Command::Status(args) => args.what.as_deref().filter(|what| is_path(what)),
            Command::Verify(args) => first_path(std::slice::from_ref(&args.what)),
            Command::Compare(args) => first_path(&args.inputs),
            Command::Store(args) => match &args.command {
                StoreCommand::Export { what, .. } => first_path(what),
                _ => None,
            },
            Command::Reports(args) => args.dir.as_deref(),
            _ => None,
        }
    }

    /// Gives each path as it is in the folder of the project.
    pub(crate) fn move_paths(&mut self, folders: &Folders) {
        folders.each(&mut self.plugins);
        self.command.move_paths(folders);
    }
}

fn first_path(words: &[String]) -> Option<&Path> {
    words.iter().map(Path::new).find(|path| is_path(path))
}

impl Command {
    fn move_paths(&mut self, folders: &Folders) {
        match self {
            Self::Experiment(args) => {
                args.spec.move_paths(folders);
                args.training.move_paths(folders);
                args.executor.move_paths(folders);
                folders.each([&mut args.reports.given, &mut args.tensorboard].into_iter().flatten());
            }
            Self::Plan(args) => args.spec.move_paths(folders),
            Self::Why(args) => args.spec.move_paths(folders),
            Self::Report(args) => {
                args.spec.move_paths(folders);
                folders.each(&mut args.reports.given);
            }
            Self::Export(args) => {
                args.spec.move_paths_of_name(folders);
                let tables = [&mut args.records, &mut args.leaderboard, &mut args.analysis];
                let viewers = [&mut args.tensorboard, &mut args.mlflow, &mut args.optuna, &mut args.onnx];
                folders.each(tables.into_iter().chain(viewers).flatten());
            }
            Self::Status(args) => {
                folders.each(args.what.iter_mut().filter(|what| is_path(&folders.typed_in.join(&**what))));
                folders.each([&mut args.store.given, &mut args.site, &mut args.plugins].into_iter().flatten());
            }
            Self::Logs(args) => folders.each(&mut args.store.given),
            Self::Compare(args) => {
                args.inputs.iter_mut().for_each(|word| folders.word(word));
                folders.each([&mut args.store.given, &mut args.write, &mut args.plugins].into_iter().flatten());
            }
            Self::Reports(args) => folders.each(&mut args.dir),
            Self::Store(args) => {
                folders.each(&mut args.store.given);
                if let StoreCommand::Export { to, what } = &mut args.command {
                    folders.path(to);
                    what.iter_mut().for_each(|word| folders.word(word));
                }
            }
            Self::Verify(args) => {
                folders.word(&mut args.what);
                folders.each([&mut args.store.given, &mut args.allow_plugins].into_iter().flatten());
            }
            Self::Reproduce(args) => {
                let given = [&mut args.store.given, &mut args.allow_plugins, &mut args.to];
                folders.each(given.into_iter().flatten());
            }
            Self::Models(args) => args.target.move_paths(folders),
            Self::CheckModel(_) => {}
            Self::Schema(args) => args.target.move_paths(folders),
            Self::Predict(args) => {
                for file in args.input.iter_mut().filter(|file| *file != "-") {
                    *file = folders.moved(Path::new(file.as_str())).to_string_lossy().into_owned();
                }
                // Texts stay as they were typed.
                args.typed_in = Some(folders.moved(Path::new(".")));
                folders.word(&mut args.model);
                folders.each([&mut args.store.given, &mut args.output].into_iter().flatten());
            }
            Self::Trial(args) => {
                let TrialCommand::Run(args) = &mut args.command;
                folders.path(&mut args.file);
                folders.each(&mut args.store.given);
                args.training.move_paths(folders);
            }
            Self::Doctor(args) => folders.each(&mut args.store.given),
            Self::Man(args) => folders.path(&mut args.dir),
            // It works where it is typed.
            Self::Init(_) | Self::Completions(_) => {}
        }
    }
}

impl SpecArgs {
    fn move_paths(&mut self, folders: &Folders) {
        folders.path(&mut self.spec);
        self.move_others(folders);
    }

    /// Where the name of an experiment does as well as a spec.
    fn move_paths_of_name(&mut self, folders: &Folders) {
        if is_path(&folders.typed_in.join(&self.spec)) {
            folders.path(&mut self.spec);
        }
        self.move_others(folders);
    }

    fn move_others(&mut self, folders: &Folders) {
        folders.each([&mut self.store.given, &mut self.plugins].into_iter().flatten());
    }
}

impl Target {
    fn move_paths(&mut self, folders: &Folders) {
        folders.each([&mut self.write, &mut self.check].into_iter().flatten());
    }
}

impl ExecutorArgs {
    fn move_paths(&mut self, folders: &Folders) {
        folders.each(&mut self.site);
    }
}

impl TrainingArgs {
    fn move_paths(&mut self, folders: &Folders) {
        if let Some(scratch) = self.scratch.as_mut().filter(|scratch| !scratch.is_empty()) {
            *scratch = folders.moved(Path::new(&*scratch)).into_os_string();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory as _, FromArgMatches as _};

    /// A word that no file has.
    const PATH: &str = "p-a-t-h";

    fn folders() -> Folders {
        Folders { typed_in: "/nowhere/sub".into(), root: "/nowhere".into() }
    }

    /// The arguments of `words`, as they are in the project's folder, in words.
    fn moved(words: &[String]) -> String {
        let matches = Args::command().try_get_matches_from(words);
        let matches = matches.unwrap_or_else(|error| panic!("{words:?}: {error}"));
        let mut args = Args::from_arg_matches(&matches).unwrap();
        args.move_paths(&folders());
        format!("{args:?}")
    }

    /// What the command needs besides the argument `id`.
    fn needed(command: &str, id: &str) -> Vec<String> {
        let words: &[&str] = match command {
            "experiment" | "plan" | "why" | "report" if id != "spec" => &["s.yaml"],
            "export" if id == "spec" => &["--records", "r.csv"],
            "export" => &["s.yaml", "--records", "r.csv"],
            "compare" if id != "inputs" => &["a", "b"],
            "verify" if id != "what" => &["a"],
            "reproduce" if id != "trial" => &["a"],
            "predict" => &["--model", "m", "text"],
            "logs" | "check-model" => &["a"],
            _ => &[],
        };
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    fn check(path_to: &[&str], command: &clap::Command) -> usize {
        let is_path = |arg: &&clap::Arg| {
            arg.get_value_names().unwrap_or_default().iter().any(|name| ["DIR", "FILE"].contains(&name.as_str()))
        };
        let mut n = 0;
        for arg in command.get_arguments().filter(is_path).filter(|_| command.get_name() != "init") {
            let id = arg.get_id().as_str();
            let mut words: Vec<String> = path_to.iter().map(|word| (*word).to_owned()).collect();
            let needed = needed(path_to.last().unwrap(), id).into_iter();
            words.extend(needed.filter(|word| id != "records" || !["--records", "r.csv"].contains(&word.as_str())));
            words.extend(arg.get_long().map(|long| format!("--{long}")));
            words.push(PATH.to_owned());
            if *path_to.last().unwrap() == "store" {
                words.push("list".to_owned());
            }
            if id == "input" {
                words.retain(|word| word != "text");
            }
            let args = moved(&words);
            assert_eq!(args.matches(PATH).count(), args.matches("sub/p-a-t-h").count(), "{id}: {args}");
            assert!(args.contains(PATH), "{id}: {args}");
            n += 1;
        }
        n
    }

    #[test]
    fn no_path_of_any_command_is_forgotten() {
        let line = Args::command();
        let n: usize = line.get_subcommands().map(|command| check(&["recur", command.get_name()], command)).sum();
        assert!(n >= 38, "{n} were found");
        for command in ["experiment", "plan", "compare", "status"] {
            let mut words = vec!["recur".to_owned(), command.to_owned(), "--plugins".to_owned(), PATH.to_owned()];
            words.extend(needed(command, ""));
            let args = moved(&words);
            assert_eq!(args.matches(PATH).count(), args.matches("sub/p-a-t-h").count(), "{args}");
        }
        for words in
            ["trial run p-a-t-h", "store export p-a-t-h", "plan p-a-t-h", "verify p-a-t-h.md", "compare a p-a-t-h.yaml"]
        {
            let words: Vec<String> = ["recur"].into_iter().chain(words.split(' ')).map(str::to_owned).collect();
            let args = moved(&words);
            assert_eq!(args.matches(PATH).count(), args.matches("sub/p-a-t-h").count(), "{args}");
        }
    }

    #[test]
    fn a_path_within_the_project_is_relative_to_it_and_any_other_is_absolute() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        std::fs::create_dir_all(root.join("project/sub")).unwrap();
        let at = |typed_in: &str| Folders { typed_in: root.join(typed_in), root: root.join("project") };
        let check = |typed_in: &str, path: &str, expected: &str| {
            assert_eq!(at(typed_in).moved(Path::new(path)), Path::new(expected), "{path} in {typed_in}");
        };
        check("project/sub", "x.yaml", "sub/x.yaml");
        check("project/sub", "../x.yaml", "x.yaml");
        check("project/sub", "./gone/x.yaml", "sub/gone/x.yaml");
        check("project", "./sub/x.yaml", "sub/x.yaml");
        check("project", "x/y.yaml", "x/y.yaml");
        assert_eq!(at("project").moved(Path::new("x//y/")).to_str(), Some("x/y"));
        check("project/sub", "..", ".");
        check("", "project/x.yaml", "x.yaml");
        let outside = root.join("x.yaml").display().to_string();
        check("project/sub", "../../x.yaml", &outside);
        check("project", &root.join("project/sub/x").display().to_string(), "sub/x");
        #[cfg(unix)]
        {
            std::fs::create_dir(root.join("disk")).unwrap();
            std::os::unix::fs::symlink(root.join("disk"), root.join("project/data")).unwrap();
            for typed_in in ["project", "project/sub"] {
                let absolute = root.join("project/data/x.csv").display().to_string();
                check(typed_in, &absolute, "data/x.csv");
            }
            check("project/sub", "../data/x.csv", "data/x.csv");
            check("project", "./data/x.csv", "data/x.csv");
            check("project", "data/../x.csv", &root.join("x.csv").display().to_string());
        }
    }
}
