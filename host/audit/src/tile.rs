//! The layout of tiles on disk (C2SP tlog-tiles).

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::error::Error;
use crate::tree::{Hash, WIDTH};

/// Names a tile: `tile/<level>/<index>`, with `.p/<width>` while it isn't full.
pub(crate) fn path(level: u8, index: u64, width: usize) -> PathBuf {
    place(&level.to_string(), index, width)
}

/// Names a bundle of entries: `tile/entries/<index>`, with `.p/<width>` while it isn't full.
pub(crate) fn bundle_path(index: u64, width: usize) -> PathBuf {
    place("entries", index, width)
}

fn place(kind: &str, index: u64, width: usize) -> PathBuf {
    let mut groups = vec![index % 1000];
    let mut rest = index / 1000;
    while rest > 0 {
        groups.push(rest % 1000);
        rest /= 1000;
    }
    let mut text = format!("tile/{kind}/");
    for (left, group) in groups.iter().enumerate().rev() {
        let _ = if left > 0 { write!(text, "x{group:03}/") } else { write!(text, "{group:03}") };
    }
    if width < WIDTH {
        let _ = write!(text, ".p/{width}");
    }
    PathBuf::from(text)
}

/// Joins hashes to the content of a tile.
pub(crate) fn join(hashes: &[Hash]) -> Vec<u8> {
    hashes.concat()
}

/// Takes the content of a tile apart.
pub(crate) fn parse(bytes: &[u8]) -> Result<Vec<Hash>, Error> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    if !rest.is_empty() || hashes.len() > WIDTH {
        return Err(Error::damaged("a tile has no whole number of hashes"));
    }
    Ok(hashes.to_vec())
}

/// Adds an entry to the content of a bundle: its length in two bytes, the entry.
pub(crate) fn append(bundle: &mut Vec<u8>, entry: &[u8]) {
    let length = u16::try_from(entry.len()).unwrap_or(u16::MAX);
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
}

/// Takes the content of a bundle apart.
pub(crate) fn entries(mut bytes: &[u8]) -> Result<Vec<Vec<u8>>, Error> {
    const TORN: &str = "a bundle of entries is torn";
    let mut entries = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let (entry, rest) = rest
            .split_at_checked(usize::from(u16::from_be_bytes(*length)))
            .ok_or_else(|| Error::damaged(TORN))?;
        entries.push(entry.to_vec());
        bytes = rest;
    }
    if !bytes.is_empty() || entries.len() > WIDTH {
        return Err(Error::damaged(TORN));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_layout() {
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        assert_eq!(text(path(0, 0, 256)), "tile/0/000");
        assert_eq!(text(path(1, 1_234_067, 256)), "tile/1/x001/x234/067");
        assert_eq!(text(path(0, 273, 112)), "tile/0/273.p/112");
        assert_eq!(text(bundle_path(1000, 1)), "tile/entries/x001/000.p/1");
    }

    #[test]
    fn contents_come_back() {
        let hashes = vec![[1; 32], [2; 32]];
        assert_eq!(parse(&join(&hashes)).unwrap(), hashes);
        assert!(parse(&[0; 33]).is_err());
        let mut bundle = Vec::new();
        append(&mut bundle, b"one");
        append(&mut bundle, b"");
        append(&mut bundle, b"three");
        assert_eq!(entries(&bundle).unwrap(), [&b"one"[..], b"", b"three"]);
        for cut in 1..bundle.len() {
            assert_eq!(entries(&bundle[..cut]).is_ok(), cut == 5 || cut == 7, "{cut}");
        }
    }
}
