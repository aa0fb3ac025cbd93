//! A canvas with its drawing state.

use std::rc::Rc;

use tiny_skia::{
    BlendMode, FillRule, Mask, Paint, Path, PathBuilder, Pixmap, PixmapPaint, Rect, SpreadMode,
    Transform,
};

use super::effects;
use super::limits::{Allowance, SAVES_MAX, Share, device_size};
use super::matrix::Matrix;
use super::state::{Bounds, Clip, State, reaches_outside};
use super::style::{Ink, Style};

/// Pixels, and the state that the next shape is drawn with.
pub(crate) struct Surface {
    pub(crate) pixmap: Rc<Pixmap>,
    /// Device pixels per unit.
    pub(crate) density: f64,
    pub(crate) state: State,
    stack: Vec<State>,
    pub(crate) allowance: Rc<Allowance>,
    share: Share,
    /// Why the latest drawing call could not be carried out; told when the call returns.
    pub(super) trouble: Option<String>,
    /// The latest clips: scripts often set the same one again and again.
    pub(super) clips: Vec<(Path, FillRule, Rc<Clip>)>,
}

impl Surface {
    /// A transparent canvas of `width` x `height` units.
    pub(crate) fn new(
        width: f64,
        height: f64,
        density: f64,
        allowance: &Rc<Allowance>,
    ) -> Result<Self, String> {
        let (pixmap, share) = blank(width, height, density, allowance)?;
        Ok(Self {
            pixmap,
            density,
            state: State::default(),
            stack: Vec::new(),
            allowance: Rc::clone(allowance),
            share,
            trouble: None,
            clips: Vec::new(),
        })
    }

    /// Wraps a decoded picture, one unit a pixel.
    pub(crate) fn of_picture(pixmap: Pixmap, share: Share, allowance: &Rc<Allowance>) -> Self {
        Self {
            pixmap: Rc::new(pixmap),
            density: 1.0,
            state: State::default(),
            stack: Vec::new(),
            allowance: Rc::clone(allowance),
            share,
            trouble: None,
            clips: Vec::new(),
        }
    }

    /// Becomes a transparent canvas of another size.
    pub(crate) fn resize(&mut self, width: f64, height: f64) -> Result<(), String> {
        (self.pixmap, self.share) = blank(width, height, self.density, &self.allowance)?;
        self.clips.clear();
        Ok(())
    }

    pub(crate) fn save(&mut self) -> Result<(), String> {
        if self.stack.len() >= SAVES_MAX {
            return Err(format!(
                "save() was called {SAVES_MAX} times without restore(), which is the limit"
            ));
        }
        self.stack.push(self.state.clone());
        Ok(())
    }

    pub(crate) fn restore(&mut self) {
        if let Some(state) = self.stack.pop() {
            self.state = state;
        }
    }

    pub(crate) fn reset(&mut self) {
        self.state = State::default();
        self.stack.clear();
        self.pixels_mut().data_mut().fill(0);
    }

    pub(crate) fn size(&self) -> (u32, u32) {
        (self.pixmap.width(), self.pixmap.height())
    }

    /// The pixels, for writing. They are copied first where a pattern still shows how they were.
    pub(crate) fn pixels_mut(&mut self) -> &mut Pixmap {
        Rc::make_mut(&mut self.pixmap)
    }

    /// From units to device pixels.
    pub(crate) fn units(&self) -> Matrix {
        Matrix::scale(self.density, self.density)
    }

    /// From what the script draws in to device pixels.
    pub(crate) fn device(&self) -> Matrix {
        self.units().then_inner(&self.state.matrix)
    }

    /// The pixels that drawing can reach.
    pub(crate) fn reach(&self) -> Bounds {
        let (width, height) = self.size();
        let whole = Bounds::of_size(width, height);
        self.state
            .clip
            .as_ref()
            .map_or(whole, |clip| whole.intersect(clip.bounds))
    }

    /// Paints the inside of `path` (in device space) with `style`.
    pub(crate) fn paint(&mut self, path: &Path, rule: FillRule, style: &Style, opacity: f64) {
        let alpha = self.state.alpha * opacity;
        let Some(ink) = style.ink(self.device(), alpha, self.state.sampling()) else {
            return;
        };
        self.compose(Bounds::of(path), &|target, (x, y), mask, blend| {
            let shift = Transform::from_translate(-x as f32, -y as f32);
            fill(target, path, rule, &ink, shift, mask, blend);
        });
    }

