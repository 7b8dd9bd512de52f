//! The way a large event becomes several records.

use crate::draft::{Draft, Part, Touched};
use crate::name::Name;

/// The most references in one record.
pub(crate) const REFS: usize = 1_000;
/// The most bytes of field names in one record, all lists together.
pub(crate) const FIELD_BYTES: usize = 16 * 1024;
/// The most roles in one record.
pub(crate) const ROLES: usize = 64;

impl Draft {
    /// Cuts an event that touches more than 1,000 objects or 16 KiB of field names into records that fit.
    ///
    /// Each part repeats who, what and how; references and fields are dealt out in order. The last part stands for the
    /// whole: its position is the one to refer to. An event that fits comes back alone.
    pub fn split(mut self) -> Vec<Draft> {
        self.fields.sort();
        self.query = self.query.map(crate::shape::Shape::bounded);
        let many_refs = self.object.as_ref().is_some_and(|object| object.refs.len() > REFS);
        if !many_refs && bytes(&self.fields) <= FIELD_BYTES {
            return vec![self];
        }
        let refs = self.object.as_mut().map(|object| std::mem::take(&mut object.refs)).unwrap_or_default();
        let fields = deal(std::mem::take(&mut self.fields));
        let of = fields.len().max(refs.len().div_ceil(REFS));
        let mut chunks = refs.chunks(REFS);
        let mut fields = fields.into_iter();
        (0..of)
            .map(|index| {
                let mut part = self.clone();
                part.part = Some(Part {
                    index: u32::try_from(index).unwrap_or(u32::MAX),
                    of: u32::try_from(of).unwrap_or(u32::MAX),
                });
                // Once is enough, and the last part stands for the whole.
                if index + 1 < of {
                    part.seals.clear();
                    part.plugin_versions.clear();
                }
                part.fields = fields.next().unwrap_or_default();
                if let Some(object) = &mut part.object {
                    object.refs = chunks.next().unwrap_or_default().to_vec();
                }
                part
            })
            .collect()
    }
}

fn bytes(fields: &Touched) -> usize {
    fields.lists().into_iter().flatten().map(cost).sum()
}

fn cost(name: &Name) -> usize {
    name.as_str().len() + 2
}

fn deal(fields: Touched) -> Vec<Touched> {
    let mut parts = vec![Touched::default()];
    let mut used = 0;
    type List = fn(&mut Touched) -> &mut Vec<Name>;
    let lists: [(_, List); 4] = [
        (fields.read, |part| &mut part.read),
        (fields.written, |part| &mut part.written),
        (fields.masked, |part| &mut part.masked),
        (fields.dropped, |part| &mut part.dropped),
    ];
    for (names, list) in lists {
        for name in names {
            if used + cost(&name) > FIELD_BYTES {
                parts.push(Touched::default());
                used = 0;
            }
            used += cost(&name);
            if let Some(part) = parts.last_mut() {
                list(part).push(name);
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::draft::{Actor, ActorKind, Objects, Stage};
    use crate::{Code, Ref};

    fn draft(refs: usize, fields: usize) -> Draft {
        let actor = Actor::new(ActorKind::User, None);
        let mut draft = Draft::new(Code::PhiQuery, Stage::Single, Name::new("r").unwrap(), actor);
        let refs: Vec<_> = (0..refs).map(|i| Ref::from_bytes((i as u128).to_be_bytes())).collect();
        draft.object = Some(Objects { class: Name::new("Patient").unwrap(), count: refs.len() as u64, refs });
        draft.fields.read = (0..fields).map(|i| Name::clean(&format!("{i:0>100}"))).collect();
        draft.fields.masked = vec![Name::new("ssn").unwrap(), Name::new("ssn").unwrap()];
        draft
    }

    #[test]
    fn leaves_a_small_event_alone() {
        let parts = draft(1000, 3).split();
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].part(), None);
        assert!(parts[0].is_whole());
        assert_eq!(parts[0].fields.masked.len(), 1, "repetitions go");
    }

    #[test]
    fn deals_out_everything_once_and_in_order() {
        let whole = draft(2_500, 1_000);
        let parts = whole.clone().split();
        assert!(parts.len() >= 7, "{}", parts.len());
        let refs: Vec<_> = parts.iter().flat_map(|part| part.object.clone().unwrap().refs).collect();
        assert_eq!(refs, whole.object.unwrap().refs);
        let read: Vec<_> = parts.iter().flat_map(|part| part.fields.read.clone()).collect();
        assert_eq!(read, whole.fields.read);
        assert_eq!(parts.iter().filter(|part| part.is_whole()).count(), 1);
        assert!(parts.last().unwrap().is_whole());
        assert!(parts.iter().all(|part| part.object.as_ref().unwrap().count == 2_500));
        let again: Vec<_> = parts.iter().flat_map(|part| part.clone().split()).collect();
        assert_eq!(again, parts, "a part fits");
    }
}
