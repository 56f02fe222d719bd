//! How much the F1 of each label varies with the rows of a test set.

use crate::label_counts::{LabelCounts, LabelScores};

/// For each label (C), the variance over test groups of its F1, which is the mean over replicates on one test set: what a standard
/// error of it has from the choice of the test rows.
///
/// F1 is a ratio of counts, `2·right/(support + predicted)`. It is linearised at its value (Cochran 1977, "Sampling Techniques",
/// section 6.4), so each group adds `(2·right − F1·(support + predicted))/(support + predicted of all)`, as a mean over replicates. The
/// sum of these is zero, and their squares with `G/(G − 1)` are the variance. Groups and not rows are what is drawn, as rows of one
/// group depend on each other.
///
/// `groups` (N) has the id of each row's group, `truths` (N) its label, and `predictions` (r, N) the predicted labels of each replicate.
/// A label that no row has and none is predicted to have has no variance; below two groups none has.
///
/// # Panics
/// If a slice has not N entries, or a label is not below `n_classes` (C).
pub fn f1_variances(n_classes: usize, groups: &[u32], truths: &[u16], predictions: &[&[u16]]) -> Vec<f64> {
    assert_eq!(groups.len(), truths.len(), "a group for each row");
    let scores: Vec<Vec<LabelScores>> =
        predictions.iter().map(|predicted| scores(n_classes, truths, predicted)).collect();
    let mut rows: Vec<usize> = (0..groups.len()).collect();
    rows.sort_by_key(|row| groups[*row]);
    let (mut variances, mut n_groups) = (vec![0.0; n_classes], 0_usize);
    let mut parts: Vec<(u16, f64)> = Vec::new();
    for group in rows.chunk_by(|a, b| groups[*a] == groups[*b]) {
        n_groups += 1;
        parts.clear();
        for (predicted, scores) in predictions.iter().zip(&scores) {
            group.iter().for_each(|row| parts.extend(parts_of(truths[*row], predicted[*row], scores)));
        }
        parts.sort_by_key(|(label, _)| *label);
        for of_label in parts.chunk_by(|(a, _), (b, _)| a == b) {
            let part = of_label.iter().map(|(_, part)| part).sum::<f64>() / predictions.len() as f64;
            variances[usize::from(of_label[0].0)] += part * part;
        }
    }
    let correction = if n_groups > 1 { n_groups as f64 / (n_groups - 1) as f64 } else { 0.0 };
    variances.into_iter().map(|sum| correction * sum).collect()
}

fn scores(n_classes: usize, truths: &[u16], predicted: &[u16]) -> Vec<LabelScores> {
    assert_eq!(truths.len(), predicted.len(), "a prediction for each row");
    let mut counts = LabelCounts::new(n_classes);
    truths.iter().zip(predicted).for_each(|(truth, predicted)| counts.add((*truth).into(), (*predicted).into(), 1));
    counts.by_label().collect()
}

/// What a row adds to the F1 of its label and of the one that it was predicted to have.
fn parts_of(truth: u16, predicted: u16, scores: &[LabelScores]) -> [(u16, f64); 2] {
    let part = |label: u16, right: f64| {
        let LabelScores { f1, support, predicted, .. } = scores[usize::from(label)];
        (label, (right - f1) / (support + predicted) as f64)
    };
    let right = f64::from(u8::from(truth == predicted));
    [part(truth, right), part(predicted, right)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        // Label 0: support 2, predicted 3, right 2: F1 0.8. Rows of their own add (2 − 0.8·2)/5, twice, and −0.8/5.
        let found = f1_variances(3, &[7, 5, 9], &[0, 0, 1], &[&[0, 0, 0]]);
        let expected = 1.5 * (2.0 * 0.08 * 0.08 + 0.16 * 0.16);
        assert!((found[0] - expected).abs() < 1e-15, "{found:?} {expected}");
        assert_eq!(found[1..], [0.0, 0.0], "F1 is 0, and a label without rows");
        // Two replicates of which the second has all right: their mean.
        let both = f1_variances(3, &[7, 5, 9], &[0, 0, 1], &[&[0, 0, 0], &[0, 0, 1]]);
        assert!((both[0] - expected / 4.0).abs() < 1e-15, "{both:?}");
        assert_eq!(f1_variances(2, &[4, 4], &[0, 1], &[&[0, 0]]), [0.0; 2], "one group");
    }
}
