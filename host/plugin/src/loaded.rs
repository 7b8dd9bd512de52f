//! A component made ready: everything that would cost time in a call is done here, once.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use model::Event;
use wasmtime::{
    Engine,
    component::{Component, HasSelf, InstancePre, Linker, Resource, types::ComponentItem},
};

use crate::{
    Config, Digest, Error, Manifest, Result,
    bindings::{
        exports::parapet::cloud as exports,
        parapet::cloud::{data, invocation, types},
    },
    capability, engine,
    error::Problems,
    manifest::{ANY, Asks},
    mask::Mask,
    package::split_import,
    resource::invocation::Call,
    state::State,
    subject::Export,
    wasi,
};

/// The package of the contract.
const PACKAGE: &str = "parapet:cloud/";

/// Interfaces of the contract that are always linked, since they carry no authority.
const ALWAYS: [&str; 3] = ["types", "invocation", "data"];

/// A plugin's component with its linker's work done, its exports found and its grant prepared.
pub(crate) struct Loaded {
    pub(crate) name: Arc<str>,
    pub(crate) digest: Digest,
    pub(crate) manifest: Arc<Manifest>,
    pub(crate) settings: Arc<str>,
    pub(crate) deadline: Duration,
    pub(crate) memory: usize,
    pub(crate) pre: InstancePre<State>,
    pub(crate) exports: Exports,
    masks: BTreeMap<String, Arc<Mask>>,
}

/// Where the exports of a component are; what it lacks is `None`.
#[derive(Default)]
pub(crate) struct Exports {
    pub(crate) before_save: Option<exports::before_save::GuestIndices>,
    pub(crate) after_save: Option<exports::after_save::GuestIndices>,
    pub(crate) before_delete: Option<exports::before_delete::GuestIndices>,
    pub(crate) after_delete: Option<exports::after_delete::GuestIndices>,
    pub(crate) before_find: Option<exports::before_find::GuestIndices>,
    pub(crate) after_find: Option<exports::after_find::GuestIndices>,
    pub(crate) functions: Option<exports::functions::GuestIndices>,
}

impl Exports {
    fn find(pre: &InstancePre<State>) -> Exports {
        Exports {
            before_save: exports::before_save::GuestIndices::new(pre).ok(),
            after_save: exports::after_save::GuestIndices::new(pre).ok(),
            before_delete: exports::before_delete::GuestIndices::new(pre).ok(),
            after_delete: exports::after_delete::GuestIndices::new(pre).ok(),
            before_find: exports::before_find::GuestIndices::new(pre).ok(),
            after_find: exports::after_find::GuestIndices::new(pre).ok(),
            functions: exports::functions::GuestIndices::new(pre).ok(),
        }
    }

    fn has(&self, export: Export) -> bool {
        match export {
            Export::Hook(Event::BeforeSave) => self.before_save.is_some(),
            Export::Hook(Event::AfterSave) => self.after_save.is_some(),
            Export::Hook(Event::BeforeDelete) => self.before_delete.is_some(),
            Export::Hook(Event::AfterDelete) => self.after_delete.is_some(),
            Export::Hook(Event::BeforeFind) => self.before_find.is_some(),
            Export::Hook(Event::AfterFind) => self.after_find.is_some(),
            Export::Functions => self.functions.is_some(),
        }
    }
}

impl Loaded {
    /// Links a component with what was granted, and nothing else.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it needs more than was granted, or its exports aren't those of the contract.
    pub(crate) fn new(
        engine: &Engine,
        config: &Config,
        component: &Component,
        digest: Digest,
        manifest: Arc<Manifest>,
        granted: &Asks,
        settings: Arc<str>,
    ) -> Result<Loaded> {
        let memory = config.memory(manifest.limits.memory_mib);
        engine::room_problems(config, component, memory).settle()?;
        let linker = linker(engine, granted)?;
        let pre = linker
            .instantiate_pre(component)
            .map_err(|error| Error::invalid(format!("the component doesn't fit the contract: {error:#}")))?;
        let exports = Exports::find(&pre);
        export_problems(engine, &linker, component, &manifest, &exports)?.settle()?;
        let masks = granted
            .fields
            .iter()
            .map(|fields| (fields.class.clone(), Arc::new(Mask::lent(fields))))
            .collect();
        Ok(Loaded {
            name: manifest.name.as_str().into(),
            digest,
            settings,
            deadline: config.deadline(manifest.limits.deadline_ms),
            memory,
            manifest,
            pre,
            exports,
            masks,
        })
    }

