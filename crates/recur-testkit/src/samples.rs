//! Small data for the tests of other crates.

/// 60 names in three languages.
pub fn names_csv() -> String {
    let parts = [
        ("Czech", ["Nov", "Vac", "Sko", "Dvor"], ["ak", "ek", "il", "sky", "ny"]),
        ("Irish", ["Mac", "O'N", "Bri", "Fla"], ["an", "eil", "gan", "herty", "ley"]),
        ("Korean", ["K", "P", "Ch", "Y"], ["im", "ark", "o", "un", "ong"]),
    ];
    let mut csv = "name,label\n".to_owned();
    for (language, starts, ends) in parts {
        for (start, end) in starts.iter().flat_map(|start| ends.iter().map(move |end| (start, end))) {
            csv.push_str(&format!("{start}{end},{language}\n"));
        }
    }
    csv
}
