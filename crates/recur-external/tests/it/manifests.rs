//! Manifests: what is wrong with one is reported with its place, and an edit renames its own trials alone.

use recur_core::model::{Condition, Needs, Resources};
use recur_core::registry::{Deferred as _, NoModel, Registry};
use recur_core::settings::TrainingKey;
use recur_external::{ExternalModel, Plugins};
use std::path::Path;
use tempfile::TempDir;

const GOOD: &str = "\
recur_plugin: 1
id: mine
summary: my model
version: 2
command: [sh, mine.sh]
files: [words.txt]
environment: {A: '1'}
grade: machine
regime: one_shot
parameters:
  - {name: rate, kind: real, min: 0, above_min: true, max: 1, default: 1, meaning: a step}
  - {name: size, kind: integer, min: 1, max: 8, default: 4, meaning: a size}
  - {name: word, kind: choice, words: [a, b], default: b, meaning: a word}
  - {name: flag, kind: boolean, default: false, meaning: a flag}
  - {name: pair, kind: integer_pair, min: 1, max: 5, default: [1, 3], meaning: a pair}
  - {name: path, kind: text, max_characters: 8, default: 'a b.bin', meaning: a path}
";

fn write(folder: &Path, manifest: &str) {
    std::fs::create_dir_all(folder).unwrap();
    for (name, content) in [("plugin.yaml", manifest), ("mine.sh", "exit 0\n"), ("words.txt", "words\n")] {
        std::fs::write(folder.join(name), content).unwrap();
    }
}

fn plugin(manifest: &str) -> (TempDir, &'static ExternalModel) {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("mine");
    write(&home, manifest);
    (folder, ExternalModel::in_folder(&home))
}

#[test]
fn a_parameter_may_have_an_effect_only_with_another() {
    let (_folder, plugin) = plugin(&GOOD.replace("kind: boolean,", "kind: boolean, effect_from: {size: 2},"));
    let conditions = plugin.load().unwrap().conditions();
    assert_eq!(conditions, [Condition { parameter: "flag", needs: "size", at_least: 2 }]);
}

#[test]
fn a_manifest_declares_a_model() {
    let (_folder, plugin) = plugin(GOOD);
    let plugin = plugin.load().unwrap();
    assert_eq!((plugin.about().id, plugin.about().summary, plugin.about().version), ("mine", "my model", 2));
    let reported: Vec<String> =
        plugin.about().parameters.iter().map(|spec| format!("{}: {}", spec.name, spec.kind)).collect();
    assert_eq!(
        reported,
        [
            "rate: number above 0, up to 1",
            "size: whole number from 1 to 8",
            "word: one of a, b",
            "flag: true or false",
            "pair: pair [from, to] of whole numbers from 1 to 5",
            "path: text of at most 8 characters, without control characters",
        ]
    );
}

#[test]
fn a_manifest_names_the_settings_that_its_model_does_not_use() {
    assert_eq!(
        plugin(GOOD).1.load().unwrap().about().ignored(),
        TrainingKey::ALL,
        "a model that learns in one go uses none"
    );
    let unused = |line: &str| {
        let (_folder, plugin) = plugin(&GOOD.replace("regime: one_shot", &format!("regime: iterative\n{line}")));
        plugin.load().unwrap().about().ignored()
    };
    assert_eq!(unused(""), []);
    assert_eq!(
        unused("unused_settings: [class_weights, schedule, warmup, label_smoothing]"),
        [TrainingKey::ClassWeights, TrainingKey::Schedule, TrainingKey::Warmup, TrainingKey::LabelSmoothing]
    );
}

#[test]
fn a_manifest_of_a_model_that_learns_in_one_go_names_the_settings_that_it_uses() {
    let about = |used: &str| {
        let (_folder, plugin) = plugin(&GOOD.replace("regime: one_shot", &format!("regime: one_shot\n{used}")));
        let about = plugin.load().unwrap().about();
        (about.heeds_class_weights(), about.ignored(), about.code)
    };
    let (heeds, ignored, code) = about("used_settings: [class_weights]");
    assert_eq!((heeds, ignored), (true, &TrainingKey::OF_STEPS[..]));
    // What weights there are is part of a trial's identity: the declaration changes no other trial.
    assert_eq!(about("used_settings: []"), (false, &TrainingKey::ALL[..], code));
    assert_eq!(about(""), (false, &TrainingKey::ALL[..], code));
    let one_shot = "regime: one_shot";
    check(one_shot, "regime: one_shot\nused_settings: [warmup]", &["`used_settings` may name class_weights: "]);
    check(one_shot, "regime: one_shot\nused_settings: [weights]", &["unknown variant `weights`"]);
    check(one_shot, "regime: one_shot\nunused_settings: []", &["uses only its `used_settings`"]);
    check(one_shot, "regime: iterative\nused_settings: [class_weights]", &["uses all but its `unused_settings`"]);
}

