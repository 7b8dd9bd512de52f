//! The plugins at work in one generation, and who is asked at which moment.

use std::{collections::BTreeMap, sync::Arc};

use model::{ClassName, Event};

use crate::{
    Error, Result,
    manifest::ANY,
    member::{Listener, Member},
    run::Runner,
};

/// One generation. A request takes it at its start and keeps it to its end, whatever is activated meanwhile.
pub(crate) struct Registry {
    pub(crate) generation: u64,
    pub(crate) runner: Arc<Runner>,
    pub(crate) members: BTreeMap<String, Arc<Member>>,
    listeners: BTreeMap<Event, Listeners>,
    functions: BTreeMap<String, Arc<Member>>,
}

/// The hooks of one event, in the order in which they run.
#[derive(Default)]
struct Listeners {
    classes: BTreeMap<ClassName, Vec<Listener>>,
    any: Vec<Listener>,
}

impl Registry {
    /// Arranges the members.
    ///
    /// # Errors
    /// [`Error::Conflict`] when two of them have the same function.
    pub(crate) fn new(generation: u64, runner: Arc<Runner>, members: Vec<Arc<Member>>) -> Result<Registry> {
        let mut listeners: BTreeMap<Event, Listeners> = BTreeMap::new();
        let mut functions: BTreeMap<String, Arc<Member>> = BTreeMap::new();
        for member in &members {
            for function in &member.loaded.manifest.functions {
                if let Some(other) = functions.insert(function.name.clone(), member.clone()) {
                    return Err(Error::Conflict(format!(
                        "{} and {} both have a function {}",
                        other.loaded.name, member.loaded.name, function.name
                    )));
                }
            }
            for hook in &member.loaded.manifest.hooks {
                let Some(event) = Event::from_name(&hook.on) else { continue };
                let listener =
                    Listener { member: member.clone(), order: hook.order, on_failure: hook.on_failure };
                let of = listeners.entry(event).or_default();
                match ClassName::new(&hook.class) {
                    Ok(class) if hook.class != ANY => of.classes.entry(class).or_default().push(listener),
                    _ => of.any.push(listener),
                }
            }
        }
        for of in listeners.values_mut() {
            for named in of.classes.values_mut() {
                // A plugin that names the class and `*` is asked once, as it says for the class.
                let general = of
                    .any
                    .iter()
                    .filter(|one| !named.iter().any(|other| Arc::ptr_eq(&other.member, &one.member)));
                let general: Vec<Listener> = general.cloned().collect();
                named.extend(general);
                sort(named);
            }
            sort(&mut of.any);
        }
        let members = members.into_iter().map(|member| (member.loaded.name.to_string(), member)).collect();
        Ok(Registry { generation, runner, members, listeners, functions })
    }

    /// The hooks of an event on a class, in order.
    pub(crate) fn listeners(&self, event: Event, class: &ClassName) -> &[Listener] {
        match self.listeners.get(&event) {
            Some(of) => of.classes.get(class).unwrap_or(&of.any),
            None => &[],
        }
    }

    /// The plugin that has a function.
    pub(crate) fn function(&self, name: &str) -> Option<&Arc<Member>> {
        self.functions.get(name)
    }
}

fn sort(listeners: &mut [Listener]) {
    listeners.sort_by(|a, b| (a.order, &a.member.loaded.name).cmp(&(b.order, &b.member.loaded.name)));
}
