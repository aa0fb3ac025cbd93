//! Draws the frames of a film in one aspect.

use std::collections::BTreeMap;

use daedal_core::engine::EngineError;

use super::cutting::{Cutting, Showing};
use super::footage::{Clip, Still};
use super::lettering::{self, Layer};
use super::pixels;
use super::shots::{Footage, Transition};
use super::subtitles::Cue;
use super::{Film, Workshop};
use crate::picture::Picture;

/// Frames in which a caption comes and goes.
const CAPTION_FADE: usize = 4;

/// Draws frames, one after another.
pub(super) struct Composer<'w> {
    workshop: &'w Workshop<'w>,
    film: &'w Film,
    cutting: &'w Cutting,
    frame: (u32, u32),
    open: BTreeMap<usize, Source>,
    caption: Option<(usize, Layer)>,
    canvas: Vec<u8>,
    aside: Vec<u8>,
    /// What the canvas shows, if that stays the same for a while.
    shown: Option<Look>,
}

/// All that a frame without movement depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    shot: usize,
    caption: Option<(usize, u8)>,
    fade: u32,
}

/// The pictures of a shot that is on.
struct Source {
    pictures: Pictures,
    overlay: Option<Layer>,
    /// The frame of a shot in which nothing moves.
    fixed: Option<Vec<u8>>,
}

enum Pictures {
    Still(Box<Still>),
    Clip(Box<Clip>),
}

impl<'w> Composer<'w> {
    pub(super) fn new(
        workshop: &'w Workshop<'w>,
        film: &'w Film,
        cutting: &'w Cutting,
        frame: (u32, u32),
    ) -> Self {
        let size = frame.0 as usize * frame.1 as usize * 4;
        Self {
            workshop,
            film,
            cutting,
            frame,
            open: BTreeMap::new(),
            caption: None,
            canvas: vec![0; size],
            aside: vec![0; size],
            shown: None,
        }
    }

    /// Draws the frame `at`; `look` sees it before captions and fades, where it asks for that. Gives its pixels, or nothing
    /// if they are those of the frame before.
    pub(super) fn draw(
        &mut self,
        at: usize,
        look: Option<&mut dyn FnMut(Picture)>,
    ) -> Result<Option<&[u8]>, EngineError> {
        let showing = self.cutting.at(at);
        let caption = self.caption_at(at);
        let fade = self.fade_at(at);
        let first = match showing {
            Showing::One(index) | Showing::Between(index, ..) => index,
        };
        self.open.retain(|index, _| *index >= first);
        let now = match showing {
            Showing::One(shot) if self.source(shot)?.is_fixed() => Some(Look {
                shot,
                caption,
                fade,
            }),
            _ => None,
        };
        if now.is_some() && now == self.shown && look.is_none() {
            return Ok(None);
        }
        self.shown = now;
        let mut canvas = std::mem::take(&mut self.canvas);
        let mut aside = std::mem::take(&mut self.aside);
        match showing {
            Showing::One(index) => self.shot(index, at, &mut canvas)?,
            Showing::Between(before, transition, share) => {
                self.shot(before, at, &mut canvas)?;
                self.shot(before + 1, at, &mut aside)?;
                match transition {
                    Transition::Wipe => {
                        pixels::wipe(&mut canvas, &aside, self.frame.0 as usize, share)
                    }
                    _ => pixels::mix(&mut canvas, &aside, (share * 256.0).round() as u32),
                }
            }
        }
        (self.canvas, self.aside) = (canvas, aside);
        if let Some(look) = look {
            look(Picture {
                width: self.frame.0,
                height: self.frame.1,
                pixels: self.canvas.clone(),
            });
        }
        if let Some((index, strength)) = caption {
            self.set_caption(index)?;
            if let Some((_, layer)) = &self.caption {
                layer.over(&mut self.canvas, self.frame.0 as usize, strength);
            }
        }
        if fade > 0 {
            pixels::dim(&mut self.canvas, self.film.background.0, fade);
        }
        Ok(Some(&self.canvas))
    }

    fn cue(&self, index: usize) -> (&Cue, usize, usize) {
        let cue = &self.film.burned[index];
        let frame = |seconds: f64| (seconds * f64::from(self.cutting.fps)).round() as usize;
        (cue, frame(cue.start), frame(cue.end))
    }