#[track_caller]
fn check(old: &str, new: &str, reported: &[&str]) {
    assert!(GOOD.contains(old), "{old}");
    let (folder, plugin) = plugin(&GOOD.replacen(old, new, 1));
    let problem = plugin.load().map(|_| ()).expect_err("it is refused").problem;
    assert!(problem.starts_with(&folder.path().join("mine/plugin.yaml").display().to_string()), "{problem}");
    for part in reported {
        assert!(problem.contains(part), "`{part}` is not in: {problem}");
    }
}

#[test]
fn what_is_wrong_with_a_manifest_is_reported() {
    check("recur_plugin: 1", "recur_plugin: 2", &["`recur_plugin` is 2", "format 1"]);
    check("recur_plugin: 1\n", "", &["missing field `recur_plugin`"]);
    check("id: mine", "id: yours", &["`id` is `yours`, expected `mine`"]);
    check("summary: my model", "sumary: my model", &["unknown field `sumary`", "`summary`", "line 3 column 1"]);
    check("summary: my model", "summary: ''", &["`summary` is not one line"]);
    check("summary: my model", "summary: my model\ncost: ''", &["`cost` is not one line"]);
    check("summary: my model", "sumary: my model", &["\n3 | sumary: my model\n  | ^"]);
    check("version: 2", "version: two", &["version", "line 4 column 10", "\n4 | version: two\n  |          ^"]);
    check("command: [sh, mine.sh]", "command: []", &["`command` names no program"]);
    check("command: [sh, mine.sh]", "command: sh mine.sh", &["command", "expected a sequence", "line 5"]);
    check("words.txt", "gone.txt", &["the file gone.txt: No such file"]);
    check("grade: machine", "grade: good", &["unknown variant `good`", "`portable`, `machine`, `none`"]);
    check("regime: one_shot\n", "", &["missing field `regime`"]);
    check("id: mine", "id: [", &["at line"]);
}

#[test]
fn words_that_a_terminal_would_obey_are_refused() {
    check(
        "summary: my model",
        "summary: \"my \\e[31mmodel\"",
        &["`summary` has the character \\x1b, which cannot be shown"],
    );
    check("summary: my model", "summary: \"my \\u202emodel\"", &["`summary` has the character \\u{202e}"]);
    check(
        "summary: my model",
        "summary: my model\ndescription: \"a\\nb\\a\"",
        &["`description` has the character \\x07"],
    );
    check("summary: my model", "summary: my model\ncost: \"a\\eb\"", &["`cost` has the character \\x1b"]);
    check(
        "meaning: a word",
        "meaning: \"a\\ab\"",
        &["parameter `word`: `a\\x07b` has a character that cannot be shown"],
    );
    check("words: [a, b]", "words: [\"a\\e\", b]", &["parameter `word`: `a\\x1b` has a character"]);
    check("name: rate", "name: \"ra\\ete\"", &["parameter `ra\\x1bte`: its name is not snake_case"]);
    check("id: mine", "id: \"mi\\ene\"", &["`id` is `mi\\x1bne`"]);
}

#[cfg(unix)]
#[test]
fn files_that_are_no_regular_ones_are_refused_at_once() {
    let link = |target: &'static str| {
        move |home: &Path| {
            std::fs::remove_file(home.join("words.txt")).unwrap();
            std::os::unix::fs::symlink(target, home.join("words.txt")).unwrap();
        }
    };
    let reported = |change: &dyn Fn(&Path)| {
        let (folder, plugin) = plugin(GOOD);
        change(&folder.path().join("mine"));
        plugin.load().map(|_| ()).expect_err("it is refused").problem
    };
    let pipe = |home: &Path| {
        std::fs::remove_file(home.join("words.txt")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(home.join("words.txt")).status().unwrap().success());
    };
    let large = |home: &Path| std::fs::File::create(home.join("words.txt")).unwrap().set_len(20 << 30).unwrap();
    let changes: [&dyn Fn(&Path); 4] = [&pipe, &link("/dev/zero"), &link("."), &large];
    let words =
        ["is a named pipe", "is a device", "is a folder", "has 21474836480 bytes or more, and at most 1073741824"];
    for (change, words) in changes.into_iter().zip(words) {
        let problem = reported(change);
        assert!(problem.contains(&format!("the file words.txt: it {words}")), "{problem}");
    }
    let manifest = |home: &Path| {
        std::fs::remove_file(home.join("plugin.yaml")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(home.join("plugin.yaml")).status().unwrap().success());
    };
    assert!(reported(&manifest).contains("it is a named pipe, and no regular file"));
}

