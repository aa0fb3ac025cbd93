//! The denoiser's attention: how places of a picture look at each other, and at the prompt.

use candle_core::{Module, Tensor};
use candle_nn::{GroupNorm, LayerNorm, Linear, VarBuilder};

use crate::Error;
use crate::layers::{
    Found, attend, gated, group_norm, layer_norm, linear, linear_without_bias, to_planes, to_rows,
};

const EPSILON: f64 = 1e-5;
const GROUPS_EPSILON: f64 = 1e-6;

/// Attention of rows to others, or to themselves.
struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    heads: usize,
}

impl Attention {
    fn new(width: usize, context: usize, heads: usize, at: &VarBuilder<'_>) -> Found<Self> {
        Ok(Self {
            query: linear_without_bias(width, width, at.pp("to_q"))?,
            key: linear_without_bias(context, width, at.pp("to_k"))?,
            value: linear_without_bias(context, width, at.pp("to_v"))?,
            out: linear(width, width, at.pp("to_out.0"))?,
            heads,
        })
    }

    fn forward(&self, rows: &Tensor, context: &Tensor) -> Found<Tensor> {
        let seen = attend(
            &self.query.forward(rows)?,
            &self.key.forward(context)?,
            &self.value.forward(context)?,
            self.heads,
            None,
        )?;
        Ok(self.out.forward(&seen)?)
    }
}

struct Layer {
    norms: [LayerNorm; 3],
    own: Attention,
    cross: Attention,
    widen: Linear,
    narrow: Linear,
}

impl Layer {
    fn new(width: usize, context: usize, heads: usize, at: &VarBuilder<'_>) -> Found<Self> {
        let norm = |name: &str| layer_norm(width, EPSILON, at.pp(name));
        Ok(Self {
            norms: [norm("norm1")?, norm("norm2")?, norm("norm3")?],
            own: Attention::new(width, width, heads, &at.pp("attn1"))?,
            cross: Attention::new(width, context, heads, &at.pp("attn2"))?,
            widen: linear(width, 8 * width, at.pp("ff.net.0.proj"))?,
            narrow: linear(4 * width, width, at.pp("ff.net.2"))?,
        })
    }

    fn forward(&self, rows: &Tensor, prompt: &Tensor) -> Found<Tensor> {
        let normed = self.norms[0].forward(rows)?;
        let rows = (rows + self.own.forward(&normed, &normed)?)?;
        let normed = self.norms[1].forward(&rows)?;
        let rows = (&rows + self.cross.forward(&normed, prompt)?)?;
        let wide = self.widen.forward(&self.norms[2].forward(&rows)?)?;
        Ok((&rows + self.narrow.forward(&gated(&wide)?)?)?)
    }
}

/// Sizes of the attention of one stage.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) channels: usize,
    pub(crate) heads: usize,
    pub(crate) layers: usize,
    /// Width of what stands for a token of the prompt.
    pub(crate) prompt: usize,
    pub(crate) groups: usize,
}

/// Attention over the places of a picture.
pub(crate) struct Transformer {
    norm: GroupNorm,
    before: Linear,
    layers: Vec<Layer>,
    after: Linear,
}

impl Transformer {
    pub(crate) fn new(sizes: Sizes, at: &VarBuilder<'_>) -> Found<Self> {
        let channels = sizes.channels;
        let layers = (0..sizes.layers).map(|index| {
            let at = at.pp("transformer_blocks").pp(index);
            Layer::new(channels, sizes.prompt, sizes.heads, &at)
        });
        Ok(Self {
            norm: group_norm(sizes.groups, channels, GROUPS_EPSILON, at.pp("norm"))?,
            before: linear(channels, channels, at.pp("proj_in"))?,
            layers: layers.collect::<Result<_, Error>>()?,
            after: linear(channels, channels, at.pp("proj_out"))?,
        })
    }

    pub(crate) fn forward(&self, given: &Tensor, prompt: &Tensor) -> Found<Tensor> {
        let (_, _, height, width) = given.dims4()?;
        let mut rows = self.before.forward(&to_rows(&self.norm.forward(given)?)?)?;
        for layer in &self.layers {
            rows = layer.forward(&rows, prompt)?;
        }
        let rows = self.after.forward(&rows)?;
        Ok((to_planes(&rows, height, width)? + given)?)
    }
}
