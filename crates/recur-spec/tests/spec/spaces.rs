//! Lists of grids, what they leave out, models that are listed twice, and what a search or a race asks of other keys.

use crate::{least, parse, parse_with, reported};
use proptest::prelude::*;
use recur_core::params::ParamValue;
use recur_core::plan::Plan;
use recur_core::search::{Halving, Race, SearchMethod, SearchSettings};
use recur_core::settings::{Optimizer, TestRows};
use recur_core::space::{Point, Range, Values};
use std::collections::BTreeSet;

/// The plan of a spec, which its resolved form makes as well.
fn plan(more: &str) -> Plan {
    of_text(&least(more))
}

fn of_text(text: &str) -> Plan {
    let spec = parse(text).unwrap_or_else(|errors| panic!("{errors}"));
    let resolved = spec.resolved_yaml();
    let again = parse(&resolved).unwrap_or_else(|errors| panic!("{errors}\n{resolved}"));
    assert_eq!(again.plan(), Plan { question: again.question.clone(), ..spec.plan() }, "{resolved}");
    spec.plan()
}

fn titles(plan: &Plan) -> Vec<String> {
    plan.configurations.iter().map(|configuration| configuration.title()).collect()
}

#[test]
fn a_list_of_grids_is_their_union() {
    let plan = plan(
        "sweep:
  - {training.optimizer.name: adam, learning_rate: [0.001, 0.003]}
  - {training.optimizer.name: sgd, learning_rate: [0.05, 0.1], training.optimizer.momentum: [0, 0.9]}
",
    );
    let name =
        |optimizer: &str, rest: &str| format!("manual_rnn(training.optimizer.name={optimizer}, learning_rate={rest})");
    let momentum = "training.optimizer.momentum";
    let expected = [
        name("adam", "0.001"),
        name("adam", "0.003"),
        name("sgd", &format!("0.05, {momentum}=0")),
        name("sgd", &format!("0.05, {momentum}=0.9")),
        name("sgd", &format!("0.1, {momentum}=0")),
        name("sgd", &format!("0.1, {momentum}=0.9")),
    ];
    assert_eq!(titles(&plan), expected);
    let optimizer = |index: usize| plan.training_of(&plan.configurations[index]).optimizer;
    assert_eq!((optimizer(0), optimizer(5)), (Optimizer::ADAM, Optimizer::Sgd { momentum: 0.9 }));
}

#[test]
fn a_setting_without_an_axis_in_a_grid_has_the_value_that_is_trained_with() {
    let grids = "sweep: [{training.batch_size: [8, 16], hidden_size: 1}, {hidden_size: [2, 3]}]\n";
    let of = |batch_size: u32| titles(&plan(&format!("training: {{batch_size: {batch_size}}}\n{grids}")));
    let expected = ["8, hidden_size=1", "16, hidden_size=1", "64, hidden_size=2", "64, hidden_size=3"];
    assert_eq!(of(64), expected.map(|values| format!("manual_rnn(training.batch_size={values})")));
    // What is the same everywhere is not swept.
    let same = plan("training: {batch_size: 8}\nsweep: [{training.batch_size: 8, hidden_size: 1}, {hidden_size: 2}]\n");
    assert_eq!(titles(&same), ["manual_rnn(hidden_size=1)", "manual_rnn(hidden_size=2)"]);
    // A proposal of a search has it as well.
    let boxes = "sweep: [{training.batch_size: [8, 16]}, {hidden_size: [2, 3]}]\nsearch: {configurations: 4}\n";
    let spec = parse(least(boxes)).unwrap();
    let proposed =
        spec.configuration("manual_rnn", &Point { in_box: 1, values: vec![ParamValue::Integer(2)] }).unwrap();
    assert_eq!(proposed.title(), "manual_rnn(training.batch_size=32, hidden_size=2)");
}

#[test]
fn what_two_grids_share_is_trained_once_and_rows_can_be_listed() {
    let plan = plan(
        "sweep: [{hidden_size: [8, 16], activation: tanh}, {hidden_size: [16, 32]}, {hidden_size: 16, activation: [none, tanh]}]\n",
    );
    let expected = ["8, activation=tanh", "16, activation=tanh", "16, activation=none", "32, activation=none"];
    assert_eq!(titles(&plan), expected.map(|values| format!("manual_rnn(hidden_size={values})")));
}

