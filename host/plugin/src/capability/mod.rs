//! What the host can do for a guest, one file each; linked only when it was granted.

pub(crate) mod data_bulk;
pub(crate) mod data_elevated;
pub(crate) mod data_read;
pub(crate) mod data_write;
pub(crate) mod log;

use std::{collections::BTreeMap, sync::Arc};

use data::{Context, Grant, PluginIdentity};
use model::ClassName;
use wasmtime::component::Linker;

use crate::{
    fault::Answer,
    manifest::{Capability, CapabilityAsk},
    mask::{Mask, class_grant},
    state::State,
};

/// Links one capability.
///
/// # Errors
/// When it is linked twice.
pub(crate) fn link(capability: Capability, linker: &mut Linker<State>) -> wasmtime::Result<()> {
    match capability {
        Capability::Log => log::link(linker),
        Capability::DataRead => data_read::link(linker),
        Capability::DataWrite => data_write::link(linker),
        Capability::DataElevated => data_elevated::link(linker),
        Capability::DataBulk => data_bulk::link(linker),
    }
}

/// The classes that a capability may open: the grant that the door checks, and the masks of the handles.
#[derive(Debug)]
pub(crate) struct Opening {
    pub(crate) grant: Arc<Grant>,
    pub(crate) masks: BTreeMap<ClassName, Arc<Mask>>,
}

impl Opening {
    /// Prepares what was granted.
    pub(crate) fn prepare(ask: &CapabilityAsk, identity: &PluginIdentity, elevated: bool) -> Opening {
        let classes =
            ask.classes.iter().map(|(class, fields)| (class.clone(), class_grant(fields))).collect();
        let grant = Grant { plugin: identity.clone(), elevated, classes, purposes: ask.purposes.clone() };
        let masks = ask
            .classes
            .iter()
            .map(|(class, fields)| (class.clone(), Arc::new(Mask::opened(fields))))
            .collect();
        Opening { grant: Arc::new(grant), masks }
    }

    fn mask(&self, class: &str) -> Arc<Mask> {
        self.masks.get(class).cloned().unwrap_or_default()
    }
}

/// A class that a guest was let into.
struct Entered {
    cx: Context,
    class: ClassName,
    mask: Arc<Mask>,
}

impl State {
    /// Lets a guest into a class that a capability may open, for a purpose.
    ///
    /// # Errors
    /// Fault 119 when the class or the purpose isn't granted.
    fn enter(&mut self, opening: Option<&Opening>, class: &str, purpose: &str) -> Answer<Entered> {
        self.pay(class.len() + purpose.len())?;
        let cx = self.narrow(opening.map(|opening| &opening.grant), class, purpose)?;
        let mask = opening.map(|opening| opening.mask(class)).unwrap_or_default();
        Ok(Entered { cx, class: ClassName::new(class)?, mask })
    }
}