    /// Draws by `draw`, straight onto the canvas or by way of a layer: what a filter, a shadow or
    /// a mode that changes its surroundings need. `bounds` are the pixels that `draw` may touch.
    pub(crate) fn compose(&mut self, bounds: Bounds, draw: &Draw<'_>) {
        if let Err(message) = self.try_compose(bounds, draw) {
            self.trouble = Some(message);
        }
    }

    fn try_compose(&mut self, bounds: Bounds, draw: &Draw<'_>) -> Result<(), String> {
        let reach = self.reach();
        let clip = self.state.clip.clone();
        let mask = clip.as_ref().map(|clip| &clip.mask);
        let blend = self.state.blend;
        let shadow = self.state.shadow;
        if shadow.is_visible() {
            let margin = effects::shadow_margin(&shadow, self.density);
            let (x, y) = effects::shadow_offset(&shadow, self.density);
            let casting = reach.moved(-x, -y).grown(margin);
            if let Some(layer) = self.layer(bounds, casting, margin, draw)? {
                let (cast, cast_at) = effects::cast(&layer.pixmap, layer.at, &shadow, self.density);
                self.lay(Some(&cast), cast_at, mask, blend)?;
            }
        }
        if self.state.is_direct() {
            if !bounds.intersect(reach).is_empty() {
                draw(self.pixels_mut(), (0, 0), mask, blend);
            }
            return Ok(());
        }
        match self.layer(bounds, reach, 0, draw)? {
            Some(layer) => self.lay(Some(&layer.pixmap), layer.at, mask, blend),
            None if reaches_outside(blend) => self.lay(None, (0, 0), mask, blend),
            None => Ok(()),
        }
    }

    /// Draws into a layer of its own and filters it; `visible` is what shows of it, `margin` how
    /// much larger a copy of it will be. None if no pixel of it would show.
    fn layer(
        &self,
        bounds: Bounds,
        visible: Bounds,
        margin: i32,
        draw: &Draw<'_>,
    ) -> Result<Option<Layer>, String> {
        let spread = effects::spread(&self.state.filters, self.density);
        let bounds = bounds.grown(spread).intersect(visible.grown(spread));
        if bounds.is_empty() {
            return Ok(None);
        }
        let area = |bounds: Bounds| u64::from(bounds.width()) * u64::from(bounds.height());
        let pixels = area(bounds)
            + if margin > 0 {
                area(bounds.grown(margin))
            } else {
                0
            };
        let share = self
            .allowance
            .take(pixels, "the layer of a shadow or filter")?;
        let Some(mut layer) = Pixmap::new(bounds.width(), bounds.height()) else {
            return Ok(None);
        };
        let at = (bounds.x0, bounds.y0);
        draw(&mut layer, at, None, BlendMode::SourceOver);
        effects::apply(&self.state.filters, &mut layer, self.density);
        Ok(Some(Layer {
            pixmap: layer,
            at,
            _share: share,
        }))
    }

    /// Composites a layer onto the canvas.
    fn lay(
        &mut self,
        layer: Option<&Pixmap>,
        (x, y): (i32, i32),
        mask: Option<&Mask>,
        blend: BlendMode,
    ) -> Result<(), String> {
        let paint = PixmapPaint {
            blend_mode: blend,
            ..PixmapPaint::default()
        };
        let identity = Transform::identity();
        if !reaches_outside(blend) {
            if let Some(layer) = layer {
                self.pixels_mut()
                    .draw_pixmap(x, y, layer.as_ref(), &paint, identity, mask);
            }
            return Ok(());
        }
        // Such a mode also clears what lies beside the layer: make it as large as the canvas.
        let (width, height) = self.size();
        let pixels = u64::from(width) * u64::from(height);
        let _share = self.allowance.take(pixels, "the layer of a mode")?;
        let Some(mut whole) = Pixmap::new(width, height) else {
            return Ok(());
        };
        if let Some(layer) = layer {
            let plain = PixmapPaint::default();
            whole.draw_pixmap(x, y, layer.as_ref(), &plain, identity, None);
        }
        // A mask of tiny-skia thins the source, which is not enough here: mix the results.
        let before = mask.map(|_| Rc::clone(&self.pixmap));
        let pixels = self.pixels_mut();
        pixels.draw_pixmap(0, 0, whole.as_ref(), &paint, identity, None);
        if let (Some(mask), Some(before)) = (mask, before) {
            mix(pixels, &before, mask);
        }
        Ok(())
    }
}