#[test]
fn what_is_wrong_with_a_parameter_is_reported() {
    check("name: rate", "name: Rate", &["parameter `Rate`: its name is not snake_case"]);
    check("name: size", "name: rate", &["parameter `rate` is declared twice"]);
    check("meaning: a step", "meaning: ''", &["parameter `rate`: its `meaning` is not one line"]);
    check(
        "max: 1, default: 1,",
        "max: 1, default: 2,",
        &["parameter `rate`: its default 2 is not a number above 0, up to 1"],
    );
    check("kind: integer, min: 1", "kind: integer, min: 0.5", &["parameter `size`: `min` must be a whole number"]);
    check("words: [a, b]", "words: []", &["parameter `word`: `words` must list"]);
    check("kind: boolean,", "kind: boolean, min: 1,", &["parameter `flag`: `min` means nothing for its kind"]);
    check(
        "max_characters: 8",
        "max_characters: 0",
        &["parameter `path`: `max_characters` must be a whole number from 1"],
    );
    check(
        "default: 'a b.bin'",
        "default: too/long.bin",
        &["parameter `path`: its default too/long.bin is not a text of at"],
    );
    check("default: 'a b.bin'", "default: \"a\\eb\"", &["its default a\\x1bb is not a text"]);
    check("kind: boolean,", "kind: boolean, max_characters: 3,", &["`max_characters` means nothing for its kind"]);
    check("kind: real", "kind: float", &["unknown variant `float`", "line 11"]);
    let with = |effect: &'static str| format!("kind: boolean, effect_from: {effect},");
    let other = "which is no other parameter with whole numbers";
    for (effect, problem) in [
        ("{size: 2, word: 1}", "parameter `flag`: `effect_from` names one other parameter with a whole number"),
        ("{word: 1}", other),
        ("{flag: 1}", other),
        ("{sise: 2}", other),
    ] {
        check("kind: boolean,", Box::leak(with(effect).into_boxed_str()), &[problem]);
    }
}

#[test]
fn limits_are_held_to_what_makes_sense() {
    check("regime: one_shot", "regime: one_shot\nlimits: {epoch_seconds: 0}", &["`limits.epoch_seconds` is 0"]);
    check("regime: one_shot", "regime: one_shot\nlimits: {idle_seconds: .nan}", &["`limits.idle_seconds` is NaN"]);
    check("regime: one_shot", "regime: one_shot\nlimits: {message_mib: 9999}", &["`limits.message_mib` is 9999"]);
    check("regime: one_shot", "regime: iterative\nunused_settings: [weights]", &["unknown variant `weights`"]);
    check("regime: one_shot", "regime: iterative\nunused_settings: [sampling]", &["recur itself applies the others"]);
    check("regime: one_shot", "regime: one_shot\nlimits: {hours: 1}", &["unknown field `hours`"]);
}

#[test]
fn what_a_plugin_needs_is_declared() {
    assert_eq!(plugin(GOOD).1.load().unwrap().needs(), Needs::default());
    let lines =
        "texts: raw\nvalidation: true\nreuse: true\nresources: {exclusive: true, max_processes: 2, threads: 4}\n";
    let resources = Resources { exclusive: true, max_processes: Some(2), threads: 4 };
    let needs = Needs { raw_texts: true, validation: true, resources };
    assert_eq!(plugin(&format!("{GOOD}{lines}")).1.load().unwrap().needs(), needs);
    let line = |line: &'static str| -> &'static str { Box::leak(format!("grade: machine\n{line}").into_boxed_str()) };
    check("grade: machine", line("texts: letters"), &["unknown variant `letters`", "`tokens` or `raw`"]);
    check(
        "grade: machine",
        line("resources: {threads: 0}"),
        &["`resources.threads` is 0, expected a whole number from 1"],
    );
    check("grade: machine", line("resources: {max_processes: 0}"), &["`resources.max_processes` is 0"]);
    check("grade: machine", line("resources: {gpus: 1}"), &["unknown field `gpus`", "`max_processes`"]);
    check("grade: machine", line("reuse: sometimes"), &["reuse", "expected a boolean"]);
    let frozen = |list: &str| line(Box::leak(format!("frozen: [{list}]").into_boxed_str()));
    let digest = "0".repeat(64);
    check("grade: machine", frozen("{name: a, file: b}"), &["missing field `digest`"]);
    let short = "{name: a, file: b, digest: '00'}";
    check("grade: machine", frozen(short), &["`frozen`: the `digest` of `a` is not the SHA-256 of a file"]);
    let one = |name: &str| format!("{{name: {name}, file: b, digest: '{digest}'}}");
    check("grade: machine", frozen(&format!("{0}, {0}", one("a"))), &["`frozen` has two files called `a`"]);
    check("grade: machine", frozen(&one("\"a\\e\"")), &["`frozen`: `a\\x1b` is no name for a tensor"]);
}

