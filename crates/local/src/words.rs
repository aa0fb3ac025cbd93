//! CLIP's tokenizer: a prompt as numbers.

use serde_json::{Value, json};
use tokenizers::Tokenizer;

use crate::Error;
use crate::config::Json;
use crate::files::Folder;
use crate::layers::Found;

/// What a prompt is split by.
const PIECES: &str =
    r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+";

pub(crate) struct Words {
    tokenizer: Tokenizer,
    start: u32,
    end: u32,
    pad: u32,
}

impl Words {
    /// The tokenizer in a folder of the model.
    pub(crate) fn new(folder: &Folder, part: &str) -> Found<Self> {
        let json = |name: &str| {
            let path = format!("{part}/{name}");
            Json::new(&path, &folder.bytes(&path)?)
        };
        let config = json("tokenizer_config.json")?;
        config.only(&[(
            "tokenizer_class",
            &["\"CLIPTokenizer\"", "\"CLIPTokenizerFast\""],
        )])?;
        let special = match folder.has(&format!("{part}/special_tokens_map.json")) {
            true => Some(json("special_tokens_map.json")?),
            false => None,
        };
        // Files of old say it twice, and mean the other file.
        let order = match config.said.get("added_tokens_decoder") {
            Some(_) => [Some(&config), special.as_ref()],
            None => [special.as_ref(), Some(&config)],
        };
        let name = |field: &str, absent: &str| {
            let said = order
                .iter()
                .flatten()
                .filter_map(|json| json.said.get(field));
            let mut said =
                said.filter_map(|said| said.as_str().or_else(|| said["content"].as_str()));
            said.next().unwrap_or(absent).to_owned()
        };
        let start = name("bos_token", "<|startoftext|>");
        let end = name("eos_token", "<|endoftext|>");
        let pad = name("pad_token", "<|endoftext|>");
        let unknown = name("unk_token", "<|endoftext|>");
        let said = match folder.has(&format!("{part}/vocab.json")) {
            true => {
                let vocabulary = json("vocab.json")?.said;
                let merges = folder.bytes(&format!("{part}/merges.txt"))?;
                tokenizer(
                    vocabulary,
                    &String::from_utf8_lossy(&merges),
                    [&start, &end],
                    &unknown,
                )
            }
            false => json("tokenizer.json")?.said,
        };
        let broken = |why: String| {
            Error::invalid(format!(
                "`{part}` has no tokenizer that can be used ({why}): fetch its files again"
            ))
        };
        let tokenizer = Tokenizer::from_bytes(said.to_string());
        let tokenizer = tokenizer.map_err(|error| broken(error.to_string()))?;
        let id = |token: &str| {
            let id = tokenizer.token_to_id(token);
            id.ok_or_else(|| broken(format!("`{token}` has no number")))
        };
        Ok(Self {
            start: id(&start)?,
            end: id(&end)?,
            pad: id(&pad)?,
            tokenizer,
        })
    }

    /// `length` numbers: a start, the prompt as far as it fits, an end, and what fills the rest.
    pub(crate) fn numbers(&self, prompt: &str, length: usize) -> Found<Vec<u32>> {
        let told = self.tokenizer.encode(prompt, false);
        let told =
            told.map_err(|error| Error::invalid(format!("the prompt can't be read: {error}")))?;
        let kept = told.get_ids().iter().take(length.saturating_sub(2));
        let mut ids = vec![self.start];
        ids.extend(kept);
        ids.push(self.end);
        ids.resize(length, self.pad);
        Ok(ids)
    }
}

/// CLIP's tokenizer of a vocabulary, as `tokenizer.json` would say it.
fn tokenizer(vocabulary: Value, merges: &str, special: [&str; 2], unknown: &str) -> Value {
    let merges = merges.lines().filter(|line| !line.starts_with("#version"));
    let merges: Vec<&str> = merges.filter(|line| !line.trim().is_empty()).collect();
    let added: Vec<Value> = special
        .iter()
        .filter_map(|token| {
            Some(json!({
                "id": vocabulary.get(*token)?, "content": token, "single_word": false, "lstrip": false,
                "rstrip": false, "normalized": true, "special": true,
            }))
        })
        .collect();
    json!({
        "version": "1.0",
        "added_tokens": added,
        "normalizer": { "type": "Sequence", "normalizers": [
            { "type": "NFC" },
            { "type": "Replace", "pattern": { "Regex": r"\s+" }, "content": " " },
            { "type": "Lowercase" },
        ] },
        "pre_tokenizer": { "type": "Sequence", "pretokenizers": [
            { "type": "Split", "pattern": { "Regex": PIECES }, "behavior": "Removed", "invert": true },
            { "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true },
        ] },
        "post_processor": null,
        "decoder": null,
        "model": {
            "type": "BPE", "dropout": null, "unk_token": unknown, "continuing_subword_prefix": "",
            "end_of_word_suffix": "</w>", "fuse_unk": false, "vocab": vocabulary, "merges": merges,
        },
    })
}