    /// Which caption is on, and how strong.
    fn caption_at(&self, at: usize) -> Option<(usize, u8)> {
        let index = (0..self.film.burned.len()).rev().find(|index| {
            let (_, start, end) = self.cue(*index);
            (start..end).contains(&at)
        })?;
        let (_, start, end) = self.cue(index);
        let near = (at + 1 - start).min(end - at).min(CAPTION_FADE);
        Some((index, (near * 255 / CAPTION_FADE) as u8))
    }

    fn set_caption(&mut self, index: usize) -> Result<(), EngineError> {
        if self
            .caption
            .as_ref()
            .is_none_or(|(known, _)| *known != index)
        {
            let text = &self.film.burned[index].text;
            let layer = lettering::caption(text, &self.film.style, self.frame)?;
            self.caption = Some((index, layer));
        }
        Ok(())
    }

    /// How much of the background is over the frame, of 256.
    fn fade_at(&self, at: usize) -> u32 {
        let fps = f64::from(self.cutting.fps);
        let share = |frames: usize, seconds: f64| {
            let length = seconds * fps;
            if length < 1.0 {
                0.0
            } else {
                1.0 - (frames as f64 / length).min(1.0)
            }
        };
        let left = self.cutting.frames() - 1 - at;
        let most = share(at, self.film.fade_in).max(share(left, self.film.fade_out));
        (most * 256.0).round() as u32
    }

    fn source(&mut self, index: usize) -> Result<&mut Source, EngineError> {
        if !self.open.contains_key(&index) {
            let source = self
                .opened(index)
                .map_err(|error| super::placed(error, index))?;
            self.open.insert(index, source);
        }
        self.open
            .get_mut(&index)
            .ok_or_else(|| EngineError::invalid("a shot is lost"))
    }

    fn opened(&self, index: usize) -> Result<Source, EngineError> {
        let Workshop { task, context, .. } = *self.workshop;
        let (shot, footage) = (&self.film.shots[index], &self.film.footage[index]);
        let pictures = match footage {
            Footage::Still(asset) => {
                let background = self.film.background;
                let still =
                    Still::open(asset, shot.motion(), self.frame, background, task, context)?;
                Pictures::Still(Box::new(still))
            }
            Footage::Clip(asset) => {
                let from = shot.from.unwrap_or(0.0);
                let clip = Clip::open(asset, from, shot.focus, self.frame, self.workshop)?;
                Pictures::Clip(Box::new(clip))
            }
        };
        let overlay = shot.overlay.as_ref().map(|overlay| {
            let file = overlay.template(&self.film.media)?;
            lettering::overlay(overlay, file.as_ref(), self.frame, task, context)
        });
        Ok(Source {
            pictures,
            overlay: overlay.transpose()?,
            fixed: None,
        })
    }

    /// Draws a shot as it is at this frame of the film.
    fn shot(&mut self, index: usize, at: usize, into: &mut Vec<u8>) -> Result<(), EngineError> {
        let slot = self.cutting.slots[index];
        let (width, context) = (self.frame.0 as usize, self.workshop.context);
        let source = self.source(index)?;
        if let Some(fixed) = &source.fixed {
            into.clone_from(fixed);
            return Ok(());
        }
        let gone = at - slot.seen_from;
        match &mut source.pictures {
            Pictures::Still(still) => {
                let way = (slot.seen_to - slot.seen_from).saturating_sub(1).max(1);
                still.draw(gone as f64 / way as f64, into);
            }
            Pictures::Clip(clip) => {
                let frame = clip
                    .frame(gone, context)
                    .map_err(|error| super::placed(error, index))?;
                into.clear();
                into.extend_from_slice(frame);
            }
        }
        if let Some(overlay) = &source.overlay {
            overlay.over(into, width, 255);
        }
        if source.is_fixed() {
            source.fixed = Some(into.clone());
        }
        Ok(())
    }
}

impl Source {
    fn is_fixed(&self) -> bool {
        matches!(&self.pictures, Pictures::Still(still) if still.is_still())
    }
}
