//! Event files while trials are trained, also where a run ended early.

use crate::fixture;
use recur_core::event::Event;
use recur_core::plan::Configuration;
use recur_core::selection::TrialOutcome;
use recur_core::trial::Trial;
use recur_viewers::{FolderError, LiveError, LiveTensorBoard, tensorboard, write_folder};
use std::path::{Path, PathBuf};

/// A trial of six epochs, with its configuration.
fn sample() -> (Configuration, TrialOutcome) {
    let experiment = fixture::small().experiment();
    let outcome = experiment.trials.iter().find(|outcome| outcome.record.epochs.len() == 6).unwrap();
    (experiment.plan.configurations[outcome.trial.configuration].clone(), outcome.clone())
}

/// Trains the epochs `from` to `to` (exclusive), and ends the trial if `to` is past the last.
fn train(folder: &Path, from: usize, to: usize) -> Result<(), LiveError> {
    let (configuration, TrialOutcome { trial, record }) = sample();
    train_as(folder, &configuration, &trial, &record.epochs[from..to.min(6)], from)?;
    let live = LiveTensorBoard::new(folder, "small");
    if to > 6 {
        let n_epochs = 6;
        live.event(&configuration, &Event::TrialStarted { trial: &trial, n_epochs, epochs_done: n_epochs })?;
        live.event(&configuration, &Event::TrialEnded { trial: &trial, outcome: &record.outcome })?;
    }
    Ok(())
}

fn train_as(
    folder: &Path,
    configuration: &Configuration,
    trial: &Trial,
    epochs: &[recur_core::record::EpochRecord],
    from: usize,
) -> Result<(), LiveError> {
    let live = LiveTensorBoard::new(folder, "small");
    live.event(configuration, &Event::TrialStarted { trial, n_epochs: 6, epochs_done: from as u32 })?;
    for (index, epoch) in epochs.iter().enumerate() {
        let (epoch_number, train_loss) = ((from + index) as u32, epoch.train_loss);
        let validation = &epoch.validation;
        live.event(configuration, &Event::EpochFinished { trial, epoch: epoch_number, train_loss, validation })?;
    }
    Ok(())
}

/// The only file of the folder.
fn path(folder: &Path) -> PathBuf {
    let (configuration, outcome) = sample();
    let title = configuration.title().replace(", ", ",");
    let replicate = format!("replicate-{}", outcome.trial.replicate);
    folder.join("small").join(title).join(replicate).join("events.out.tfevents.0.recur")
}

fn read(folder: &Path) -> Vec<u8> {
    std::fs::read(path(folder)).unwrap()
}

/// The bytes of a run that nothing interrupted.
fn whole() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), 0, 7).unwrap();
    read(folder.path())
}

#[test]
fn a_file_grows_to_that_of_an_export_but_for_what_is_known_at_the_end() {
    let exported = crate::viewed(|viewed, _| {
        let (configuration, _) = sample();
        let files = tensorboard(viewed);
        files[&format!("small/{}/replicate-0/events.out.tfevents.0.recur", configuration.title())].clone()
    });
    let folder = tempfile::tempdir().unwrap();
    for to in 0..=6 {
        train(folder.path(), 0, to).unwrap();
        assert!(exported.starts_with(&read(folder.path())), "{to} epochs");
    }
    let before_end = read(folder.path());
    let end = whole();
    assert!(end.starts_with(&before_end) && exported.ends_with(&end[before_end.len()..]));
}

#[test]
fn a_resumed_trial_has_no_epoch_twice() {
    // Killed after epoch 5, with a checkpoint of epoch 3; and once more before its first.
    for checkpoint in [3, 0] {
        let folder = tempfile::tempdir().unwrap();
        train(folder.path(), 0, 5).unwrap();
        train(folder.path(), checkpoint, 7).unwrap();
        assert!(read(folder.path()) == whole(), "from epoch {checkpoint}");
    }
}

#[test]
fn what_a_kill_left_half_written_is_written_again() {
    for n_bytes in [0, 5, 40, whole().len() - 1] {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(path(folder.path()).parent().unwrap()).unwrap();
        std::fs::write(path(folder.path()), &whole()[..n_bytes]).unwrap();
        train(folder.path(), 0, 7).unwrap();
        assert!(read(folder.path()) == whole(), "{n_bytes} bytes");
    }
}

#[test]
fn the_file_of_another_trial_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    train(folder.path(), 0, 7).unwrap();
    let (configuration, outcome) = sample();
    let mut identity = outcome.trial.identity.clone();
    identity.seed += 1;
    let other = Trial::new(outcome.trial.title.clone(), outcome.trial.configuration, identity);
    let error = train_as(folder.path(), &configuration, &other, &outcome.record.epochs, 0).unwrap_err();
    assert!(matches!(&error, LiveError::OtherTrial { path: found } if *found == path(folder.path())), "{error}");
    assert!(read(folder.path()) == whole());
    // Halving stops a trial after a few epochs and goes on with another one: both are the same training.
    let mut identity = outcome.trial.identity.clone();
    identity.training.as_mut().unwrap().stop_after = Some(3);
    let shorter = Trial::new(outcome.trial.title.clone(), outcome.trial.configuration, identity);
    assert_ne!(shorter.id, outcome.trial.id);
    train_as(folder.path(), &configuration, &shorter, &outcome.record.epochs[..3], 0).unwrap();
    train(folder.path(), 3, 7).unwrap();
    assert!(read(folder.path()) == whole());
}

#[test]
fn an_export_replaces_what_a_run_wrote_if_that_is_asked_for() {
    let export = crate::viewed(|viewed, _| tensorboard(viewed));
    for n_epochs in [3, 7] {
        let folder = tempfile::tempdir().unwrap();
        train(folder.path(), 0, n_epochs).unwrap();
        let live = read(folder.path());
        let error = write_folder(folder.path(), &export, false).unwrap_err();
        assert!(matches!(&error, FolderError::OfRun { .. }) && error.hint().contains("--replace"), "{error}");
        assert_eq!(read(folder.path()), live);
        write_folder(folder.path(), &export, true).unwrap();
        assert!(read(folder.path()).len() > live.len());
        // A run that goes on in an export, or was killed while it wrote.
        train(folder.path(), 3, 4).unwrap();
        let live = read(folder.path());
        std::fs::write(path(folder.path()), &live[..live.len() - 5]).unwrap();
        write_folder(folder.path(), &export, true).unwrap();
    }
}

#[test]
fn event_files_with_anything_of_somebody_else_are_not_replaced() {
    let export = crate::viewed(|viewed, _| tensorboard(viewed));
    let check = |change: &dyn Fn(&Path)| {
        let folder = tempfile::tempdir().unwrap();
        train(folder.path(), 0, 3).unwrap();
        change(folder.path());
        let error = write_folder(folder.path(), &export, true).unwrap_err();
        assert!(matches!(&error, FolderError::NotAsWritten { .. }), "{error}");
    };
    check(&|folder| std::fs::write(folder.join("small/notes.txt"), "mine").unwrap());
    check(&|folder| std::fs::create_dir(folder.join("small/mine")).unwrap());
    check(&|folder| {
        let file = path(folder);
        std::fs::copy(&file, file.with_file_name("events.out.tfevents.1.other")).unwrap();
    });
    check(&|folder| {
        let mut bytes = read(folder);
        bytes[40] ^= 1;
        std::fs::write(path(folder), bytes).unwrap();
    });
    check(&|folder| std::fs::write(path(folder), "").unwrap());
}
