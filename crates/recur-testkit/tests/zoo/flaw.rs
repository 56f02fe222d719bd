//! What is wrong with each animal.

/// A mistake of a plugin or its model. Each is one that people make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// The honest model.
    None,
    /// The honest model, with lower grades.
    PromisesOneMachine,
    PromisesNothing,

    // What is declared.
    IdIsNoNoun,
    SummaryOfTwoLines,
    NoDescription,
    ParameterTwice,
    ParameterWithoutMeaning,
    RangeUpsideDown,
    RangeWithoutEnd,
    DefaultOutOfRange,
    DefaultsDoNotBuild,
    PanicsAtTheLeastValue,
    CrashesAtTheGreatestRate,
    RefusesAWordAsWeights,

    // Learning.
    LearnsNothing,
    TakesOneCharacterForAnother,
    DividesByTheTextsOfALabel,
    LovesTheCommonLabel,
    IgnoresCancel,
    StepsAndThenCancels,

    // What a step gets.
    LossInBits,
    LossAfterTheStep,
    MeanInPlaceOfLosses,
    SortsTheOrder,
    ReadsRowsByTheirPlace,
    IgnoresClassWeights,

    // Gradients.
    WrongSign,
    GradientTwice,
    SumInPlaceOfMean,
    GradientOfTheLastStepLeftIn,
    OneStepThroughTimeAlone,
    BiasWithoutGradient,
    BiasGradientTwice,
    IgnoresTheLearningRate,
    RateOfAnotherUnit,

    // Predictions.
    Unnormalised,
    PanicsOnOneCharacter,
    OverflowsOnLongTexts,
    NanOnUnseenCharacters,
    PanicsOnNoTexts,
    ReadsAtTheLongestTextsEnd,
    KeepsItsStateFromTextToText,
    AnswersInOrderOfLength,
    DropsOutInPrediction,
    StopsBeforeTheLastCharacter,
    StartsAfterTheFirstCharacter,

    // Weights and state.
    TwoTensorsOfOneName,
    CountsNoBias,
    CountsTooMany,
    ForgetsABias,
    TakesNoBiasBack,
    SavesWhatItNeverReads,
    NeedsTrainingSettingsToPredict,
    TakesAnyWeights,
    CostsMoreThanItTells,
    KeepsEveryLoss,
    ForgetsTheMoments,
    CountsItsOwnSteps,
    DecaysAtTheEndOfACall,
    TakesAnyState,
    TakesStateOfAnyShape,

    // Bits.
    RandomNumbersOfTheProcess,
    OrderOfAHashMap,
    IgnoresTheSeed,
    SharesItsMoments,
    SlowsDownInCompany,
    SplitsASum,
}
