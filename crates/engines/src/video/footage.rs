//! The pictures of shots as frames: stills under a camera, and clips that the system's ffmpeg decodes.

use daedal_core::AssetRef;
use daedal_core::engine::{EngineError, Task, TaskContext};
use fast_image_resize as fir;
use tempfile::TempDir;

use super::aspect::{Motion, Part, Point};
use super::{FFMPEG, Workshop};
use crate::picture::{self, Colour, Filter, Picture};
use crate::task::label;
use crate::tool::{Process, file_error, folder};

/// A still is made smaller first where it has so many times the pixels that its nearest view needs.
const SPARE: f64 = 1.25;

/// A still, and how the camera goes over it.
pub(super) struct Still {
    picture: Picture,
    motion: Motion,
    frame: (u32, u32),
    resizer: fir::Resizer,
}

impl Still {
    pub(super) fn open(
        asset: &AssetRef,
        motion: Motion,
        frame: (u32, u32),
        background: Colour,
        task: &Task,
        context: &TaskContext<'_>,
    ) -> Result<Self, EngineError> {
        // A drawing is drawn as large as its nearest view needs it.
        let needed = f64::from(frame.0.max(frame.1)) * motion.nearest();
        let bytes = context.read(asset)?;
        let svg_width = picture::svg::is_svg(&bytes).then_some(needed.min(8_000.0));
        let mut picture = picture::decode(&label(task, asset), &bytes, svg_width, &task.limits)?;
        flatten(&mut picture, background);
        let part = motion.at(0.0, (picture.width, picture.height), frame);
        let covering = part.width * motion.from.zoom;
        let spare = covering / motion.nearest() / f64::from(frame.0);
        if spare > SPARE && !motion.is_still() {
            let side = |length: u32| (f64::from(length) / spare).ceil().max(1.0) as u32;
            picture = picture.resized(side(picture.width), side(picture.height), Filter::Lanczos3);
        }
        Ok(Self {
            picture,
            motion,
            frame,
            resizer: fir::Resizer::new(),
        })
    }

    pub(super) fn is_still(&self) -> bool {
        self.motion.is_still()
    }

    /// Draws what the camera sees after the share `t` of its way.
    pub(super) fn draw(&mut self, t: f64, into: &mut Vec<u8>) {
        let size = (self.picture.width, self.picture.height);
        let Part {
            left,
            top,
            width,
            height,
        } = self.motion.at(t, size, self.frame);
        let filter = match self.motion.is_still() {
            true => fir::FilterType::Lanczos3,
            false => fir::FilterType::CatmullRom,
        };
        let options = fir::ResizeOptions::new()
            .resize_alg(fir::ResizeAlg::Convolution(filter))
            .crop(
                left,
                top,
                width.min(f64::from(size.0) - left),
                height.min(f64::from(size.1) - top),
            )
            .use_alpha(false);
        let (wide, high) = self.frame;
        into.resize(wide as usize * high as usize * 4, 255);
        let source =
            fir::images::ImageRef::new(size.0, size.1, &self.picture.pixels, fir::PixelType::U8x4);
        let target = fir::images::Image::from_slice_u8(wide, high, into, fir::PixelType::U8x4);
        if let (Ok(source), Ok(mut target)) = (source, target) {
            // Fails only for another pixel type or a part outside of the source.
            let _ = self.resizer.resize(&source, &mut target, &options);
        }
    }
}

/// Lays the picture on a ground of one colour.
fn flatten(picture: &mut Picture, ground: Colour) {
    for pixel in picture.rgba_mut().filter(|pixel| pixel[3] < 255) {
        let alpha = u32::from(pixel[3]);
        for (channel, ground) in pixel.iter_mut().zip(ground.0).take(3) {
            let mixed = u32::from(*channel) * alpha + u32::from(ground) * (255 - alpha);
            *channel = ((mixed + 127) / 255) as u8;
        }
        pixel[3] = 255;
    }
}

