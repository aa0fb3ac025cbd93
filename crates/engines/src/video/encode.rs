//! Frames and sound as a file, by the system's ffmpeg: one thread, nothing of the machine or the time in it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use daedal_core::engine::EngineError;
use serde::Deserialize;
use tempfile::TempDir;

use super::{Workshop, pixels};
use crate::tool::{Process, file_error, folder, read_file};

/// What a film is written as.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    #[default]
    Mp4,
    Webm,
    Gif,
    Webp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Codec {
    H264,
    Vp9,
    Av1,
}

/// How long an encoder may think.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Effort {
    Draft,
    #[default]
    Standard,
    Best,
}

impl Format {
    pub(super) const ALL: [Self; 4] = [Self::Mp4, Self::Webm, Self::Gif, Self::Webp];

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Mp4 => "video/mp4",
            Self::Webm => "video/webm",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            Self::Mp4 => "mp4",
            Self::Webm => "webm",
            Self::Gif => "gif",
            Self::Webp => "webp",
        }
    }

    pub(super) fn has_sound(self) -> bool {
        matches!(self, Self::Mp4 | Self::Webm)
    }
}

/// How a film is encoded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) format: Format,
    pub(super) codec: Option<Codec>,
    /// From 0 to 100.
    pub(super) quality: f64,
    pub(super) effort: Effort,
}

impl Settings {
    /// What can't be had together.
    pub(super) fn problem(format: Format, codec: Option<Codec>) -> Option<&'static str> {
        match (format, codec) {
            (Format::Webm, Some(Codec::H264)) => {
                Some("a WebM has no H.264: leave out `codec`, or take vp9 or av1")
            }
            (Format::Mp4, Some(Codec::Vp9)) => {
                Some("an MP4 with VP9 is played by few: take h264 or av1, or `format: webm`")
            }
            (Format::Gif | Format::Webp, Some(_)) => {
                Some("`codec` is for mp4 and webm: leave it out")
            }
            _ => None,
        }
    }

    fn codec(&self) -> Codec {
        self.codec.unwrap_or(match self.format {
            Format::Webm => Codec::Vp9,
            _ => Codec::H264,
        })
    }

    /// Whether frames are given as red, green and blue, rather than as Y'CbCr.
    fn takes_rgb(&self) -> bool {
        !self.format.has_sound()
    }

    fn video(&self) -> Vec<String> {
        let worse = |best: f64, worst: f64| {
            (worst + (best - worst) * self.quality.clamp(0.0, 100.0) / 100.0)
                .round()
                .to_string()
        };
        let by_effort = |texts: [&str; 3]| texts[self.effort as usize].to_owned();
        let list = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        match self.format {
            Format::Gif => list(&[
                "-filter_complex",
                "[0:v]split[a][b];[a]palettegen=stats_mode=diff[p];[b][p]paletteuse=dither=sierra2_4a:diff_mode=rectangle",
                "-loop",
                "0",
            ]),
            Format::Webp => {
                let mut args = list(&["-c:v", "libwebp_anim", "-loop", "0", "-quality"]);
                args.push(worse(100.0, 10.0));
                args.push("-compression_level".into());
                args.push(by_effort(["1", "4", "6"]));
                args
            }
            Format::Mp4 | Format::Webm => {
                let mut args = list(&[
                    "-pix_fmt",
                    "yuv420p",
                    "-color_range",
                    "tv",
                    "-colorspace",
                    "bt709",
                ]);
                args.extend(list(&[
                    "-color_primaries",
                    "bt709",
                    "-color_trc",
                    "bt709",
                    "-c:v",
                ]));
                match self.codec() {
                    Codec::H264 => {
                        args.extend(list(&["libx264", "-crf"]));
                        args.push(worse(14.0, 38.0));
                        args.push("-preset".into());
                        args.push(by_effort(["veryfast", "medium", "slow"]));
                    }
                    Codec::Vp9 => {
                        args.extend(list(&[
                            "libvpx-vp9",
                            "-b:v",
                            "0",
                            "-row-mt",
                            "0",
                            "-deadline",
                            "good",
                            "-crf",
                        ]));
                        args.push(worse(22.0, 58.0));
                        args.push("-cpu-used".into());
                        args.push(by_effort(["5", "3", "1"]));
                    }
                    Codec::Av1 => {
                        args.extend(list(&["libsvtav1", "-svtav1-params", "lp=1", "-crf"]));
                        args.push(worse(20.0, 60.0));
                        args.push("-preset".into());
                        args.push(by_effort(["12", "8", "5"]));
                    }
                }
                args
            }
        }
    }

    fn args(&self, frame: (u32, u32), fps: u32, sound: Option<&Path>, file: &Path) -> Vec<String> {
        let list = |texts: &[&str]| {
            texts
                .iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        let mut args = list(&[
            "-hide_banner",
            "-loglevel",
            "error",
            "-f",
            "rawvideo",
            "-pixel_format",
        ]);
        args.push(if self.takes_rgb() { "rgb24" } else { "yuv420p" }.into());
        args.extend(["-video_size".into(), format!("{}x{}", frame.0, frame.1)]);
        args.extend([
            "-framerate".into(),
            fps.to_string(),
            "-i".into(),
            "pipe:0".into(),
        ]);
        if let Some(sound) = sound {
            args.extend(["-i".into(), sound.to_string_lossy().into_owned()]);
            args.extend(list(&["-map", "0:v", "-map", "1:a"]));
            args.extend(list(match self.format {
                Format::Webm => &["-c:a", "libopus", "-b:a", "128k"],
                _ => &["-c:a", "aac", "-b:a", "192k"],
            }));
        }
        args.extend(self.video());
        args.extend(list(&[
            "-threads",
            "1",
            "-filter_threads",
            "1",
            "-map_metadata",
            "-1",
        ]));
        args.extend(list(&[
            "-fflags",
            "+bitexact",
            "-flags:v",
            "+bitexact",
            "-flags:a",
            "+bitexact",
        ]));
        if self.format == Format::Mp4 {
            args.extend(list(&["-movflags", "+faststart"]));
        }
        args.extend(["-f".into(), self.format.extension().into()]);
        args.extend(["-y".into(), file.to_string_lossy().into_owned()]);
        args
    }
}

