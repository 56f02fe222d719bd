//! Where the store is, as seen from a report: the report's HTML page leads from there to the trials.

use crate::page::link_target;
use serde::{Deserialize, Serialize};
use std::path::{Component, Path};

/// The store and the folder of reports, both by relative paths from one folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreLink {
    store: String,
    reports: String,
}

impl StoreLink {
    /// From the folder of `reports` to `store`; equal links for paths that differ in `.`, `NAME/..` and slashes only. Nothing where one
    /// of the paths is absolute or not UTF-8, or where the names of folders above the working folder would be needed: a report does not
    /// depend on where its machine keeps it.
    pub fn new(reports: &Path, store: &Path) -> Option<Self> {
        let plain = |path: &Path| {
            Some(parts(path.to_str()?)?.join("/")).map(|path| if path.is_empty() { ".".to_owned() } else { path })
        };
        let link = Self { store: plain(store)?, reports: plain(reports)? };
        link.way().is_some().then_some(link)
    }

    /// The store, from the folder in which commands are typed.
    pub(crate) fn store(&self) -> &str {
        &self.store
    }

    /// The store as the target of a link in the folder of reports, without a slash at its end. A record that somebody changed may
    /// have none.
    pub(crate) fn target(&self) -> Option<String> {
        Some(self.way()?.into_iter().map(link_target).collect::<Vec<_>>().join("/"))
    }

    /// The path of the store from the folder of reports, as a person reads it.
    pub(crate) fn path(&self) -> Option<String> {
        Some(self.way()?.join("/"))
    }

    /// The steps from the folder of reports to the store: up by `..`, then down.
    fn way(&self) -> Option<Vec<&str>> {
        let (store, reports) = (parts(&self.store)?, parts(&self.reports)?);
        let n_shared = store.iter().zip(&reports).take_while(|(a, b)| a == b).count();
        let (down, up) = (&store[n_shared..], &reports[n_shared..]);
        if up.contains(&"..") {
            return None;
        }
        let steps: Vec<&str> = up.iter().map(|_| "..").chain(down.iter().copied()).collect();
        Some(if steps.is_empty() { vec!["."] } else { steps })
    }
}

/// The folders that a relative path goes through, without `.` and without those that it leaves by `..` again.
fn parts(path: &str) -> Option<Vec<&str>> {
    let mut parts: Vec<&str> = Vec::new();
    for component in Path::new(path).components() {
        match component {
            Component::CurDir => {}
            Component::Normal(name) => parts.push(name.to_str()?),
            Component::ParentDir if parts.last().is_none_or(|last| *last == "..") => parts.push(".."),
            Component::ParentDir => _ = parts.pop(),
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_are_typed_differently_give_equal_links() {
        let link = |reports: &str, store: &str| StoreLink::new(Path::new(reports), Path::new(store)).unwrap();
        let plain = link("out/reports", "runs");
        for (reports, store) in
            [("./out//reports/", "./runs/"), ("out/./x/../reports", "runs//"), ("out/reports", "x/../runs")]
        {
            assert_eq!(link(reports, store), plain, "{reports} {store}");
        }
        assert_eq!((plain.store(), plain.path().as_deref()), ("runs", Some("../../runs")));
        assert_eq!(link("reports", "all runs").path().as_deref(), Some("../all runs"));
    }

    #[test]
    fn a_page_finds_the_store_by_a_relative_path_or_not_at_all() {
        let check = |reports: &str, store: &str, expect: Option<&str>| {
            let link = StoreLink::new(Path::new(reports), Path::new(store));
            assert_eq!(link.and_then(|link| link.target()).as_deref(), expect, "{reports} to {store}");
        };
        check("reports", "runs", Some("../runs"));
        check("./reports/", "./runs/", Some("../runs"));
        check("out/reports", "out/runs", Some("../runs"));
        check("out/reports", "a/../runs", Some("../../runs"));
        check(".", "runs", Some("runs"));
        check("x", "x", Some("."));
        check("reports", "../all runs", Some("../../all%20runs"));
        check("../reports", "../runs", Some("../runs"));
        check("../reports", "runs", None);
        check("/tmp/reports", "runs", None);
        check("reports", "/tmp/runs", None);
        check("reports", "javascript:x/..", Some(".."));
        check("reports", "javascript:x", Some("../javascript%3Ax"));
        check(".", "javascript:x", Some("javascript%3Ax"));
    }
}