/// A clip that is being decoded, frame by frame.
pub(super) struct Clip {
    name: String,
    process: Option<Process>,
    last: Vec<u8>,
    /// How many frames were taken.
    taken: usize,
    size: usize,
    /// Its file; it has to stay while the clip is decoded.
    _folder: TempDir,
}

impl Clip {
    pub(super) fn open(
        asset: &AssetRef,
        from: f64,
        focus: Point,
        frame: (u32, u32),
        workshop: &Workshop<'_>,
    ) -> Result<Self, EngineError> {
        let Workshop {
            task,
            context,
            tool,
            fps,
            ..
        } = workshop;
        let name = label(task, asset);
        let bytes = context.read(asset)?;
        let format = container(&bytes).ok_or_else(|| {
            EngineError::invalid(format!(
                "`{name}` is no clip that is read here: expected MP4, MOV, WebM, MKV or GIF"
            ))
        })?;
        let folder = folder()?;
        let file = folder.path().join("clip");
        std::fs::write(&file, &bytes).map_err(|error| file_error(&file, &error))?;
        let (w, h) = frame;
        let filter = format!(
            "fps={fps},scale={w}:{h}:force_original_aspect_ratio=increase:flags=bicubic+accurate_rnd+full_chroma_int+bitexact,\
             crop={w}:{h}:x='max(0,min(iw-ow,iw*{}-ow/2))':y='max(0,min(ih-oh,ih*{}-oh/2))',format=rgba",
            focus.x, focus.y
        );
        // The format is said, and no other file may be opened: a playlist must not lead out of the folder.
        let mut args: Vec<String> = ["-hide_banner", "-loglevel", "error", "-threads", "1"]
            .map(Into::into)
            .to_vec();
        args.extend(["-protocol_whitelist", "file", "-f", format].map(Into::into));
        args.extend([
            "-ss".to_owned(),
            format!("{from:.3}"),
            "-i".to_owned(),
            "clip".to_owned(),
        ]);
        args.extend(["-an", "-sn", "-dn", "-vf"].map(Into::into));
        args.extend([
            filter,
            "-f".into(),
            "rawvideo".into(),
            "-flags".into(),
            "+bitexact".into(),
            "-".into(),
        ]);
        let args = args.into_iter().map(Into::into).collect();
        let process = Process::start(tool, args, folder.path(), true)?;
        Ok(Self {
            name,
            process: Some(process),
            last: Vec::new(),
            taken: 0,
            size: w as usize * h as usize * 4,
            _folder: folder,
        })
    }

    /// The frame `index`; the last one where the clip is shorter. Frames are asked for in order.
    pub(super) fn frame(
        &mut self,
        index: usize,
        context: &TaskContext<'_>,
    ) -> Result<&[u8], EngineError> {
        while self.taken <= index {
            let Some(process) = &mut self.process else {
                break;
            };
            match process.take_exactly(self.size, context)? {
                Some(frame) => {
                    self.last = frame;
                    self.taken += 1;
                }
                None => {
                    if let Some(process) = self.process.take() {
                        process.finish(context).map_err(|error| match error {
                            EngineError::Invalid { message } => EngineError::invalid(format!(
                                "`{}` can't be decoded: {message}",
                                self.name
                            )),
                            other => other,
                        })?;
                    }
                }
            }
        }
        if self.last.is_empty() {
            return Err(EngineError::invalid(format!(
                "`{}` has no frames from there on: begin earlier (`from`), or check that `{} -i` reads it",
                self.name, FFMPEG.name
            )));
        }
        Ok(&self.last)
    }
}

/// What ffmpeg calls the format of a file, by its first bytes.
fn container(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        _ if bytes.get(4..8) == Some(b"ftyp") => Some("mov"),
        _ if bytes.starts_with(&[0x1a, 0x45, 0xdf, 0xa3]) => Some("matroska"),
        _ if bytes.starts_with(b"GIF8") => Some("gif"),
        _ => None,
    }
}
