//! Where the store is, as seen from a report: the report's HTML page leads from there to the trials.

use crate::page::link_target;
use serde::{Deserialize, Serialize};
use std::path::{Component, Path};

/// The store and the folder of reports, both by the relative paths that the user gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreLink {
    store: String,
    reports: String,
}

impl StoreLink {
    /// From the folder of `reports` to `store`. Nothing where one of the paths is absolute or not UTF-8, or where the names of
    /// folders above the working folder would be needed: a report does not depend on where its machine keeps it.
    pub fn new(reports: &Path, store: &Path) -> Option<Self> {
        let link = Self { store: store.to_str()?.to_owned(), reports: reports.to_str()?.to_owned() };
        link.target().is_some().then_some(link)
    }

    /// The store, as the user named it.
    pub(crate) fn store(&self) -> &str {
        &self.store
    }

    /// The store as the target of a link in the folder of reports, without a slash at its end. A record that somebody changed may
    /// have none.
    pub(crate) fn target(&self) -> Option<String> {
        let (store, reports) = (parts(&self.store)?, parts(&self.reports)?);
        let n_shared = store.iter().zip(&reports).take_while(|(a, b)| a == b).count();
        let (down, up) = (&store[n_shared..], &reports[n_shared..]);
        if up.contains(&"..") {
            return None;
        }
        let steps = up.iter().map(|_| "..".to_owned()).chain(down.iter().map(|name| link_target(name)));
        let steps: Vec<String> = steps.collect();
        Some(if steps.is_empty() { ".".to_owned() } else { steps.join("/") })
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
