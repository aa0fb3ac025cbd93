//! What the denoiser's configuration says.

use serde::Deserialize;

use crate::Error;
use crate::config::{Json, OneOrEach};
use crate::layers::Found;

/// More stages would halve a picture to nothing.
const STAGES_MAX: usize = 8;
const BLOCKS_MAX: usize = 16;

fn groups() -> usize {
    32
}

fn one() -> OneOrEach {
    OneOrEach::One(1)
}

fn two() -> usize {
    2
}

fn epsilon() -> f64 {
    1e-5
}

#[derive(Deserialize)]
struct Said {
    block_out_channels: Vec<usize>,
    down_block_types: Vec<String>,
    up_block_types: Vec<String>,
    #[serde(default = "two")]
    layers_per_block: usize,
    cross_attention_dim: usize,
    attention_head_dim: OneOrEach,
    num_attention_heads: Option<OneOrEach>,
    #[serde(default = "one")]
    transformer_layers_per_block: OneOrEach,
    #[serde(default = "groups")]
    norm_num_groups: usize,
    #[serde(default = "epsilon")]
    norm_eps: f64,
    sample_size: usize,
    in_channels: usize,
    addition_embed_type: Option<String>,
    addition_time_embed_dim: Option<usize>,
    projection_class_embeddings_input_dim: Option<usize>,
}

/// A stage: what happens at one size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stage {
    pub(crate) channels: usize,
    /// Heads of its attention.
    pub(crate) heads: usize,
    /// Layers of its attention; none where it has none.
    pub(crate) layers: usize,
    /// Layers of attention in the middle, where this is the last stage.
    pub(crate) middle_layers: usize,
}

/// What SDXL is told besides the prompt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Added {
    /// Width of each number of sizes.
    pub(crate) width: usize,
    /// Width of all together.
    pub(crate) all: usize,
}

/// Sizes of the denoiser.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) stages: Vec<Stage>,
    pub(crate) blocks: usize,
    pub(crate) prompt: usize,
    pub(crate) groups: usize,
    pub(crate) epsilon: f64,
    /// Latents along a side that it is made for.
    pub(crate) side: usize,
    pub(crate) latents: usize,
    pub(crate) flip: bool,
    pub(crate) shift: f64,
    pub(crate) added: Option<Added>,
}

impl Config {
    pub(crate) fn new(json: &Json) -> Found<Self> {
        let null: &[&str] = &["null"];
        json.only(&[
            ("_class_name", &["\"UNet2DConditionModel\""]),
            ("act_fn", &["\"silu\""]),
            ("addition_embed_type", &["null", "\"text_time\""]),
            ("center_input_sample", &["false"]),
            ("class_embed_type", null),
            ("num_class_embeds", null),
            ("conv_in_kernel", &["3"]),
            ("conv_out_kernel", &["3"]),
            ("cross_attention_norm", null),
            ("downsample_padding", &["1"]),
            ("dual_cross_attention", &["false"]),
            ("encoder_hid_dim", null),
            ("encoder_hid_dim_type", null),
            ("attention_type", &["\"default\""]),
            ("mid_block_only_cross_attention", &["null", "false"]),
            ("mid_block_scale_factor", &["1", "1.0"]),
            ("mid_block_type", &["\"UNetMidBlock2DCrossAttn\""]),
            ("only_cross_attention", &["false"]),
            ("resnet_out_scale_factor", &["1", "1.0"]),
            ("resnet_skip_time_act", &["false"]),
            ("resnet_time_scale_shift", &["\"default\""]),
            ("reverse_transformer_layers_per_block", null),
            ("time_cond_proj_dim", null),
            ("time_embedding_act_fn", null),
            ("time_embedding_dim", null),
            ("time_embedding_type", &["\"positional\""]),
            ("timestep_post_act", null),
        ])?;
        let said: Said = json.read()?;
        let count = said.block_out_channels.len();
        let wrong = |field: &str, known: &str| {
            let value = json.said.get(field).unwrap_or_default();
            json.refused(field, value, &[known])
        };
        let each = "one number, or one for each of block_out_channels";
        let heads = said.num_attention_heads.as_ref();
        let heads = heads.unwrap_or(&said.attention_head_dim).each(count);
        let heads = heads.ok_or_else(|| wrong("attention_head_dim", each))?;
        let layers = said.transformer_layers_per_block.each(count);
        let layers = layers.ok_or_else(|| wrong("transformer_layers_per_block", each))?;
        let mut stages = Vec::with_capacity(count);
        let known = "one of CrossAttnDownBlock2D and DownBlock2D for each of block_out_channels";
        for (index, channels) in said.block_out_channels.iter().enumerate() {
            let attends = match said.down_block_types.get(index).map(String::as_str) {
                Some("CrossAttnDownBlock2D") => true,
                Some("DownBlock2D") => false,
                _ => return Err(wrong("down_block_types", known)),
            };
            let back = if attends {
                "CrossAttnUpBlock2D"
            } else {
                "UpBlock2D"
            };
            let up = said.up_block_types.iter().rev().nth(index);
            if up.map(String::as_str) != Some(back) || said.up_block_types.len() != count {
                return Err(wrong("up_block_types", "the mirror of down_block_types"));
            }
            if heads[index] == 0 || channels % heads[index] != 0 {
                return Err(wrong(
                    "attention_head_dim",
                    "heads that share the channels evenly",
                ));
            }
            stages.push(Stage {
                channels: *channels,
                heads: heads[index],
                layers: if attends { layers[index] } else { 0 },
                middle_layers: layers[index],
            });
        }
        if !(1..=STAGES_MAX).contains(&count) || !said.block_out_channels[0].is_multiple_of(2) {
            return Err(wrong("block_out_channels", "up to 8 even numbers"));
        }
        if !(1..=BLOCKS_MAX).contains(&said.layers_per_block) {
            return Err(wrong("layers_per_block", "1 to 16"));
        }
        let added = said.addition_embed_type.as_ref().map(|_| {
            let width = said.addition_time_embed_dim;
            let width = width.ok_or_else(|| wrong("addition_time_embed_dim", "a number"))?;
            let all = said.projection_class_embeddings_input_dim;
            let all =
                all.ok_or_else(|| wrong("projection_class_embeddings_input_dim", "a number"))?;
            Ok::<_, Error>(Added { width, all })
        });
        Ok(Self {
            stages,
            blocks: said.layers_per_block,
            prompt: said.cross_attention_dim,
            groups: said.norm_num_groups,
            epsilon: said.norm_eps,
            side: said.sample_size,
            latents: said.in_channels,
            flip: json.flag("flip_sin_to_cos", true),
            shift: json.number("freq_shift", 0.0),
            added: added.transpose()?,
        })
    }
}
