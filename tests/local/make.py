"""Makes tiny Stable Diffusion models with random weights, and the pictures that diffusers makes with them.

Each folder beside this file is a model in the layout of Hugging Face; `reference.safetensors` in it holds, for each
case, the noise that was drawn, in order, and the picture, as numbers from 0 to 1. README.md says how to run this.
"""

import json
import pathlib
import shutil
import zlib

import numpy
import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    PNDMScheduler,
    StableDiffusionImg2ImgPipeline,
    StableDiffusionPipeline,
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from diffusers.utils import torch_utils
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

HERE = pathlib.Path(__file__).parent
START, END = "<|startoftext|>", "<|endoftext|>"
LENGTH = 16


def alphabet():
    """The 256 signs that stand for bytes in CLIP's vocabulary, in its order."""
    kept = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    moved = [byte for byte in range(256) if byte not in kept]
    return [chr(byte) for byte in kept] + [chr(256 + at) for at in range(len(moved))]


MERGES = ["t i", "ti d", "tid e</w>", "a t</w>", "n i", "ni g", "nig h", "nigh t</w>", "i n", "in k</w>", "s h", "sh o"]


def tokenizer(folder, pad):
    folder.mkdir(parents=True)
    signs = alphabet()
    merged = [merge.replace(" ", "") for merge in MERGES]
    words = signs + [sign + "</w>" for sign in signs] + merged + [START, END]
    vocabulary = {word: at for at, word in enumerate(words)}
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(MERGES) + "\n")
    settings = {
        "tokenizer_class": "CLIPTokenizer", "model_max_length": LENGTH, "add_prefix_space": False, "do_lower_case": True,
        "bos_token": START, "eos_token": END, "unk_token": END, "pad_token": pad, "errors": "replace",
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2))
    special = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": pad}
    (folder / "special_tokens_map.json").write_text(json.dumps(special, indent=2))
    merges = [tuple(merge.split()) for merge in MERGES]
    words = CLIPTokenizer(vocab=vocabulary, merges=merges, pad_token=pad, model_max_length=LENGTH)
    return words, vocabulary


