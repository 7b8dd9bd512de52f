//! The Merkle tree over the log's entries (RFC 6962, SHA-256), kept as its right edge.

use sha2::{Digest, Sha256};

mod proof;

pub use proof::{Nodes, check_consistency, check_inclusion, consistency, inclusion};

/// A hash of the tree.
pub type Hash = [u8; 32];

/// How many hashes a full tile has.
pub const WIDTH: usize = 256;

/// Hashes an entry to its leaf.
pub fn leaf(entry: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

/// Hashes two neighbours to their parent.
pub fn node(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The right edge of a growing tree: for each tile level the hashes of the tile that isn't full yet.
///
/// Level 0 holds leaves; a hash of level n+1 is the root of a full tile of level n.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    size: u64,
    edges: Vec<Vec<Hash>>,
}

/// A tile that has just become full.
#[derive(Debug, Clone)]
pub(crate) struct FullTile {
    pub(crate) level: u8,
    pub(crate) index: u64,
    pub(crate) hashes: Vec<Hash>,
}

impl Tree {
    /// Starts an empty tree.
    pub fn new() -> Self {
        Tree::default()
    }

    /// Resumes at `size` from the edges that [`Tree::edge`] showed then.
    pub(crate) fn resume(size: u64, edges: Vec<Vec<Hash>>) -> Self {
        Tree { size, edges }
    }

    /// Tells how many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Shows the hashes of the not yet full tile of a level.
    pub(crate) fn edge(&self, level: usize) -> &[Hash] {
        self.edges.get(level).map_or(&[], Vec::as_slice)
    }

    /// Tells how many levels have been reached.
    pub(crate) fn levels(&self) -> usize {
        self.edges.len()
    }

    /// Adds a leaf and gives the tiles that it made full, lowest first.
    pub(crate) fn push(&mut self, leaf: Hash) -> Vec<FullTile> {
        let mut full = Vec::new();
        let mut hash = leaf;
        let mut index = self.size / WIDTH as u64;
        self.size += 1;
        for level in 0u8.. {
            let at = usize::from(level);
            if self.edges.len() <= at {
                self.edges.push(Vec::with_capacity(WIDTH));
            }
            let Some(edge) = self.edges.get_mut(at) else { break };
            edge.push(hash);
            if edge.len() < WIDTH {
                break;
            }
            hash = perfect(edge);
            full.push(FullTile { level, index, hashes: std::mem::take(edge) });
            index /= WIDTH as u64;
        }
        full
    }

    /// Computes the root; that of the empty tree is the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut peaks = Vec::new();
        for edge in self.edges.iter().rev() {
            let mut rest = edge.as_slice();
            while !rest.is_empty() {
                let (peak, more) = rest.split_at(1 << rest.len().ilog2());
                peaks.push(perfect(peak));
                rest = more;
            }
        }
        match peaks.pop() {
            None => Sha256::digest([]).into(),
            Some(last) => peaks.iter().rev().fold(last, |right, left| node(left, &right)),
        }
    }
}

/// Computes the root over hashes whose number is a power of two.
pub(crate) fn perfect(hashes: &[Hash]) -> Hash {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        row = row
            .chunks(2)
            .map(|pair| if let [left, right] = pair { node(left, right) } else { [0; 32] })
            .collect();
    }
    row.first().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
