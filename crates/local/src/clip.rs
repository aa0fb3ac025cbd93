//! CLIP's text model: what a prompt means, as numbers.
//!
//! As `transformers` computes it (`models/clip/modeling_clip.py`). candle-transformers has one, too; its configuration
//! can't be read from a file, and it has neither the pooled output that SDXL is told nor the exact gelu.

use candle_core::{DType, Device, Module, Tensor};
use candle_nn::{Embedding, LayerNorm, Linear, VarBuilder, ops};
use serde::Deserialize;

use crate::Error;
use crate::config::Json;
use crate::layers::{Found, attend, gelu, layer_norm, linear, linear_without_bias};

/// Longest prompt, in tokens.
const LENGTH_MAX: usize = 4_096;

fn epsilon() -> f64 {
    1e-5
}

fn end() -> u32 {
    49_407
}

#[derive(Debug, Clone, Deserialize)]
struct Config {
    vocab_size: usize,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    max_position_embeddings: usize,
    hidden_act: Act,
    #[serde(default = "epsilon")]
    layer_norm_eps: f64,
    #[serde(default = "end")]
    eos_token_id: u32,
    #[serde(default)]
    projection_dim: usize,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Act {
    QuickGelu,
    Gelu,
}

impl Act {
    fn of(self, given: &Tensor) -> Found<Tensor> {
        match self {
            Self::QuickGelu => Ok((given * ops::sigmoid(&(given * 1.702)?)?)?),
            Self::Gelu => gelu(given),
        }
    }
}

struct Layer {
    norms: [LayerNorm; 2],
    query: Linear,
    key: Linear,
    value: Linear,
    out: Linear,
    widen: Linear,
    narrow: Linear,
}

impl Layer {
    fn new(config: &Config, at: &VarBuilder<'_>) -> Found<Self> {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        let norm = |name: &str| layer_norm(width, config.layer_norm_eps, at.pp(name));
        let own = |name: &str| linear(width, width, at.pp("self_attn").pp(name));
        Ok(Self {
            norms: [norm("layer_norm1")?, norm("layer_norm2")?],
            query: own("q_proj")?,
            key: own("k_proj")?,
            value: own("v_proj")?,
            out: own("out_proj")?,
            widen: linear(width, inner, at.pp("mlp.fc1"))?,
            narrow: linear(inner, width, at.pp("mlp.fc2"))?,
        })
    }

    fn forward(&self, given: &Tensor, config: &Config, mask: &Tensor) -> Found<Tensor> {
        let normed = self.norms[0].forward(given)?;
        let seen = attend(
            &self.query.forward(&normed)?,
            &self.key.forward(&normed)?,
            &self.value.forward(&normed)?,
            config.num_attention_heads,
            Some(mask),
        )?;
        let given = (given + self.out.forward(&seen)?)?;
        let wide = self.widen.forward(&self.norms[1].forward(&given)?)?;
        let narrow = self.narrow.forward(&config.hidden_act.of(&wide)?)?;
        Ok((given + narrow)?)
    }
}

/// What a prompt means: each (1, tokens, width).
pub(crate) struct Meant {
    /// After all layers and the last norm.
    pub(crate) last: Tensor,
    /// Before the last layer.
    pub(crate) before_last: Tensor,
    /// Of the whole prompt (1, width), where the model has a projection.
    pub(crate) pooled: Option<Tensor>,
}

pub(crate) struct Clip {
    config: Config,
    tokens: Embedding,
    positions: Tensor,
    layers: Vec<Layer>,
    norm: LayerNorm,
    projection: Option<Linear>,
    mask: Tensor,
}

impl Clip {
    pub(crate) fn new(json: &Json, at: &VarBuilder<'_>, device: &Device) -> Found<Self> {
        json.only(&[
            ("model_type", &["\"clip_text_model\""]),
            ("hidden_act", &["\"quick_gelu\"", "\"gelu\""]),
        ])?;
        let config: Config = json.read()?;
        if config.num_attention_heads == 0
            || !config
                .hidden_size
                .is_multiple_of(config.num_attention_heads)
        {
            return Err(Error::invalid(format!(
                "`{}` has heads that do not share hidden_size evenly",
                json.path
            )));
        }
        let (width, length) = (config.hidden_size, config.max_position_embeddings);
        if !(3..=LENGTH_MAX).contains(&length) {
            let said = json.said.get("max_position_embeddings").unwrap_or_default();
            return Err(json.refused("max_position_embeddings", said, &["3 to 4096"]));
        }
        let projection = at
            .contains_tensor("text_projection.weight")
            .then(|| linear_without_bias(width, config.projection_dim, at.pp("text_projection")));
        let at = at.pp("text_model");
        let words = at.pp("embeddings");
        let layers = at.pp("encoder.layers");
        let layers =
            (0..config.num_hidden_layers).map(|index| Layer::new(&config, &layers.pp(index)));
        let later = (0..length * length).map(|place| match place % length > place / length {
            true => f32::MIN,
            false => 0.0,
        });
        Ok(Self {
            tokens: candle_nn::embedding(config.vocab_size, width, words.pp("token_embedding"))?,
            positions: words.get((length, width), "position_embedding.weight")?,
            layers: layers.collect::<Result<_, _>>()?,
            norm: layer_norm(width, config.layer_norm_eps, at.pp("final_layer_norm"))?,
            projection: projection.transpose()?,
            mask: Tensor::from_iter(later, device)?.reshape((length, length))?,
            config,
        })
    }

    /// How many tokens it takes.
    pub(crate) fn length(&self) -> usize {
        self.config.max_position_embeddings
    }

    /// What tokens mean, of which there have to be as many as it takes.
    pub(crate) fn forward(&self, ids: &[u32]) -> Found<Meant> {
        if let Some(unknown) = ids
            .iter()
            .find(|id| **id as usize >= self.config.vocab_size)
        {
            return Err(Error::invalid(format!(
                "the tokenizer gives the token {unknown}, which the text encoder does not have: they have to be of one \
                 model"
            )));
        }
        let tokens = Tensor::new(ids, self.mask.device())?.to_dtype(DType::U32)?;
        let mut seen = (self.tokens.forward(&tokens)? + &self.positions)?.unsqueeze(0)?;
        let mut before_last = seen.clone();
        for layer in &self.layers {
            before_last = seen;
            seen = layer.forward(&before_last, &self.config, &self.mask)?;
        }
        let last = self.norm.forward(&seen)?;
        let pooled = self.projection.as_ref().map(|projection| {
            let whole = last.narrow(1, self.end_of(ids), 1)?.squeeze(1)?;
            projection.forward(&whole)
        });
        Ok(Meant {
            pooled: pooled.transpose()?,
            before_last,
            last,
        })
    }

    /// Where a prompt ends: the place that speaks for all of it.
    fn end_of(&self, ids: &[u32]) -> usize {
        // Files of old say 2, and mean the token with the highest number.
        let end = match self.config.eos_token_id {
            2 => ids.iter().copied().max(),
            end => Some(end),
        };
        ids.iter().position(|id| Some(*id) == end).unwrap_or(0)
    }
}
