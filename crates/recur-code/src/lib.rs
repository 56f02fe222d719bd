//! Digests of code, for build scripts: an edited model cannot be taken for the one that a record was made with.
//!
//! A digest covers tokens, not text: comments, documentation, layout, lint attributes and tests change nothing. Files
//! are found by following `mod` declarations from the root of the crate, as the compiler does.
//!
//! A crate of models calls [`emit`] in its `build.rs` (or [`emit_models`], which makes its list of models as well), and
//! each plugin names its digest:
//!
//! ```ignore
//! const ABOUT: Declaration = Declaration {
//!     code: env!("RECUR_CODE_my_model"), // the folder or file `src/my_model`; `RECUR_CODE` for the crate as a whole
//!     // …
//! };
//! ```
//!
//! The digest of a plugin covers its own module, all of the crate that is no other plugin's module, the digests that
//! the crates below hand up (a crate with `links` in its manifest that calls [`emit`] itself), and the locked versions
//! of the packages that [`Digests::locked`] names.

#![expect(clippy::print_stdout, reason = "a build script speaks to cargo on standard output")]

mod lock;
mod modules;
mod tokens;

use modules::{Module, modules};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};

/// What of a crate to digest.
#[derive(Clone, Debug)]
pub struct Digests {
    root: PathBuf,
    parts: Option<Vec<&'static str>>,
    locked: Vec<(String, String)>,
    below: Vec<(String, String)>,
}

/// Digests the whole crate and passes the digests to cargo: [`Digests::emit`] with nothing left out.
///
/// # Panics
/// Outside of a build script, or where a file of the crate cannot be read: the build then fails with the reason.
pub fn emit() {
    Digests::of_this_crate().emit();
}

/// Digests the whole crate and makes its list of models: [`Digests::emit_models`] with nothing left out.
///
/// # Panics
/// As [`emit`].
pub fn emit_models() {
    Digests::of_this_crate().emit_models();
}

impl Digests {
    /// The crate whose build script this is, with what the crates below hand up.
    ///
    /// # Panics
    /// Outside of a build script.
    #[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]
    pub fn of_this_crate() -> Self {
        let folder = std::env::var_os("CARGO_MANIFEST_DIR").expect("a build script runs under cargo");
        let handed_up = |(name, value): (String, String)| {
            let dependency = name.strip_prefix("DEP_")?.strip_suffix("_CODE")?.to_owned();
            Some((dependency, value))
        };
        let mut below: Vec<(String, String)> = std::env::vars().filter_map(handed_up).collect();
        below.sort();
        Self { below, ..Self::of_crate(Path::new(&folder)) }
    }

    /// The crate in `folder`, on its own.
    pub fn of_crate(folder: &Path) -> Self {
        Self { root: folder.to_owned(), parts: None, locked: Vec::new(), below: Vec::new() }
    }

    /// Without the digests that the crates below hand up.
    #[must_use]
    pub fn on_its_own(self) -> Self {
        Self { below: Vec::new(), ..self }
    }