#[test]
fn shared_grids_meet_a_models_own_and_what_a_model_says_wins() {
    let text = "recur: 1
name: two
data: {source: names.csv}
models:
  - {use: manual_rnn, sweep: [{activation: tanh}, {activation: none, hidden_size: [5, 6]}]}
  - {use: stacked_rnn, params: {hidden_size: 7}}
sweep: [{hidden_size: [1, 2]}, {learning_rate: 0.5}]
";
    let plan = of_text(text);
    let of = |model: &str| -> Vec<String> {
        let own = plan.configurations.iter().filter(|configuration| configuration.model == model);
        own.map(|c| {
            c.swept_values().map(|(name, value)| format!("{}={value}", &name[..1])).collect::<Vec<_>>().join(" ")
        })
        .collect()
    };
    let manual = ["h=1 a=tanh l=0.005", "h=2 a=tanh l=0.005", "h=5 a=none l=0.005", "h=6 a=none l=0.005"];
    let fixed_rate = ["h=128 a=tanh l=0.5", "h=5 a=none l=0.5", "h=6 a=none l=0.5"];
    assert_eq!(of("manual_rnn"), [&manual[..], &fixed_rate[..]].concat());
    assert_eq!(of("stacked_rnn"), ["l=0.005", "l=0.5"]);
}

#[test]
fn a_model_is_listed_twice_under_two_names() {
    let text = "recur: 1
name: two
data: {source: names.csv}
models:
  - {use: manual_rnn, as: small, params: {hidden_size: 8}}
  - {use: manual_rnn, as: large, params: {hidden_size: 80}, sweep: {learning_rate: [0.1, 0.2]}}
  - {use: manual_rnn}
report: {baseline: small}
";
    let plan = of_text(text);
    assert_eq!(titles(&plan), ["small", "large(learning_rate=0.1)", "large(learning_rate=0.2)", "manual_rnn"]);
    assert!(plan.configurations.iter().all(|configuration| configuration.plugin == "manual_rnn"));
    let sizes = plan.configurations.iter().map(|c| c.params.size("hidden_size"));
    assert_eq!(sizes.collect::<Vec<_>>(), [8, 80, 80, 128]);
    let spec = parse(text).unwrap();
    // What the store keeps of a trial is the same, whatever reports call its model.
    assert!(!spec.of_trial(&spec.plan().configurations[0], 0).resolved_yaml().contains("small"));
}

proptest! {
    /// `except` against a search through all configurations by hand.
    #[test]
    fn except_leaves_out_what_matches_all_keys_of_an_entry(
        entries in prop::collection::vec((prop::collection::vec(1_u8..4, 1..3), prop::option::of(0_u8..2)), 1..4),
    ) {
        let excluded = |hidden: u8, activation: u8| entries.iter().any(|(sizes, word)| {
            sizes.contains(&hidden) && word.is_none_or(|word| word == activation)
        });
        let words = ["none", "tanh"];
        let written: Vec<String> = entries.iter().map(|(sizes, word)| {
            let word = word.map_or_else(String::new, |word| format!(", activation: {}", words[usize::from(word)]));
            format!("{{hidden_size: {sizes:?}{word}}}")
        }).collect();
        let more = format!("sweep: {{hidden_size: [1, 2, 3], activation: [none, tanh]}}\nexcept: [{}]\n", written.join(", "));
        let expected: BTreeSet<(i64, String)> = (1..4).flat_map(|hidden| (0..2).map(move |word| (hidden, word)))
            .filter(|(hidden, word)| !excluded(*hidden, *word))
            .map(|(hidden, word)| (i64::from(hidden), words[usize::from(word)].to_owned()))
            .collect();
        match parse(least(&more)) {
            Ok(spec) => {
                let found: BTreeSet<(i64, String)> = spec.plan().configurations.iter()
                    .map(|c| (c.params.size("hidden_size") as i64, c.params.choice("activation").to_owned()))
                    .collect();
                prop_assert_eq!(&found, &expected);
                let n_left_out: usize = spec.left_out.iter().map(|left_out| left_out.n_configurations).sum();
                prop_assert_eq!(n_left_out, 6 - expected.len());
            }
            Err(errors) => prop_assert!(expected.is_empty(), "{}", errors),
        }
    }
}

