//! Every type of a Parquet column is read, or refused by its name.

use crate::common::ingest_file;
use polars::prelude::{ArrowDataType, ArrowField, ArrowSchema, pf16};
use polars_arrow::array::{
    Array, BinaryViewArray, BooleanArray, DictionaryArray, FixedSizeBinaryArray, NullArray, PrimitiveArray,
    StructArray, Utf8ViewArray,
};
use polars_arrow::datatypes::TimeUnit;
use polars_arrow::record_batch::RecordBatchT;
use polars_arrow::types::NativeType;
use polars_parquet::write::{
    CompressionOptions, FileWriter, RowGroupIterator, StatisticsOptions, Version, WriteOptions, get_dtype_encoding,
};
use recur_core::facts::RejectReason;
use std::sync::Arc;

const NAMES: [&str; 4] = ["Abe", "Novák", "Ito", "Dvořák"];

/// A Parquet file of these columns.
fn parquet(columns: &[(&str, Box<dyn Array>)]) -> Vec<u8> {
    let field = |(name, array): &(&str, Box<dyn Array>)| {
        ((*name).into(), ArrowField::new((*name).into(), array.dtype().clone(), true))
    };
    let schema: ArrowSchema = columns.iter().map(field).collect();
    let options = WriteOptions {
        statistics: StatisticsOptions::empty(),
        version: Version::V1,
        compression: CompressionOptions::Uncompressed,
        data_page_size: None,
    };
    let encodings: Vec<_> = columns.iter().map(|(_, array)| get_dtype_encoding(array.dtype())).collect();
    let n_rows = columns[0].1.len();
    let arrays = columns.iter().map(|(_, array)| array.clone()).collect();
    let batch = RecordBatchT::new(n_rows, Arc::new(schema.clone()), arrays);
    let groups = RowGroupIterator::try_new(std::iter::once(Ok(batch)), &schema, options, encodings.into()).unwrap();
    let mut writer = FileWriter::try_new(Vec::new(), schema, options).unwrap();
    for group in groups {
        writer.write(n_rows as u64, group.unwrap()).unwrap();
    }
    writer.end(None).unwrap();
    writer.into_inner()
}

fn with_labels(labels: Box<dyn Array>) -> Vec<u8> {
    parquet(&[("name", Utf8ViewArray::from_slice_values(NAMES).boxed()), ("label", labels)])
}

/// Labels of the four texts, which have to be read as `expected`: two different ones, sorted.
fn check(labels: Box<dyn Array>, expected: [&str; 2]) {
    let dtype = labels.dtype().clone();
    let found = ingest_file("a.parquet", &with_labels(labels)).unwrap_or_else(|error| panic!("{dtype:?}: {error}"));
    assert_eq!(found.dataset.label_names(), expected, "{dtype:?}");
    assert_eq!(found.facts.rows, 4, "{dtype:?}");
}

fn check_refused(labels: Box<dyn Array>, name: &str) {
    let expected =
        format!("column `label` of `a.parquet` is of type {name}: it should hold text, numbers, booleans or dates");
    let error = ingest_file("a.parquet", &with_labels(labels)).unwrap_err();
    assert_eq!(error.to_string(), expected);
    assert!(error.hint().unwrap().contains("as text"));
}

fn numbers<T: NativeType>(values: [T; 4]) -> PrimitiveArray<T> {
    PrimitiveArray::from_slice(values)
}

#[test]
fn integers_of_every_width_are_read() {
    check(numbers([i8::MIN, 7, 7, 7]).boxed(), ["-128", "7"]);
    check(numbers([i16::MIN, 7, 7, 7]).boxed(), ["-32768", "7"]);
    check(numbers([i32::MIN, 7, 7, 7]).boxed(), ["-2147483648", "7"]);
    check(numbers([i64::MIN, 7, 7, 7]).boxed(), ["-9223372036854775808", "7"]);
    check(numbers([u8::MAX, 7, 7, 7]).boxed(), ["255", "7"]);
    check(numbers([u16::MAX, 7, 7, 7]).boxed(), ["65535", "7"]);
    check(numbers([u32::MAX, 7, 7, 7]).boxed(), ["4294967295", "7"]);
    check(numbers([u64::MAX, 7, 7, 7]).boxed(), ["18446744073709551615", "7"]);
}

