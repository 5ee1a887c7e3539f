//! Frames: length, checksum, and a record.

/// Appends the frame of a record.
pub(crate) fn append(to: &mut Vec<u8>, record: &[u8]) {
    to.extend_from_slice(&(record.len() as u32).to_le_bytes());
    to.extend_from_slice(&checksum(record).to_le_bytes());
    to.extend_from_slice(record);
}

/// The whole frames of a file, without those that are cut off or damaged.
pub(crate) struct Frames<'a> {
    rest: &'a [u8],
    /// Number of bytes so far that belong to no whole frame.
    pub(crate) damaged_bytes: usize,
}

impl<'a> Frames<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            damaged_bytes: 0,
        }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((record, rest)) = first(self.rest) {
                self.rest = rest;
                return Some(record);
            }
            // The length may be damaged too, so the next frame can begin anywhere.
            self.rest = self.rest.split_first()?.1;
            self.damaged_bytes += 1;
        }
    }
}

/// Returns the record of the frame at the start of `bytes`, if it is whole, and what follows.
fn first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    let (expected, rest) = rest.split_first_chunk()?;
    let (record, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    let is_whole = !record.is_empty() && checksum(record) == u32::from_le_bytes(*expected);
    is_whole.then_some((record, rest))
}

/// FNV-1a with 32 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>). It finds every changed byte,
/// and needs no table in `store.js`.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| {
        (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193)
    })
}
