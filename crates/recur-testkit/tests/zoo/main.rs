//! A zoo of wrong models: the battery passes the honest one and catches each of the others, by the check that is there
//! for its mistake and by none that has nothing to do with it.

mod flaw;
mod model;
mod net;
mod optimizer;
mod plugin;
mod shared;
mod training;

mod batches;
mod declarations;
mod kept;
mod lessons;
mod reports;
mod results;
mod saved;
mod sizes;
mod table;
mod updates;

use flaw::Flaw;
use plugin::Zoo;
use recur_core::model::ModelPlugin as _;
use recur_core::params::{ParamValue, Params};
use recur_testkit::{Battery, check_model};

/// The battery on a model with this flaw.
fn battery(flaw: Flaw) -> Battery {
    let plugin: &'static Zoo = Box::leak(Box::new(Zoo::new(flaw)));
    check_model(plugin, params(plugin))
}

/// Quick to learn.
fn params(plugin: &Zoo) -> Params {
    let params = Params::defaults(plugin.about().parameters).with("start", ParamValue::Text("large".to_owned()));
    let rate = plugin
        .about()
        .parameters
        .iter()
        .map(|spec| spec.name)
        .find(|name| ["learning_rate", "step_size"].contains(name));
    params.with(rate.expect("it has one"), ParamValue::Real(0.03))
}

/// The flaw must fail the check `meant` for it, besides no others than `too`, which it cannot but fail as well.
#[track_caller]
fn check(flaw: Flaw, meant: &str, too: &[&str]) {
    let battery = battery(flaw);
    let mut failed: Vec<&str> = battery.failures().map(|(name, _)| name).collect();
    failed.sort_unstable();
    let mut expected: Vec<&str> = too.iter().copied().chain([meant]).collect();
    expected.sort_unstable();
    assert_eq!(failed, expected, "{flaw:?}: {battery}");
}
