//! The deterministic CBOR form of a record.

use std::convert::Infallible;
use std::net::IpAddr;

use minicbor::Encoder;
use minicbor::encode::Error as Failure;

use crate::draft::split::ROLES;
use crate::draft::{
    Actor, ActorKind, Draft, Objects, Outcome, PluginCall, PluginVersion, Source, Stage, Status, Touched,
};
use crate::name::Name;
use crate::record::VERSION;
use crate::seal::Seal;
use crate::shape::Shape;
use crate::stamp::Stamp;

type Writer = Encoder<Vec<u8>>;
type Done = Result<(), Failure<Infallible>>;

/// The part of a record that does not depend on its place, encoded ahead so that giving out places is quick.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pairs: u64,
    bytes: Vec<u8>,
}

impl Body {
    /// Encodes what the caller told.
    pub(crate) fn of(draft: &Draft, roles_left_out: u64) -> Body {
        let mut writer = Encoder::new(Vec::with_capacity(384));
        #[expect(clippy::expect_used, reason = "writing to memory can't fail")]
        let pairs = body(&mut writer, draft, roles_left_out).expect("writing to memory can't fail");
        Body { pairs, bytes: writer.into_writer() }
    }

    /// Tells how long it is.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Puts the place in front and gives the whole entry.
    pub(crate) fn entry(&self, stamp: &Stamp, tenant: &Name) -> Vec<u8> {
        let mut writer = Encoder::new(Vec::with_capacity(self.bytes.len() + 96));
        #[expect(clippy::expect_used, reason = "writing to memory can't fail")]
        head(&mut writer, self.pairs, stamp, tenant).expect("writing to memory can't fail");
        let mut bytes = writer.into_writer();
        bytes.extend_from_slice(&self.bytes);
        bytes
    }
}

fn head(w: &mut Writer, pairs: u64, stamp: &Stamp, tenant: &Name) -> Done {
    w.map(pairs + 5 + u64::from(stamp.behind.is_some()))?;
    w.u8(0)?.u64(VERSION)?;
    w.u8(1)?.u64(stamp.seq)?;
    w.u8(2)?.u64(stamp.ts)?;
    w.u8(3)?.array(2)?.bytes(&stamp.boot)?.u64(stamp.mono)?;
    if let Some(behind) = stamp.behind {
        w.u8(4)?.u64(behind)?;
    }
    w.u8(5)?.str(tenant.as_str())?;
    Ok(())
}

fn body(w: &mut Writer, draft: &Draft, roles_left_out: u64) -> Result<u64, Failure<Infallible>> {
    let mut pairs = 4;
    let mut key = |w: &mut Writer, key: u8| -> Done {
        pairs += 1;
        w.u8(key)?;
        Ok(())
    };
    w.u8(6)?.str(draft.request.as_str())?;
    if let Some(parent) = draft.parent {
        key(w, 7)?;
        w.u64(parent)?;
    }
    w.u8(8)?.u8(match draft.stage {
        Stage::Intent => 0,
        Stage::Outcome { .. } => 1,
        Stage::Single => 2,
    })?;
    if let Stage::Outcome { intent } = draft.stage {
        key(w, 9)?;
        w.u64(intent)?;
    }
    w.u8(10)?.str(draft.code.as_str())?;
    w.u8(11)?;
    actor(w, &draft.actor, roles_left_out)?;
    if let Some(call) = &draft.plugin {
        key(w, 12)?;
        plugin(w, call)?;
    }
    if draft.source != Source::default() {
        key(w, 13)?;
        source(w, &draft.source)?;
    }
    if let Some(purpose) = &draft.purpose {
        key(w, 14)?;
        w.map(1)?.u8(0)?.str(purpose.as_str())?;
    }
    if let Some(found) = &draft.object {
        key(w, 15)?;
        objects(w, found)?;
    }
    if !draft.fields.is_empty() {
        key(w, 17)?;
        fields(w, &draft.fields)?;
    }
    if let Some(query) = &draft.query {
        key(w, 18)?;
        shape(w, query)?;
    }
    if let Some(decision) = &draft.decision {
        key(w, 19)?;
        w.map(2)?.u8(0)?.bool(decision.allow)?.u8(1)?.str(decision.rule.as_str())?;
    }
    if let Some(end) = &draft.outcome {
        key(w, 20)?;
        outcome(w, end)?;
    }
    if !draft.seals.is_empty() {
        key(w, 22)?;
        seals(w, &draft.seals)?;
    }
    if let Some(part) = draft.part {
        key(w, 25)?;
        w.array(2)?.u32(part.index)?.u32(part.of)?;
    }
    if let Some(version) = draft.version {
        key(w, 26)?;
        w.i64(version)?;
    }
    if !draft.plugin_versions.is_empty() {
        key(w, 27)?;
        w.array(draft.plugin_versions.len() as u64)?;
        for version in &draft.plugin_versions {
            plugin_version(w, version)?;
        }
    }
    Ok(pairs)
}

