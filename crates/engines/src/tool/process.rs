//! A program that is running: bytes go in and come out by threads of their own, so that whoever waits for it notices
//! that it should stop.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use daedal_core::engine::{EngineError, TaskContext};

use super::Tool;

/// How often a wait looks whether it should stop.
const ROUND: Duration = Duration::from_millis(10);
/// Chunks that are under way in one direction.
const UNDER_WAY: usize = 3;
/// Bytes of a chunk that comes out.
const CHUNK: usize = 64 << 10;
/// Bytes of what it complains about that are kept: the last ones.
const COMPLAINT: usize = 8 << 10;
/// Bytes that are taken of what it prints, where all of it is wanted at once.
const PRINTED_MAX: usize = 1 << 20;
/// Lines of its complaints that are told.
const LINES: usize = 4;

/// A running program. It is killed when this is dropped before its end.
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    input: Option<Input>,
    output: Option<Receiver<Vec<u8>>>,
    /// What is left of the last chunk.
    rest: Vec<u8>,
    complaint: Option<JoinHandle<Vec<u8>>>,
}

struct Input {
    chunks: Sender<Arc<Vec<u8>>>,
    /// One for each chunk that may be sent.
    permits: Receiver<()>,
}

impl Process {
    /// Starts `tool`; what it prints is for [`Self::take`] if `tells`.
    pub(crate) fn start(
        tool: &Tool,
        args: Vec<OsString>,
        folder: &Path,
        tells: bool,
    ) -> Result<Self, EngineError> {
        let mut child = Command::new(&tool.file)
            .args(args)
            .env_clear()
            .env("PATH", &tool.path)
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(if tells { Stdio::piped() } else { Stdio::null() })
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| {
                EngineError::transient(format!("`{}` can't be started: {error}", tool.name))
            })?;
        let input = child.stdin.take().map(writer);
        let output = child.stdout.take().map(reader);
        let complaint = child
            .stderr
            .take()
            .map(|stderr| std::thread::spawn(move || last_bytes(stderr)));
        Ok(Self {
            name: tool.name,
            child,
            input,
            output,
            rest: Vec::new(),
            complaint,
        })
    }

    /// Gives it a chunk, as soon as it has taken enough of those before.
    pub(crate) fn give(
        &mut self,
        chunk: Arc<Vec<u8>>,
        context: &TaskContext<'_>,
    ) -> Result<(), EngineError> {
        loop {
            context.check_stop()?;
            let Some(input) = &self.input else {
                return Err(self.early_end(context));
            };
            match input.permits.recv_timeout(ROUND) {
                Ok(()) => {
                    if input.chunks.send(chunk).is_ok() {
                        return Ok(());
                    }
                    return Err(self.early_end(context));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(self.early_end(context)),
            }
        }
    }

    /// The next bytes that it prints; none once it has ended.
    pub(crate) fn take(
        &mut self,
        context: &TaskContext<'_>,
    ) -> Result<Option<Vec<u8>>, EngineError> {
        let Some(output) = &self.output else {
            return Ok(None);
        };
        loop {
            context.check_stop()?;
            match output.recv_timeout(ROUND) {
                Ok(chunk) => return Ok(Some(chunk)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(None),
            }
        }
    }

    /// The next `size` bytes that it prints; none if it ends before.
    pub(crate) fn take_exactly(
        &mut self,
        size: usize,
        context: &TaskContext<'_>,
    ) -> Result<Option<Vec<u8>>, EngineError> {
        while self.rest.len() < size {
            match self.take(context)? {
                Some(chunk) => self.rest.extend(chunk),
                None => return Ok(None),
            }
        }
        let after = self.rest.split_off(size);
        Ok(Some(std::mem::replace(&mut self.rest, after)))
    }

    /// All that it prints, once it has been given everything.
    pub(crate) fn everything(mut self, context: &TaskContext<'_>) -> Result<Vec<u8>, EngineError> {
        self.input = None;
        let mut said = std::mem::take(&mut self.rest);
        while let Some(chunk) = self.take(context)? {
            said.extend(chunk);
            if said.len() > PRINTED_MAX {
                return Err(EngineError::limit(format!(
                    "`{}` prints more than {PRINTED_MAX} bytes",
                    self.name
                )));
            }
        }
        self.finish(context)?;
        Ok(said)
    }

    /// Waits for its end, once it has been given everything; an error if it was not content.
    pub(crate) fn finish(mut self, context: &TaskContext<'_>) -> Result<(), EngineError> {
        self.wait(context)
    }

    fn wait(&mut self, context: &TaskContext<'_>) -> Result<(), EngineError> {
        // Whoever reads it sees the end of its input.
        self.input = None;
        self.output = None;
        let failed = |message: String| EngineError::transient(message);
        let status = loop {
            context.check_stop()?;
            match self.child.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) => std::thread::sleep(Duration::from_millis(2)),
                Err(error) => return Err(failed(format!("`{}` is lost: {error}", self.name))),
            }
        };
        let said = self.complaint.take().and_then(|thread| thread.join().ok());
        if status.success() {
            return Ok(());
        }
        let said = last_lines(&said.unwrap_or_default());
        let told = match &*said {
            "" => String::new(),
            said => format!(": {said}"),
        };
        match status.code() {
            Some(code) => Err(EngineError::invalid(format!(
                "`{}` ended with code {code}{told}",
                self.name
            ))),
            None => Err(failed(format!(
                "`{}` was ended by a signal{told}",
                self.name
            ))),
        }
    }

    /// Why it takes no more.
    fn early_end(&mut self, context: &TaskContext<'_>) -> EngineError {
        match self.wait(context) {
            Err(error) => error,
            Ok(()) => EngineError::invalid(format!("`{}` ended before it was done", self.name)),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            // It may have ended just now; either way it is waited for, so that none is left over.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn writer(mut stdin: std::process::ChildStdin) -> Input {
    let (chunks, waiting) = channel::<Arc<Vec<u8>>>();
    let (permit, permits) = sync_channel(UNDER_WAY);
    std::thread::spawn(move || {
        // Whoever has no more to give may have given all before this begins.
        for _ in 0..UNDER_WAY {
            let _ = permit.send(());
        }
        for chunk in waiting {
            if stdin.write_all(&chunk).is_err() {
                return;
            }
            // Nobody waits for one any more once the last chunk is under way.
            let _ = permit.send(());
        }
    });
    Input { chunks, permits }
}

fn reader(mut stdout: std::process::ChildStdout) -> Receiver<Vec<u8>> {
    let (chunks, waiting): (SyncSender<Vec<u8>>, _) = sync_channel(UNDER_WAY);
    std::thread::spawn(move || {
        loop {
            let mut chunk = vec![0; CHUNK];
            match stdout.read(&mut chunk) {
                Ok(0) | Err(_) => return,
                Ok(size) => chunk.truncate(size),
            }
            if chunks.send(chunk).is_err() {
                return;
            }
        }
    });
    waiting
}

fn last_bytes(mut stderr: std::process::ChildStderr) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut chunk = [0; 4_096];
    while let Ok(size @ 1..) = stderr.read(&mut chunk) {
        kept.extend_from_slice(&chunk[..size]);
        let spare = kept.len().saturating_sub(COMPLAINT);
        kept.drain(..spare);
    }
    kept
}

fn last_lines(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let lines: Vec<&str> = said
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let lines = &lines[lines.len().saturating_sub(LINES)..];
    let told: Vec<String> = lines.iter().map(|line| without_address(line)).collect();
    told.join("; ")
}

/// The line without the place in memory that ffmpeg tells of its parts: `[mov @ 0x55f1…]`.
fn without_address(line: &str) -> String {
    match line.split_once(" @ 0x") {
        Some((before, after)) => {
            let after = after.trim_start_matches(|c: char| c.is_ascii_hexdigit());
            format!("{before}{after}")
        }
        None => line.to_owned(),
    }
}