#[test]
fn except_takes_settings_and_what_it_leaves_out_is_known_by_entry() {
    let more = "sweep: {training.batch_size: [8, 16], hidden_size: [1, 2], activation: [none, tanh]}
except:
  - {training.batch_size: 8, hidden_size: [1, 3]}
  - {training.epochs: 10, activation: tanh}
";
    let spec = parse(least(more)).unwrap_or_else(|errors| panic!("{errors}"));
    let left_out: Vec<(String, usize)> =
        spec.left_out.iter().map(|left_out| (left_out.exception.to_string(), left_out.n_configurations)).collect();
    let expected =
        [("{training.batch_size: 8, hidden_size: [1, 3]}", 2), ("{training.epochs: 10, activation: tanh}", 3)];
    assert_eq!(left_out, expected.map(|(entry, n)| (entry.to_owned(), n)));
    assert_eq!(plan(more).configurations.len(), 3);
}

#[test]
fn combinations_that_differ_in_a_parameter_without_effect_are_trained_once() {
    let text = |sweep: &str| {
        format!("recur: 1\nname: idle\ndata: {{source: names.csv}}\nmodels: [{{use: stacked_rnn, {sweep}}}]\n")
    };
    let idle = text("sweep: {layers: [1, 2], nonlinearity: [relu, tanh]}");
    let plan = of_text(&idle);
    let expected = ["1, nonlinearity=tanh", "2, nonlinearity=relu", "2, nonlinearity=tanh"];
    assert_eq!(titles(&plan), expected.map(|values| format!("stacked_rnn(layers={values})")));
    let [without] = &plan.without_effect[..] else { panic!("{:?}", plan.without_effect) };
    assert_eq!(
        without.to_string(),
        "stacked_rnn: nonlinearity has no effect where layers is below 2, so 1 combination is the same as others and not trained again"
    );
    // What is left out is left out before: the example of a parameter without effect matches what the spec says.
    let except = idle.replace("]}}", "]}, except: [{layers: 1, nonlinearity: relu}]}");
    assert_eq!(titles(&of_text(&except)), titles(&plan));
    assert_eq!(parse(&except).unwrap().left_out[0].n_configurations, 1);
    // By default there is one layer.
    assert_eq!(of_text(&text("sweep: {nonlinearity: [tanh, relu]}")).configurations.len(), 1);
    // Proposals of a search that differ only there are the same trial.
    let searched = idle.replace("models:", "search: {configurations: 4}\nmodels:");
    let spec = parse(&searched).unwrap();
    let point = |word: &str| Point { in_box: 0, values: vec![ParamValue::Integer(1), ParamValue::Text(word.into())] };
    let [one, other] = ["relu", "tanh"].map(|word| spec.configuration("stacked_rnn", &point(word)).unwrap());
    assert_eq!(one.params, other.params);
    // A value that is no axis stays as it is: nothing is repeated.
    let fixed = of_text(&text("params: {nonlinearity: relu}, sweep: {layers: [1, 2]}"));
    assert_eq!((fixed.configurations.len(), fixed.without_effect.len()), (2, 0));
    assert_eq!(fixed.configurations[0].params.choice("nonlinearity"), "relu");
}

