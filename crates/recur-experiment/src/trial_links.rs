//! Where a report's page finds the store: the same, however the user typed the two paths.

use recur_report::StoreLink;
use std::path::{Component, Path, PathBuf};

/// The store where none is named.
pub(crate) const DEFAULT_STORE: &str = "runs";

/// The link from the folder of `reports`, which may not exist yet, to `store`, both seen from the working folder.
///
/// Links of the file system on the way to `reports` are followed, as `..` in a page leads up from where the page really is. Nothing
/// where one of the folders is neither in the working folder nor next to it: a page does not depend on where its machine keeps it.
pub fn link_to_trials(reports: &Path, store: &Path) -> Option<StoreLink> {
    link_from(&Path::new(".").canonicalize().ok()?, reports, store)
}

fn link_from(root: &Path, reports: &Path, store: &Path) -> Option<StoreLink> {
    StoreLink::new(&relative(root, &real(&root.join(reports)))?, &place_of_store(root, &root.join(store))?)
}

/// The place of a store from `root`. A link in the project that leads out of it keeps its name.
fn place_of_store(root: &Path, store: &Path) -> Option<PathBuf> {
    let place = real(store);
    if let Some(place) = relative(root, &place) {
        return Some(place);
    }
    let default = root.join(DEFAULT_STORE);
    let named = if real(&default) == place { default } else { std::path::absolute(store).ok()? };
    let within = named.strip_prefix(root).ok()?;
    within.components().all(|part| matches!(part, Component::Normal(_))).then(|| within.to_owned())
}

/// The path of `place` from `root`, both without links, where it is in `root` or in the folder that holds `root`.
fn relative(root: &Path, place: &Path) -> Option<PathBuf> {
    if let Ok(within) = place.strip_prefix(root) {
        return Some(within.to_owned());
    }
    let around = root.parent().filter(|around| around.parent().is_some())?;
    place.strip_prefix(around).ok().map(|beside| Path::new("..").join(beside))
}

/// `path` without links, as far as it exists.
fn real(path: &Path) -> PathBuf {
    let there = path.ancestors().find_map(|above| Some((above, above.canonicalize().ok()?)));
    match there.and_then(|(above, real)| Some((real, path.strip_prefix(above).ok()?))) {
        Some((real, rest)) if rest.as_os_str().is_empty() => real,
        Some((real, rest)) => real.join(rest),
        None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_places_give_equal_links_however_they_are_typed() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("around/project");
        std::fs::create_dir_all(root.join("runs")).unwrap();
        std::fs::create_dir_all(root.join("deep/er")).unwrap();
        let link = |reports: &str, store: &str| link_from(&root, Path::new(reports), Path::new(store));
        let plain = StoreLink::new(Path::new("reports"), Path::new("runs"));
        let absolute = root.join("runs").display().to_string();
        for store in ["runs", "./runs", "runs/", "deep/../runs", &absolute, "../project/runs"] {
            assert_eq!(link("reports", store), plain, "{store}");
            assert_eq!(link("./reports/", store), plain, "{store}");
            assert_eq!(link(&root.join("reports").display().to_string(), store), plain, "{store}");
        }
        let beside = StoreLink::new(Path::new("reports"), Path::new("../all runs"));
        assert!(beside.is_some());
        assert_eq!(link("reports", "../all runs"), beside);
        assert_eq!(link("reports", &root.with_file_name("all runs").display().to_string()), beside);
        assert_eq!(link("reports", "../../far"), None);
        assert_eq!(link("/", "runs"), None);
    }

    #[cfg(unix)]
    #[test]
    fn links_of_the_file_system_lead_to_the_real_place() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().canonicalize().unwrap();
        let root = base.join("a/project");
        [root.join("deep/er"), root.join("runs"), base.join("disk/runs")]
            .iter()
            .for_each(|dir| std::fs::create_dir_all(dir).unwrap());
        symlink("deep/er", root.join("out")).unwrap();
        symlink(base.join("disk"), root.join("away")).unwrap();
        let link = |reports: &str, store: &str| link_from(&root, Path::new(reports), Path::new(store));
        let expected = |reports: &str, store: &str| StoreLink::new(Path::new(reports), Path::new(store));
        assert_eq!(link("out", "runs"), expected("deep/er", "runs"));
        assert_eq!(link("out/new", "runs"), expected("deep/er/new", "runs"));
        assert_eq!(link("away/reports", "runs"), None, "the page is not where its links would begin");
        // Links on the way to the store are followed by whoever opens the page.
        assert_eq!(link("reports", "away/runs"), expected("reports", "away/runs"));
        std::fs::remove_dir(root.join("runs")).unwrap();
        symlink(base.join("disk/runs"), root.join("runs")).unwrap();
        for store in ["runs", "away/runs", &base.join("disk/runs").display().to_string()] {
            assert_eq!(link("reports", store), expected("reports", "runs"), "{store}");
        }
    }
}
