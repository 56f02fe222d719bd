//! What is wrong with each animal.

macro_rules! flaws {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A mistake of a plugin or its model. Each is one that people make.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Flaw {
            $($(#[$doc])* $name,)*
        }

        impl Flaw {
            /// All, the honest models first.
            pub const ALL: &[Flaw] = &[$(Flaw::$name,)*];
        }
    };
}

flaws! {
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

    LossesCapped,
    TrainsOnTheFirstCharacters,

    // From gradients to steps.
    AdamWithoutBiasCorrection,
    AdamEpsilonInside,
    AdamStepsByEpoch,
    AdamOfUsualNumbers,
    Dampened,
    Nesterov,
    MomentumAnewEachEpoch,
    RateInTheVelocity,
    IgnoresClip,
    ClipsEachTensor,
    CosineFromOne,
    CosineByEpoch,
    CosineByCall,
    CosineOfEpochsOfWholeBatches,
    IgnoresTheSchedule,
    DecaysItsWeights,
    SmoothsItsLabels,
    HidesItsRateAndSmooths,

    // Batches and labels.
    DividesShortBatchesByTheirSize,
    LeavesOutAShortLastBatch,
    IgnoresTheBatchSize,
    LearnsFromTheFirst256OfABatch,
    LeavesOutTheLastTextOfALongCall,
    DividesWeightsByTexts,
    WeighsByFirstAppearance,
    WeighsTheLossAlone,
    DividesByTheWeightsOfTheCall,
    ForgetsTheLastLabelsWeight,
    UsesWhatItDeclaresUnused,

    // Dropout.
    DropsByTheTextInPrediction,
    DropsTheSameEachStep,
    DropsTheSameForAllSeeds,
    DropsWithoutScale,
    DropsWithTheOtherScale,
    DropsNothing,
    DropsWhatItShouldKeep,

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

    KeepsAnswersByText,
    KeepsAnswersByRow,
    ForgetsAnswersInTrainingOnly,
    AnswersAfterItLearnsMore,
    ReadsTheFirst16Characters,
    ReadsTheLast16Characters,
    ReadsTheFirst64Characters,
    CharactersIn8Bits,
    LabelsIn8Bits,
    WrongBeyond256Texts,
    RowsIn16Bits,
    RowsOfTrainingIn16Bits,

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
    TakesHalfOfRefusedWeights,
    TakesHalfOfARefusedState,
    HidesADivergence,
    HandsOnNan,
    CountsTheStepOfADivergenceInTheCall,
    KeepsACopyThatSetWeightsForgets,
    RoundsWhatItSaves,
    TakesAnyState,
    TakesStateOfAnyShape,

    // Bits.
    RandomNumbersOfTheProcess,
    OrderOfAHashMap,
    IgnoresTheSeed,
    SharesItsMoments,
    SlowsDownInCompany,
    SplitsASum,
    SplitsTheSumOfLargeBatches,
    DrawsTwoWeightsFromOneStream,
    SeedOfTheClock,
    PlatformExp,
}
