//! The gates of one time of a gated recurrent unit (GRU) and of a long short-term memory (LSTM), forward and backward,
//! each in one pass over its operands.
//!
//! Characters for dimensions: `M` texts, `H` hidden size. The gates of a text are side by side in a row, H numbers each:
//! r, z, n in a `(M, 3H)` and i, f, g, o in a `(M, 4H)`. Every number is computed by itself, each operation rounded, in
//! the order that the formulas are written in.

use crate::Kernels;
use crate::gemm::{load, store};
use crate::isa::{Operation, run};
use crate::math::{sigmoid_v, tanh_v};
use crate::vector::Vector;

impl Kernels {
    /// One time of a GRU (Cho et al. 2014, with the reset gate after the product, as `torch.nn.GRU`).
    ///
    /// On entry `gates (M, 3H)` holds what the inputs give to each gate and `products (M, 3H)` what the state before
    /// gives; on return `gates` holds r, z and n, and `states (M, H)` the states:
    /// ```text
    /// r = σ(x_r + a_r)    z = σ(x_z + a_z)    n = tanh(fma(r, a_n, x_n))    h = fma(z, h_before - n, n)
    /// ```
    /// # Panics
    /// If the sizes do not fit; so do the other three.
    pub fn gru_forward(self, hidden: usize, gates: &mut [f32], products: &[f32], before: &[f32], states: &mut [f32]) {
        let rows = rows_of(hidden, before.len());
        assert!(states.len() == before.len(), "a state a state before");
        assert!(gates.len() == 3 * before.len() && products.len() == gates.len(), "three gates a state");
        let (gates, products) = (gates.as_mut_ptr(), products.as_ptr());
        let cell = GruForward { gates, products, before: before.as_ptr(), states: states.as_mut_ptr() };
        run(self.isa(), EachPlace { rows, hidden, cell });
    }

    /// The backward pass of [`Kernels::gru_forward`]: `gates` and `products`, as that function left them, become the
    /// gradients with respect to what they were on its entry, and `d (M, H)`, the gradient of the states, that of the
    /// states before by the direct way, not through `products`:
    /// ```text
    /// d_x_n = (d · (1 - z)) · (1 - n · n)
    /// d_x_z = d_a_z = (d · (h_before - n)) · (z · (1 - z))
    /// d_x_r = d_a_r = (d_x_n · a_n) · (r · (1 - r))
    /// d_a_n = d_x_n · r                                d_before = d · z
    /// ```
    pub fn gru_backward(self, hidden: usize, gates: &mut [f32], products: &mut [f32], before: &[f32], d: &mut [f32]) {
        let rows = rows_of(hidden, before.len());
        assert!(d.len() == before.len(), "a gradient a state before");
        assert!(gates.len() == 3 * before.len() && products.len() == gates.len(), "three gates a state");
        let (gates, products) = (gates.as_mut_ptr(), products.as_mut_ptr());
        let cell = GruBackward { gates, products, before: before.as_ptr(), d: d.as_mut_ptr() };
        run(self.isa(), EachPlace { rows, hidden, cell });
    }

    /// One time of an LSTM (Hochreiter and Schmidhuber 1997 with the forget gate of Gers et al. 2000, as
    /// `torch.nn.LSTM`).
    ///
    /// On entry `gates (M, 4H)` holds what inputs and state before give to each gate; on return it holds i, f, g and o.
    /// `cells` (c), `squashed` (s) and `states` (h) are written, all (M, H) like `cells_before`:
    /// ```text
    /// i, f, o = σ(x)    g = tanh x    c = fma(f, c_before, i · g)    s = tanh c    h = o · s
    /// ```
    pub fn lstm_forward(
        self,
        hidden: usize,
        gates: &mut [f32],
        cells_before: &[f32],
        cells: &mut [f32],
        squashed: &mut [f32],
        states: &mut [f32],
    ) {
        let rows = rows_of(hidden, states.len());
        assert!(gates.len() == 4 * states.len(), "four gates a state");
        assert!(
            cells_before.len() == states.len() && cells.len() == states.len() && squashed.len() == states.len(),
            "a cell a state"
        );
        let cell = LstmForward {
            gates: gates.as_mut_ptr(),
            cells_before: cells_before.as_ptr(),
            cells: cells.as_mut_ptr(),
            squashed: squashed.as_mut_ptr(),
            states: states.as_mut_ptr(),
        };
        run(self.isa(), EachPlace { rows, hidden, cell });
    }

