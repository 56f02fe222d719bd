//! A space prepared for proposals: every place in it as numbers, from the unit interval and back to values.

use recur_core::params::ParamValue;
use recur_core::space::{Dimension, Point, Range, SearchBox, Space, Values};

/// A space with the axes of each box in the order of their names, so that the order in a spec decides nothing.
#[derive(Clone, Debug)]
pub(crate) struct Ranges {
    pub(crate) boxes: Vec<Axes>,
}

/// The axes of a box.
#[derive(Clone, Debug)]
pub(crate) struct Axes(pub(crate) Vec<Axis>);

/// A dimension, and where it is in the spec's order.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    position: usize,
    dimension: Dimension,
}

/// A place in a space.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    /// The box.
    pub(crate) in_box: usize,
    /// A number for each axis: the value, or its index in the list of values.
    pub(crate) at: Vec<f64>,
}

impl Ranges {
    pub(crate) fn new(space: &Space) -> Self {
        Self { boxes: space.boxes.iter().map(Axes::new).collect() }
    }

    /// The place as a point of the space.
    pub(crate) fn point(&self, place: &Place) -> Point {
        let mut values: Vec<(usize, ParamValue)> =
            self.axes(place).map(|(axis, x)| (axis.position, axis.value(x))).collect();
        values.sort_by_key(|(position, _)| *position);
        Point { in_box: place.in_box, values: values.into_iter().map(|(_, value)| value).collect() }
    }

    /// What equal points have in common, also when they lie in two boxes: names and values.
    pub(crate) fn key(&self, place: &Place) -> String {
        self.axes(place).map(|(axis, x)| format!("{:?}={:?};", axis.name(), axis.value(x))).collect()
    }

    /// How many points there are, each box counted by itself; none if a box has a range of real numbers.
    pub(crate) fn size(&self) -> Option<u64> {
        self.boxes.iter().try_fold(0_u64, |sum, axes| Some(sum.saturating_add(axes.size()?)))
    }

    fn axes(&self, place: &Place) -> impl Iterator<Item = (&Axis, f64)> {
        self.boxes[place.in_box].0.iter().zip(place.at.iter().copied())
    }
}

impl Axes {
    fn new(of: &SearchBox) -> Self {
        let axis = |(position, dimension): (usize, &Dimension)| Axis { position, dimension: dimension.clone() };
        let mut axes: Vec<Axis> = of.dimensions.iter().enumerate().map(axis).collect();
        axes.sort_by(|a, b| a.name().cmp(b.name()));
        Self(axes)
    }

    /// How many points the box has; none if one of its ranges holds real numbers.
    pub(crate) fn size(&self) -> Option<u64> {
        self.0.iter().try_fold(1_u64, |product, axis| Some(product.saturating_mul(axis.size()?)))
    }

    /// The coordinates of point `index` of a box with finitely many.
    pub(crate) fn nth(&self, mut index: u64) -> Vec<f64> {
        let coordinate = |axis: &Axis| {
            let size = axis.size().unwrap_or(1).max(1);
            let digit = index % size;
            index /= size;
            axis.first() + digit as f64
        };
        self.0.iter().map(coordinate).collect()
    }
}

impl Axis {
    pub(crate) fn name(&self) -> &str {
        &self.dimension.name
    }

    pub(crate) fn values(&self) -> &Values {
        &self.dimension.values
    }

    /// The coordinate of the share `u` of the axis, from 0 to 1: values of a list are equally wide, and so are whole
    /// numbers.
    pub(crate) fn at_unit(&self, u: f64) -> f64 {
        match self.values() {
            Values::List(values) => crate::draws::below(u, values.len()) as f64,
            Values::Range(range) => {
                let (low, high) = ends(range);
                rounded(range, from_scale(range, low + u * (high - low)))
            }
        }
    }

    /// The whole numbers that count the values of a list, if the list has an order: three numbers or more that ascend, or
    /// descend. Neighbours in it are alike, whatever their distance.
    pub(crate) fn places_in_order(&self) -> Option<Range> {
        let Values::List(values) = self.values() else { return None };
        let numbers: Vec<f64> = values.iter().map(number).collect::<Option<_>>()?;
        let (mut pairs, ascend) = (numbers.windows(2), numbers.first() < numbers.last());
        let is_ordered =
            numbers.len() > 2 && pairs.all(|pair| if ascend { pair[0] < pair[1] } else { pair[0] > pair[1] });
        is_ordered.then_some(Range { from: 0.0, to: (numbers.len() - 1) as f64, log: false, whole: true })
    }

    fn value(&self, x: f64) -> ParamValue {
        match self.values() {
            Values::List(values) => values[x as usize].clone(),
            Values::Range(range) => range.value(x),
        }
    }

    fn first(&self) -> f64 {
        match self.values() {
            Values::List(_) => 0.0,
            Values::Range(range) => range.from,
        }
    }

    fn size(&self) -> Option<u64> {
        match self.values() {
            Values::List(values) => Some(values.len() as u64),
            Values::Range(range) => range.whole.then(|| (range.to - range.from) as u64 + 1),
        }
    }
}

fn number(value: &ParamValue) -> Option<f64> {
    match value {
        ParamValue::Integer(n) => Some(*n as f64),
        ParamValue::Real(x) => Some(*x),
        _ => None,
    }
}

/// The ends of a range on its scale. A whole number is as wide as the step to the next.
pub(crate) fn ends(range: &Range) -> (f64, f64) {
    let half = if range.whole { 0.5 } else { 0.0 };
    (to_scale(range, range.from - half), to_scale(range, range.to + half))
}

/// `x` on the scale on which equal distances count equally.
pub(crate) fn to_scale(range: &Range, x: f64) -> f64 {
    if range.log { libm::log(x) } else { x }
}

/// The opposite of [`to_scale`].
pub(crate) fn from_scale(range: &Range, x: f64) -> f64 {
    if range.log { libm::exp(x) } else { x }
}

/// The value of the range that is nearest to `x`.
pub(crate) fn rounded(range: &Range, x: f64) -> f64 {
    match range.value(x) {
        ParamValue::Integer(n) => n as f64,
        // Adding 0 makes −0 to 0, which are one value.
        ParamValue::Real(x) => x + 0.0,
        _ => x,
    }
}
