//! A linear classifier as named tensors, and back.

use super::Linear;
use crate::features::{FeatureSettings, Features, LONGEST, NGram, Vocabulary, Weighting, WeightingKind};
use recur_core::model::ModelError;
use recur_core::tensor::{Tensor, TensorData};

/// Fills up the rows of shorter n-grams.
const NO_TOKEN: i64 = -1;

impl Linear {
    /// All that prediction needs: `ngrams` (K, longest) with -1 after the last token, the start mark as token V and the
    /// end mark as V + 1; `labels` (S); `coefficients` (K, S); `intercept` (S); and `idf` (K) where there is one.
    pub fn tensors(&self) -> Vec<Tensor> {
        let (n_columns, n_seen) = (self.features.vocabulary.len(), self.seen.len());
        let seen = self.seen.iter().map(|label| i64::from(*label)).collect();
        let mut tensors = vec![
            ngram_table(&self.features.vocabulary),
            Tensor::new("labels", [n_seen], TensorData::I64(seen)),
            Tensor::f32("coefficients", [n_columns, n_seen], self.coefficients.clone()),
            Tensor::new("intercept", [n_seen], TensorData::F64(self.intercept.clone())),
        ];
        if let Weighting::TfIdf { idf } = &self.features.weighting {
            tensors.push(Tensor::new("idf", [n_columns], TensorData::F64(idf.clone())));
        }
        tensors
    }

    /// The classifier that [`Linear::tensors`] described.
    ///
    /// # Errors
    /// [`ModelError::Weights`] where a tensor is missing, unknown, of another shape or type, or holds numbers that no
    /// classifier with these settings has.
    pub fn from_tensors(settings: FeatureSettings, n_classes: usize, tensors: &[Tensor]) -> Result<Self, ModelError> {
        let expected: &[&str] = match settings.weighting {
            WeightingKind::TfIdf => &["ngrams", "labels", "coefficients", "intercept", "idf"],
            WeightingKind::Presence | WeightingKind::Counts => &["ngrams", "labels", "coefficients", "intercept"],
        };
        if let Some(unknown) = tensors.iter().find(|tensor| !expected.contains(&tensor.name.as_str())) {
            return Err(wrong(&unknown.name, format!("unknown; known: {}", expected.join(", "))));
        }
        let vocabulary = vocabulary(settings, find(tensors, "ngrams")?)?;
        let seen = seen(n_classes, find(tensors, "labels")?)?;
        let (n_columns, n_seen) = (vocabulary.len(), seen.len());
        let coefficients = f32s(find(tensors, "coefficients")?, &[n_columns, n_seen])?;
        let intercept = f64s(find(tensors, "intercept")?, &[n_seen])?;
        let weighting = match settings.weighting {
            WeightingKind::Presence => Weighting::Presence,
            WeightingKind::Counts => Weighting::Counts,
            WeightingKind::TfIdf => Weighting::TfIdf { idf: f64s(find(tensors, "idf")?, &[n_columns])? },
        };
        Ok(Self { features: Features { vocabulary, weighting }, seen, coefficients, intercept, n_classes })
    }
}

fn ngram_table(vocabulary: &Vocabulary) -> Tensor {
    let tokens: Vec<Vec<u16>> = vocabulary.ngrams().iter().map(|ngram| ngram.tokens()).collect();
    let longest = tokens.iter().map(Vec::len).max().unwrap_or(0);
    let padded = |tokens: &Vec<u16>| {
        let padding = std::iter::repeat_n(NO_TOKEN, longest - tokens.len());
        tokens.iter().map(|token| i64::from(*token)).chain(padding).collect::<Vec<_>>()
    };
    Tensor::new("ngrams", [tokens.len(), longest], TensorData::I64(tokens.iter().flat_map(padded).collect()))
}

fn vocabulary(settings: FeatureSettings, tensor: &Tensor) -> Result<Vocabulary, ModelError> {
    let (TensorData::I64(data), [n_columns, longest]) = (&tensor.data, &tensor.shape[..]) else {
        return Err(wrong("ngrams", "expected whole numbers in two dimensions".to_owned()));
    };
    if *n_columns > settings.max_ngrams || *longest > settings.range.to.min(LONGEST) {
        let most = (settings.max_ngrams, settings.range.to);
        return Err(wrong("ngrams", format!("shape {:?} is larger than {most:?}", tensor.shape)));
    }
    let ngrams = data.chunks_exact((*longest).max(1)).map(|row| ngram(settings, row)).collect::<Option<Vec<_>>>();
    ngrams
        .and_then(|ngrams| Vocabulary::new(settings.range, ngrams))
        .ok_or_else(|| wrong("ngrams", "not an ascending table of n-grams of this alphabet".to_owned()))
}

