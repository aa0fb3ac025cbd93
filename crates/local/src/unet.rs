//! The denoiser, as `UNet2DConditionModel` of diffusers computes it for Stable Diffusion 1.x, 2.x and XL.
//!
//! candle-transformers has one, too; it is not told the sizes and the meaning of the whole prompt, without which SDXL
//! makes other pictures, and its gelu is an approximation.

use candle_core::{DType, Device, Module, Tensor};
use candle_nn::{Conv2d, GroupNorm, Linear, VarBuilder, ops};

use crate::Error;
use crate::layers::{Beat, Found, conv3, group_norm, linear};
use crate::resnet::{self, Resnet};
use crate::transformer::{self, Transformer};
use crate::unet_config::{Config, Stage};

/// The longest period of the waves that stand for a number.
const PERIOD: f64 = 10_000.0;

/// What stands for a number: waves of it.
fn waves(number: f64, width: usize, config: &Config) -> Vec<f32> {
    let half = width / 2;
    let angles: Vec<f32> = (0..half)
        .map(|at| {
            let exponent = -PERIOD.ln() * at as f64 / (half as f64 - config.shift);
            number as f32 * (exponent as f32).exp()
        })
        .collect();
    let (sine, cosine) = (
        angles.iter().map(|a| a.sin()),
        angles.iter().map(|a| a.cos()),
    );
    match config.flip {
        true => cosine.chain(sine).collect(),
        false => sine.chain(cosine).collect(),
    }
}

/// Two layers around a bend.
struct Embedding(Linear, Linear);

impl Embedding {
    fn new(from: usize, to: usize, at: &VarBuilder<'_>) -> Found<Self> {
        Ok(Self(
            linear(from, to, at.pp("linear_1"))?,
            linear(to, to, at.pp("linear_2"))?,
        ))
    }

    fn forward(&self, given: &Tensor) -> Found<Tensor> {
        Ok(self.1.forward(&ops::silu(&self.0.forward(given)?)?)?)
    }
}

/// The blocks of one size, on the way down or up.
struct Blocks {
    resnets: Vec<Resnet>,
    /// One for each of the others, or none.
    attention: Vec<Transformer>,
    resize: Option<Conv2d>,
}

/// What the blocks are told.
struct Told<'t> {
    time: &'t Tensor,
    prompt: &'t Tensor,
    beat: Beat<'t>,
}

impl Blocks {
    fn pass(&self, index: usize, given: &Tensor, told: &Told<'_>) -> Found<Tensor> {
        (told.beat)()?;
        let seen = self.resnets[index].forward(given, Some(told.time))?;
        match self.attention.get(index) {
            Some(attention) => attention.forward(&seen, told.prompt),
            None => Ok(seen),
        }
    }
}

/// The meaning of a prompt, and what else SDXL is told.
pub(crate) struct Context {
    /// (1, tokens, width)
    pub(crate) prompt: Tensor,
    /// The meaning of the whole (1, width), and six numbers of sizes.
    pub(crate) added: Option<(Tensor, [f64; 6])>,
}

pub(crate) struct Unet {
    pub(crate) config: Config,
    device: Device,
    first: Conv2d,
    time: Embedding,
    added: Option<Embedding>,
    down: Vec<Blocks>,
    middle: Blocks,
    up: Vec<Blocks>,
    norm: GroupNorm,
    last: Conv2d,
}

/// Makes the blocks of a configuration.
struct Maker<'m> {
    config: &'m Config,
    time: usize,
}

impl Maker<'_> {
    fn resnet(&self, from: usize, to: usize, at: &VarBuilder<'_>) -> Found<Resnet> {
        let sizes = resnet::Sizes {
            from,
            to,
            groups: self.config.groups,
            epsilon: self.config.epsilon,
            time: Some(self.time),
        };
        Resnet::new(sizes, at)
    }

    fn attention(&self, stage: Stage, layers: usize, at: &VarBuilder<'_>) -> Found<Transformer> {
        let sizes = transformer::Sizes {
            channels: stage.channels,
            heads: stage.heads,
            layers,
            prompt: self.config.prompt,
            groups: self.config.groups,
        };
        Transformer::new(sizes, at)
    }

    /// Blocks that take so many channels each, and give those of the stage.
    fn blocks(
        &self,
        stage: Stage,
        from: &[usize],
        resize: Option<Conv2d>,
        at: &VarBuilder<'_>,
    ) -> Found<Blocks> {
        let resnets = from
            .iter()
            .enumerate()
            .map(|(index, from)| self.resnet(*from, stage.channels, &at.pp("resnets").pp(index)));
        let attention = (0..if stage.layers > 0 { from.len() } else { 0 })
            .map(|index| self.attention(stage, stage.layers, &at.pp("attentions").pp(index)));
        Ok(Blocks {
            resnets: resnets.collect::<Result<_, Error>>()?,
            attention: attention.collect::<Result<_, Error>>()?,
            resize,
        })
    }
}

