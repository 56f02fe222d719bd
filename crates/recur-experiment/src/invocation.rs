//! How a program was asked for an experiment.

/// How a program was asked for an experiment: what a report needs to know to show how it is made again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invocation {
    /// The program, by the name under which users start it.
    pub program: String,
    /// What users type before a command of the program, where it has the commands of recur: the report's page shows commands that read
    /// its trials.
    pub prefix: Option<String>,
    /// The command that writes the report again, as users type it: the report shows it.
    pub command: String,
    /// The path of the spec as the user named it, relative to the working folder or absolute. `recur verify` compares the file
    /// there, if there is one, with the spec in the report.
    pub spec_path: String,
    /// Changes of the spec, each as `PATH=VALUE`.
    pub overrides: Vec<String>,
    /// The folder of external plugins, if the user named one.
    pub plugins: Option<String>,
}

impl Invocation {
    /// Of a spec without changes, with no folder of plugins, by a program that does not have the commands of recur.
    pub fn new(program: &str, command: &str, spec_path: &str) -> Self {
        let [program, command, spec_path] = [program, command, spec_path].map(str::to_owned);
        Self { program, prefix: None, command, spec_path, overrides: Vec::new(), plugins: None }
    }
}
