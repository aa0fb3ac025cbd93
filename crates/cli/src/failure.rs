//! What a person is told when a command can't do its work, and with which exit code.

use std::fmt::Write as _;

use daedal_core::process::Mistakes;

use crate::text::foreign;

/// Exit codes, beside 0 for done.
pub(crate) mod exit {
    /// The user can fix it.
    pub(crate) const USER: u8 = 1;
    /// The run waits for a person.
    pub(crate) const WAITING: u8 = 3;
    /// A picture is near the signature, past its tolerance.
    pub(crate) const NEAR: u8 = 20;
    /// A picture is outside of the signature.
    pub(crate) const OUTSIDE: u8 = 21;
    /// Stopped by Ctrl-C, as shells count it (128 + SIGINT).
    pub(crate) const INTERRUPTED: u8 = 130;
    /// Stopped by SIGTERM.
    pub(crate) const TERMINATED: u8 = 143;
    /// Stopped by SIGHUP.
    pub(crate) const HUNG_UP: u8 = 129;
    /// A bug of ours.
    pub(crate) const BUG: u8 = 70;
}

/// Why a command did not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The process file has mistakes.
    Mistakes(Box<Mistakes>),
    /// Anything else.
    Told(Box<Told>),
}

/// What happened, what caused it, and what to do.
#[derive(Debug)]
pub(crate) struct Told {
    message: String,
    causes: Vec<String>,
    help: Option<String>,
    exit: u8,
}

impl Failure {
    /// Something the user can fix.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::Told(Box::new(Told {
            message: message.into(),
            causes: Vec::new(),
            help: None,
            exit: exit::USER,
        }))
    }

    /// Says what was being done when `error` came up.
    pub(crate) fn because(message: impl Into<String>, error: &dyn std::error::Error) -> Self {
        let mut causes = Vec::new();
        let mut next = Some(error);
        while let Some(error) = next {
            causes.push(error.to_string());
            next = error.source();
        }
        Self::Told(Box::new(Told {
            message: message.into(),
            causes,
            help: None,
            exit: exit::USER,
        }))
    }

    /// Several things that the user can fix, each with its help right below it.
    pub(crate) fn several(wrong: impl IntoIterator<Item = (String, String)>) -> Self {
        let wrong: Vec<_> = wrong.into_iter().collect();
        let [(message, help)] = &wrong[..] else {
            let told: Vec<String> = wrong
                .iter()
                .map(|(message, help)| format!("{message}\n       help: {help}"))
                .collect();
            return Self::new(told.join("\n       "));
        };
        Self::new(message).help(help)
    }

    /// Something that only we can fix.
    pub(crate) fn bug(message: impl Into<String>) -> Self {
        Self::new(message)
            .help("this is a bug of ours: please report it with the command that you ran")
            .exit(exit::BUG)
    }

    /// Says what to do.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        if let Self::Told(told) = &mut self {
            told.help = Some(help.into());
        }
        self
    }

    /// Says what else can be done.
    pub(crate) fn or_help(mut self, other: &str) -> Self {
        if let Self::Told(told) = &mut self {
            let first = told.help.take().map(|help| format!("{help}; "));
            told.help = Some(first.unwrap_or_default() + other);
        }
        self
    }

    /// Says what it is about, in front.
    pub(crate) fn about(mut self, what: &str) -> Self {
        if let Self::Told(told) = &mut self {
            told.message = format!("{what}: {}", told.message);
        }
        self
    }

    /// Ends with another exit code.
    pub(crate) fn exit(mut self, code: u8) -> Self {
        if let Self::Told(told) = &mut self {
            told.exit = code;
        }
        self
    }

    /// What happened, in a line.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Mistakes(_) => "the process has mistakes".to_owned(),
            Self::Told(told) => told.message.clone(),
        }
    }

    /// The exit code that it ends with.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Mistakes(_) => exit::USER,
            Self::Told(told) => told.exit,
        }
    }

    /// As it is printed on the terminal, without colours; mistakes are rendered by miette.
    pub(crate) fn render(&self) -> String {
        match self {
            Self::Mistakes(mistakes) => {
                let mut text = String::new();
                // Colours are dropped by the stream where they are not wanted.
                let handler =
                    miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode())
                        .with_links(false)
                        .with_width(100);
                // Writing into a String can't fail. Each by itself, so that its help stands with it.
                for mistake in mistakes.diagnostics() {
                    let _ = handler.render_report(&mut text, mistake);
                    text.push('\n');
                }
                let _ = writeln!(text, "error: {mistakes}");
                text
            }
            Self::Told(told) => told.render(),
        }
    }

    /// As `--json` gives it.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Mistakes(mistakes) => {
                let listed: Vec<_> = mistakes
                    .positions()
                    .map(|(mistake, (line, column))| {
                        serde_json::json!({
                            "message": mistake.message,
                            "file": mistakes.file(), "line": line, "column": column,
                            "expected": mistake.expected(), "nearest": mistake.nearest(),
                            "help": mistake.help,
                        })
                    })
                    .collect();
                serde_json::json!({ "error": mistakes.to_string(), "mistakes": listed })
            }
            Self::Told(told) => serde_json::json!({
                "error": told.message, "causes": told.causes, "help": told.help,
            }),
        }
    }
}

impl Told {
    fn render(&self) -> String {
        let mut text = String::new();
        // Names of files and words of others are in all of them; lines are our own.
        let plain = |text: &str| text.lines().map(foreign).collect::<Vec<_>>().join("\n");
        let _ = writeln!(text, "error: {}", plain(&self.message));
        for cause in &self.causes {
            let _ = writeln!(text, "caused by: {}", plain(cause));
        }
        if let Some(help) = &self.help {
            let _ = writeln!(text, "help: {}", plain(help));
        }
        text
    }
}

impl From<Mistakes> for Failure {
    fn from(mistakes: Mistakes) -> Self {
        Self::Mistakes(Box::new(mistakes))
    }
}