fn actor(w: &mut Writer, actor: &Actor, left_out: u64) -> Done {
    let kept = actor.roles.len().min(ROLES);
    let left_out = left_out + (actor.roles.len() - kept) as u64;
    let pairs =
        [actor.id.is_some(), actor.session.is_some(), kept > 0, actor.on_behalf_of.is_some(), left_out > 0];
    w.map(1 + count(&pairs))?;
    w.u8(0)?.u8(match actor.kind {
        ActorKind::User => 0,
        ActorKind::Service => 1,
        ActorKind::Plugin => 2,
        ActorKind::Operator => 3,
        ActorKind::System => 4,
        ActorKind::Anonymous => 5,
    })?;
    if let Some(id) = &actor.id {
        w.u8(1)?.str(id.as_str())?;
    }
    if let Some(session) = &actor.session {
        w.u8(2)?.bytes(session)?;
    }
    if kept > 0 {
        w.u8(3)?.array(kept as u64)?;
        for role in actor.roles.iter().take(kept) {
            w.str(role.as_str())?;
        }
    }
    if let Some(name) = &actor.on_behalf_of {
        w.u8(4)?.str(name.as_str())?;
    }
    if left_out > 0 {
        w.u8(5)?.u64(left_out)?;
    }
    Ok(())
}

fn plugin(w: &mut Writer, call: &PluginCall) -> Done {
    w.map(6 + u64::from(call.grant.is_some()))?;
    w.u8(0)?.bytes(&call.digest)?;
    w.u8(1)?.str(call.name.as_str())?;
    if let Some(grant) = &call.grant {
        w.u8(2)?.str(grant.as_str())?;
    }
    w.u8(3)?.str(call.export.as_str())?;
    w.u8(4)?.str(call.version.as_str())?;
    w.u8(5)?.u64(call.generation)?;
    w.u8(6)?.u64(call.duration_us)?;
    Ok(())
}

fn plugin_version(w: &mut Writer, plugin: &PluginVersion) -> Done {
    let approval = [&plugin.approval, &plugin.approved_by, &plugin.approved_as];
    w.map(3 + count(&approval.map(Option::is_some)))?;
    w.u8(0)?.bytes(&plugin.digest)?;
    w.u8(1)?.str(plugin.name.as_str())?;
    w.u8(2)?.str(plugin.version.as_str())?;
    for (key, name) in (3u8..).zip(approval) {
        if let Some(name) = name {
            w.u8(key)?.str(name.as_str())?;
        }
    }
    Ok(())
}

/// Each seal is `[class, reference, content or null]`.
fn seals(w: &mut Writer, seals: &[Seal]) -> Done {
    w.array(seals.len() as u64)?;
    for seal in seals {
        w.array(3)?.str(seal.class.as_str())?.bytes(seal.reference.as_bytes())?;
        match &seal.content {
            Some(content) => w.bytes(content.as_bytes())?,
            None => w.null()?,
        };
    }
    Ok(())
}

fn source(w: &mut Writer, source: &Source) -> Done {
    w.map(count(&[source.ip.is_some(), source.client.is_some()]))?;
    match source.ip {
        Some(IpAddr::V4(ip)) => {
            w.u8(0)?.bytes(&ip.octets())?;
        }
        Some(IpAddr::V6(ip)) => {
            w.u8(0)?.bytes(&ip.octets())?;
        }
        None => {}
    }
    if let Some(client) = &source.client {
        w.u8(1)?.str(client.as_str())?;
    }
    Ok(())
}

fn objects(w: &mut Writer, objects: &Objects) -> Done {
    w.map(2 + u64::from(!objects.refs.is_empty()))?;
    w.u8(0)?.str(objects.class.as_str())?;
    if !objects.refs.is_empty() {
        w.u8(1)?.array(objects.refs.len() as u64)?;
        for reference in &objects.refs {
            w.bytes(reference.as_bytes())?;
        }
    }
    w.u8(2)?.u64(objects.count)?;
    Ok(())
}

fn fields(w: &mut Writer, fields: &Touched) -> Done {
    let lists = fields.lists();
    w.map(count(&lists.map(|list| !list.is_empty())))?;
    for (key, list) in (0u8..).zip(lists) {
        if list.is_empty() {
            continue;
        }
        w.u8(key)?.array(list.len() as u64)?;
        for name in list {
            w.str(name.as_str())?;
        }
    }
    Ok(())
}

/// A term is `[0, operator, field]`, a group `[1|2|3, [shapes]]` (all, any, none), the rest `[4]`.
fn shape(w: &mut Writer, query: &Shape) -> Done {
    let (group, shapes) = match query {
        Shape::Term { field, operator } => {
            w.array(3)?.u8(0)?.u8(operator.number())?.str(field.as_str())?;
            return Ok(());
        }
        Shape::More => {
            w.array(1)?.u8(4)?;
            return Ok(());
        }
        Shape::All(shapes) => (1, shapes),
        Shape::Any(shapes) => (2, shapes),
        Shape::None(shapes) => (3, shapes),
    };
    w.array(2)?.u8(group)?.array(shapes.len() as u64)?;
    for inner in shapes {
        shape(w, inner)?;
    }
    Ok(())
}

fn outcome(w: &mut Writer, outcome: &Outcome) -> Done {
    w.map(3 + u64::from(outcome.code.is_some()))?;
    w.u8(0)?.u8(match outcome.status {
        Status::Ok => 0,
        Status::Denied => 1,
        Status::Error => 2,
        Status::Unknown => 3,
    })?;
    if let Some(code) = outcome.code {
        w.u8(1)?.i32(code)?;
    }
    w.u8(2)?.u64(outcome.rows)?;
    w.u8(3)?.u64(outcome.bytes)?;
    Ok(())
}

fn count(present: &[bool]) -> u64 {
    present.iter().filter(|there| **there).count() as u64
}