    /// The backward pass of [`Kernels::lstm_forward`]: `gates`, as that function left it, becomes the gradient with
    /// respect to what it was on its entry, and `d_cells (M, H)`, the gradient of the cells from the time after, that
    /// of the cells before. `d (M, H)` is the gradient of the states:
    /// ```text
    /// d_c   = fma(d · o, 1 - s · s, d_cells)
    /// d_x_i = (d_c · g) · (i · (1 - i))                d_x_f = (d_c · c_before) · (f · (1 - f))
    /// d_x_g = (d_c · i) · (1 - g · g)                  d_x_o = (d · s) · (o · (1 - o))
    /// d_cells = d_c · f
    /// ```
    pub fn lstm_backward(
        self,
        hidden: usize,
        gates: &mut [f32],
        cells_before: &[f32],
        squashed: &[f32],
        d: &[f32],
        d_cells: &mut [f32],
    ) {
        let rows = rows_of(hidden, d.len());
        assert!(gates.len() == 4 * d.len(), "four gates a state");
        assert!(
            cells_before.len() == d.len() && squashed.len() == d.len() && d_cells.len() == d.len(),
            "a cell a state"
        );
        let cell = LstmBackward {
            gates: gates.as_mut_ptr(),
            cells_before: cells_before.as_ptr(),
            squashed: squashed.as_ptr(),
            d: d.as_ptr(),
            d_cells: d_cells.as_mut_ptr(),
        };
        run(self.isa(), EachPlace { rows, hidden, cell });
    }
}

/// Number of rows of `hidden` numbers in `len`.
fn rows_of(hidden: usize, len: usize) -> usize {
    assert!(hidden > 0 && len.is_multiple_of(hidden), "whole rows of {hidden}");
    len / hidden
}

/// Where some lanes of a state are: number `at` of row `row`, `hidden` numbers a row.
#[derive(Clone, Copy)]
struct Place {
    row: usize,
    hidden: usize,
    at: usize,
    /// How many lanes count, where not all do.
    partial: Option<usize>,
}

impl Place {
    /// Where the place is in an array of `n` sections a row, in section `section`.
    #[inline(always)]
    fn offset(self, n: usize, section: usize) -> usize {
        (self.row * n + section) * self.hidden + self.at
    }

    /// # Safety
    /// The CPU has the instructions of `V`, and the array has the place.
    #[inline(always)]
    unsafe fn load<V: Vector>(self, from: *const f32, n: usize, section: usize) -> V {
        // SAFETY: the caller promises both.
        unsafe { load(from.add(self.offset(n, section)), self.partial) }
    }

    /// # Safety
    /// As [`Place::load`].
    #[inline(always)]
    unsafe fn store<V: Vector>(self, lanes: V, to: *mut f32, n: usize, section: usize) {
        // SAFETY: the caller promises both.
        unsafe { store(lanes, to.add(self.offset(n, section)), self.partial) }
    }
}

/// The arithmetic of a cell on the lanes of one place.
trait CellLanes: Copy {
    /// # Safety
    /// - The CPU has the instructions of `V`.
    /// - Every array of the cell has the place.
    unsafe fn step<V: Vector>(self, place: Place);
}

/// Runs a cell's arithmetic on each place of `rows` states.
struct EachPlace<C> {
    rows: usize,
    hidden: usize,
    cell: C,
}

impl<C: CellLanes> Operation for EachPlace<C> {
    type Output = ();

    #[inline(always)]
    unsafe fn run<V: Vector>(self) {
        let Self { rows, hidden, cell } = self;
        for row in 0..rows {
            let mut at = 0;
            // SAFETY: the facade has checked that each array has `rows` rows of `hidden` numbers a section.
            unsafe {
                while at + V::LANES <= hidden {
                    cell.step::<V>(Place { row, hidden, at, partial: None });
                    at += V::LANES;
                }
                if at < hidden {
                    cell.step::<V>(Place { row, hidden, at, partial: Some(hidden - at) });
                }
            }
        }
    }
}

/// `y · (1 - y)`, the slope of the logistic function where it is `y`.
#[inline(always)]
unsafe fn sigmoid_slope<V: Vector>(y: V) -> V {
    // SAFETY: the caller promises the instruction set.
    unsafe { y.mul(V::splat(1.0).sub(y)) }
}

/// `1 - y · y`, the slope of tanh where it is `y`.
#[inline(always)]
unsafe fn tanh_slope<V: Vector>(y: V) -> V {
    // SAFETY: the caller promises the instruction set.
    unsafe { V::splat(1.0).sub(y.mul(y)) }
}

#[derive(Clone, Copy)]
struct GruForward {
    gates: *mut f32,
    products: *const f32,
    before: *const f32,
    states: *mut f32,
}

