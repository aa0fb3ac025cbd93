//! The autoencoder: pictures to latents and back, as `AutoencoderKL` of diffusers computes it.

use candle_core::{D, Module, Tensor};
use candle_nn::{Conv2d, GroupNorm, Linear, VarBuilder, ops};
use serde::Deserialize;

use crate::Error;
use crate::config::Json;
use crate::layers::{Beat, Found, attend, conv1, conv3, group_norm, linear, to_planes, to_rows};
use crate::resnet::{Resnet, Sizes};

const EPSILON: f64 = 1e-6;
/// More stages would halve a picture to nothing.
const STAGES_MAX: usize = 8;

fn scaling() -> f64 {
    0.18215
}

fn yes() -> bool {
    true
}

#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Config {
    pub(crate) block_out_channels: Vec<usize>,
    layers_per_block: usize,
    pub(crate) latent_channels: usize,
    norm_num_groups: usize,
    #[serde(default = "scaling")]
    pub(crate) scaling_factor: f64,
    #[serde(default = "yes")]
    use_quant_conv: bool,
    #[serde(default = "yes")]
    use_post_quant_conv: bool,
}

impl Config {
    pub(crate) fn new(json: &Json) -> Found<Self> {
        json.only(&[
            ("_class_name", &["\"AutoencoderKL\""]),
            ("act_fn", &["\"silu\""]),
            ("in_channels", &["3"]),
            ("out_channels", &["3"]),
            ("mid_block_add_attention", &["true"]),
            ("latents_mean", &["null"]),
            ("latents_std", &["null"]),
            ("shift_factor", &["null"]),
        ])?;
        let config: Self = json.read()?;
        for (field, known) in [
            ("down_block_types", "DownEncoderBlock2D"),
            ("up_block_types", "UpDecoderBlock2D"),
        ] {
            let said = json.said.get(field).unwrap_or_default();
            let kinds = said.as_array().into_iter().flatten();
            let count = kinds.filter(|kind| kind.as_str() == Some(known)).count();
            if !(1..=STAGES_MAX).contains(&count) || count != config.block_out_channels.len() {
                return Err(json.refused(
                    field,
                    said,
                    &[&format!("{known} for each of block_out_channels")],
                ));
            }
        }
        Ok(config)
    }

    /// Pixels of a latent, along a side.
    pub(crate) fn factor(&self) -> usize {
        1 << (self.block_out_channels.len() - 1)
    }
}

/// Attention of one head over all places.
struct Attention {
    norm: GroupNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
}

impl Attention {
    fn new(channels: usize, groups: usize, at: &VarBuilder<'_>) -> Found<Self> {
        let names = match at.contains_tensor("to_q.weight") {
            true => ["to_q", "to_k", "to_v", "to_out.0"],
            false => ["query", "key", "value", "proj_attn"],
        };
        let [query, key, value, out] = names.map(|name| linear(channels, channels, at.pp(name)));
        Ok(Self {
            norm: group_norm(groups, channels, EPSILON, at.pp("group_norm"))?,
            query: query?,
            key: key?,
            value: value?,
            out: out?,
        })
    }

    fn forward(&self, given: &Tensor) -> Found<Tensor> {
        let (_, _, height, width) = given.dims4()?;
        let rows = to_rows(&self.norm.forward(given)?)?;
        let seen = attend(
            &self.query.forward(&rows)?,
            &self.key.forward(&rows)?,
            &self.value.forward(&rows)?,
            1,
            None,
        )?;
        let seen = self.out.forward(&seen)?;
        Ok((to_planes(&seen, height, width)? + given)?)
    }
}

/// The middle of both halves.
struct Middle {
    resnets: [Resnet; 2],
    attention: Attention,
}

impl Middle {
    fn new(channels: usize, groups: usize, at: &VarBuilder<'_>) -> Found<Self> {
        let resnet = |index: usize| {
            Resnet::new(
                sizes(channels, channels, groups),
                &at.pp("resnets").pp(index),
            )
        };
        Ok(Self {
            resnets: [resnet(0)?, resnet(1)?],
            attention: Attention::new(channels, groups, &at.pp("attentions.0"))?,
        })
    }

    fn forward(&self, given: &Tensor) -> Found<Tensor> {
        let given = self.resnets[0].forward(given, None)?;
        self.resnets[1].forward(&self.attention.forward(&given)?, None)
    }
}

fn sizes(from: usize, to: usize, groups: usize) -> Sizes {
    Sizes {
        from,
        to,
        groups,
        epsilon: EPSILON,
        time: None,
    }
}

/// Some blocks, and what halves or doubles the size after them.
struct Stage {
    resnets: Vec<Resnet>,
    resize: Option<Conv2d>,
}

/// One of the two halves.
struct Half {
    first: Conv2d,
    stages: Vec<Stage>,
    middle: Middle,
    norm: GroupNorm,
    last: Conv2d,
}

