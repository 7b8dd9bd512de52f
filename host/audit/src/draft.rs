//! What the caller knows of an event, before the log gives it a place.

use std::net::IpAddr;

use serde::Serialize;

use crate::code::Code;
use crate::name::Name;
use crate::reference::Ref;
use crate::seal::Seal;
use crate::shape::Shape;

pub(crate) mod split;

/// What a caller wants recorded; the log adds position, time, process and tenant.
///
/// No field can hold a value of an object: there are names, references, counts and codes, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The id of the request within which it happens.
    pub request: Name,
    /// The position of the operation within which this one happens (a plugin's own reads, a hook's saves).
    pub parent: Option<u64>,
    /// Whether it is about to be tried, was tried, or is told once.
    pub stage: Stage,
    /// What happens.
    pub code: Code,
    /// Who acts.
    pub actor: Actor,
    /// Which plugin acts, filled by the host and never by the guest.
    pub plugin: Option<PluginCall>,
    /// Where the request comes from.
    pub source: Source,
    /// The declared purpose.
    pub purpose: Option<Name>,
    /// The objects it is about.
    pub object: Option<Objects>,
    /// The fields it touches; each list is sorted and without repetition in the record.
    pub fields: Touched,
    /// What a query asked for.
    pub query: Option<Shape>,
    /// What policy said.
    pub decision: Option<Decision>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// The `updatedAt` (ms since 1970) that a write intends or has set, to be compared with the database after a crash.
    pub version: Option<i64>,
    /// What the operation left of the objects that it wrote, to be compared with the database.
    pub seals: Vec<Seal>,
    /// The plugin versions that an administrator's act is about; [`Draft::plugin`] is the plugin that acts itself.
    pub plugin_versions: Vec<PluginVersion>,
    /// Which part of a record that is too large for one this is; only [`Draft::split`] sets it.
    pub(crate) part: Option<Part>,
}

impl Draft {
    /// Starts a draft with what every record has.
    pub fn new(code: Code, stage: Stage, request: Name, actor: Actor) -> Self {
        Draft {
            request,
            parent: None,
            stage,
            code,
            actor,
            plugin: None,
            source: Source::default(),
            purpose: None,
            object: None,
            fields: Touched::default(),
            query: None,
            decision: None,
            outcome: None,
            version: None,
            seals: Vec::new(),
            plugin_versions: Vec::new(),
            part: None,
        }
    }

    /// Tells which part of a larger record this is.
    pub fn part(&self) -> Option<Part> {
        self.part
    }

    /// Tells whether this is the only or the last part, the one that stands for the whole.
    pub fn is_whole(&self) -> bool {
        self.part.is_none_or(|part| part.index + 1 == part.of)
    }

    /// Tells whether the record may use the reserve of a full disk.
    pub(crate) fn is_vital(&self) -> bool {
        matches!(self.stage, Stage::Outcome { .. }) || self.code.is_vital()
    }
}

/// Where in the life of an operation a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// The operation is about to be tried.
    Intent,
    /// The operation ended.
    Outcome {
        /// The position of its intent.
        intent: u64,
    },
    /// The operation needs no intent: one record tells it all.
    Single,
}

/// Who acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Actor {
    /// Of which kind the actor is.
    pub kind: ActorKind,
    /// The actor's id, when it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Name>,
    /// The hash of the session, cut to 16 bytes; never the token.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "hexadecimal")]
    pub session: Option<[u8; 16]>,
    /// The roles the actor holds; a record keeps the first 64 in order and counts the rest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Name>,
    /// For whom the actor acts, when not for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<Name>,
}

impl Actor {
    /// Makes an actor of a kind, with an id when it has one.
    pub fn new(kind: ActorKind, id: Option<Name>) -> Self {
        Actor { kind, id, session: None, roles: Vec::new(), on_behalf_of: None }
    }
}

fn hexadecimal<S: serde::Serializer>(bytes: &Option<[u8; 16]>, serializer: S) -> Result<S::Ok, S::Error> {
    bytes.map(hex::encode).serialize(serializer)
}

/// The kinds of actors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ActorKind {
    /// A person with an account.
    User,
    /// A program that holds a key.
    Service,
    /// A plugin.
    Plugin,
    /// Somebody who holds the master key.
    Operator,
    /// The server itself.
    System,
    /// Nobody known.
    Anonymous,
}

/// One run of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PluginCall {
    /// The plugin's name.
    pub name: Name,
    /// The plugin's version.
    pub version: Name,
    /// SHA-256 of the component that ran.
    #[serde(serialize_with = "hexadecimal32")]
    pub digest: [u8; 32],
    /// Which export was called.
    pub export: Name,
    /// Which generation of the plugin table the request saw.
    pub generation: u64,
    /// Under which grant it ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant: Option<Name>,
    /// How long it ran, in microseconds.
    pub duration_us: u64,
}

fn hexadecimal32<S: serde::Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(bytes))
}

/// A version of a plugin that was installed, approved, put to work or taken out of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PluginVersion {
    /// The plugin's name.
    pub name: Name,
    /// The version.
    pub version: Name,
    /// SHA-256 of its component.
    #[serde(serialize_with = "hexadecimal32")]
    pub digest: [u8; 32],
    /// The approval that counts: the grant that its calls name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Name>,
    /// Who approved, as that person is called.
    #[serde(rename = "approvedBy", skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<Name>,
    /// With which authority: the principal of the request that brought the approval.
    #[serde(rename = "approvedAs", skip_serializing_if = "Option::is_none")]
    pub approved_as: Option<Name>,
}

/// Where a request comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Source {
    /// The address, as far as policy lets it be kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ip: Option<IpAddr>,
    /// The client's name for itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<Name>,
}

/// The objects an operation is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Objects {
    /// Their class.
    pub class: Name,
    /// Their pseudonyms, in the order in which they left or were written.
    pub refs: Vec<Ref>,
    /// How many there are, also where no reference is kept (a count).
    pub count: u64,
}

/// The fields an operation touched.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Touched {
    /// Fields that left or were seen.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub read: Vec<Name>,
    /// Fields that were written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub written: Vec<Name>,
    /// Fields that were hidden.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<Name>,
    /// Fields that a class lost, with the values that its objects had there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<Name>,
}

impl Touched {
    /// Tells whether no field was touched.
    pub fn is_empty(&self) -> bool {
        self.lists().into_iter().all(Vec::is_empty)
    }

    /// Gives the lists in the order in which a record holds them.
    pub(crate) fn lists(&self) -> [&Vec<Name>; 4] {
        [&self.read, &self.written, &self.masked, &self.dropped]
    }

    /// Sorts each list and drops repetitions.
    pub(crate) fn sort(&mut self) {
        for list in [&mut self.read, &mut self.written, &mut self.masked, &mut self.dropped] {
            list.sort_unstable();
            list.dedup();
        }
    }
}

/// What policy said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// Whether it allowed the operation.
    pub allow: bool,
    /// Which rule decided.
    pub rule: Name,
}

/// How an operation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Outcome {
    /// The end in one word.
    pub status: Status,
    /// The error's number, when there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<i32>,
    /// How many objects left or were written.
    pub rows: u64,
    /// How many bytes left.
    pub bytes: u64,
}

/// The end of an operation in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It was done.
    Ok,
    /// It was refused.
    Denied,
    /// It failed.
    Error,
    /// Nobody knows: the process ended before it could tell.
    Unknown,
}

/// Which of several records that together tell one event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Counted from 0.
    pub index: u32,
    /// How many there are.
    pub of: u32,
}
