//! `curves.csv`: a record's results of each epoch, for programs that draw.

use recur_core::metric::Metric;
use recur_core::record::TrialRecord;

/// The table; its numbers are the shortest that read back as the same `f64`.
pub(crate) fn render(record: &TrialRecord) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let requested = record.epochs.first().and_then(|epoch| epoch.validation.requested());
    let metrics: Vec<Metric> = Metric::STORED.into_iter().chain(requested).collect();
    let names = metrics.iter().map(|metric| format!("validation_{}", metric.name()));
    let header = ["epoch", "train_loss"].map(str::to_owned).into_iter().chain(names);
    let in_memory = "a row can be written to memory";
    writer.write_record(header).expect(in_memory);
    for (epoch, results) in record.epochs.iter().enumerate() {
        let values: Vec<f64> = metrics.iter().map(|metric| results.validation.get(*metric)).collect();
        let row = (epoch, results.train_loss, values);
        writer.serialize(row).expect(in_memory);
    }
    writer.into_inner().expect(in_memory)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use recur_core::metric::Scores;
    use recur_core::record::EpochRecord;

    #[test]
    fn results_read_back_as_they_were() {
        let validation = Scores { loss: 5e-324, accuracy: 0.1 + 0.2, macro_f1: 1.0, ..Scores::default() };
        let record = TrialRecord { epochs: vec![EpochRecord { train_loss: 1e300, validation }], ..samples::record(0) };
        let text = String::from_utf8(render(&record)).unwrap();
        let (header, row) = text.trim_end().split_once('\n').unwrap();
        assert_eq!(header, "epoch,train_loss,validation_loss,validation_accuracy,validation_macro_f1");
        let read: Vec<f64> = row.split(',').map(|field| field.parse().unwrap()).collect();
        assert_eq!(read, [0.0, 1e300, 5e-324, 0.1 + 0.2, 1.0]);
        assert!(row.starts_with("0,1e300,5e-324,0.30000000000000004,"), "{row}");
        let validation = validation.with(Metric::RocAuc, 0.75);
        let record = TrialRecord { epochs: vec![EpochRecord { train_loss: 1e300, validation }], ..samples::record(0) };
        let text = String::from_utf8(render(&record)).unwrap();
        assert!(text.contains("macro_f1,validation_roc_auc\n") && text.ends_with(",1.0,0.75\n"), "{text}");
    }
}