#[test]
fn a_search_has_spaces_instead_of_configurations() {
    let text = "recur: 1
name: searched
data: {source: names.csv}
models:
  - use: manual_rnn
    sweep:
      - {training.optimizer.name: adam, learning_rate: {log: {from: 0.0001, to: 0.1}}}
      - {training.optimizer.name: sgd, training.optimizer.momentum: {linear: {from: 0, to: 0.9}}, hidden_size: {log: {from: 16, to: 512}}}
  - {use: linfa_logistic}
search: {}
";
    let plan = of_text(text);
    assert_eq!(titles(&plan), ["linfa_logistic"]);
    assert_eq!(plan.split.test_rows, TestRows::Fixed);
    let defaults = SearchSettings { method: SearchMethod::Tpe, configurations: 96, ahead: 8, replicates: 2 };
    assert_eq!(plan.search, Some(defaults));
    assert_eq!(plan.race, Some(Race { replicates: vec![2, 5], keep: 0.13, margin: None }));
    let [space] = &plan.spaces[..] else { panic!("{:?}", plan.spaces) };
    let rate = Range { from: 0.0001, to: 0.1, log: true, whole: false };
    assert_eq!(space.boxes[0].dimensions[1].values, Values::Range(rate));
    assert_eq!(
        space.boxes[1].dimensions[2].values,
        Values::Range(Range { from: 16.0, to: 512.0, log: true, whole: true })
    );

    let spec = parse(text).unwrap();
    let values = vec![ParamValue::Text("sgd".into()), ParamValue::Real(0.25), ParamValue::Integer(99)];
    let proposed = spec.configuration("manual_rnn", &Point { in_box: 1, values }).unwrap();
    assert_eq!(plan.training_of(&proposed).optimizer, Optimizer::Sgd { momentum: 0.25 });
    assert_eq!(
        proposed.title(),
        "manual_rnn(training.optimizer.name=sgd, learning_rate=0.005, training.optimizer.momentum=0.25, hidden_size=99)"
    );
    // It is written as any other configuration is.
    let alone = parse(spec.of_trial(&proposed, 1).resolved_yaml()).unwrap().plan();
    assert_eq!(
        (&alone.configurations[0].params, alone.training.optimizer),
        (&proposed.params, Optimizer::Sgd { momentum: 0.25 })
    );
    assert_eq!((alone.search, alone.race, alone.spaces.len()), (None, None, 0));
}

#[test]
fn a_model_that_is_listed_twice_is_overridden_by_its_name() {
    let text = "recur: 1\nname: twice\ndata: {source: a}\nmodels: [{use: manual_rnn}, {use: manual_rnn, as: small}]\n";
    let hidden = |path: &str| {
        let change = format!("models.{path}.params.hidden_size=7");
        let plan = parse_with(text, &[&change]).unwrap().plan();
        plan.configurations.iter().map(|own| own.params.get("hidden_size").unwrap().to_string()).collect::<Vec<_>>()
    };
    assert_eq!(hidden("small")[1], "7");
    assert_ne!(hidden("small")[0], "7");
    assert_eq!(hidden("manual_rnn")[0], "7");
    assert_eq!(hidden("1"), hidden("small"));
}

#[test]
fn a_model_of_a_search_may_be_a_grid_all_the_same() {
    let text = "recur: 1
name: both
data: {source: names.csv}
models:
  - {use: manual_rnn, as: searched, sweep: {learning_rate: {log: {from: 0.001, to: 0.1}}}}
  - {use: manual_rnn, as: grid, search: false, sweep: {learning_rate: [0.001, 0.01, 0.1]}, except: [{learning_rate: 0.1}]}
search: {configurations: 8}
";
    let plan = of_text(text);
    assert_eq!(titles(&plan), ["grid(learning_rate=0.001)", "grid(learning_rate=0.01)"]);
    assert_eq!(plan.spaces.iter().map(|space| space.model.as_str()).collect::<Vec<_>>(), ["searched"]);
}

