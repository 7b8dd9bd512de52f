//! Proofs that an entry is in the tree, that a tree continues an earlier one (RFC 9162 section 2.1).

use crate::error::Error;
use crate::tree::{Hash, node};

/// Where the hashes of complete subtrees come from.
pub trait Nodes {
    /// Gives the root of the complete subtree number `index` of 2^`level` leaves.
    ///
    /// # Errors
    ///
    /// Whatever keeps the hash from being read.
    fn node(&self, level: u32, index: u64) -> Result<Hash, Error>;
}

/// Computes the root over the leaves `from..to`, a range as the recursion of RFC 9162 makes them.
fn root_of(nodes: &dyn Nodes, from: u64, to: u64) -> Result<Hash, Error> {
    let size = to - from;
    if size.is_power_of_two() && from.is_multiple_of(size) {
        return nodes.node(size.ilog2(), from / size);
    }
    let middle = from + half(size);
    Ok(node(&root_of(nodes, from, middle)?, &root_of(nodes, middle, to)?))
}

/// The largest power of two below `size`, which is at least 2.
fn half(size: u64) -> u64 {
    1 << (size - 1).ilog2()
}

/// Builds the path from leaf `index` to the root of the first `size` leaves, lowest hash first.
///
/// # Errors
///
/// [`Error::NotFound`] when the tree has no such leaf; whatever `nodes` says.
pub fn inclusion(nodes: &dyn Nodes, index: u64, size: u64) -> Result<Vec<Hash>, Error> {
    if index >= size {
        return Err(Error::NotFound("the tree has no such leaf"));
    }
    let mut path = Vec::new();
    let (mut from, mut to) = (0, size);
    while to - from > 1 {
        let middle = from + half(to - from);
        if index < middle {
            path.push(root_of(nodes, middle, to)?);
            to = middle;
        } else {
            path.push(root_of(nodes, from, middle)?);
            from = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Builds the proof that the tree of `new` leaves continues that of `old` leaves.
///
/// # Errors
///
/// [`Error::NotFound`] when `old` is 0 or larger than `new`; whatever `nodes` says.
pub fn consistency(nodes: &dyn Nodes, old: u64, new: u64) -> Result<Vec<Hash>, Error> {
    if old == 0 || old > new {
        return Err(Error::NotFound("there is no such earlier tree"));
    }
    let mut path = Vec::new();
    let (mut from, mut to) = (0, new);
    while old != to {
        let middle = from + half(to - from);
        if old <= middle {
            path.push(root_of(nodes, middle, to)?);
            to = middle;
        } else {
            path.push(root_of(nodes, from, middle)?);
            from = middle;
        }
    }
    if from > 0 {
        path.push(root_of(nodes, from, to)?);
    }
    path.reverse();
    Ok(path)
}

const FORGED: Error = Error::Untrusted("the proof does not lead to the root");

/// Checks that `leaf` is number `index` of the tree of `size` leaves with this root (RFC 9162 section 2.1.3.2).
///
/// # Errors
///
/// [`Error::Untrusted`] when the path doesn't lead there.
pub fn check_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> Result<(), Error> {
    if index >= size {
        return Err(FORGED);
    }
    let (mut at, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for step in path {
        if last == 0 {
            return Err(FORGED);
        }
        if at & 1 == 1 || at == last {
            hash = node(step, &hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            hash = node(&hash, step);
        }
        at >>= 1;
        last >>= 1;
    }
    if last == 0 && hash == *root { Ok(()) } else { Err(FORGED) }
}

/// Checks that the tree (`new`, `new_root`) continues the tree (`old`, `old_root`) (RFC 9162 section 2.1.4.2).
///
/// # Errors
///
/// [`Error::Untrusted`] when the proof shows no such thing.
pub fn check_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    path: &[Hash],
) -> Result<(), Error> {
    if old == 0 || old > new {
        return Err(FORGED);
    }
    if old == new {
        return if path.is_empty() && old_root == new_root { Ok(()) } else { Err(FORGED) };
    }
    let (first, path) = match path.split_first() {
        _ if old.is_power_of_two() => (old_root, path),
        Some((first, rest)) => (first, rest),
        None => return Err(FORGED),
    };
    let (mut at, mut last) = (old - 1, new - 1);
    while at & 1 == 1 {
        at >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (*first, *first);
    for step in path {
        if last == 0 {
            return Err(FORGED);
        }
        if at & 1 == 1 || at == last {
            old_hash = node(step, &old_hash);
            new_hash = node(step, &new_hash);
            while at & 1 == 0 && at != 0 {
                at >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node(&new_hash, step);
        }
        at >>= 1;
        last >>= 1;
    }
    if last == 0 && old_hash == *old_root && new_hash == *new_root { Ok(()) } else { Err(FORGED) }
}