    /// The mask of objects of a class that hooks are lent.
    pub(crate) fn mask(&self, class: &str) -> Arc<Mask> {
        self.masks.get(class).or_else(|| self.masks.get(ANY)).cloned().unwrap_or_default()
    }
}

/// A linker of its own for every component: one that is cloned or shared would carry another's grants.
fn linker(engine: &Engine, granted: &Asks) -> Result<Linker<State>> {
    let mut linker = Linker::new(engine);
    let linked = (|| {
        types::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
        invocation::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
        data::add_to_linker::<State, HasSelf<State>>(&mut linker, |state| state)?;
        wasi::link(&mut linker)?;
        granted.capabilities.keys().try_for_each(|capability| capability::link(*capability, &mut linker))
    })();
    linked.map_err(|error: wasmtime::Error| Error::internal("the capabilities can't be linked", error))?;
    Ok(linker)
}

/// Names every import that isn't covered by what is asked or granted; the names come from the file itself.
pub(crate) fn import_problems(imports: &[String], allowed: &Asks, word: &str) -> Problems {
    let mut problems = Problems::default();
    for import in imports {
        let (name, version) = split_import(import);
        if let Some(interface) = name.strip_prefix(PACKAGE) {
            if !version.is_some_and(|version| version.starts_with("0.1.")) {
                problems.push(format!("{import} is of a version that this host doesn't speak"));
            } else if let Some(capability) = crate::manifest::Capability::from_name(interface) {
                if !allowed.capabilities.contains_key(&capability) {
                    problems.push(format!(
                        "the component imports {import}, but {} isn't {word}",
                        capability.name()
                    ));
                }
            } else if !ALWAYS.contains(&interface) {
                problems.push(format!("the component imports {import}, which this host doesn't have"));
            }
        } else if !wasi::INTERFACES.contains(&name) {
            problems.push(format!("the component imports {import}, which no plugin gets"));
        }
    }
    problems
}

/// Compares the exports with the manifest, and their types with the contract: an export is found by its name alone,
/// so a wrong signature would show only when it is called.
fn export_problems(
    engine: &Engine,
    linker: &Linker<State>,
    component: &Component,
    manifest: &Manifest,
    exports: &Exports,
) -> Result<Problems> {
    let mut problems = Problems::default();
    let ty = linker
        .substituted_component_type(component)
        .map_err(|error| Error::invalid(format!("the component doesn't fit the contract: {error:#}")))?;
    let needed = |export| match export {
        Export::Hook(event) => manifest.listens(event),
        Export::Functions => !manifest.functions.is_empty(),
    };
    for export in Event::ALL.into_iter().map(Export::Hook).chain([Export::Functions]) {
        if !needed(export) {
            continue;
        }
        let interface = format!("{PACKAGE}{}", export.name());
        if !exports.has(export) {
            problems.push(format!(
                "the manifest names a handler for it, but the component doesn't export {interface}"
            ));
            continue;
        }
        let found = ty.exports(engine).find(|(name, _)| split_import(name).0 == interface);
        let Some((_, ComponentItem::ComponentInstance(instance))) = found.map(|(name, item)| (name, item.ty))
        else {
            problems.push(format!("{interface} isn't exported as an interface"));
            continue;
        };
        let function = if export == Export::Functions { "call" } else { export.name() };
        let item = instance.get_export(engine, function).map(|item| item.ty);
        let Some(ComponentItem::ComponentFunc(func)) = item else {
            problems.push(format!("{interface} has no function {function}"));
            continue;
        };
        let cx = ty.instance_type();
        let fits = match export {
            Export::Hook(_) => {
                func.typecheck::<(Resource<Call>,), (std::result::Result<(), types::Fault>,)>(&cx)
            }
            Export::Functions => {
                func.typecheck::<(Resource<Call>,), (std::result::Result<Option<String>, types::Fault>,)>(&cx)
            }
        };
        if let Err(error) = fits {
            problems.push(format!("{interface} has another type than the contract: {error:#}"));
        }
    }
    Ok(problems)
}