/// A drawing that is not on the canvas yet.
struct Layer {
    pixmap: Pixmap,
    /// Where its upper left pixel belongs.
    at: (i32, i32),
    /// Its part of the memory that canvases may use.
    _share: Share,
}

/// Takes `pixels` back to `before` as far as `mask` leaves out.
fn mix(pixels: &mut Pixmap, before: &Pixmap, mask: &Mask) {
    let parts = pixels.data_mut().chunks_exact_mut(4);
    for ((to, from), cover) in parts.zip(before.data().chunks_exact(4)).zip(mask.data()) {
        let cover = u32::from(*cover);
        for (to, from) in to.iter_mut().zip(from) {
            let sum = u32::from(*to) * cover + u32::from(*from) * (255 - cover);
            *to = ((sum + 127) / 255) as u8;
        }
    }
}

/// Draws onto a target whose upper left pixel is at the given place of the canvas.
pub(crate) type Draw<'a> = dyn Fn(&mut Pixmap, (i32, i32), Option<&Mask>, BlendMode) + 'a;

fn blank(
    width: f64,
    height: f64,
    density: f64,
    allowance: &Rc<Allowance>,
) -> Result<(Rc<Pixmap>, Share), String> {
    let (w, h) = device_size(width, height, density)?;
    let what = format!("a canvas of {w} x {h} device pixels");
    let share = allowance.take(u64::from(w) * u64::from(h), &what)?;
    let pixmap = Pixmap::new(w, h).ok_or_else(|| format!("{what} can't be made"))?;
    Ok((Rc::new(pixmap), share))
}

/// Fills `path` with `ink`; `shift` moves both onto the target.
fn fill(
    target: &mut Pixmap,
    path: &Path,
    rule: FillRule,
    ink: &Ink,
    shift: Transform,
    mask: Option<&Mask>,
    blend: BlendMode,
) {
    let paint = |shader| Paint {
        shader,
        blend_mode: blend,
        ..Paint::default()
    };
    let (pixmap, placed, repeat, alpha, quality) = match ink {
        Ink::Shader(shader) => {
            return target.fill_path(path, &paint(shader.clone()), rule, shift, mask);
        }
        Ink::Picture {
            pixmap,
            placed,
            repeat,
            alpha,
            quality,
        } => (pixmap, *placed, *repeat, *alpha, *quality),
    };
    let shader = tiny_skia::Pattern::new(
        pixmap.as_ref().as_ref(),
        SpreadMode::Repeat,
        quality,
        alpha,
        placed.to_skia(),
    );
    if repeat == (true, true) {
        return target.fill_path(path, &paint(shader), rule, shift, mask);
    }
    // It repeats along one axis or none: paint its band through the shape.
    let Some(mut shape) = Mask::new(target.width(), target.height()) else {
        return;
    };
    shape.fill_path(path, rule, true, shift);
    if let Some(mask) = mask {
        for (to, from) in shape.data_mut().iter_mut().zip(mask.data()) {
            *to = ((u32::from(*to) * u32::from(*from) + 127) / 255) as u8;
        }
    }
    if let Some(band) = band(pixmap, placed, repeat, path) {
        target.fill_path(
            &band,
            &paint(shader),
            FillRule::Winding,
            shift,
            Some(&shape),
        );
    }
}

/// Where a pattern that does not repeat along both axes shows, as far as `path` reaches.
fn band(pixmap: &Pixmap, placed: Matrix, repeat: (bool, bool), path: &Path) -> Option<Path> {
    let local = path.clone().transform(placed.invert()?.to_skia())?.bounds();
    let (width, height) = (pixmap.width() as f32, pixmap.height() as f32);
    let (left, right) = if repeat.0 {
        (local.left(), local.right())
    } else {
        (0.0, width)
    };
    let (top, bottom) = if repeat.1 {
        (local.top(), local.bottom())
    } else {
        (0.0, height)
    };
    let rect = Rect::from_ltrb(left, top, right, bottom)?;
    PathBuilder::from_rect(rect).transform(placed.to_skia())
}
