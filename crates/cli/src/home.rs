//! The studio that a command works in: where it is, how it is set, how it is opened.

use std::future::Future;
use std::num::NonZero;
use std::path::{Path, PathBuf};

use daedal_store::{OpenMode, StoreError, Studio};

use crate::commands::Common;
use crate::failure::Failure;
use crate::hint;
use crate::settings::{IGNORED_NEW, SETTINGS_FILE, SETTINGS_NEW, Settings};
use crate::ui::Ui;

/// A studio's directory and settings.
pub(crate) struct Home {
    pub(crate) root: PathBuf,
    pub(crate) settings: Settings,
}

impl Home {
    /// The studio that `--studio` names, or the nearest one upwards from the working directory.
    pub(crate) fn find(common: &Common) -> Result<Self, Failure> {
        match locate(common, None)? {
            Some(root) => Self::at(root),
            None => Err(Failure::new("there is no studio here or above").help(
                "go to a directory with a daedal.toml, name one with --studio, or make one: \
                 `daedal new NAME`, or `daedal run PROCESS`, which makes one here",
            )),
        }
    }

    /// The same, or the one around `process`; none when there is none.
    pub(crate) fn find_around(common: &Common, process: &Path) -> Result<Option<Self>, Failure> {
        locate(common, Some(process))?.map(Self::at).transpose()
    }

    /// The same, or the one around `process`; a new one in the working directory when there is none.
    pub(crate) fn find_or_make(common: &Common, process: &Path, ui: Ui) -> Result<Self, Failure> {
        if let Some(root) = locate(common, Some(process))? {
            return Self::at(root);
        }
        let root = working_directory()?;
        make(&root)?;
        ui.note(format!("made a studio in {}", root.display()));
        Self::at(root)
    }

    /// The studio in this very directory.
    pub(crate) fn at(root: PathBuf) -> Result<Self, Failure> {
        hint::works_in(&root);
        let settings = Settings::read(&root)?;
        Ok(Self { root, settings })
    }

    /// Opens what it remembers, to change it. `command` is told to whoever comes second.
    pub(crate) async fn open_to_write(&self, command: &str) -> Result<Studio, Failure> {
        Studio::create(&self.root).map_err(|error| remembered(&error))?;
        Studio::open(&self.root, OpenMode::write(command))
            .await
            .map_err(|error| remembered(&error))
    }

    /// Tells whoever comes second which run a command, that opened the studio to change it, is about.
    pub(crate) fn note_command(&self, command: &str) -> Result<(), Failure> {
        Studio::note_command(&self.root, command).map_err(|error| remembered(&error))
    }

    /// Whether it remembers anything: one with nothing but an account doesn't.
    pub(crate) fn is_begun(&self) -> bool {
        let folder = self.root.join(daedal_store::embedded::FOLDER);
        // Records that were taken away leave a mark, which says so once they are opened.
        ["studio.db", "studio.db-mark"]
            .iter()
            .any(|name| folder.join(name).exists())
    }

    /// Opens what it remembers, to look.
    pub(crate) async fn open_to_read(&self) -> Result<Studio, Failure> {
        if !self.is_begun() {
            return Err(Failure::new(format!(
                "the studio in {} has not run anything yet",
                self.root.display()
            ))
            .help(format!(
                "run a process first: `{} run PROCESS`",
                hint::daedal()
            )));
        }
        Studio::open(&self.root, OpenMode::Read)
            .await
            .map_err(|error| remembered(&error))
    }

    /// Where the gallery is written.
    pub(crate) fn site(&self) -> PathBuf {
        let dir = self.settings.site.dir.as_deref();
        self.root.join(dir.unwrap_or(Path::new("site")))
    }

    /// Where the studio's keys are.
    pub(crate) fn keys(&self) -> PathBuf {
        self.root.join(daedal_store::embedded::FOLDER).join("keys")
    }

    /// Where accounts beside the studio's own are.
    pub(crate) fn accounts(&self) -> PathBuf {
        let folder = self.root.join(daedal_store::embedded::FOLDER);
        folder.join("accounts")
    }

    /// Tasks at once.
    pub(crate) fn jobs(&self, asked: Option<NonZero<usize>>) -> usize {
        let set = asked.or(self.settings.run.jobs);
        let cores = || std::thread::available_parallelism().ok();
        set.or_else(cores).map_or(1, NonZero::get).min(256)
    }

    /// Who the studio is, in credentials and on the site.
    pub(crate) fn name(&self) -> String {
        self.settings.studio.name.clone().unwrap_or_else(|| {
            self.root.file_name().map_or_else(
                || "studio".to_owned(),
                |name| name.to_string_lossy().into_owned(),
            )
        })
    }
}

/// Writes the settings file of a new studio.
pub(crate) fn make(root: &Path) -> Result<(), Failure> {
    let place = root.join(SETTINGS_FILE);
    let ignore = root.join(".gitignore");
    let write = || {
        std::fs::write(&place, SETTINGS_NEW)?;
        match ignore.exists() {
            true => Ok(()),
            false => std::fs::write(&ignore, IGNORED_NEW),
        }
    };
    write().map_err(|error| {
        Failure::because(format!("{} can't be written", place.display()), &error)
            .help("go to a directory of your own, or name a studio with --studio")
    })
}

/// The nearest studio from `from` upwards.
pub(crate) fn upwards(from: &Path) -> Option<PathBuf> {
    from.ancestors()
        .find(|place| place.join(SETTINGS_FILE).is_file())
        .map(Path::to_owned)
}

fn locate(common: &Common, process: Option<&Path>) -> Result<Option<PathBuf>, Failure> {
    if let Some(root) = &common.studio {
        let is_studio = root.join(SETTINGS_FILE).is_file();
        return match std::path::absolute(root) {
            Ok(root) if is_studio => Ok(Some(root)),
            _ => Err(Failure::new(format!("{} is not a studio", root.display()))
                .help(format!("a studio is a directory with a {SETTINGS_FILE}"))),
        };
    }
    let around = process.and_then(|process| std::fs::canonicalize(process).ok());
    Ok(upwards(&working_directory()?).or_else(|| upwards(&around?)))
}

fn working_directory() -> Result<PathBuf, Failure> {
    std::env::current_dir()
        .map_err(|error| Failure::because("the working directory can't be used", &error))
}

/// What the studio's memory said, for people.
pub(crate) fn remembered(error: &StoreError) -> Failure {
    Failure::new(error.to_string())
}

/// Runs `work` on a runtime of its own.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::because("no threads can be started", &error))?;
    let done = runtime.block_on(work);
    // An engine that does not notice that its time is over must not keep the command.
    runtime.shutdown_background();
    done
}
