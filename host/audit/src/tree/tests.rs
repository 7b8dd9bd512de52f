//! The tree against a slow second computation, the proofs against forgers.

use proptest::prelude::*;

use super::*;
use crate::error::Error;

/// A tree as the definition in RFC 6962 section 2.1 reads.
pub(crate) struct Slow(pub(crate) Vec<Hash>);

impl Slow {
    pub(crate) fn of(size: u64) -> Self {
        Slow((0..size).map(|i| leaf(&i.to_be_bytes())).collect())
    }

    pub(crate) fn root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => Sha256::digest([]).into(),
            [one] => *one,
            more => {
                let (left, right) = more.split_at(more.len().next_power_of_two() / 2);
                node(&Slow::root(left), &Slow::root(right))
            }
        }
    }
}

impl Nodes for Slow {
    fn node(&self, level: u32, index: u64) -> Result<Hash, Error> {
        let width = 1usize << level;
        let from = index as usize * width;
        Ok(Slow::root(self.0.get(from..from + width).ok_or(Error::NotFound("node"))?))
    }
}

#[test]
fn agrees_with_the_definition() {
    let slow = Slow::of(1100);
    let mut tree = Tree::new();
    for size in 0..=1100 {
        assert_eq!(tree.root(), Slow::root(&slow.0[..size]), "{size}");
        if size < 1100 {
            tree.push(slow.0[size]);
        }
    }
}

/// Known answers of the Certificate Transparency project: the empty tree, the empty leaf.
#[test]
fn agrees_with_certificate_transparency() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(hex::encode(Tree::new().root()), empty);
    let one = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    assert_eq!(hex::encode(leaf(b"")), one);
}

#[test]
fn full_tiles_come_out_in_order() {
    let mut tree = Tree::new();
    let mut seen = Vec::new();
    for i in 0..(256u64 * 256 + 256) {
        for tile in tree.push(leaf(&i.to_be_bytes())) {
            assert_eq!(tile.hashes.len(), WIDTH);
            seen.push((tile.level, tile.index));
        }
    }
    let mut expected: Vec<_> = (0..256).map(|i| (0, i)).collect();
    expected.extend([(1, 0), (0, 256)]);
    assert_eq!(seen, expected);
}

#[test]
fn every_honest_proof_holds() {
    let slow = Slow::of(70);
    for size in 1..=70u64 {
        let root = Slow::root(&slow.0[..size as usize]);
        for index in 0..size {
            let path = inclusion(&slow, index, size).unwrap();
            check_inclusion(&slow.0[index as usize], index, size, &path, &root).unwrap();
        }
        for old in 1..=size {
            let path = consistency(&slow, old, size).unwrap();
            let old_root = Slow::root(&slow.0[..old as usize]);
            check_consistency(old, &old_root, size, &root, &path).unwrap();
        }
    }
    assert!(inclusion(&slow, 5, 5).is_err());
    assert!(consistency(&slow, 0, 5).is_err());
    assert!(consistency(&slow, 6, 5).is_err());
}

#[derive(Debug, Clone)]
enum Forgery {
    Flip(usize, u8),
    Drop(usize),
    Double(usize),
    Swap(usize, usize),
    Insert(usize, Hash),
    Replace(Vec<Hash>),
}

fn forgery() -> impl Strategy<Value = Forgery> {
    let at = 0..32usize;
    prop_oneof![
        (0..1024usize, 0..8u8).prop_map(|(at, bit)| Forgery::Flip(at, bit)),
        at.clone().prop_map(Forgery::Drop),
        at.clone().prop_map(Forgery::Double),
        (at.clone(), at.clone()).prop_map(|(a, b)| Forgery::Swap(a, b)),
        (at, any::<Hash>()).prop_map(|(at, hash)| Forgery::Insert(at, hash)),
        proptest::collection::vec(any::<Hash>(), 0..12).prop_map(Forgery::Replace),
    ]
}

