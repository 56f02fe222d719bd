//! Whether a word is a file or a text.

/// Extensions that no text has: of data, of texts, of what recur writes, and of packed files.
const EXTENSIONS: [&str; 40] = [
    "arrow",
    "bz2",
    "csv",
    "dat",
    "db",
    "doc",
    "docx",
    "feather",
    "gz",
    "htm",
    "html",
    "ini",
    "json",
    "jsonl",
    "log",
    "lst",
    "md",
    "ndjson",
    "npy",
    "npz",
    "ods",
    "parquet",
    "pdf",
    "pkl",
    "pq",
    "psv",
    "py",
    "safetensors",
    "tab",
    "tex",
    "text",
    "toml",
    "tsv",
    "txt",
    "xls",
    "xlsx",
    "xml",
    "yaml",
    "yml",
    "zst",
];

/// Whether a word is more like a path than like a text that is to be predicted.
pub(super) fn looks_like_file(word: &str) -> bool {
    let word = word.trim();
    if word == "-" || word.contains(['/', '\\', '*', '?', '[']) || word.starts_with('~') {
        return true;
    }
    let Some((stem, extension)) = word.rsplit_once('.') else { return false };
    // `St.Doc` may be a text: extensions are in one case.
    let lower = extension.to_ascii_lowercase();
    let is_one_case = extension == lower || extension == extension.to_ascii_uppercase();
    !stem.is_empty() && is_one_case && (EXTENSIONS.contains(&lower.as_str()) || matches!(lower.as_str(), "xz" | "zip"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_distinguished_from_names() {
        for file in [
            "-",
            "names.txt",
            "nmaes.TXT",
            "a b.csv",
            "x.csv.gz",
            "./names",
            "data/names",
            "C:\\names",
            "*.txt",
            "~names",
            " a.txt ",
            "n[1].txt",
            "x.safetensors",
            "https://a.b",
            ".hidden/x",
        ] {
            assert!(looks_like_file(file), "{file}");
        }
        for text in [
            "Novak",
            "O'Neill",
            "J. R. Tolkien",
            "St. John",
            "St.Doc",
            "Smith-Jones",
            "",
            ".txt",
            "de la Cruz",
            "Nguyễn",
        ] {
            assert!(!looks_like_file(text), "{text}");
        }
    }
}