#[test]
fn a_race_ends_with_all_replicates_and_tests_on_the_same_rows() {
    let sweep = "sweep: {hidden_size: [1, 2, 3, 4, 5, 6, 7, 8]}\n";
    let race = |more: &str| {
        let plan = plan(&format!("{sweep}{more}"));
        assert_eq!(plan.split.test_rows, TestRows::Fixed);
        plan.race.unwrap()
    };
    let stages = |replicates: &[u32]| Race { replicates: replicates.to_vec(), keep: 0.33, margin: None };
    assert_eq!(race("race: {}\n"), stages(&[1, 2, 5]));
    assert_eq!(race("race: {}\nreplicates: 2\n"), stages(&[1, 2]));
    assert_eq!(
        race("race: {replicates: [2, 5], keep: 0.5, margin: 0.01}\n"),
        Race { keep: 0.5, margin: Some(0.01), ..stages(&[2, 5]) }
    );
    assert_eq!(plan("sweep: {hidden_size: [1, 2]}\nrace: none\n").race, None);
    // With a search as many replicates as its proposals have, then all.
    let searched = |more: &str| plan(&format!("{sweep}{more}"));
    let both = searched("search: {configurations: 8}\nrace: {replicates: [3, 5]}\n");
    assert_eq!((both.search.unwrap().replicates, both.race.unwrap().keep), (3, 0.13));
    assert_eq!(searched("search: {replicates: 5, configurations: 8}\n").race, None);
    assert_eq!(searched("search: {configurations: 8}\nreplicates: 1\n").search.unwrap().replicates, 1);
}

#[test]
fn a_race_counts_the_trials_that_it_may_have() {
    let more = "sweep: {hidden_size: {linear: {from: 1, to: 200, steps: 200}}}\nrace: {}\nlimits: {max_trials: 332}\n";
    plan(more);
    let refused = reported(least(&more.replace("332", "331")));
    assert!(refused.contains("the sweep makes 332 trials"), "{refused}");
}

#[test]
fn what_a_race_keeps_of_a_few_comes_back_from_the_resolved_spec() {
    let few = plan("sweep: {hidden_size: [1, 2, 3]}\nrace: {}\n");
    assert_eq!(few.race.unwrap().n_kept(3), 2);
    let searched = plan("sweep: {learning_rate: {log: {from: 0.001, to: 0.1}}}\nsearch: {configurations: 4}\n");
    assert_eq!((searched.search.unwrap().ahead, searched.race.unwrap().keep), (4, 0.13));
}

#[test]
fn halving_is_of_epochs_and_tests_on_the_same_rows() {
    let sweep = "sweep: {hidden_size: [1, 2, 3, 4]}\n";
    let halving = |more: &str| plan(&format!("{sweep}{more}"));
    let halved = halving("halving: {}\n");
    assert_eq!(halved.halving, Some(Halving { shortest: 1, eta: 3 }));
    assert_eq!(halved.split.test_rows, TestRows::Fixed);
    assert_eq!(halving("halving: {shortest: 4, eta: 2}\n").halving, Some(Halving { shortest: 4, eta: 2 }));
    assert_eq!(halving("halving: none\n").halving, None);
    let spec = parse(least(&format!("{sweep}halving: {{shortest: 2}}\ntraining: {{epochs: 12}}\n"))).unwrap();
    assert_eq!(spec.models[0].epochs(), Some(12));
    let again = parse(spec.resolved_yaml()).unwrap();
    assert_eq!((again.halving, again.plan()), (spec.halving, spec.plan()));
}

#[test]
fn a_training_may_stop_before_its_end() {
    let training = |more: &str| plan(more).training;
    assert_eq!(training("training: {epochs: 8, stop_after: 3}\n").stop_after, Some(3));
    assert_eq!(training("training: {steps: 100, evaluate_every: 20, stop_after: 4}\n").stop_after, Some(4));
    assert_eq!(training("training: {epochs: 8}\n").stop_after, None);
}

#[test]
fn a_flood_of_combinations_of_settings_is_refused_at_once() {
    let thousand = |from: u32| format!("{{linear: {{from: {from}, to: {}, steps: 1000}}}}", from + 999);
    let axes = ["batch_size", "epochs", "optimizer.clip_norm"].map(|name| format!("training.{name}: {}", thousand(1)));
    let refused = reported(least(&format!("sweep: {{{}}}\n", axes.join(", "))));
    assert!(refused.contains("more than the limit of 100000"), "{refused}");
}

#[test]
fn ten_thousand_configurations_are_listed_each_once() {
    let more = "sweep: [{hidden_size: {linear: {from: 1, to: 1000, steps: 1000}}, training.batch_size: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]},
  {hidden_size: {linear: {from: 1, to: 1000, steps: 1000}}, training.batch_size: 10}]\nlimits: {max_trials: 50000}\n";
    assert_eq!(parse(least(more)).unwrap().plan().configurations.len(), 10_000);
}