/// Changes the proof; `None` when it would stay the same.
fn forge(mut path: Vec<Hash>, forgery: &Forgery) -> Option<Vec<Hash>> {
    let before = path.clone();
    let len = path.len();
    match forgery {
        Forgery::Replace(other) => path = other.clone(),
        Forgery::Insert(at, hash) => path.insert(at % (len + 1), *hash),
        _ if len == 0 => return None,
        Forgery::Flip(at, bit) => path[at / 32 % len][at % 32] ^= 1 << bit,
        Forgery::Drop(at) => drop(path.remove(at % len)),
        Forgery::Double(at) => path.insert(at % len, path[at % len]),
        Forgery::Swap(a, b) => path.swap(a % len, b % len),
    }
    (path != before).then_some(path)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn forged_inclusion_is_refused(
        size in 1..300u64, index in 0..300u64, other in 0..300u64, change in forgery(), noise in any::<Hash>(),
    ) {
        let (index, other) = (index % size, other % size);
        let slow = Slow::of(size);
        let root = Slow::root(&slow.0);
        let leaf = slow.0[index as usize];
        let path = inclusion(&slow, index, size).unwrap();
        check_inclusion(&leaf, index, size, &path, &root).unwrap();
        if let Some(forged) = forge(path.clone(), &change) {
            prop_assert!(check_inclusion(&leaf, index, size, &forged, &root).is_err());
            prop_assert!(check_inclusion(&noise, index, size, &forged, &root).is_err());
        }
        prop_assert!(check_inclusion(&noise, index, size, &path, &root).is_err());
        prop_assert!(check_inclusion(&leaf, index, size, &path, &noise).is_err());
        if other != index {
            prop_assert!(check_inclusion(&leaf, other, size, &path, &root).is_err());
            prop_assert!(check_inclusion(&slow.0[other as usize], index, size, &path, &root).is_err());
        }
        prop_assert!(check_inclusion(&leaf, size, size, &path, &root).is_err());
        prop_assert!(check_inclusion(&leaf, index, 0, &path, &root).is_err());
        // An inner node must not pass for a leaf.
        if let Some((first, rest)) = path.split_first() {
            let parent = if index & 1 == 1 { node(first, &leaf) } else { node(&leaf, first) };
            prop_assert!(check_inclusion(&parent, index, size, rest, &root).is_err());
        }
    }

    #[test]
    fn forged_consistency_is_refused(
        new in 1..300u64, old in 1..300u64, change in forgery(), noise in any::<Hash>(), touched in 0..300usize,
    ) {
        let old = (old - 1) % new + 1;
        let slow = Slow::of(new);
        let (old_root, root) = (Slow::root(&slow.0[..old as usize]), Slow::root(&slow.0));
        let path = consistency(&slow, old, new).unwrap();
        check_consistency(old, &old_root, new, &root, &path).unwrap();
        if let Some(forged) = forge(path.clone(), &change) {
            prop_assert!(check_consistency(old, &old_root, new, &root, &forged).is_err());
        }
        prop_assert!(check_consistency(old, &noise, new, &root, &path).is_err());
        prop_assert!(check_consistency(old, &old_root, new, &noise, &path).is_err());
        prop_assert!(check_consistency(0, &old_root, new, &root, &path).is_err());
        prop_assert!(check_consistency(new + 1, &old_root, new, &root, &path).is_err());
        // A history with one changed leaf has no proof, not even the one an honest prover would build for it.
        let mut rewritten = Slow(slow.0.clone());
        rewritten.0[touched % old as usize] = noise;
        let other_root = Slow::root(&rewritten.0);
        let other_path = consistency(&rewritten, old, new).unwrap();
        prop_assert!(check_consistency(old, &old_root, new, &other_root, &other_path).is_err());
        prop_assert!(check_consistency(old, &old_root, new, &other_root, &path).is_err());
    }
}
