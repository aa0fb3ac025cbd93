//! The block that the denoiser and the decoder are made of.

use candle_core::{D, Module, Tensor};
use candle_nn::{Conv2d, GroupNorm, Linear, VarBuilder, ops};

use crate::layers::{Found, conv1, conv3, group_norm, linear};

/// Sizes of a block.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) groups: usize,
    pub(crate) epsilon: f64,
    /// Width of what it is told about the time.
    pub(crate) time: Option<usize>,
}

/// Two convolutions around what it is told about the time, beside a short way.
pub(crate) struct Resnet {
    norms: [GroupNorm; 2],
    convs: [Conv2d; 2],
    time: Option<Linear>,
    short: Option<Conv2d>,
}

impl Resnet {
    pub(crate) fn new(sizes: Sizes, at: &VarBuilder<'_>) -> Found<Self> {
        let Sizes {
            from,
            to,
            groups,
            epsilon,
            time,
        } = sizes;
        let time = time.map(|width| linear(width, to, at.pp("time_emb_proj")));
        let short = (from != to).then(|| conv1(from, to, at.pp("conv_shortcut")));
        Ok(Self {
            norms: [
                group_norm(groups, from, epsilon, at.pp("norm1"))?,
                group_norm(groups, to, epsilon, at.pp("norm2"))?,
            ],
            convs: [
                conv3(from, to, 1, 1, at.pp("conv1"))?,
                conv3(to, to, 1, 1, at.pp("conv2"))?,
            ],
            time: time.transpose()?,
            short: short.transpose()?,
        })
    }

    pub(crate) fn forward(&self, given: &Tensor, time: Option<&Tensor>) -> Found<Tensor> {
        let mut inner = ops::silu(&self.norms[0].forward(given)?)?.apply(&self.convs[0])?;
        if let (Some(layer), Some(time)) = (&self.time, time) {
            let told = layer.forward(&ops::silu(time)?)?;
            inner = inner.broadcast_add(&told.unsqueeze(D::Minus1)?.unsqueeze(D::Minus1)?)?;
        }
        let inner = ops::silu(&self.norms[1].forward(&inner)?)?.apply(&self.convs[1])?;
        Ok(match &self.short {
            Some(short) => (short.forward(given)? + inner)?,
            None => (given + inner)?,
        })
    }
}