impl Unet {
    pub(crate) fn new(config: Config, at: &VarBuilder<'_>) -> Found<Self> {
        let stages = &config.stages;
        let (start, end) = (stages[0].channels, stages[stages.len() - 1]);
        let time = 4 * start;
        let maker = Maker {
            config: &config,
            time,
        };
        let mut down = Vec::new();
        for (index, stage) in stages.iter().enumerate() {
            let at = at.pp("down_blocks").pp(index);
            let mut from = vec![stage.channels; config.blocks];
            from[0] = stages[index.saturating_sub(1)].channels;
            let channels = stage.channels;
            let resize = (index + 1 < stages.len())
                .then(|| conv3(channels, channels, 2, 1, at.pp("downsamplers.0.conv")));
            down.push(maker.blocks(*stage, &from, resize.transpose()?, &at)?);
        }
        let mut up = Vec::new();
        for (index, stage) in stages.iter().rev().enumerate() {
            let at = at.pp("up_blocks").pp(index);
            let own = stages.len() - 1 - index;
            let channels = stage.channels;
            let before = stages[(own + 1).min(stages.len() - 1)].channels;
            // What comes beside it from the way down: the last is from before the stage.
            let beside = |at: usize| match at == config.blocks {
                true => stages[own.saturating_sub(1)].channels,
                false => channels,
            };
            let from: Vec<usize> = (0..=config.blocks)
                .map(|at| beside(at) + if at == 0 { before } else { channels })
                .collect();
            let resize =
                (own > 0).then(|| conv3(channels, channels, 1, 1, at.pp("upsamplers.0.conv")));
            up.push(maker.blocks(*stage, &from, resize.transpose()?, &at)?);
        }
        let middle = at.pp("mid_block");
        let resnet = |index: usize| {
            maker.resnet(end.channels, end.channels, &middle.pp("resnets").pp(index))
        };
        let middle = Blocks {
            resnets: vec![resnet(0)?, resnet(1)?],
            attention: vec![maker.attention(end, end.middle_layers, &middle.pp("attentions.0"))?],
            resize: None,
        };
        let added = config
            .added
            .map(|added| Embedding::new(added.all, time, &at.pp("add_embedding")));
        Ok(Self {
            device: at.device().clone(),
            first: conv3(config.latents, start, 1, 1, at.pp("conv_in"))?,
            time: Embedding::new(start, time, &at.pp("time_embedding"))?,
            added: added.transpose()?,
            down,
            middle,
            up,
            norm: group_norm(config.groups, start, config.epsilon, at.pp("conv_norm_out"))?,
            last: conv3(start, config.latents, 1, 1, at.pp("conv_out"))?,
            config,
        })
    }

    /// What it makes of latents (1, channels, height, width) at a time.
    pub(crate) fn forward(
        &self,
        latents: &Tensor,
        time: f64,
        context: &Context,
        beat: Beat<'_>,
    ) -> Found<Tensor> {
        let time = &self.when(time, context)?;
        let prompt = &context.prompt;
        let told = Told { time, prompt, beat };
        let mut seen = self.first.forward(latents)?;
        let mut beside = vec![seen.clone()];
        for blocks in &self.down {
            for index in 0..blocks.resnets.len() {
                seen = blocks.pass(index, &seen, &told)?;
                beside.push(seen.clone());
            }
            if let Some(resize) = &blocks.resize {
                seen = resize.forward(&seen)?;
                beside.push(seen.clone());
            }
        }
        seen = self.middle.pass(0, &seen, &told)?;
        seen = self.middle.resnets[1].forward(&seen, Some(time))?;
        for blocks in &self.up {
            for index in 0..blocks.resnets.len() {
                let other = beside
                    .pop()
                    .ok_or_else(|| Error::invalid("the denoiser's stages do not meet"))?;
                seen = blocks.pass(index, &Tensor::cat(&[&seen, &other], 1)?, &told)?;
            }
            if let (Some(resize), Some(next)) = (&blocks.resize, beside.last()) {
                // What was halved unevenly becomes again what it was.
                let (_, _, height, width) = next.dims4()?;
                seen = resize.forward(&seen.upsample_nearest2d(height, width)?)?;
            }
        }
        Ok(ops::silu(&self.norm.forward(&seen)?)?.apply(&self.last)?)
    }

    /// What stands for the time, and for what else it is told.
    fn when(&self, time: f64, context: &Context) -> Found<Tensor> {
        let row = |numbers: Vec<f32>| {
            let width = numbers.len();
            Tensor::from_vec(numbers, (1, width), &self.device)?.to_dtype(DType::F32)
        };
        let width = self.config.stages[0].channels;
        let told = self.time.forward(&row(waves(time, width, &self.config))?)?;
        let (Some(layer), Some(sizes), Some((whole, numbers))) =
            (&self.added, self.config.added, &context.added)
        else {
            return Ok(told);
        };
        let numbers = numbers
            .iter()
            .flat_map(|number| waves(*number, sizes.width, &self.config));
        let all = Tensor::cat(&[whole, &row(numbers.collect())?], 1)?;
        Ok((told + layer.forward(&all)?)?)
    }
}