impl CellLanes for GruForward {
    #[inline(always)]
    unsafe fn step<V: Vector>(self, place: Place) {
        // SAFETY: the caller promises the instruction set and the place.
        unsafe {
            let r = sigmoid_v(place.load::<V>(self.gates, 3, 0).add(place.load(self.products, 3, 0)));
            let z = sigmoid_v(place.load::<V>(self.gates, 3, 1).add(place.load(self.products, 3, 1)));
            let n = tanh_v(r.fma(place.load(self.products, 3, 2), place.load(self.gates, 3, 2)));
            let before = place.load::<V>(self.before, 1, 0);
            place.store(r, self.gates, 3, 0);
            place.store(z, self.gates, 3, 1);
            place.store(n, self.gates, 3, 2);
            place.store(z.fma(before.sub(n), n), self.states, 1, 0);
        }
    }
}

#[derive(Clone, Copy)]
struct GruBackward {
    gates: *mut f32,
    products: *mut f32,
    before: *const f32,
    d: *mut f32,
}

impl CellLanes for GruBackward {
    #[inline(always)]
    unsafe fn step<V: Vector>(self, place: Place) {
        // SAFETY: the caller promises the instruction set and the place.
        unsafe {
            let r = place.load::<V>(self.gates, 3, 0);
            let z = place.load::<V>(self.gates, 3, 1);
            let n = place.load::<V>(self.gates, 3, 2);
            let a_n = place.load::<V>(self.products, 3, 2);
            let before = place.load::<V>(self.before, 1, 0);
            let d = place.load::<V>(self.d, 1, 0);
            let d_n = d.mul(V::splat(1.0).sub(z)).mul(tanh_slope(n));
            let d_z = d.mul(before.sub(n)).mul(sigmoid_slope(z));
            let d_r = d_n.mul(a_n).mul(sigmoid_slope(r));
            place.store(d_r, self.gates, 3, 0);
            place.store(d_r, self.products, 3, 0);
            place.store(d_z, self.gates, 3, 1);
            place.store(d_z, self.products, 3, 1);
            place.store(d_n, self.gates, 3, 2);
            place.store(d_n.mul(r), self.products, 3, 2);
            place.store(d.mul(z), self.d, 1, 0);
        }
    }
}

#[derive(Clone, Copy)]
struct LstmForward {
    gates: *mut f32,
    cells_before: *const f32,
    cells: *mut f32,
    squashed: *mut f32,
    states: *mut f32,
}

impl CellLanes for LstmForward {
    #[inline(always)]
    unsafe fn step<V: Vector>(self, place: Place) {
        // SAFETY: the caller promises the instruction set and the place.
        unsafe {
            let i = sigmoid_v(place.load::<V>(self.gates, 4, 0));
            let f = sigmoid_v(place.load::<V>(self.gates, 4, 1));
            let g = tanh_v(place.load::<V>(self.gates, 4, 2));
            let o = sigmoid_v(place.load::<V>(self.gates, 4, 3));
            let c = f.fma(place.load(self.cells_before, 1, 0), i.mul(g));
            let s = tanh_v(c);
            place.store(i, self.gates, 4, 0);
            place.store(f, self.gates, 4, 1);
            place.store(g, self.gates, 4, 2);
            place.store(o, self.gates, 4, 3);
            place.store(c, self.cells, 1, 0);
            place.store(s, self.squashed, 1, 0);
            place.store(o.mul(s), self.states, 1, 0);
        }
    }
}

#[derive(Clone, Copy)]
struct LstmBackward {
    gates: *mut f32,
    cells_before: *const f32,
    squashed: *const f32,
    d: *const f32,
    d_cells: *mut f32,
}

impl CellLanes for LstmBackward {
    #[inline(always)]
    unsafe fn step<V: Vector>(self, place: Place) {
        // SAFETY: the caller promises the instruction set and the place.
        unsafe {
            let i = place.load::<V>(self.gates, 4, 0);
            let f = place.load::<V>(self.gates, 4, 1);
            let g = place.load::<V>(self.gates, 4, 2);
            let o = place.load::<V>(self.gates, 4, 3);
            let s = place.load::<V>(self.squashed, 1, 0);
            let d = place.load::<V>(self.d, 1, 0);
            let d_c = d.mul(o).fma(tanh_slope(s), place.load(self.d_cells, 1, 0));
            let d_i = d_c.mul(g).mul(sigmoid_slope(i));
            let d_f = d_c.mul(place.load(self.cells_before, 1, 0)).mul(sigmoid_slope(f));
            let d_g = d_c.mul(i).mul(tanh_slope(g));
            let d_o = d.mul(s).mul(sigmoid_slope(o));
            place.store(d_i, self.gates, 4, 0);
            place.store(d_f, self.gates, 4, 1);
            place.store(d_g, self.gates, 4, 2);
            place.store(d_o, self.gates, 4, 3);
            place.store(d_c.mul(f), self.d_cells, 1, 0);
        }
    }
}
