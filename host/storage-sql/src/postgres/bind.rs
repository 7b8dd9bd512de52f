//! Arguments in the binary form of their types.

use sqlx::{
    Decode, Encode, Postgres, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgTypeInfo, PgValueRef, types::Oid},
};

use crate::arg::Arg;

/// Microseconds of a moment are counted from 2000-01-01T00:00:00Z.
const EPOCH_MS: i64 = 946_684_800_000;

/// The types that arguments have, by the numbers that every server knows them by.
mod oid {
    /// Left to the server: what it is compared with or stored in says it.
    pub(super) const ANY: u32 = 0;
    pub(super) const BOOL: u32 = 16;
    pub(super) const BYTEA: u32 = 17;
    pub(super) const INT8: u32 = 20;
    pub(super) const TEXT: u32 = 25;
    pub(super) const POINT: u32 = 600;
    pub(super) const POLYGON: u32 = 604;
    pub(super) const FLOAT8: u32 = 701;
    pub(super) const TEXTS: u32 = 1009;
    pub(super) const FLOAT8S: u32 = 1022;
    pub(super) const TIMESTAMPTZ: u32 = 1184;
    pub(super) const JSONB: u32 = 3802;
}

/// An argument as the driver takes it.
pub(super) struct Bound {
    kind: u32,
    bytes: Option<Vec<u8>>,
}

impl From<Arg> for Bound {
    fn from(arg: Arg) -> Bound {
        let (kind, bytes) = match arg {
            Arg::Null => return Bound { kind: oid::ANY, bytes: None },
            Arg::Int(int) => (oid::INT8, int.to_be_bytes().to_vec()),
            Arg::Real(number) => (oid::FLOAT8, number.to_be_bytes().to_vec()),
            Arg::Text(text) => (oid::TEXT, text.into_bytes()),
            Arg::Blob(bytes) => (oid::BYTEA, bytes),
            Arg::Bool(flag) => (oid::BOOL, vec![flag.into()]),
            Arg::Moment(ms) => {
                (oid::TIMESTAMPTZ, ms.saturating_sub(EPOCH_MS).saturating_mul(1000).to_be_bytes().to_vec())
            }
            Arg::Json(text) => {
                // The version of the form comes first.
                let mut bytes = Vec::with_capacity(text.len() + 1);
                bytes.push(1);
                bytes.extend(text.into_bytes());
                (oid::JSONB, bytes)
            }
            Arg::Texts(texts) => (oid::TEXTS, array(oid::TEXT, texts.iter().map(String::as_bytes))),
            Arg::Reals(numbers) => {
                let numbers: Vec<[u8; 8]> = numbers.into_iter().map(f64::to_be_bytes).collect();
                (oid::FLOAT8S, array(oid::FLOAT8, numbers.iter().map(<[u8; 8]>::as_slice)))
            }
            Arg::Point(x, y) => (oid::POINT, [x.to_be_bytes(), y.to_be_bytes()].concat()),
            Arg::Ring(ring) => {
                let mut bytes = number(ring.len()).to_vec();
                bytes.extend(ring.into_iter().flat_map(|(x, y)| [x.to_be_bytes(), y.to_be_bytes()].concat()));
                (oid::POLYGON, bytes)
            }
        };
        Bound { kind, bytes: Some(bytes) }
    }
}

/// A list of one dimension.
fn array<'a>(kind: u32, items: impl ExactSizeIterator<Item = &'a [u8]>) -> Vec<u8> {
    let dimensions: i32 = if items.len() == 0 { 0 } else { 1 };
    let mut bytes = [dimensions.to_be_bytes(), 0_i32.to_be_bytes(), kind.to_be_bytes()].concat();
    if dimensions > 0 {
        // Lists count from 1.
        bytes.extend([number(items.len()), 1_i32.to_be_bytes()].concat());
    }
    for item in items {
        bytes.extend(number(item.len()));
        bytes.extend(item);
    }
    bytes
}

fn number(count: usize) -> [u8; 4] {
    i32::try_from(count).unwrap_or(i32::MAX).to_be_bytes()
}

impl Type<Postgres> for Bound {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(oid::ANY))
    }
}