#[test]
fn other_numbers_booleans_and_dates_are_read() {
    check(numbers([0.5_f32, 1.0, 1.0, 1.0]).boxed(), ["0.5", "1.0"]);
    check(numbers([0.5_f64, 1.0, 1.0, 1.0]).boxed(), ["0.5", "1.0"]);
    check(numbers([0.5_f32, 1.0, 1.0, 1.0].map(pf16::from)).boxed(), ["0.5", "1.0"]);
    check(BooleanArray::from_slice([true, false, false, true]).boxed(), ["false", "true"]);
    check(numbers([0, 19_782, 0, 0]).to(ArrowDataType::Date32).boxed(), ["1970-01-01", "2024-02-29"]);
    for precision in [5, 12, 30] {
        let decimals = numbers([-5_i128, 12_345, -5, -5]).to(ArrowDataType::Decimal(precision, 2));
        check(decimals.boxed(), ["-0.05", "123.45"]);
    }
}

#[test]
fn text_is_read_however_it_is_kept() {
    let texts = ["Czech", "Japanese", "Czech", "Czech"];
    let expected = ["Czech", "Japanese"];
    check(Utf8ViewArray::from_slice_values(texts).boxed(), expected);
    check(polars_arrow::array::Utf8Array::<i64>::from_slice(texts).boxed(), expected);
    check(BinaryViewArray::from_slice_values(texts).boxed(), expected);
    let values = Utf8ViewArray::from_slice_values(expected).boxed();
    let dictionary = DictionaryArray::try_from_keys(numbers([0_u32, 1, 0, 0]), values, false).unwrap();
    check(dictionary.boxed(), expected);
    let dictionary =
        DictionaryArray::try_from_keys(numbers([0_i8, 1, 0, 0]), numbers([30_i64, 40, 0, 0]).boxed(), false);
    check(dictionary.unwrap().boxed(), ["30", "40"]);
}

#[test]
fn bytes_that_are_no_text_are_rejected_by_row() {
    let names = BinaryViewArray::from_slice_values([b"Abe".as_slice(), b"Nov\xe1k", b"Ito", b"Novak"]);
    let labels = numbers([1_i8, 2, 1, 2]);
    let found = ingest_file("a.parquet", &parquet(&[("name", names.boxed()), ("label", labels.boxed())])).unwrap();
    let rejects: Vec<_> = found.rejects.iter().map(|reject| (reject.line, reject.reason)).collect();
    assert_eq!(rejects, [(2, RejectReason::InvalidUtf8)]);
    assert_eq!(found.facts.rows, 3);
}

#[test]
fn other_types_are_refused_by_name() {
    let times = numbers([0_i64, 1, 2, 3]);
    check_refused(times.clone().to(ArrowDataType::Timestamp(TimeUnit::Microsecond, None)).boxed(), "timestamp");
    check_refused(times.clone().to(ArrowDataType::Time64(TimeUnit::Nanosecond)).boxed(), "time");
    check_refused(times.to(ArrowDataType::Duration(TimeUnit::Microsecond)).boxed(), "duration");
    let bytes = FixedSizeBinaryArray::from_iter((0..4_u8).map(|i| Some([i; 3])), 3);
    check_refused(bytes.boxed(), "3 bytes of binary data");
    let fields = vec![ArrowField::new("x".into(), ArrowDataType::Int64, true)];
    let structs = StructArray::new(ArrowDataType::Struct(fields), 4, vec![numbers([0_i64; 4]).boxed()], None);
    check_refused(structs.boxed(), "struct");
}

#[test]
fn a_column_of_nothing_is_a_column_of_missing_values() {
    let error = ingest_file("a.parquet", &with_labels(NullArray::new(ArrowDataType::Null, 4).boxed())).unwrap_err();
    assert!(error.to_string().contains("missing label"), "{error}");
}
