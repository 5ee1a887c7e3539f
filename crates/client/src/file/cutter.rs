//! Cuts decoded samples into blocks of equal length.

/// A block: planes of equal length, one after another.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Block {
    pub(super) planar: Vec<f32>,
    pub(super) channels: usize,
}

impl Block {
    /// The number of samples of each channel.
    pub(super) fn frames(&self) -> u64 {
        (self.planar.len() / self.channels) as u64
    }
}

/// Collects samples until a block is full.
#[derive(Debug)]
pub(super) struct Cutter {
    block_frames: usize,
    planes: Vec<Vec<f32>>,
}

impl Cutter {
    /// Creates a cutter for blocks of 100 ms.
    pub(super) fn new(rate_hz: u32) -> Self {
        Self {
            block_frames: (rate_hz / BLOCKS_PER_SECOND) as usize,
            planes: Vec::new(),
        }
    }

    /// Adds samples. Returns the block of the former number of channels, if the number changes.
    pub(super) fn push(&mut self, planes: Vec<Vec<f32>>) -> Option<Block> {
        let is_same = planes.len() == self.planes.len();
        let rest = if is_same { None } else { self.flush() };
        if is_same {
            for (all, new) in self.planes.iter_mut().zip(&planes) {
                all.extend_from_slice(new);
            }
        } else {
            self.planes = planes;
        }
        rest
    }

    /// Returns the next full block.
    pub(super) fn next_block(&mut self) -> Option<Block> {
        let frames = self.planes.first()?.len();
        (frames >= self.block_frames).then(|| self.cut(self.block_frames))?
    }

    /// Returns the samples that fill no block.
    pub(super) fn flush(&mut self) -> Option<Block> {
        let frames = self.planes.first()?.len();
        self.cut(frames)
    }

    fn cut(&mut self, frames: usize) -> Option<Block> {
        if frames == 0 {
            return None;
        }
        let cut = |plane: &mut Vec<f32>| plane.drain(..frames).collect::<Vec<_>>();
        let planar = self.planes.iter_mut().flat_map(cut).collect();
        Some(Block {
            planar,
            channels: self.planes.len(),
        })
    }
}

/// Blocks of 100 ms, as long as the chunks that the service receives.
const BLOCKS_PER_SECOND: u32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_planar_and_of_equal_length() {
        let mut cutter = Cutter::new(80);
        let mut blocks = Vec::new();
        for start in (0..30).step_by(5) {
            let left: Vec<f32> = (start..start + 5).map(|sample| sample as f32).collect();
            let right = left.iter().map(|sample| -sample).collect();
            assert_eq!(cutter.push(vec![left, right]), None);
            blocks.extend(cutter.next_block());
        }
        blocks.extend(cutter.flush());
        let frames: Vec<_> = blocks.iter().map(Block::frames).collect();
        assert_eq!(frames, [8, 8, 8, 6]);
        let (left, right): (Vec<_>, Vec<_>) = blocks
            .iter()
            .map(|block| block.planar.split_at(block.planar.len() / 2))
            .unzip();
        let expected: Vec<f32> = (0..30).map(|sample| sample as f32).collect();
        assert_eq!(left.concat(), expected);
        let mirrored: Vec<f32> = expected.iter().map(|sample| -sample).collect();
        assert_eq!(right.concat(), mirrored);
    }

    #[test]
    fn another_number_of_channels_begins_a_block() {
        let mut cutter = Cutter::new(80);
        cutter.push(vec![vec![1.0; 3]]);
        let rest = cutter.push(vec![vec![2.0; 2], vec![3.0; 2]]).unwrap();
        assert_eq!((rest.planar, rest.channels), (vec![1.0; 3], 1));
        let rest = cutter.flush().unwrap();
        assert_eq!((rest.planar, rest.channels), (vec![2.0, 2.0, 3.0, 3.0], 2));
    }
}