impl Half {
    /// The half that begins with `from` channels and ends with `to`, over stages of these channels.
    fn new(
        config: &Config,
        (from, to): (usize, usize),
        channels: &[usize],
        is_encoder: bool,
        at: &VarBuilder<'_>,
    ) -> Found<Self> {
        let groups = config.norm_num_groups;
        let (stages, resize, more) = match is_encoder {
            true => ("down_blocks", "downsamplers.0.conv", 0),
            false => ("up_blocks", "upsamplers.0.conv", 1),
        };
        let (start, end) = (channels[0], channels[channels.len() - 1]);
        let deepest = if is_encoder { end } else { start };
        let stages = channels.iter().enumerate().map(|(index, out)| {
            let at = at.pp(stages).pp(index);
            let before = channels[index.saturating_sub(1)];
            let resnets = (0..config.layers_per_block + more).map(|layer| {
                let from = if layer == 0 { before } else { *out };
                Resnet::new(sizes(from, *out, groups), &at.pp("resnets").pp(layer))
            });
            let (stride, padding) = if is_encoder { (2, 0) } else { (1, 1) };
            let resize = (index + 1 < channels.len())
                .then(|| conv3(*out, *out, stride, padding, at.pp(resize)));
            Ok(Stage {
                resnets: resnets.collect::<Result<_, Error>>()?,
                resize: resize.transpose()?,
            })
        });
        Ok(Self {
            first: conv3(from, start, 1, 1, at.pp("conv_in"))?,
            stages: stages.collect::<Result<_, Error>>()?,
            middle: Middle::new(deepest, groups, &at.pp("mid_block"))?,
            norm: group_norm(groups, end, EPSILON, at.pp("conv_norm_out"))?,
            last: conv3(end, to, 1, 1, at.pp("conv_out"))?,
        })
    }

    fn encode(&self, picture: &Tensor, beat: Beat<'_>) -> Found<Tensor> {
        let mut seen = self.first.forward(picture)?;
        for stage in &self.stages {
            seen = stage.through(seen, beat)?;
            if let Some(resize) = &stage.resize {
                let padded = seen.pad_with_zeros(D::Minus1, 0, 1)?;
                seen = resize.forward(&padded.pad_with_zeros(D::Minus2, 0, 1)?)?;
            }
        }
        self.end(&self.middle.forward(&seen)?)
    }

    fn decode(&self, latents: &Tensor, beat: Beat<'_>) -> Found<Tensor> {
        let mut seen = self.middle.forward(&self.first.forward(latents)?)?;
        for stage in &self.stages {
            seen = stage.through(seen, beat)?;
            if let Some(resize) = &stage.resize {
                let (_, _, height, width) = seen.dims4()?;
                seen = resize.forward(&seen.upsample_nearest2d(2 * height, 2 * width)?)?;
            }
        }
        self.end(&seen)
    }

    fn end(&self, seen: &Tensor) -> Found<Tensor> {
        Ok(ops::silu(&self.norm.forward(seen)?)?.apply(&self.last)?)
    }
}

impl Stage {
    fn through(&self, mut seen: Tensor, beat: Beat<'_>) -> Found<Tensor> {
        for resnet in &self.resnets {
            beat()?;
            seen = resnet.forward(&seen, None)?;
        }
        Ok(seen)
    }
}

pub(crate) struct Vae {
    pub(crate) config: Config,
    encoder: Half,
    decoder: Half,
    to_latents: Option<Conv2d>,
    from_latents: Option<Conv2d>,
}

impl Vae {
    pub(crate) fn new(config: Config, at: &VarBuilder<'_>) -> Found<Self> {
        let latents = config.latent_channels;
        let channels = config.block_out_channels.clone();
        let reversed: Vec<usize> = channels.iter().rev().copied().collect();
        let to_latents = config
            .use_quant_conv
            .then(|| conv1(2 * latents, 2 * latents, at.pp("quant_conv")));
        let from_latents = config
            .use_post_quant_conv
            .then(|| conv1(latents, latents, at.pp("post_quant_conv")));
        Ok(Self {
            encoder: Half::new(
                &config,
                (3, 2 * latents),
                &channels,
                true,
                &at.pp("encoder"),
            )?,
            decoder: Half::new(&config, (latents, 3), &reversed, false, &at.pp("decoder"))?,
            to_latents: to_latents.transpose()?,
            from_latents: from_latents.transpose()?,
            config,
        })
    }

    /// The mean and the deviation of a picture's latents; a picture has channels from -1 to 1.
    pub(crate) fn encode(&self, picture: &Tensor, beat: Beat<'_>) -> Found<(Tensor, Tensor)> {
        let mut seen = self.encoder.encode(picture, beat)?;
        if let Some(conv) = &self.to_latents {
            seen = conv.forward(&seen)?;
        }
        let halves = seen.chunk(2, 1)?;
        let deviation = (halves[1].clamp(-30.0, 20.0)? * 0.5)?.exp()?;
        Ok((halves[0].contiguous()?, deviation))
    }

    /// The picture of latents, with channels around -1 to 1.
    pub(crate) fn decode(&self, latents: &Tensor, beat: Beat<'_>) -> Found<Tensor> {
        match &self.from_latents {
            Some(conv) => self.decoder.decode(&conv.forward(latents)?, beat),
            None => self.decoder.decode(latents, beat),
        }
    }
}
