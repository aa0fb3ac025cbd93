"""An OpenAI-compatible server (llama.cpp's own) on a tiny model with random weights.

    serve.py MODEL.gguf

Makes the model where the file is not there yet, prints the server's address, and ends when its input does. The model
knows bytes for tokens and writes nonsense; what is true of it is everything else: the protocol, sampling, grammars made
from JSON Schemas, token counts.
"""

import os
import sys

import numpy as np
import gguf
import xllamacpp

WIDTH, LAYERS, HEADS, INNER, CONTEXT = 64, 2, 4, 128, 4096


def vocabulary():
    special = [("<unk>", gguf.TokenType.UNKNOWN), ("<s>", gguf.TokenType.CONTROL), ("</s>", gguf.TokenType.CONTROL)]
    bytes_ = [(f"<0x{byte:02X}>", gguf.TokenType.BYTE) for byte in range(256)]
    return special + bytes_


def write(path):
    random = np.random.default_rng(7)
    tokens = vocabulary()
    model = gguf.GGUFWriter(path, "llama")
    model.add_name("nonsense")
    model.add_context_length(CONTEXT)
    model.add_embedding_length(WIDTH)
    model.add_block_count(LAYERS)
    model.add_feed_forward_length(INNER)
    model.add_head_count(HEADS)
    model.add_head_count_kv(HEADS)
    model.add_layer_norm_rms_eps(1e-5)
    model.add_rope_dimension_count(WIDTH // HEADS)
    model.add_vocab_size(len(tokens))
    model.add_tokenizer_model("llama")
    model.add_token_list([text.encode() for text, _ in tokens])
    model.add_token_scores([0.0] * len(tokens))
    model.add_token_types([kind for _, kind in tokens])
    model.add_unk_token_id(0)
    model.add_bos_token_id(1)
    model.add_eos_token_id(2)
    model.add_chat_template(
        "{% for message in messages %}<{{ message.role }}>{{ message.content }}\n{% endfor %}<assistant>"
    )

    def weights(name, *shape):
        model.add_tensor(name, random.normal(0, 0.3, shape).astype(np.float32))

    weights("token_embd.weight", len(tokens), WIDTH)
    weights("output.weight", len(tokens), WIDTH)
    model.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    for layer in range(LAYERS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            weights(f"blk.{layer}.{name}.weight", WIDTH, WIDTH)
        weights(f"blk.{layer}.ffn_gate.weight", INNER, WIDTH)
        weights(f"blk.{layer}.ffn_up.weight", INNER, WIDTH)
        weights(f"blk.{layer}.ffn_down.weight", WIDTH, INNER)
        for name in ("attn_norm", "ffn_norm"):
            model.add_tensor(f"blk.{layer}.{name}.weight", np.ones(WIDTH, np.float32))
    model.write_header_to_file()
    model.write_kv_data_to_file()
    model.write_tensors_to_file()
    model.close()


def serve(path):
    settings = xllamacpp.CommonParams()
    settings.model.path = path
    settings.model_alias = {"nonsense"}
    settings.hostnames = ["127.0.0.1"]
    settings.port = 0
    settings.n_ctx = CONTEXT
    settings.n_parallel = 2
    settings.warmup = False
    settings.cpuparams.n_threads = 1
    return xllamacpp.Server(settings)


if __name__ == "__main__":
    path = sys.argv[1]
    if not os.path.exists(path):
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        # Whole or not at all: tests begin at once.
        part = f"{path}.{os.getpid()}"
        write(part)
        os.replace(part, path)
    server = serve(path)
    print(server.listening_address, flush=True)
    sys.stdin.read()
    # Its threads end with the process.
    os._exit(0)
