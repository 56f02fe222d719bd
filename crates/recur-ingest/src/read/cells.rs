//! The values of a Parquet column as text.

use polars::prelude::{ArrowDataType, DataType, PolarsResult, Series, pf16};
use polars_arrow::array::{Array, BinaryViewArray, BooleanArray, PrimitiveArray, Utf8ViewArray};
use polars_arrow::types::NativeType;
use std::fmt::Display;

/// A value: nothing, its text, or bytes that are not UTF-8.
pub(super) type Cell = Result<Option<String>, Vec<u8>>;

/// The type that a column of type `found` is read as; of a column that is not read, the name of its type.
pub(super) fn readable(found: &ArrowDataType) -> Result<ArrowDataType, String> {
    use ArrowDataType as A;
    Ok(match found {
        A::Utf8 | A::LargeUtf8 | A::Utf8View => A::Utf8View,
        // Old writers leave it open whether bytes are text.
        A::Binary | A::LargeBinary | A::BinaryView => A::BinaryView,
        A::Dictionary(_, values, _) => readable(values)?,
        A::Extension(extension) => readable(&extension.inner)?,
        A::Decimal(precision, scale) | A::Decimal32(precision, scale) | A::Decimal64(precision, scale) => {
            A::Decimal(*precision, *scale)
        }
        A::Int8 | A::Int16 | A::Int32 | A::Int64 | A::UInt8 | A::UInt16 | A::UInt32 | A::UInt64 => found.clone(),
        A::Float16 | A::Float32 | A::Float64 | A::Boolean | A::Null | A::Date32 | A::Date64 => found.clone(),
        A::Decimal256(..) => return Err("decimal with more than 38 digits".to_owned()),
        A::Timestamp(..) => return Err("timestamp".to_owned()),
        A::Time32(_) | A::Time64(_) => return Err("time".to_owned()),
        A::Duration(_) | A::Interval(_) => return Err("duration".to_owned()),
        A::FixedSizeBinary(n) => return Err(format!("{n} bytes of binary data")),
        A::List(_) | A::LargeList(_) | A::FixedSizeList(..) => return Err("list".to_owned()),
        A::Map(..) => return Err("map".to_owned()),
        A::Struct(_) => return Err("struct".to_owned()),
        other => return Err(format!("{other:?}").chars().take(60).collect()),
    })
}

/// The values of a column that are left.
pub(super) struct Cells {
    arrays: Vec<Box<dyn Array>>,
    /// Values of the first array that are taken already.
    taken: usize,
}

impl Cells {
    pub fn new(mut arrays: Vec<Box<dyn Array>>) -> Self {
        arrays.reverse();
        Self { arrays, taken: 0 }
    }

    pub fn n_left(&self) -> usize {
        self.arrays.iter().map(|array| array.len()).sum::<usize>() - self.taken
    }

    /// The next `n` values, or as many as there are.
    pub fn take(&mut self, n: usize) -> PolarsResult<Vec<Cell>> {
        let mut cells = Vec::with_capacity(n);
        while let Some(array) = self.arrays.last() {
            let more = (n - cells.len()).min(array.len() - self.taken);
            cells.extend(texts(array.sliced(self.taken, more))?);
            self.taken += more;
            if self.taken < array.len() {
                break;
            }
            self.arrays.pop();
            self.taken = 0;
        }
        Ok(cells)
    }
}

fn texts(array: Box<dyn Array>) -> PolarsResult<Vec<Cell>> {
    use ArrowDataType as A;
    Ok(match array.dtype() {
        A::Utf8View => of::<Utf8ViewArray>(array.as_ref()).iter().map(|text| Ok(text.map(str::to_owned))).collect(),
        A::BinaryView => of::<BinaryViewArray>(array.as_ref()).iter().map(text).collect(),
        A::Boolean => {
            of::<BooleanArray>(array.as_ref()).iter().map(|value| Ok(value.map(|value| value.to_string()))).collect()
        }
        A::Null => vec![Ok(None); array.len()],
        A::Int8 => plain::<i8>(array.as_ref()),
        A::Int16 => plain::<i16>(array.as_ref()),
        A::Int32 => plain::<i32>(array.as_ref()),
        A::Int64 => plain::<i64>(array.as_ref()),
        A::UInt8 => plain::<u8>(array.as_ref()),
        A::UInt16 => plain::<u16>(array.as_ref()),
        A::UInt32 => plain::<u32>(array.as_ref()),
        A::UInt64 => plain::<u64>(array.as_ref()),
        A::Date32 => numbers(array.as_ref(), |days: i32| date(days.into())),
        A::Date64 => numbers(array.as_ref(), |milliseconds: i64| date(milliseconds.div_euclid(86_400_000))),
        A::Decimal(_, scale) => numbers(array.as_ref(), |value: i128| decimal(value, *scale)),
        A::Float16 => {
            let values =
                of::<PrimitiveArray<pf16>>(array.as_ref()).iter().map(|value| value.map(|value| f32::from(*value)));
            floats(values.collect::<PrimitiveArray<f32>>().boxed())?
        }
        _ => floats(array)?,
    })
}

