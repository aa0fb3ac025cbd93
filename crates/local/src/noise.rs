//! Noise from a seed, as PyTorch draws it on a CPU: the same seed begins the same picture as there.

/// Where a picture's noise comes from.
pub trait Noise {
    /// The next `count` numbers, of a normal distribution around 0 with deviation 1.
    fn draw(&mut self, count: usize) -> Result<Vec<f32>, crate::Error>;
}

const STATE: usize = 624;
const SHIFT: usize = 397;
/// Numbers are drawn in blocks of this many.
const BLOCK: usize = 16;

/// `torch.Generator("cpu").manual_seed(seed)`: MT19937 (Matsumoto and Nishimura, 1998) and the Box-Muller transform
/// over blocks of 16, as `normal_fill` does it in PyTorch's `aten/src/ATen/native/cpu/DistributionTemplates.h`.
pub struct TorchNoise {
    state: [u32; STATE],
    at: usize,
}

impl TorchNoise {
    /// The generator that this seed starts; only its lower 32 bits count, as there.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut state = [0_u32; STATE];
        state[0] = (seed & 0xffff_ffff) as u32;
        for at in 1..STATE {
            let before = state[at - 1];
            state[at] = (before ^ (before >> 30))
                .wrapping_mul(1_812_433_253)
                .wrapping_add(at as u32);
        }
        Self { state, at: STATE }
    }

    fn next(&mut self) -> u32 {
        if self.at == STATE {
            for at in 0..STATE {
                let high = self.state[at] & 0x8000_0000;
                let mixed = high | (self.state[(at + 1) % STATE] & 0x7fff_ffff);
                let odd = if mixed & 1 == 1 { 0x9908_b0df } else { 0 };
                self.state[at] = self.state[(at + SHIFT) % STATE] ^ (mixed >> 1) ^ odd;
            }
            self.at = 0;
        }
        let mut drawn = self.state[self.at];
        self.at += 1;
        drawn ^= drawn >> 11;
        drawn ^= (drawn << 7) & 0x9d2c_5680;
        drawn ^= (drawn << 15) & 0xefc6_0000;
        drawn ^ (drawn >> 18)
    }

    /// From 0 up to 1, in steps of 2^-24.
    fn uniform(&mut self) -> f32 {
        (self.next() & 0x00ff_ffff) as f32 / 16_777_216.0
    }
}

fn normal(block: &mut [f32]) {
    let (first, second) = block.split_at_mut(BLOCK / 2);
    for (one, other) in first.iter_mut().zip(second) {
        let radius = (-2.0 * (1.0 - *one).ln()).sqrt();
        let angle = std::f32::consts::TAU * *other;
        *one = radius * angle.cos();
        *other = radius * angle.sin();
    }
}

impl Noise for TorchNoise {
    fn draw(&mut self, count: usize) -> Result<Vec<f32>, crate::Error> {
        // Fewer than a block are drawn otherwise there; no picture is so small.
        let mut drawn: Vec<f32> = (0..count.max(BLOCK)).map(|_| self.uniform()).collect();
        let whole = drawn.len() - drawn.len() % BLOCK;
        for block in drawn[..whole].chunks_mut(BLOCK) {
            normal(block);
        }
        if whole < drawn.len() {
            // The last block reaches back over the one before it.
            let start = drawn.len() - BLOCK;
            for one in &mut drawn[start..] {
                *one = self.uniform();
            }
            normal(&mut drawn[start..]);
        }
        drawn.truncate(count);
        Ok(drawn)
    }
}