    /// Only these modules at the top of the crate: the others have no part in results.
    #[must_use]
    pub fn only(self, modules: &[&'static str]) -> Self {
        Self { parts: Some(modules.to_vec()), ..self }
    }

    /// Covers the locked versions of these packages as well: for a crate whose results are theirs.
    ///
    /// # Panics
    /// If there is no `Cargo.lock` above the crate, or it lacks one of them.
    #[must_use]
    pub fn locked(self, packages: &[&str]) -> Self {
        let lock = lock::file_above(&self.root);
        println!("cargo::rerun-if-changed={}", lock.display());
        let text = std::fs::read_to_string(&lock).unwrap_or_else(|error| panic!("{}: {error}", lock.display()));
        let version = |package: &&str| {
            let found = lock::versions(&text, package);
            assert!(!found.is_empty(), "{} holds no package {package}", lock.display());
            ((*package).to_owned(), found.join(" "))
        };
        Self { locked: packages.iter().map(version).collect(), ..self }
    }

    /// Gives cargo `RECUR_CODE` for the crate, `RECUR_CODE_module` for each plugin's module, and `code` to the build
    /// scripts of the crates above, where the manifest has `links`.
    ///
    /// # Panics
    /// Where a file of the crate cannot be read or is not Rust.
    pub fn emit(&self) {
        println!("cargo::rerun-if-changed={}", self.root.join("src").display());
        let modules = self.modules();
        let whole = self.digest(&modules, None);
        println!("cargo::rustc-env=RECUR_CODE={whole}");
        println!("cargo::metadata=code={whole}");
        for plugin in modules.iter().filter(|module| module.is_plugin()) {
            println!("cargo::rustc-env=RECUR_CODE_{}={}", plugin.name, self.digest(&modules, Some(&plugin.name)));
        }
    }

    /// Gives cargo `RECUR_CODE_` and `name` for the crate, and nothing else.
    ///
    /// # Panics
    /// As [`Digests::emit`].
    pub fn emit_as(&self, name: &str) {
        println!("cargo::rustc-env=RECUR_CODE_{name}={}", self.digest(&self.modules(), None));
    }

    /// [`Digests::emit`], and the list of the crate's models as `OUT_DIR/plugins.rs`, for the root to include: `PLUGINS`,
    /// with the plugins of each module that the root declares. A module's file without its `mod` line ends the build.
    ///
    /// # Panics
    /// As [`Digests::emit`].
    #[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]
    pub fn emit_models(&self) {
        self.emit();
        self.undeclared().iter().for_each(|problem| println!("cargo::error={problem}"));
        let folder = std::env::var_os("OUT_DIR").expect("a build script runs under cargo");
        let file = Path::new(&folder).join("plugins.rs");
        std::fs::write(&file, self.list()).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }

    /// What is wrong with the `mod` lines of the crate's root, with the remedy: a line for each module's file without one.
    ///
    /// # Panics
    /// Where a file of the crate cannot be read or is not Rust.
    pub fn undeclared(&self) -> Vec<String> {
        let problem = |(name, file): (String, PathBuf)| {
            let file = file.strip_prefix(&self.root).unwrap_or(&file).display();
            format!("{file} is not part of the crate: add the line `mod {name};` to src/lib.rs")
        };
        modules::undeclared(&self.root.join("src")).into_iter().map(problem).collect()
    }

    /// The declaration of `PLUGINS`, as Rust: the plugins of each module that the root declares.
    ///
    /// # Panics
    /// As [`Digests::undeclared`].
    pub fn list(&self) -> String {
        let modules = self.modules();
        let of_module = |module: &Module| module.plugins.iter().map(|it| format!("&{}::{it}", module.name)).collect();
        let plugins: Vec<String> = modules.iter().flat_map::<Vec<String>, _>(of_module).collect();
        format!(
            "/// Every model of this crate, by module.\npub static PLUGINS: &[&dyn ::recur_core::model::ModelPlugin] = &[{}];\n",
            plugins.join(", ")
        )
    }

    /// The digest of the crate as a whole (`None`), or of the plugin in the module `plugin`: 64 hexadecimal digits.
    ///
    /// # Panics
    /// Where a file of the crate cannot be read or is not Rust.
    pub fn of(&self, plugin: Option<&str>) -> String {
        self.digest(&self.modules(), plugin)
    }

    fn modules(&self) -> Vec<Module> {
        let all = modules(&self.root.join("src"));
        let Some(parts) = &self.parts else { return all };
        let chosen: Vec<Module> = all.into_iter().filter(|module| parts.contains(&module.name.as_str())).collect();
        assert_eq!(chosen.len(), parts.len(), "not all of {parts:?} are modules of {}", self.root.display());
        chosen
    }

    fn digest(&self, modules: &[Module], plugin: Option<&str>) -> String {
        let mut hasher = Sha256::new();
        let mut field = |text: &str| {
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text);
        };
        let concerned = |module: &&Module| plugin.is_none_or(|plugin| !module.is_plugin() || module.name == plugin);
        for module in modules.iter().filter(concerned) {
            field(&module.name);
            module.tokens.iter().for_each(|token| field(token));
        }
        for (name, value) in self.below.iter().chain(&self.locked) {
            field(name);
            field(value);
        }
        hex(&hasher.finalize())
    }
}

/// Passes to cargo what builds the crate: `RECUR_RUSTC`, the compiler's version, and `RECUR_CARGO_LOCK`, the SHA-256 of the
/// lock file above it (`none` without one).
///
/// # Panics
/// Outside of a build script.
#[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]
pub fn emit_build_facts() {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").expect("a build script runs under cargo");
    let rustc = std::env::var_os("RUSTC").expect("cargo names the compiler");
    let version = std::process::Command::new(rustc).arg("--version").output();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    println!("cargo::rustc-env=RECUR_RUSTC={}", version.unwrap_or_else(|_| "unknown".to_owned()));
    let lock = Path::new(&folder).ancestors().map(|folder| folder.join("Cargo.lock")).find(|file| file.is_file());
    let digest = lock.as_ref().and_then(|lock| std::fs::read(lock).ok()).map(|bytes| hex(&Sha256::digest(bytes)));
    println!("cargo::rustc-env=RECUR_CARGO_LOCK={}", digest.as_deref().unwrap_or("none"));
    println!("cargo::rerun-if-changed=build.rs");
    lock.iter().for_each(|lock| println!("cargo::rerun-if-changed={}", lock.display()));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