#[test]
fn an_edit_of_what_decides_results_makes_other_trials_and_no_other_edit_does() {
    let code = |change: &dyn Fn(&Path)| {
        let (folder, plugin) = plugin(GOOD);
        change(&folder.path().join("mine"));
        plugin.load().unwrap().about().code
    };
    let manifest = |old: &'static str, new: &'static str| {
        assert!(GOOD.contains(old));
        move |home: &Path| std::fs::write(home.join("plugin.yaml"), GOOD.replacen(old, new, 1)).unwrap()
    };
    let before = code(&|_| {});
    assert_eq!(before.len(), 64);
    assert_ne!(before, code(&|home| std::fs::write(home.join("mine.sh"), "exit 1\n").unwrap()));
    assert_ne!(before, code(&|home| std::fs::write(home.join("words.txt"), "word\n").unwrap()));
    assert_ne!(before, code(&manifest("[sh, mine.sh]", "[sh, mine.sh, -x]")));
    assert_ne!(before, code(&manifest("A: '1'", "A: '2'")));
    // The same words in another section are another plugin.
    let moved = code(&manifest(
        "[sh, mine.sh]\nfiles: [words.txt]\nenvironment: {A: '1'}",
        "[sh, mine.sh, A, '1']\nfiles: [words.txt]",
    ));
    assert_ne!(before, moved);
    assert_eq!(
        before,
        code(&manifest("summary: my model", "summary: another word\ncost: little\nlimits: {idle_seconds: 9}"))
    );
    assert_eq!(before, code(&|home| std::fs::write(home.join("notes.txt"), "not named").unwrap()));
    let digest =
        |digit: &str| format!("grade: machine\nfrozen: [{{name: a, file: b, digest: '{}'}}]", digit.repeat(64));
    let frozen = ["0", "1"].map(|digit| &*Box::leak(digest(digit).into_boxed_str()));
    let lines = ["grade: machine\ntexts: raw", "grade: machine\nvalidation: true", frozen[0], frozen[1]];
    let codes = lines.map(|line| code(&manifest("grade: machine", line)));
    let distinct: std::collections::BTreeSet<_> = codes.iter().chain([&before]).collect();
    assert_eq!(distinct.len(), 5, "what it is given decides results");
    let how = "grade: machine\nreuse: true\nresources: {exclusive: true, max_processes: 2, threads: 1}";
    assert_eq!(before, code(&manifest("grade: machine", how)));
    let more = "grade: machine\nresources: {threads: 2}";
    assert_ne!(before, code(&manifest("grade: machine", more)));
}

#[test]
fn plugins_of_a_folder_are_registered_and_none_of_their_manifests_is_read_before_it_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b", "a"] {
        write(&folder.path().join(name), "nonsense");
    }
    std::fs::create_dir(folder.path().join("no_plugin")).unwrap();
    std::fs::write(folder.path().join("recur_plugin.py"), "").unwrap();
    let plugins = Plugins::find(folder.path()).unwrap();
    let mut registry = Registry::new();
    plugins.register(&mut registry);
    assert_eq!(registry.ids().collect::<Vec<_>>(), ["a", "b"]);
    // Read only now.
    write(&folder.path().join("a"), &GOOD.replace("mine\n", "a\n"));
    assert!(registry.get("a").is_ok());
    assert!(matches!(registry.get("b"), Err(NoModel::Broken(_))));
    plugins.register(&mut registry);
    let twice = registry.get("a").err().unwrap().to_string();
    assert!(twice.contains("several plugins have this id") && twice.contains("a/plugin.yaml"), "{twice}");
    let gone = Plugins::find(&folder.path().join("gone")).unwrap_err().to_string();
    assert!(gone.contains("cannot read the folder of plugins"), "{gone}");
}