/// The n-gram in `row`, unless a token or the length is one that `settings` do not have.
fn ngram(settings: FeatureSettings, row: &[i64]) -> Option<NGram> {
    let length = row.iter().position(|token| *token == NO_TOKEN).unwrap_or(row.len());
    let (tokens, padding) = row.split_at(length);
    let known =
        |token: &i64| u16::try_from(*token).ok().filter(|token| usize::from(*token) < settings.range.n_tokens + 2);
    let tokens = tokens.iter().map(known).collect::<Option<Vec<u16>>>()?;
    let sound = length >= settings.range.from && padding.iter().all(|token| *token == NO_TOKEN);
    sound.then(|| NGram::new(&tokens))
}

fn seen(n_classes: usize, tensor: &Tensor) -> Result<Vec<u16>, ModelError> {
    let (TensorData::I64(data), [_]) = (&tensor.data, &tensor.shape[..]) else {
        return Err(wrong("labels", "expected whole numbers in one dimension".to_owned()));
    };
    let known = |label: &i64| u16::try_from(*label).ok().filter(|label| usize::from(*label) < n_classes);
    let labels = data.iter().map(known).collect::<Option<Vec<u16>>>();
    labels
        .filter(|labels| !labels.is_empty() && labels.is_sorted_by(|a, b| a < b))
        .ok_or_else(|| wrong("labels", format!("expected ascending labels below {n_classes}, got {data:?}")))
}

fn find<'a>(tensors: &'a [Tensor], name: &str) -> Result<&'a Tensor, ModelError> {
    tensors.iter().find(|tensor| tensor.name == name).ok_or_else(|| wrong(name, "missing".to_owned()))
}

fn f32s(tensor: &Tensor, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
    match &tensor.data {
        TensorData::F32(data) if tensor.shape == shape => Ok(data.clone()),
        _ => Err(wrong(&tensor.name, format!("expected f32 of shape {shape:?}, got shape {:?}", tensor.shape))),
    }
}

fn f64s(tensor: &Tensor, shape: &[usize]) -> Result<Vec<f64>, ModelError> {
    match &tensor.data {
        TensorData::F64(data) if tensor.shape == shape => Ok(data.clone()),
        _ => Err(wrong(&tensor.name, format!("expected f64 of shape {shape:?}, got shape {:?}", tensor.shape))),
    }
}

fn wrong(name: &str, problem: String) -> ModelError {
    ModelError::Weights { name: name.to_owned(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::NGramRange;
    use crate::linear::tests::example;

    const SETTINGS: FeatureSettings = FeatureSettings {
        range: NGramRange { from: 1, to: 1, n_tokens: 2 },
        min_texts: 1,
        max_ngrams: 2,
        weighting: WeightingKind::Counts,
    };

    #[test]
    fn tensors_hold_the_whole_classifier() {
        assert_eq!(Linear::from_tensors(SETTINGS, 3, &example().tensors()).unwrap(), example());
        let mut tfidf = example();
        tfidf.features.weighting = Weighting::TfIdf { idf: vec![1.5, 2.5] };
        let settings = FeatureSettings { weighting: WeightingKind::TfIdf, ..SETTINGS };
        assert_eq!(Linear::from_tensors(settings, 3, &tfidf.tensors()).unwrap(), tfidf);
    }

    /// Damages the example's tensor `name`; the refusal must name it.
    fn check(name: &str, damage: impl Fn(&mut Tensor)) {
        let mut tensors = example().tensors();
        damage(tensors.iter_mut().find(|tensor| tensor.name == name).unwrap());
        let error = Linear::from_tensors(SETTINGS, 3, &tensors).unwrap_err();
        assert!(error.to_string().starts_with(&format!("weight `{name}`")), "{error}");
    }

    #[test]
    fn damaged_tensors_are_refused_by_name() {
        check("ngrams", |tensor| tensor.data = TensorData::I64(vec![1, 0]));
        check("ngrams", |tensor| tensor.data = TensorData::I64(vec![0, 4]));
        check("ngrams", |tensor| tensor.data = TensorData::I64(vec![-1, 0]));
        check("labels", |tensor| tensor.data = TensorData::I64(vec![0, 3]));
        check("labels", |tensor| tensor.data = TensorData::I64(vec![2, 0]));
        check("labels", |tensor| tensor.shape = vec![1, 2]);
        check("coefficients", |tensor| tensor.shape = vec![4]);
        check("intercept", |tensor| tensor.data = TensorData::I64(vec![0, 0]));
    }

    #[test]
    fn another_set_of_tensors_is_refused() {
        let refused = |tensors: &[Tensor]| Linear::from_tensors(SETTINGS, 3, tensors).unwrap_err().to_string();
        assert_eq!(refused(&example().tensors()[..3]), "weight `intercept`: missing");
        let idf = Tensor::new("idf", [1], TensorData::F64(vec![1.0]));
        assert!(refused(&[example().tensors(), vec![idf]].concat()).starts_with("weight `idf`: unknown"));
    }
}
