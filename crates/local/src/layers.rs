//! Layers that the parts of a model share.

use candle_core::{D, Tensor};
use candle_nn::{Conv2d, Conv2dConfig, GroupNorm, LayerNorm, Linear, VarBuilder, ops};

use crate::Error;

/// Scores of attention that are kept at once: 64 Mi numbers are 256 MiB.
const SCORES_MAX: usize = 64 << 20;

pub(crate) type Found<T> = Result<T, Error>;

/// Something that fails once the work should stop.
pub(crate) type Beat<'b> = &'b dyn Fn() -> Result<(), Error>;

/// A convolution of 3 × 3.
pub(crate) fn conv3(
    from: usize,
    to: usize,
    stride: usize,
    padding: usize,
    at: VarBuilder<'_>,
) -> Found<Conv2d> {
    let config = Conv2dConfig {
        stride,
        padding,
        ..Conv2dConfig::default()
    };
    Ok(candle_nn::conv2d(from, to, 3, config, at)?)
}

/// A convolution of 1 × 1.
pub(crate) fn conv1(from: usize, to: usize, at: VarBuilder<'_>) -> Found<Conv2d> {
    Ok(candle_nn::conv2d(from, to, 1, Conv2dConfig::default(), at)?)
}

/// A linear layer; older files have a convolution of 1 × 1 in its place, which is the same.
pub(crate) fn linear(from: usize, to: usize, at: VarBuilder<'_>) -> Found<Linear> {
    let weight = at.get_unchecked("weight")?.reshape((to, from))?;
    Ok(Linear::new(weight, Some(at.get(to, "bias")?)))
}

pub(crate) fn linear_without_bias(from: usize, to: usize, at: VarBuilder<'_>) -> Found<Linear> {
    Ok(candle_nn::linear_no_bias(from, to, at)?)
}

pub(crate) fn group_norm(
    groups: usize,
    channels: usize,
    epsilon: f64,
    at: VarBuilder<'_>,
) -> Found<GroupNorm> {
    Ok(candle_nn::group_norm(groups, channels, epsilon, at)?)
}

pub(crate) fn layer_norm(width: usize, epsilon: f64, at: VarBuilder<'_>) -> Found<LayerNorm> {
    Ok(candle_nn::layer_norm(width, epsilon, at)?)
}

/// Attention of `heads` heads: `query` (batch, n, width), `key` and `value` (batch, m, width); `mask` (n, m) is
/// added to the scores.
pub(crate) fn attend(
    query: &Tensor,
    key: &Tensor,
    value: &Tensor,
    heads: usize,
    mask: Option<&Tensor>,
) -> Found<Tensor> {
    let (batch, rows, width) = query.dims3()?;
    let columns = key.dim(1)?;
    let each = width / heads;
    let split = |whole: &Tensor, length: usize| {
        whole
            .reshape((batch, length, heads, each))?
            .transpose(1, 2)?
            .contiguous()?
            .reshape((batch * heads, length, each))
    };
    let query = (split(query, rows)? * (each as f64).powf(-0.5))?;
    let key = split(key, columns)?.transpose(1, 2)?.contiguous()?;
    let value = split(value, columns)?;
    let weigh = |query: &Tensor, key: &Tensor, value: &Tensor| {
        let mut scores = query.matmul(key)?;
        if let Some(mask) = mask {
            scores = scores.broadcast_add(mask)?;
        }
        ops::softmax_last_dim(&scores)?.matmul(value)
    };
    let all = batch * heads;
    let seen = if all * rows * columns <= SCORES_MAX || mask.is_some() {
        weigh(&query, &key, &value)?
    } else {
        let at_once = (SCORES_MAX / columns).clamp(1, rows);
        let mut of_heads = Vec::with_capacity(all);
        for head in 0..all {
            let (key, value) = (key.narrow(0, head, 1)?, value.narrow(0, head, 1)?);
            let mut parts = Vec::new();
            for start in (0..rows).step_by(at_once) {
                let length = at_once.min(rows - start);
                let query = query.narrow(0, head, 1)?.narrow(1, start, length)?;
                parts.push(weigh(&query.contiguous()?, &key, &value)?);
            }
            of_heads.push(Tensor::cat(&parts, 1)?);
        }
        Tensor::cat(&of_heads, 0)?
    };
    Ok(seen
        .reshape((batch, heads, rows, each))?
        .transpose(1, 2)?
        .contiguous()?
        .reshape((batch, rows, width))?)
}

/// (batch, channels, height, width) as a row for each place.
pub(crate) fn to_rows(planes: &Tensor) -> Found<Tensor> {
    Ok(planes.flatten_from(2)?.transpose(1, 2)?.contiguous()?)
}

/// Rows as (batch, channels, height, width).
pub(crate) fn to_planes(rows: &Tensor, height: usize, width: usize) -> Found<Tensor> {
    let (batch, _, channels) = rows.dims3()?;
    let planes = rows.transpose(1, 2)?.contiguous()?;
    Ok(planes.reshape((batch, channels, height, width))?)
}

/// x · Φ(x), by the error function and not by an approximation.
pub(crate) fn gelu(of: &Tensor) -> Found<Tensor> {
    Ok(of.gelu_erf()?)
}

/// The halves of the last dimension: the first times the gelu of the second.
pub(crate) fn gated(both: &Tensor) -> Found<Tensor> {
    let halves = both.chunk(2, D::Minus1)?;
    Ok((halves[0].contiguous()? * gelu(&halves[1].contiguous()?)?)?)
}
