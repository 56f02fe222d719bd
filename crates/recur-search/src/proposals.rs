//! The proposals of one model, in their order: which results each of them may know, and that no point comes twice.

use crate::draws::{Draws, below};
use crate::outcome::Outcome;
use crate::ranges::{Place, Ranges};
use crate::sobol;
use crate::tpe;
use recur_core::metric::Metric;
use recur_core::random::StreamPath;
use recur_core::search::{SearchMethod, SearchSettings};
use recur_core::space::{Point, Space};
use std::collections::BTreeSet;

/// How many independent points are drawn to find one that is not proposed yet.
const DRAWS: u32 = 64;
/// The same in a space that cannot be walked through: so many draws without a new point mean that there is none.
const DRAWS_OF_REAL: u32 = 1_024;

/// The proposals of one model so far.
#[derive(Clone, Debug)]
pub(crate) struct Proposals {
    settings: SearchSettings,
    metric: Metric,
    root: StreamPath,
    ranges: Ranges,
    places: Vec<Place>,
    points: Vec<Point>,
    keys: BTreeSet<String>,
    is_exhausted: bool,
    #[cfg(test)]
    knows_arrivals: bool,
}

impl Proposals {
    pub(crate) fn new(seed: u64, metric: Metric, settings: SearchSettings, space: &Space) -> Self {
        let (root, ranges) = (Draws::root(seed, &space.model), Ranges::new(space));
        let (places, points, keys) = Default::default();
        Self {
            settings,
            metric,
            root,
            ranges,
            places,
            points,
            keys,
            is_exhausted: false,
            #[cfg(test)]
            knows_arrivals: false,
        }
    }

    pub(crate) fn points(&self) -> &[Point] {
        &self.points
    }

    pub(crate) fn is_exhausted(&self) -> bool {
        self.is_exhausted
    }

    /// Whether no further proposal will come.
    pub(crate) fn are_complete(&self) -> bool {
        self.is_exhausted || self.points.len() >= self.settings.configurations as usize
    }

    /// At most how many there can be.
    pub(crate) fn most(&self) -> usize {
        let size = self.ranges.size().map_or(usize::MAX, |size| usize::try_from(size).unwrap_or(usize::MAX));
        size.min(self.settings.configurations as usize)
    }

    /// Adds the next proposal if there is one and the outcomes that it knows are there; whether something changed.
    /// `outcomes` are those of the proposals so far.
    pub(crate) fn propose(&mut self, outcomes: &[Option<Outcome>]) -> bool {
        if self.are_complete() {
            return false;
        }
        #[cfg(test)]
        if self.knows_arrivals {
            return self.propose_by_arrival(outcomes);
        }
        let known = &outcomes[..self.n_known()];
        if known.iter().any(Option::is_none) {
            return false;
        }
        let next = self.next(known);
        self.add(next);
        true
    }

    /// Makes this a wrong search, to test the tests.
    #[cfg(test)]
    pub(crate) fn know_arrivals(&mut self) {
        self.knows_arrivals = true;
    }

    /// Proposes with all outcomes so far, whichever they are, as soon as fewer than `ahead` trials run.
    #[cfg(test)]
    fn propose_by_arrival(&mut self, outcomes: &[Option<Outcome>]) -> bool {
        let may_run = outcomes.iter().filter(|outcome| outcome.is_none()).count() < self.settings.ahead as usize;
        if may_run {
            let next = self.next(outcomes);
            self.add(next);
        }
        may_run
    }

    /// How many of the first proposals' results the next proposal knows. Points that results do not influence know none.
    fn n_known(&self) -> usize {
        match self.settings.method {
            SearchMethod::Random | SearchMethod::Sobol => 0,
            SearchMethod::Tpe => (self.points.len() + 1).saturating_sub(self.settings.ahead.max(1) as usize),
        }
    }

    fn add(&mut self, next: Option<Place>) {
        let Some(place) = next else {
            self.is_exhausted = true;
            return;
        };
        self.keys.insert(self.ranges.key(&place));
        self.points.push(self.ranges.point(&place));
        self.places.push(place);
    }

    /// The next proposal; none if there is no other point.
    fn next(&self, known: &[Option<Outcome>]) -> Option<Place> {
        if self.ranges.boxes.is_empty() {
            return None;
        }
        let index = self.places.len();
        let draws = Draws::of_proposal(&self.root, index);
        let candidates = self.candidates(index, &draws, known);
        candidates.into_iter().find(|place| self.is_new(place)).or_else(|| self.other(&draws))
    }

    /// What the method proposes, the best first.
    fn candidates(&self, index: usize, draws: &Draws, known: &[Option<Outcome>]) -> Vec<Place> {
        match self.settings.method {
            SearchMethod::Random => vec![self.drawn(draws, 0)],
            SearchMethod::Sobol => vec![sobol::place(&self.ranges, &self.root, index)],
            SearchMethod::Tpe => tpe::candidates(&self.ranges, &self.places, known, self.metric, draws)
                .unwrap_or_else(|| vec![sobol::place(&self.ranges, &self.root, index)]),
        }
    }

    fn is_new(&self, place: &Place) -> bool {
        !self.keys.contains(&self.ranges.key(place))
    }

    /// The `n`-th independent point of a proposal: every box is equally likely, and every place in it.
    fn drawn(&self, draws: &Draws, n: u32) -> Place {
        let in_box = below(draws.for_box(n), self.ranges.boxes.len());
        let axes = self.ranges.boxes[in_box].0.iter();
        Place { in_box, at: axes.map(|axis| axis.at_unit(draws.for_dimension(axis.name(), n))).collect() }
    }

    /// A point that is not proposed yet, where the method has none: a drawn one, or else the next one in the order of a
    /// walk through all boxes with finitely many points.
    fn other(&self, draws: &Draws) -> Option<Place> {
        let new = |n| Some(self.drawn(draws, n)).filter(|place| self.is_new(place));
        let walked = || self.walk(draws).find(|place| self.is_new(place));
        let drawn = (1..DRAWS).find_map(new).or_else(walked);
        if self.ranges.size().is_some() { drawn } else { drawn.or_else(|| (DRAWS..DRAWS_OF_REAL).find_map(new)) }
    }

    /// Every point of every box with finitely many, from a drawn one on.
    fn walk(&self, draws: &Draws) -> impl Iterator<Item = Place> {
        let sizes = self.ranges.boxes.iter().enumerate().filter_map(|(in_box, axes)| Some((in_box, axes.size()?)));
        sizes.flat_map(move |(in_box, size)| {
            let first = below(draws.for_box(0), usize::try_from(size).unwrap_or(usize::MAX)) as u64;
            let indices = (0..size).map(move |step| (first + step) % size.max(1));
            indices.map(move |index| Place { in_box, at: self.ranges.boxes[in_box].nth(index) })
        })
    }
}
