//! A folder with a small experiment in it, and runs of `recur` there.

use recur_core::registry::Registry;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;
use tempfile::TempDir;

/// Three families, a swept parameter and two replicates: 8 trials in a tenth of a second.
pub const SPEC: &str = "\
# Which family tells best what language a name comes from?
recur: 1
name: small
seed: 5
data: {source: names.csv}
training: {epochs: 3, batch_size: 8}
models:
  - use: linfa_naive_bayes
  - use: manual_rnn
    sweep: {learning_rate: [0.01, 0.02]}
  - use: stacked_rnn
sweep: {hidden_size: [6]}
replicates: 2
report: {baseline: linfa_naive_bayes}
";

/// All of `store.json`.
pub const STORE_JSON: &str = "{\"format\": 8}\n";

/// The number of trials of [`SPEC`].
pub const N_TRIALS: usize = 8;

/// A model that does well, and one that diverges on at least one replicate.
pub const DIVERGING: &str = "\
recur: 1
name: small
data: {source: names.csv}
training: {epochs: 5, batch_size: 2, optimizer: {name: sgd}}
models:
  - use: linfa_naive_bayes
  - use: manual_rnn
    params: {hidden_size: 6, activation: none, learning_rate: 10}
replicates: 2
";

/// The folder of the example plugins.
pub const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/plugins");

/// The models of recur and of the example plugins.
pub static SHIPPED: LazyLock<Registry> = LazyLock::new(|| {
    let mut registry = recur_cli::builtin();
    recur_external::Plugins::find(Path::new(EXAMPLES)).unwrap().register(&mut registry);
    registry
});

pub use recur_testkit::samples::names_csv;

/// [`names_csv`] with two labels: that of the first name is `first`, each other one `another`.
pub fn two_labels_csv() -> String {
    let names = names_csv();
    let (head, rows) = names.split_once('\n').expect("a header");
    let label = |row: &str| row.rsplit_once(',').expect("two columns").1.to_owned();
    let first = label(rows.lines().next().expect("a name"));
    let two = rows.lines().map(|row| {
        let text = row.rsplit_once(',').expect("two columns").0;
        format!("{text},{}\n", if label(row) == first { "first" } else { "another" })
    });
    format!("{head}\n{}", two.collect::<String>())
}

/// A folder of its own with `names.csv` and `small.yaml`.
pub struct Lab {
    folder: TempDir,
}

/// What came of a run.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("recur writes UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ran {
    /// Holds the exit code to `code`.
    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}\n{}", self.out, self.err);
        self
    }

    /// Holds standard error to all of `parts`, and to no sign of a panic.
    #[track_caller]
    pub fn reported(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.err.contains(part), "`{part}` is not told:\n{}", self.err);
        }
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }
}

impl Lab {
    /// With [`SPEC`].
    pub fn new() -> Self {
        Self::with(SPEC)
    }

    /// With `spec`.
    pub fn with(spec: &str) -> Self {
        let lab = Self { folder: tempfile::tempdir().unwrap() };
        lab.write("small.yaml", spec);
        lab.write("names.csv", names_csv());
        lab
    }

    /// A path in the folder.
    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a file, and the folders above it.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// The text of a file.
    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// `recur` with `arguments`, in the folder, not yet started. Nothing of the tests' own environment changes it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.program(env!("CARGO_BIN_EXE_recur"));
        command.args(arguments);
        command
    }

    /// A program in the folder, not yet started.
    pub fn program(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        for variable in [
            "RUST_LOG",
            "RECUR_STORE",
            "RECUR_PLUGINS",
            "RECUR_ISA",
            "RECUR_CHECKPOINT_EVERY",
            "RECUR_NO_DIFF",
            "RECUR_MEMORY",
            "RECUR_SITE",
            "RECUR_SCRATCH",
            "RECUR_REQUEUE",
            "SLURM_CONF",
            "NO_COLOR",
            "CLICOLOR",
            "CLICOLOR_FORCE",
        ] {
            command.env_remove(variable);
        }
        command.env("XDG_CONFIG_HOME", self.path("config"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs `recur` with `arguments`.
    pub fn recur(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// Runs the experiment with `more` arguments.
    pub fn experiment(&self, more: &[&str]) -> Ran {
        self.recur(&[&["experiment", "small.yaml"], more].concat())
    }

    /// The bytes of all files below `folders` that recur promises: times, host and log are left out.
    pub fn promised(&self, folders: &[&str]) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        folders.iter().for_each(|folder| collect(&self.path(folder), &mut files));
        let relative = |path: PathBuf| path.strip_prefix(self.folder.path()).expect("below it").to_owned();
        files.into_iter().map(|(path, bytes)| (relative(path), bytes)).collect()
    }

    /// The folders of all trials in the store `runs`, sorted.
    pub fn trials(&self) -> Vec<PathBuf> {
        let mut trials: Vec<PathBuf> =
            below(&self.path("runs/trials")).iter().flat_map(|prefix| below(prefix)).collect();
        trials.sort();
        trials
    }

    /// The ids that `recur plan` lists, in its order.
    pub fn plan(&self, arguments: &[&str]) -> Vec<String> {
        let plan = self.recur(&[&["plan"], arguments].concat()).ended(0).out;
        let ids = plan.lines().filter_map(|line| line.split_whitespace().next()).filter(|word| word.len() == 32);
        ids.map(str::to_owned).collect()
    }
}

/// What stands in `folder`; nothing where there is none.
fn below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Files that hold times, or digests of such files.
const BESIDE: [&str; 5] = ["cost.md", "cost.html", "environment.json", "log.jsonl", "SHA256SUMS"];

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for path in below(folder) {
        if path.is_dir() {
            collect(&path, files);
        } else if !BESIDE.iter().any(|name| path.ends_with(name)) {
            files.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
}
