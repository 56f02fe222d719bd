//! Where data is, as a user names it and as a spec has it.

use super::FIRST;
use super::spec::spec_name;
use crate::error::CliError;
use crate::folder::within;
use recur_core::visible::shown;
use recur_ingest::glob_parts;
use std::path::{Path, PathBuf};

/// Data that a user names, for a spec of a project.
pub(crate) struct DataPlace {
    /// As it was typed.
    typed: PathBuf,
    /// Relative to the project where it is in it, otherwise absolute.
    path: PathBuf,
    /// Its real path, without links.
    real: PathBuf,
}

impl DataPlace {
    /// The data that `source` leads to from the working folder, for a project in `folder`.
    pub(crate) fn find(folder: &Path, source: &str) -> Result<Self, CliError> {
        let failed = |error| CliError::new(format!("cannot find {}", shown(Path::new(source)))).because(&error);
        let (there, pattern) =
            if Path::new(source).exists() { (source, "") } else { glob_parts(source, Path::new("")) };
        let there = if there.is_empty() { Path::new(".") } else { Path::new(there) };
        let real = there.canonicalize().map_err(failed)?;
        // What does not exist yet holds no data.
        let root = folder.canonicalize().ok();
        let within = root.and_then(|root| {
            // A link in the project that leads out of it keeps its name: where it leads may differ between machines.
            let by_name = within(&root, &std::path::absolute(there).ok()?);
            by_name.or_else(|| real.strip_prefix(&root).ok().map(Path::to_owned))
        });
        let with_pattern = |path: PathBuf| if pattern.is_empty() { path } else { path.join(pattern) };
        let path = with_pattern(within.unwrap_or_else(|| real.clone()));
        // A folder by itself would be an empty text.
        let path = if path.as_os_str().is_empty() { PathBuf::from(".") } else { path };
        Ok(Self { typed: source.into(), path, real: with_pattern(real) })
    }

    /// What the spec of this data is called.
    pub(crate) fn spec_name(&self) -> String {
        spec_name(&self.typed).or_else(|| spec_name(&self.real)).unwrap_or_else(|| FIRST.to_owned())
    }

    /// The path as the spec has it.
    pub(crate) fn in_spec(&self) -> Result<String, CliError> {
        let not_utf8 = || CliError::new(format!("the path {} is not UTF-8", shown(&self.path)));
        self.path.to_str().map(str::to_owned).ok_or_else(not_utf8)
    }
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    #[test]
    fn data_in_the_project_has_a_relative_path_even_through_a_link() {
        use super::*;
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let at = |path: &str| folder.path().join(path);
        std::fs::create_dir_all(at("project/in[1]")).unwrap();
        std::fs::create_dir_all(at("other/deep")).unwrap();
        std::fs::write(at("other/deep/a.csv"), "").unwrap();
        std::fs::write(at("project/in[1]/b.csv"), "").unwrap();
        symlink(at("other/deep"), at("project/data")).unwrap();
        symlink(at("project"), at("other/project")).unwrap();
        let check = |source: &str, path: &str, name: &str| {
            let source = at(source).display().to_string();
            let place = DataPlace::find(&at("project"), &source).unwrap();
            assert_eq!((place.in_spec().unwrap().as_str(), place.spec_name().as_str()), (path, name), "{source}");
        };
        check("project/data/a.csv", "data/a.csv", "a");
        check("project/data/*.csv", "data/*.csv", "data");
        check("project/in[1]/*.csv", "in[1]/*.csv", "in-1");
        check("project/in[1]/b.csv", "in[1]/b.csv", "b");
        check("other/project/in[1]/b.csv", "in[1]/b.csv", "b");
        check("project", ".", "project");
        let real = at("other/deep/a.csv").canonicalize().unwrap().display().to_string();
        check("other/deep/a.csv", &real, "a");
        check("project/data/../deep/a.csv", &real, "a");
    }
}
