//! A plugin as it stands in one generation: its component with the identity and grants that the trail names.

use std::sync::Arc;

use data::PluginIdentity;

use crate::{
    approval::Approval,
    capability::Opening,
    loaded::Loaded,
    manifest::{Capability, OnFailure},
};

/// A plugin at work.
pub(crate) struct Member {
    pub(crate) loaded: Arc<Loaded>,
    pub(crate) identity: PluginIdentity,
    pub(crate) read: Option<Opening>,
    pub(crate) write: Option<Opening>,
    pub(crate) elevated: Option<Opening>,
}

impl Member {
    pub(crate) fn new(loaded: Arc<Loaded>, approval: &Approval, generation: u64) -> Member {
        let identity = PluginIdentity {
            name: loaded.name.clone(),
            version: loaded.manifest.version.to_string().into(),
            digest: loaded.digest.0,
            generation,
            grant: approval.id.as_str().into(),
        };
        let opening = |capability, elevated| {
            let ask = approval.granted.capabilities.get(&capability)?;
            Some(Opening::prepare(ask, &identity, elevated))
        };
        Member {
            read: opening(Capability::DataRead, false),
            write: opening(Capability::DataWrite, false),
            elevated: opening(Capability::DataElevated, true),
            loaded,
            identity,
        }
    }
}

/// One hook of one plugin, in its place.
#[derive(Clone)]
pub(crate) struct Listener {
    pub(crate) member: Arc<Member>,
    pub(crate) order: i32,
    pub(crate) on_failure: OnFailure,
}
