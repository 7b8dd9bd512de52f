//! The way back from stored bytes to a record.

use std::net::IpAddr;

use minicbor::Decoder;

use crate::code::Code;
use crate::draft::{
    Actor, ActorKind, Decision, Draft, Objects, Outcome, Part, PluginCall, PluginVersion, Source, Stage,
    Status, Touched,
};
use crate::error::Error;
use crate::name::Name;
use crate::record::{Record, VERSION};
use crate::reference::Ref;
use crate::seal::{Content, Seal};
use crate::shape::{DEPTH, Operator, Shape};

mod plugin;

/// What is wrong with the bytes; never what they hold.
struct Bad(&'static str);

type Read<T> = Result<T, Bad>;
type Reader<'b> = Decoder<'b>;

impl From<minicbor::decode::Error> for Bad {
    fn from(_: minicbor::decode::Error) -> Self {
        Bad("it is not the CBOR of a record")
    }
}

pub(super) fn record(bytes: &[u8]) -> Result<Record, Error> {
    let mut reader = Decoder::new(bytes);
    let record =
        whole(&mut reader).map_err(|Bad(why)| Error::damaged(format!("a record can't be read: {why}")))?;
    if reader.position() != bytes.len() {
        return Err(Error::damaged("a record can't be read: something follows it"));
    }
    Ok(record)
}

/// Everything of the outermost map, before it is known to be complete.
#[derive(Default)]
struct Found {
    version: Option<u64>,
    seq: Option<u64>,
    ts: Option<u64>,
    mono: Option<([u8; 16], u64)>,
    behind: Option<u64>,
    tenant: Option<Name>,
    request: Option<Name>,
    parent: Option<u64>,
    stage: Option<u8>,
    pair: Option<u64>,
    code: Option<Code>,
    actor: Option<(Actor, u64)>,
    plugin: Option<PluginCall>,
    source: Source,
    purpose: Option<Name>,
    object: Option<Objects>,
    fields: Touched,
    query: Option<Shape>,
    decision: Option<Decision>,
    outcome: Option<Outcome>,
    part: Option<Part>,
    updated: Option<i64>,
    seals: Vec<Seal>,
    plugin_versions: Vec<PluginVersion>,
}

fn whole(r: &mut Reader<'_>) -> Read<Record> {
    let mut found = Found::default();
    keys(r, |r, key| {
        match key {
            0 => found.version = Some(r.u64()?),
            1 => found.seq = Some(r.u64()?),
            2 => found.ts = Some(r.u64()?),
            3 => {
                length(r, 2)?;
                found.mono = Some((fixed(r)?, r.u64()?));
            }
            4 => found.behind = Some(r.u64()?),
            5 => found.tenant = Some(name(r)?),
            6 => found.request = Some(name(r)?),
            7 => found.parent = Some(r.u64()?),
            8 => found.stage = Some(r.u8()?),
            9 => found.pair = Some(r.u64()?),
            10 => found.code = Some(r.str()?.parse().map_err(|_| Bad("its code is unknown"))?),
            11 => found.actor = Some(actor(r)?),
            12 => found.plugin = Some(plugin::call(r)?),
            13 => found.source = source(r)?,
            14 => found.purpose = purpose(r)?,
            15 => found.object = Some(objects(r)?),
            17 => found.fields = fields(r)?,
            18 => found.query = Some(shape(r, DEPTH + 1)?),
            19 => found.decision = Some(decision(r)?),
            20 => found.outcome = Some(outcome(r)?),
            22 => found.seals = list(r, seal)?,
            25 => {
                length(r, 2)?;
                found.part = Some(Part { index: r.u32()?, of: r.u32()? });
            }
            26 => found.updated = Some(r.i64()?),
            27 => found.plugin_versions = list(r, plugin::version)?,
            _ => r.skip()?,
        }
        Ok(())
    })?;
    if need(found.version, "it has no version")? != VERSION {
        return Err(Bad("its version is unknown"));
    }
    let stage = match (found.stage, found.pair) {
        (Some(0), None) => Stage::Intent,
        (Some(1), Some(intent)) => Stage::Outcome { intent },
        (Some(2), None) => Stage::Single,
        _ => return Err(Bad("its stage is unknown")),
    };
    let (boot, mono) = need(found.mono, "it has no monotonic time")?;
    let (actor, roles_left_out) = need(found.actor, "it has no actor")?;
    Ok(Record {
        seq: need(found.seq, "it has no position")?,
        ts: need(found.ts, "it has no time")?,
        boot,
        mono,
        behind: found.behind,
        tenant: need(found.tenant, "it has no tenant")?,
        roles_left_out,
        draft: Draft {
            request: need(found.request, "it has no request")?,
            parent: found.parent,
            stage,
            code: need(found.code, "it has no code")?,
            actor,
            plugin: found.plugin,
            source: found.source,
            purpose: found.purpose,
            object: found.object,
            fields: found.fields,
            query: found.query,
            decision: found.decision,
            outcome: found.outcome,
            version: found.updated,
            seals: found.seals,
            plugin_versions: found.plugin_versions,
            part: found.part,
        },
    })
}

fn actor(r: &mut Reader<'_>) -> Read<(Actor, u64)> {
    let mut actor = Actor::new(ActorKind::Anonymous, None);
    let mut kind = None;
    let mut left_out = 0;
    keys(r, |r, key| {
        match key {
            0 => {
                kind = Some(match r.u8()? {
                    0 => ActorKind::User,
                    1 => ActorKind::Service,
                    2 => ActorKind::Plugin,
                    3 => ActorKind::Operator,
                    4 => ActorKind::System,
                    5 => ActorKind::Anonymous,
                    _ => return Err(Bad("its actor's kind is unknown")),
                });
            }
            1 => actor.id = Some(name(r)?),
            2 => actor.session = Some(fixed(r)?),
            3 => actor.roles = names(r)?,
            4 => actor.on_behalf_of = Some(name(r)?),
            5 => left_out = r.u64()?,
            _ => r.skip()?,
        }
        Ok(())
    })?;
    actor.kind = need(kind, "its actor has no kind")?;
    Ok((actor, left_out))
}

fn seal(r: &mut Reader<'_>) -> Read<Seal> {
    length(r, 3)?;
    let (class, reference) = (name(r)?, Ref::from_bytes(fixed(r)?));
    let content = match r.datatype()? {
        minicbor::data::Type::Null => {
            r.null()?;
            None
        }
        _ => Some(Content::from_bytes(fixed(r)?)),
    };
    Ok(Seal { class, reference, content })
}

fn source(r: &mut Reader<'_>) -> Read<Source> {
    let mut source = Source::default();
    keys(r, |r, key| {
        match key {
            0 => {
                let bytes = r.bytes()?;
                let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
                let v6 = || <[u8; 16]>::try_from(bytes).map(IpAddr::from);
                source.ip = Some(v4.or_else(|_| v6()).map_err(|_| Bad("its address is none"))?);
            }
            1 => source.client = Some(name(r)?),
            _ => r.skip()?,
        }
        Ok(())
    })?;
    Ok(source)
}

fn purpose(r: &mut Reader<'_>) -> Read<Option<Name>> {
    let mut purpose = None;
    keys(r, |r, key| {
        match key {
            0 => purpose = Some(name(r)?),
            _ => r.skip()?,
        }
        Ok(())
    })?;
    Ok(purpose)
}

fn objects(r: &mut Reader<'_>) -> Read<Objects> {
    let (mut class, mut refs, mut count) = (None, Vec::new(), None);
    keys(r, |r, key| {
        match key {
            0 => class = Some(name(r)?),
            1 => refs = list(r, |r| Ok(Ref::from_bytes(fixed(r)?)))?,
            2 => count = Some(r.u64()?),
            _ => r.skip()?,
        }
        Ok(())
    })?;
    Ok(Objects {
        class: need(class, "its objects have no class")?,
        refs,
        count: need(count, "its objects have no count")?,
    })
}

fn fields(r: &mut Reader<'_>) -> Read<Touched> {
    let mut fields = Touched::default();
    keys(r, |r, key| {
        match key {
            0 => fields.read = names(r)?,
            1 => fields.written = names(r)?,
            2 => fields.masked = names(r)?,
            3 => fields.dropped = names(r)?,
            _ => r.skip()?,
        }
        Ok(())
    })?;
    Ok(fields)
}

fn shape(r: &mut Reader<'_>, depth: usize) -> Read<Shape> {
    const UNKNOWN: Bad = Bad("its query shape is unknown");
    if depth == 0 {
        return Err(UNKNOWN);
    }
    match (r.array()?, r.u8()?) {
        (Some(3), 0) => {
            let operator = Operator::numbered(r.u8()?).ok_or(UNKNOWN)?;
            Ok(Shape::Term { field: name(r)?, operator })
        }
        (Some(2), 1) => Ok(Shape::All(list(r, |r| shape(r, depth - 1))?)),
        (Some(2), 2) => Ok(Shape::Any(list(r, |r| shape(r, depth - 1))?)),
        (Some(2), 3) => Ok(Shape::None(list(r, |r| shape(r, depth - 1))?)),
        (Some(1), 4) => Ok(Shape::More),
        _ => Err(UNKNOWN),
    }
}

fn decision(r: &mut Reader<'_>) -> Read<Decision> {
    let (mut allow, mut rule) = (None, None);
    keys(r, |r, key| {
        match key {
            0 => allow = Some(r.bool()?),
            1 => rule = Some(name(r)?),
            _ => r.skip()?,
        }
        Ok(())
    })?;
    const MISSING: &str = "its decision is incomplete";
    Ok(Decision { allow: need(allow, MISSING)?, rule: need(rule, MISSING)? })
}

fn outcome(r: &mut Reader<'_>) -> Read<Outcome> {
    let (mut status, mut code, mut rows, mut bytes) = (None, None, None, None);
    keys(r, |r, key| {
        match key {
            0 => {
                status = Some(match r.u8()? {
                    0 => Status::Ok,
                    1 => Status::Denied,
                    2 => Status::Error,
                    3 => Status::Unknown,
                    _ => return Err(Bad("its status is unknown")),
                });
            }
            1 => code = Some(r.i32()?),
            2 => rows = Some(r.u64()?),
            3 => bytes = Some(r.u64()?),
            _ => r.skip()?,
        }
        Ok(())
    })?;
    const MISSING: &str = "its outcome is incomplete";
    Ok(Outcome {
        status: need(status, MISSING)?,
        code,
        rows: need(rows, MISSING)?,
        bytes: need(bytes, MISSING)?,
    })
}

/// Reads a map of definite length whose integer keys ascend.
fn keys<'b>(r: &mut Reader<'b>, mut each: impl FnMut(&mut Reader<'b>, u64) -> Read<()>) -> Read<()> {
    let pairs = r.map()?.ok_or(Bad("a map has no length"))?;
    let mut last = None;
    for _ in 0..pairs {
        let key = r.u64()?;
        if last.is_some_and(|last| key <= last) {
            return Err(Bad("its keys are out of order"));
        }
        last = Some(key);
        each(r, key)?;
    }
    Ok(())
}

fn list<'b, T>(r: &mut Reader<'b>, mut each: impl FnMut(&mut Reader<'b>) -> Read<T>) -> Read<Vec<T>> {
    let length = r.array()?.ok_or(Bad("a list has no length"))?;
    let mut items = Vec::new();
    for _ in 0..length {
        items.push(each(r)?);
    }
    Ok(items)
}

fn length(r: &mut Reader<'_>, expected: u64) -> Read<()> {
    if r.array()? == Some(expected) { Ok(()) } else { Err(Bad("a list has another length")) }
}

fn names(r: &mut Reader<'_>) -> Read<Vec<Name>> {
    list(r, name)
}

fn name(r: &mut Reader<'_>) -> Read<Name> {
    Name::stored(r.str()?).ok_or(Bad("a name is none"))
}

fn fixed<const N: usize>(r: &mut Reader<'_>) -> Read<[u8; N]> {
    r.bytes()?.try_into().map_err(|_| Bad("some bytes have another length"))
}

fn need<T>(found: Option<T>, why: &'static str) -> Read<T> {
    found.ok_or(Bad(why))
}
