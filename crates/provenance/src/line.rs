//! What led to an asset, by a run's record.

use std::collections::{BTreeMap, BTreeSet};

use daedal_core::Digest;
use daedal_core::record::RunRecord;

/// The receipts that made the assets of a run; none made what was brought to it, also where tasks passed that on.
pub(crate) struct Makers(BTreeMap<Digest, usize>);

impl Makers {
    pub(crate) fn of(record: &RunRecord) -> Self {
        let mut found = BTreeMap::new();
        for (place, receipt) in record.receipts.iter().enumerate() {
            let inputs: BTreeSet<Digest> = receipt.inputs.iter().map(|i| i.digest).collect();
            for output in &receipt.outputs {
                if !inputs.contains(&output.digest) {
                    found.entry(output.digest).or_insert(place);
                }
            }
        }
        Self(found)
    }

    /// Place of the receipt that made an asset: the first that did.
    pub(crate) fn get(&self, asset: &Digest) -> Option<usize> {
        self.0.get(asset).copied()
    }
}

/// Places of the receipts that led to an asset one after the other, oldest first, and what each made: it took what the one
/// before it made as its main input, an asset of the same kind (image, sound, text).
pub(crate) fn main_line(
    record: &RunRecord,
    makers: &Makers,
    asset: &Digest,
) -> Vec<(usize, Digest)> {
    let mut line = Vec::new();
    let mut made = *asset;
    let mut place = makers.get(asset);
    let mut wanted = None;
    while let Some(at) = place {
        let receipt = &record.receipts[at];
        let own = *wanted.get_or_insert_with(|| {
            let mut outputs = receipt.outputs.iter();
            let output = outputs.find(|output| output.digest == *asset);
            output.map_or("", |output| kind(&output.media_type))
        });
        let input = receipt.inputs.iter().find(|input| {
            let maker = makers.get(&input.digest);
            kind(&input.media_type) == own && maker.is_some_and(|maker| maker < at)
        });
        line.push((at, made));
        place = input.and_then(|input| makers.get(&input.digest));
        made = input.map_or(made, |input| input.digest);
    }
    line.reverse();
    line
}

/// The first half of a media type: `image`, `audio`, `text`.
pub(crate) fn kind(media_type: &str) -> &str {
    media_type.split('/').next().unwrap_or_default()
}