impl Encode<'_, Postgres> for Bound {
    fn encode_by_ref(&self, out: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(match &self.bytes {
            Some(bytes) => {
                out.extend_from_slice(bytes);
                IsNull::No
            }
            None => IsNull::Yes,
        })
    }

    fn produces(&self) -> Option<PgTypeInfo> {
        Some(PgTypeInfo::with_oid(Oid(self.kind)))
    }
}

/// A cell of a row in the binary form of its type.
pub(super) struct Cell<'r>(&'r [u8]);

impl Type<Postgres> for Cell<'_> {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(oid::ANY))
    }
}

impl<'r> Decode<'r, Postgres> for Cell<'r> {
    fn decode(value: PgValueRef<'r>) -> Result<Cell<'r>, BoxDynError> {
        Ok(Cell(value.as_bytes()?))
    }
}

/// Readings of a cell; `None` when the bytes aren't of the type.
impl<'r> Cell<'r> {
    pub(super) fn text(&self) -> Option<&'r str> {
        std::str::from_utf8(self.0).ok()
    }

    pub(super) fn json(&self) -> Option<&'r str> {
        match self.0 {
            [1, text @ ..] => std::str::from_utf8(text).ok(),
            _ => None,
        }
    }

    pub(super) fn real(&self) -> Option<f64> {
        Some(f64::from_be_bytes(self.0.try_into().ok()?))
    }

    pub(super) fn int(&self) -> Option<i64> {
        Some(i64::from_be_bytes(self.0.try_into().ok()?))
    }

    pub(super) fn flag(&self) -> Option<bool> {
        match self.0 {
            [flag] => Some(*flag != 0),
            _ => None,
        }
    }

    /// Milliseconds; what others wrote to the microsecond is rounded down.
    pub(super) fn moment(&self) -> Option<i64> {
        Some(self.int()?.div_euclid(1000) + EPOCH_MS)
    }

    pub(super) fn point(&self) -> Option<(f64, f64)> {
        let (x, y) = self.0.split_at_checked(8)?;
        Some((Cell(x).real()?, Cell(y).real()?))
    }

    pub(super) fn ring(&self) -> Option<Vec<(f64, f64)>> {
        let (_, points) = self.0.split_at_checked(4)?;
        points.chunks(16).map(|point| Cell(point).point()).collect()
    }

    /// A list of texts; nulls in it are passed over.
    pub(super) fn texts(&self) -> Option<Vec<&'r str>> {
        let (mut rest, mut texts) = (self.0, Vec::new());
        let mut take = |count: usize| -> Option<&'r [u8]> {
            let (taken, left) = rest.split_at_checked(count)?;
            rest = left;
            Some(taken)
        };
        let int = |bytes: &[u8]| Some(i32::from_be_bytes(bytes.try_into().ok()?));
        let dimensions = int(take(4)?)?;
        take(8)?;
        if dimensions == 0 {
            return Some(texts);
        }
        let count = int(take(4)?)?;
        take(4)?;
        for _ in 0..count {
            if let Ok(length) = usize::try_from(int(take(4)?)?) {
                texts.push(std::str::from_utf8(take(length)?).ok()?);
            }
        }
        (dimensions == 1).then_some(texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_bound_reads_back() {
        let bytes = |arg: Arg| Bound::from(arg).bytes.unwrap();
        let texts = vec!["a".to_owned(), String::new(), "é\"".to_owned()];
        assert_eq!(Cell(&bytes(Arg::Texts(texts))).texts().unwrap(), ["a", "", "é\""]);
        assert!(Cell(&bytes(Arg::Texts(vec![]))).texts().unwrap().is_empty());
        for ms in [0, -1, 1_577_934_245_006, -62_135_596_800_000, 253_402_300_799_999] {
            assert_eq!(Cell(&bytes(Arg::Moment(ms))).moment(), Some(ms));
        }
        assert_eq!(Cell(&bytes(Arg::Json("[1]".into()))).json(), Some("[1]"));
        let ring = vec![(0.0, 1.5), (-2.0, 3.0)];
        assert_eq!(Cell(&bytes(Arg::Ring(ring.clone()))).ring(), Some(ring));
        assert!(Cell(&[1, 2]).texts().is_none() && Cell(&[1]).real().is_none());
    }
}
