//! The grids of a model: those of all models together with its own.

use crate::axis::axis;
use crate::check::{Checker, join};
use crate::entry::Axis;
use crate::error::ErrorKind;
use crate::key::Kind;
use crate::models::{Fixed, Listed, declared, varied};
use crate::source::Span;
use crate::tree::{Content, Entry, Node};
use crate::varied::{Varied, setting};

/// An axis with the place of its key.
pub(crate) type Placed = (Axis, Span);

/// A grid as a spec writes it.
pub(crate) struct GridNode<'t> {
    pub entries: Vec<&'t Entry>,
    path: String,
    /// Whether it is one of several, where a single value is an axis as well.
    is_listed: bool,
}

/// The grids in a `sweep`: a mapping is one, a list holds several. There is always one at least.
pub(crate) fn grid_nodes<'t>(checker: &mut Checker<'_>, node: Option<&'t Node>, path: &str) -> Vec<GridNode<'t>> {
    let only = |entries| vec![GridNode { entries, path: path.to_owned(), is_listed: false }];
    let Some(node) = node else { return only(Vec::new()) };
    let Content::Sequence(elements) = &node.content else {
        return only(checker.entries(node, path, &Kind::Axes).unwrap_or_default());
    };
    if elements.is_empty() {
        checker.wrong(node, path, &Kind::Axes);
        return only(Vec::new());
    }
    let grid = |(index, element): (usize, &'t Node)| {
        let path = format!("{path}.{index}");
        let entries = checker.entries(element, &path, &Kind::Axes).unwrap_or_default();
        GridNode { entries, path, is_listed: true }
    };
    elements.iter().enumerate().map(grid).collect()
}

/// An axis of one model; `None` if it is wrong.
struct Own {
    name: &'static str,
    place: Span,
    axis: Option<Axis>,
}

/// The grids of `model`: each shared one with each of its own. What the model says itself wins over shared axes.
pub(crate) fn grids(
    checker: &mut Checker<'_>,
    model: &Listed<'_>,
    fixed: &Fixed,
    shared: &[GridNode<'_>],
) -> Option<Vec<Vec<Placed>>> {
    let path = join(&model.path, "sweep");
    let own = grid_nodes(checker, model.axes, &path);
    let own: Vec<Vec<Own>> = own.iter().map(|grid| own_axes(checker, model, fixed, grid)).collect();
    let mut all: Vec<Option<Vec<Placed>>> = Vec::new();
    for grid in shared {
        let shared = shared_axes(checker, model, grid);
        for own in &own {
            all.push(together(&shared, own, fixed));
        }
    }
    let all: Vec<Vec<Placed>> = all.into_iter().collect::<Option<_>>()?;
    let mut once: Vec<Vec<Placed>> = Vec::new();
    for grid in all {
        let same = |other: &Vec<Placed>| other.iter().map(|(axis, _)| axis).eq(grid.iter().map(|(axis, _)| axis));
        if !once.iter().any(same) {
            once.push(grid);
        }
    }
    Some(once)
}

/// A shared axis that a model has or uses.
struct SharedAxis {
    varied: Varied,
    place: Span,
    axis: Option<Axis>,
    /// Whether it says something of this model.
    is_used: bool,
}

fn shared_axes(checker: &mut Checker<'_>, model: &Listed<'_>, grid: &GridNode<'_>) -> Vec<SharedAxis> {
    let mut axes = Vec::new();
    for entry in &grid.entries {
        let Some(varied) = varied(model.plugin, &entry.key) else { continue };
        // A shared axis is checked even where the model's own value or axis wins: its errors must not hide.
        let axis = axis(checker, entry, varied, &grid.path, grid.is_listed);
        let is_used = match varied {
            Varied::Parameter(_) => true,
            Varied::Setting(setting) => {
                let ignored = model.plugin.about().ignored();
                !ignored.contains(&setting.training_key) && !says(model.training, &setting.path)
            }
        };
        axes.push(SharedAxis { varied, place: entry.key_span, axis, is_used });
    }
    axes
}

fn together(shared: &[SharedAxis], own: &[Own], fixed: &Fixed) -> Option<Vec<Placed>> {
    let is_own = |name: &str| fixed.contains_key(name) || own.iter().any(|own| own.name == name);
    let mut axes = Vec::new();
    for shared in shared.iter().filter(|shared| shared.is_used && !is_own(shared.varied.name())) {
        axes.push((shared.axis.clone()?, shared.place));
    }
    for own in own {
        axes.push((own.axis.clone()?, own.place));
    }
    Some(axes)
}

/// Whether the mapping `training` of a model has the setting at `path`.
fn says(training: Option<&Node>, path: &str) -> bool {
    let mut keys = path.split('.').skip(1);
    training.is_some_and(|training| keys.try_fold(training, |node, key| node.get(key)).is_some())
}

/// The axes of one of the model's own grids, in the order of the spec.
fn own_axes(checker: &mut Checker<'_>, model: &Listed<'_>, fixed: &Fixed, grid: &GridNode<'_>) -> Vec<Own> {
    let about = model.plugin.about();
    let mut axes = Vec::new();
    for entry in &grid.entries {
        let varied = match setting(&entry.key) {
            Some(setting) => {
                if about.ignored().contains(&setting.training_key) {
                    let (name, model) = (setting.path.clone(), Some(about.id.to_owned()));
                    checker.error(entry.key_span, ErrorKind::UnusedAxis { name, model });
                }
                Varied::Setting(setting)
            }
            None => match declared(checker, model, entry) {
                Some(spec) => Varied::Parameter(spec),
                None => continue,
            },
        };
        if let Some((place, _)) = fixed.get(varied.name()) {
            let fixed = checker.sources.place(*place);
            let (name, model) = (varied.name().to_owned(), about.id.to_owned());
            checker.error(entry.key_span, ErrorKind::FixedAndSwept { name, model, fixed });
        }
        let axis = axis(checker, entry, varied, &grid.path, grid.is_listed);
        axes.push(Own { name: varied.name(), place: entry.key_span, axis });
    }
    axes
}