#[test]
fn wrong_spaces_are_reported_where_they_are() {
    let wrong = |more: &str| reported(least(more));
    let sweep = "sweep: {hidden_size: [8, 16, 32], activation: [none, tanh]}\n";
    let with = |more: &str| wrong(&format!("{sweep}{more}"));
    insta::assert_snapshot!(
        [
            wrong("sweep: []\n"),
            wrong("sweep: [{hidden_sise: 8}, 5, {hidden_size: {from: 1}}]\n"),
            wrong("sweep: {learning_rate: {log: {from: 0.001, to: 0.1}}}\n"),
            with("except: [{hidden_size: 17}]\n"),
            with("except: [{hidden_size: 8, activation: tan}, {hiden_size: 8}, {}, 3]\n"),
            with("except: [{hidden_size: 8, activation: tanh, training.epochs: 11}]\n"),
            with("except: [{hidden_size: [8, 16, 32]}]\n"),
            with("except: {hidden_size: 8}\n"),
            with("search: {}\nexcept: [{hidden_size: 8}]\n"),
        ]
        .join("\n\n")
    );
}

#[test]
fn halving_that_does_not_fit_the_training_is_reported() {
    let with = |more: &str| reported(least(&format!("halving: {{}}\n{more}")));
    insta::assert_snapshot!(
        [
            with("sweep: {training.epochs: [5, 10], hidden_size: [1, 2]}\n"),
            with("training: {steps: 100}\n"),
            with("training: {stop_after: 5}\n"),
            with("training: {epochs: 1}\n"),
            reported(least("halving: {shortest: 8, eta: 1}\n")),
            reported(least("halving: {shortest: 8}\n")),
            reported(least("training: {stop_after: 10}\n")),
            reported(least("sweep: {training.epochs: [3, 9]}\ntraining: {stop_after: 5}\n")),
            reported("recur: 1\nname: none\ndata: {source: a}\nmodels: [{use: linfa_logistic}]\nhalving: {}\n"),
        ]
        .join("\n\n")
    );
}

#[test]
fn wrong_searches_and_races_are_reported_where_they_are() {
    let sweep = "sweep: {hidden_size: [8, 16, 32], activation: [none, tanh]}\n";
    let with = |more: &str| reported(least(&format!("{sweep}{more}")));
    insta::assert_snapshot!(
        [
            with("search: grid\n"),
            with("search: {method: bayes, configurations: 1}\n"),
            with("search: {configurations: 4, ahead: 5, replicates: 9}\n"),
            with("search: {configurations: 9, replicates: 2}\nrace: {replicates: [3, 5]}\n"),
            with("race: {replicates: [2, 1]}\n"),
            with("race: {replicates: [1, 4]}\n"),
            with("race: {replicates: [5]}\n"),
            with("race: {keep: 1, margin: 0}\n"),
            with("race: {}\nreplicates: 1\n"),
            with("race: {keep: 0.5}\nsearch: {configurations: 4, replicates: 5}\n"),
            with("search: {configurations: 4}\ntraining: {epochs: 0}\n"),
            reported(least("search: {}\n")),
            reported(least("sweep: {hidden_size: [8]}\nsearch: {configurations: 9}\n")),
            reported(least("sweep: {learning_rate: {log: {from: 0.1, to: 0.1}}, hidden_size: {linear: {from: 9, to: 1}}}\nsearch: {}\n")),
            reported(
                "recur: 1\nname: folds\ndata: {source: a, split: {folds: 5}}\nmodels: [{use: manual_rnn}]\nsweep: {hidden_size: [1, 2]}\nrace: {}\n"
            ),
            reported(
                "recur: 1\nname: own\ndata: {source: a, split: {test: per_replicate}}\nmodels: [{use: manual_rnn}]\nsweep: {hidden_size: [1, 2]}\nsearch: {}\n"
            ),
            reported(
                "recur: 1\nname: twice\ndata: {source: a}\nmodels: [{use: manual_rnn, as: a}, {use: stacked_rnn, as: a}, {use: manual_rnn, as: Big One}]\n"
            ),
        ]
        .join("\n\n")
    );
}