def fill(model, loud=1.0):
    """Weights by their names: the same on every machine, and strong enough to be seen in the picture."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            draw = numpy.random.default_rng(zlib.crc32(name.encode())).standard_normal(tuple(weight.shape))
            if weight.dim() == 1:
                draw = draw * 0.1 + (1.0 if "norm" in name and name.endswith("weight") else 0.0)
            else:
                draw = draw * (0.5 if "embedding" in name else 1.2 / numpy.sqrt(draw[0].size))
            if name.startswith("decoder.conv_out"):
                draw = draw * loud
            weight.copy_(torch.from_numpy(draw).to(torch.float16).float())
    return model.eval()


def text_encoder(vocabulary, act, projected=False, hidden=8, layers=2):
    settings = CLIPTextConfig(
        vocab_size=len(vocabulary), hidden_size=hidden, intermediate_size=2 * hidden, num_hidden_layers=layers,
        num_attention_heads=2, max_position_embeddings=LENGTH, hidden_act=act, projection_dim=hidden,
        bos_token_id=vocabulary[START], eos_token_id=vocabulary[END], pad_token_id=1,
    )
    return fill((CLIPTextModelWithProjection if projected else CLIPTextModel)(settings))


def unet(**settings):
    common = dict(
        sample_size=8, in_channels=4, out_channels=4, layers_per_block=1, block_out_channels=(4, 8, 8), norm_num_groups=2,
        down_block_types=("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    )
    return fill(UNet2DConditionModel(**{**common, **settings}))


def vae(**settings):
    return fill(AutoencoderKL(
        block_out_channels=(4, 4, 8), norm_num_groups=2, layers_per_block=1, latent_channels=4, sample_size=32,
        down_block_types=("DownEncoderBlock2D",) * 3, up_block_types=("UpDecoderBlock2D",) * 3, **settings,
    ), loud=0.8)


BETAS = dict(beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", num_train_timesteps=1000)


def begin(name):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def keep(pipe, folder, half=True):
    """Writes a model as the Hub has it, and reads it again."""
    if half:
        pipe.to(torch.float16)
    tokens = {name: sorted((folder / name).iterdir()) for name in ("tokenizer", "tokenizer_2") if (folder / name).exists()}
    kept = {path: path.read_bytes() for paths in tokens.values() for path in paths}
    pipe.save_pretrained(folder)
    for name in tokens:
        shutil.rmtree(folder / name)
        (folder / name).mkdir()
    for path, data in kept.items():
        path.write_bytes(data)
    for part in ("text_encoder", "text_encoder_2"):
        weights = folder / part / "model.safetensors"
        if weights.exists():
            # The Hub's files name the text model; versions of transformers differ in what they write.
            whole = load_file(weights)
            named = {
                name if name.startswith(("text_model.", "text_projection.")) else f"text_model.{name}": tensor
                for name, tensor in whole.items() if not name.endswith("position_ids")
            }
            save_file(named, weights, metadata={"format": "pt"})
    return pipe.to(torch.float32)


DRAWN = []
draw_as_torch = torch_utils.randn_tensor


def draw_and_note(*args, **kwargs):
    noise = draw_as_torch(*args, **kwargs)
    DRAWN.append(noise.float().clone().contiguous())
    return noise


def note_noise():
    """Every module that draws has the function under its own name."""
    import sys

    for module in list(sys.modules.values()):
        if getattr(module, "__name__", "").startswith("diffusers") and getattr(module, "randn_tensor", None) is draw_as_torch:
            module.randn_tensor = draw_and_note


def picture(pipe, reference, case, **wanted):
    DRAWN.clear()
    seed = wanted.pop("seed")
    made = pipe(generator=torch.Generator("cpu").manual_seed(seed), output_type="np", **wanted).images[0]
    reference[f"{case}.image"] = torch.from_numpy(made).float().contiguous()
    for at, noise in enumerate(DRAWN):
        reference[f"{case}.noise.{at}"] = noise
    print(f"{case}: {made.shape}, {made.min():.3f} to {made.max():.3f}, mean {made.mean():.3f}, {len(DRAWN)} draws")


def drawing():
    """A picture to begin with."""
    at = numpy.indices((16, 24)).astype(numpy.float32)
    red, green = at[1] / 23, at[0] / 15
    stack = numpy.stack([red, green, 1 - red * green], axis=2)
    return Image.fromarray((stack * 255).round().astype(numpy.uint8))


def parts_xl(folder, unet_settings):
    one, vocabulary = tokenizer(folder / "tokenizer", END)
    two, _ = tokenizer(folder / "tokenizer_2", "!")
    return dict(
        tokenizer=one, tokenizer_2=two, text_encoder=text_encoder(vocabulary, "quick_gelu", layers=3),
        text_encoder_2=text_encoder(vocabulary, "gelu", projected=True, hidden=12, layers=3),
        unet=unet(
            cross_attention_dim=20, attention_head_dim=(1, 2), use_linear_projection=True, transformer_layers_per_block=(1, 2),
            block_out_channels=(4, 8),
            addition_embed_type="text_time", addition_time_embed_dim=4, projection_class_embeddings_input_dim=6 * 4 + 12,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"), up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            **unet_settings,
        ),
        vae=vae(scaling_factor=0.13025),
    )


def main():
    note_noise()
    # Latents of 10 x 6, which do not halve evenly.
    wide = dict(width=40, height=24)

    folder = begin("sd1")
    words, vocabulary = tokenizer(folder / "tokenizer", END)
    parts = dict(
        tokenizer=words, text_encoder=text_encoder(vocabulary, "quick_gelu"), vae=vae(),
        unet=unet(cross_attention_dim=8, attention_head_dim=2), safety_checker=None, feature_extractor=None,
    )
    ddim = DDIMScheduler(clip_sample=False, set_alpha_to_one=False, steps_offset=1, **BETAS)
    pipe = keep(StableDiffusionPipeline(scheduler=ddim, requires_safety_checker=False, **parts), folder)
    reference = {}
    asked = dict(prompt="A tide at Night, in ink", negative_prompt="shore", num_inference_steps=5, guidance_scale=4.0)
    picture(pipe, reference, "ddim", seed=7, **asked, **wide)
    # A prompt that is cut, and the size that the model is made for.
    long = dict(asked, prompt="tide " * 20, negative_prompt=None)
    picture(pipe, reference, "long", seed=3, **long)
    again = StableDiffusionImg2ImgPipeline(requires_safety_checker=False, scheduler=ddim, **parts)
    picture(again, reference, "image", seed=5, image=drawing(), strength=0.6, **asked)
    reference["image.from"] = torch.from_numpy(numpy.array(drawing()))
    save_file(reference, folder / "reference.safetensors")

    # The same weights and another schedule: only that is kept of it.
    folder = begin("pndm")
    pndm = PNDMScheduler(skip_prk_steps=True, set_alpha_to_one=False, steps_offset=1, **BETAS)
    pipe = StableDiffusionPipeline(scheduler=pndm, requires_safety_checker=False, **parts)
    pndm.save_pretrained(folder / "scheduler")
    reference = {}
    picture(pipe, reference, "pndm", seed=7, **dict(asked, num_inference_steps=7), **wide)
    save_file(reference, folder / "reference.safetensors")

    folder = begin("sd2")
    words, vocabulary = tokenizer(folder / "tokenizer", "!")
    parts = dict(
        tokenizer=words, text_encoder=text_encoder(vocabulary, "gelu"), vae=vae(),
        unet=unet(cross_attention_dim=8, attention_head_dim=[1, 2, 4], use_linear_projection=True),
        safety_checker=None, feature_extractor=None,
    )
    euler = EulerDiscreteScheduler(prediction_type="v_prediction", timestep_spacing="trailing", **BETAS)
    pipe = keep(StableDiffusionPipeline(scheduler=euler, requires_safety_checker=False, **parts), folder)
    reference = {}
    picture(pipe, reference, "euler", seed=11, **asked, **wide)
    save_file(reference, folder / "reference.safetensors")

    folder = begin("xl")
    parts = parts_xl(folder, {})
    euler = EulerDiscreteScheduler(timestep_spacing="leading", steps_offset=1, **BETAS)
    pipe = keep(StableDiffusionXLPipeline(scheduler=euler, force_zeros_for_empty_prompt=True, add_watermarker=False, **parts), folder)
    reference = {}
    picture(pipe, reference, "negative", seed=7, **asked, **wide)
    picture(pipe, reference, "plain", seed=8, **dict(asked, negative_prompt=None), **wide)
    again = StableDiffusionXLImg2ImgPipeline(scheduler=euler, add_watermarker=False, **parts)
    picture(again, reference, "image", seed=5, image=drawing(), strength=0.5, **asked)
    save_file(reference, folder / "reference.safetensors")

    # As SDXL Turbo: the weights of `xl`, its own schedule, few steps, no guidance.
    folder = begin("turbo")
    turbo = EulerAncestralDiscreteScheduler(timestep_spacing="trailing", **BETAS)
    pipe = StableDiffusionXLPipeline(scheduler=turbo, add_watermarker=False, **parts)
    turbo.save_pretrained(folder / "scheduler")
    reference = {}
    asked = dict(prompt="A tide at Night, in ink", guidance_scale=0.0)
    picture(pipe, reference, "one", seed=7, num_inference_steps=1, **asked, **wide)
    picture(pipe, reference, "three", seed=9, num_inference_steps=3, **asked, **wide)
    save_file(reference, folder / "reference.safetensors")


main()