/// A film that is being written.
pub(super) struct Encoder<'w> {
    workshop: &'w Workshop<'w>,
    process: Process,
    takes_rgb: bool,
    width: usize,
    /// The last frame, as it was given.
    last: Arc<Vec<u8>>,
    file: PathBuf,
    folder: TempDir,
}

impl<'w> Encoder<'w> {
    pub(super) fn start(
        workshop: &'w Workshop<'w>,
        settings: &Settings,
        frame: (u32, u32),
        sound: Option<&[u8]>,
    ) -> Result<Self, EngineError> {
        let folder = folder()?;
        let file = folder
            .path()
            .join(format!("film.{}", settings.format.extension()));
        let wav = folder.path().join("sound.wav");
        if let Some(sound) = sound {
            std::fs::write(&wav, sound).map_err(|error| file_error(&wav, &error))?;
        }
        let args = settings.args(frame, workshop.fps, sound.map(|_| &*wav), &file);
        let args = args.into_iter().map(Into::into).collect();
        Ok(Self {
            process: Process::start(workshop.tool, args, folder.path(), false)?,
            workshop,
            takes_rgb: settings.takes_rgb(),
            width: frame.0 as usize,
            last: Arc::default(),
            file,
            folder,
        })
    }

    /// Gives it the next frame; none where that is the same as the last.
    pub(super) fn give(&mut self, frame: Option<&[u8]>) -> Result<(), EngineError> {
        if let Some(frame) = frame {
            let mut converted = Vec::new();
            match self.takes_rgb {
                true => pixels::rgb(frame, &mut converted),
                false => pixels::yuv420(frame, self.width, &mut converted),
            }
            self.last = Arc::new(converted);
        }
        self.process
            .give(Arc::clone(&self.last), self.workshop.context)
    }

    /// The bytes of the film.
    pub(super) fn finish(self) -> Result<Vec<u8>, EngineError> {
        self.process.finish(self.workshop.context)?;
        let bytes = read_file(&self.file, self.workshop.task.limits.output_bytes_max)?;
        drop(self.folder);
        Ok(bytes)
    }
}