fn of<T: 'static>(array: &dyn Array) -> &T {
    array.as_any().downcast_ref().expect("an array of the type that was asked for")
}

fn text(bytes: Option<&[u8]>) -> Cell {
    match bytes.map(|bytes| std::str::from_utf8(bytes).map_err(|_| bytes)) {
        None => Ok(None),
        Some(Ok(text)) => Ok(Some(text.to_owned())),
        Some(Err(bytes)) => Err(bytes.to_owned()),
    }
}

fn plain<T: NativeType + Display>(array: &dyn Array) -> Vec<Cell> {
    numbers(array, |value: T| value.to_string())
}

fn numbers<T: NativeType>(array: &dyn Array, text: impl Fn(T) -> String) -> Vec<Cell> {
    of::<PrimitiveArray<T>>(array).iter().map(|value| Ok(value.map(|value| text(*value)))).collect()
}

/// As polars writes them.
fn floats(array: Box<dyn Array>) -> PolarsResult<Vec<Cell>> {
    let text = Series::from_arrow("".into(), array)?.cast(&DataType::String)?;
    Ok(text.str()?.iter().map(|value| Ok(value.map(str::to_owned))).collect())
}

/// `value` with the last `scale` digits behind the point, all of them: decimals that are equal have one text.
fn decimal(value: i128, scale: usize) -> String {
    let (sign, digits) = (if value < 0 { "-" } else { "" }, value.unsigned_abs().to_string());
    if scale == 0 {
        return format!("{sign}{digits}");
    }
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    format!("{sign}{whole}.{fraction}")
}

/// The date `days` after 1 January 1970 (ISO 8601; Howard Hinnant, "chrono-compatible low-level date algorithms").
fn date(days: i64) -> String {
    // Days since 1 March of year 0, in eras of 400 years: leap days come last.
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, shift) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", year_of_era + era * 400 + shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_iso_8601() {
        let check = |days: i64, expected: &str| assert_eq!(date(days), expected);
        check(0, "1970-01-01");
        check(-1, "1969-12-31");
        check(11_016, "2000-02-29");
        check(11_017, "2000-03-01");
        check(19_782, "2024-02-29");
        check(-719_468, "0000-03-01");
        check(2_932_896, "9999-12-31");
    }

    #[test]
    fn decimals_keep_their_digits() {
        let check = |value: i128, scale: usize, expected: &str| assert_eq!(decimal(value, scale), expected);
        check(12_345, 2, "123.45");
        check(5, 2, "0.05");
        check(-5, 2, "-0.05");
        check(100, 2, "1.00");
        check(-7, 0, "-7");
        check(i128::MIN, 1, "-17014118346046923173168730371588410572.8");
    }

    #[test]
    fn cells_are_taken_over_the_bounds_of_arrays() {
        let array = |values: &[i8]| PrimitiveArray::<i8>::from_slice(values).boxed();
        let mut cells = Cells::new(vec![array(&[1, 2, 3]), array(&[]), array(&[4, 5])]);
        let mut take = |n| cells.take(n).unwrap().into_iter().map(|cell| cell.unwrap().unwrap()).collect::<String>();
        assert_eq!([take(2), take(2), take(9), take(1)], ["12", "34", "5", ""]);
    }

    #[test]
    fn values_become_text() {
        let check = |array: Box<dyn Array>, expected: &[Option<&str>]| {
            let found: Vec<_> = Cells::new(vec![array]).take(9).unwrap().into_iter().map(Result::unwrap).collect();
            assert_eq!(found, expected.iter().map(|text| text.map(str::to_owned)).collect::<Vec<_>>());
        };
        check(PrimitiveArray::<u64>::from([Some(u64::MAX), None]).boxed(), &[Some("18446744073709551615"), None]);
        check(PrimitiveArray::<f64>::from_slice([1.0, 0.1]).boxed(), &[Some("1.0"), Some("0.1")]);
        check(PrimitiveArray::<pf16>::from_slice([pf16::from(1.5_f32)]).boxed(), &[Some("1.5")]);
        check(BooleanArray::from([Some(true), None]).boxed(), &[Some("true"), None]);
        check(BinaryViewArray::from_slice([Some(b"a".as_slice()), None]).boxed(), &[Some("a"), None]);
        let not_utf8 = Cells::new(vec![BinaryViewArray::from_slice([Some(b"\xff".as_slice())]).boxed()]).take(1);
        assert_eq!(not_utf8.unwrap(), [Err(vec![0xff])]);
    }
}
