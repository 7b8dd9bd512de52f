//! Which fields a principal doesn't see: protected fields of the class and the limits of a plugin's grant.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use model::{ClassName, Object, ObjectId, Schema, Value, schema::Names};

use crate::{Context, FieldSet};

/// The hidden fields of each group, as a class has them.
type Sets = BTreeMap<String, Names>;

/// As the settings have them.
type Added = BTreeMap<String, BTreeSet<String>>;

/// The fields to hide from one principal; empty for the master key.
#[derive(Clone, Default)]
pub(crate) struct Mask {
    /// Hidden in every object.
    hidden: Names,
    /// For the fields that point to users: what stays hidden from the user they point to.
    for_pointed: Vec<(String, Names)>,
    /// Who is meant by "the user they point to".
    me: Option<ObjectId>,
    /// The user's own object shows everything.
    own_user: bool,
    /// All that a plugin may see.
    only: Option<FieldSet>,
}

impl Mask {
    /// Whether a field can't be used in a filter or a sort.
    pub(crate) fn conceals(&self, field: &str) -> bool {
        self.hidden.contains(field) || self.only.as_ref().is_some_and(|only| !only.holds(field))
    }

    /// Whether nothing is hidden from anybody.
    pub(crate) fn is_empty(&self) -> bool {
        self.hidden.is_empty() && self.for_pointed.is_empty() && self.only.is_none()
    }

    /// Whether whole objects are needed to decide.
    pub(crate) fn looks_at_pointers(&self) -> bool {
        !self.for_pointed.is_empty()
    }

    /// Takes the hidden fields out of an object and calls `note` with the name of each that was there.
    pub(crate) fn apply(&self, object: &mut Object, note: &mut dyn FnMut(&str)) {
        if self.is_empty() {
            return;
        }
        let shows = self.of(object);
        object.fields.retain(|name, _| {
            let seen = shows(name);
            if !seen {
                note(name);
            }
            seen
        });
        if !shows("ACL") {
            object.acl = None;
        }
    }

    /// Says of each field whether an object shows it.
    pub(crate) fn of<'a>(&'a self, object: &Object) -> impl Fn(&str) -> bool + use<'a> {
        let own = self.own_user && self.me.as_ref() == Some(&object.id);
        let narrowed = if own { Some(Names::default()) } else { self.narrowed(object) };
        let hidden = narrowed.map_or(Cow::Borrowed(&self.hidden), Cow::Owned);
        move |field| !hidden.contains(field) && self.only.as_ref().is_none_or(|only| only.holds(field))
    }

    /// What is hidden of an object that points to the caller; `None` when it doesn't.
    fn narrowed(&self, object: &Object) -> Option<Names> {
        let me = self.me.as_ref()?;
        let mut narrowed: Option<Names> = None;
        for (field, set) in &self.for_pointed {
            if object.field(field).is_some_and(|value| points_to(value, me)) {
                let before = narrowed.as_ref().unwrap_or(&self.hidden);
                narrowed = Some(before.common(set));
            }
        }
        narrowed
    }
}

fn points_to(value: &Value, user: &ObjectId) -> bool {
    match value {
        Value::Pointer(pointer) => pointer.class == "_User" && pointer.id == *user,
        Value::Array(items) => items.iter().any(|item| points_to(item, user)),
        _ => false,
    }
}

/// The fields hidden from a group: what the class says, and what the settings add.
fn set<'a>(class: &'a Sets, added: Option<&Added>, group: &str) -> Option<Cow<'a, Names>> {
    let more = added.and_then(|added| added.get(group));
    match (class.get(group), more) {
        (None, None) => None,
        (Some(set), None) => Some(Cow::Borrowed(set)),
        (set, Some(more)) => {
            let mut all = set.cloned().unwrap_or_default();
            all.extend(more.iter().cloned());
            Some(Cow::Owned(all))
        }
    }
}

/// Works out what a principal doesn't see of a class.
///
/// Effective is the intersection of the sets of all groups that apply, so a group with fewer fields widens
/// access; without any group that applies nothing is hidden (parse protocol 4.3).
pub(crate) fn mask(cx: &Context, schema: &Schema) -> Mask {
    let only = cx
        .grant()
        .map(|grant| grant.classes.get(&schema.class).map_or(FieldSet::Nothing, |class| class.read.clone()));
    if cx.is_master() {
        return Mask { only, ..Mask::default() };
    }
    let class = &schema.permissions.protected_fields;
    let added = cx.config().protected_fields.get(schema.class.as_str());
    let mut hidden = set(class, added, "*");
    let mut for_pointed = Vec::new();
    if let Some(identity) = cx.user() {
        let mut meet = |group: &str| {
            let Some(further) = set(class, added, group) else { return };
            hidden = Some(match hidden.take() {
                None => further,
                Some(known) => Cow::Owned(known.common(&further)),
            });
        };
        meet("authenticated");
        meet(identity.user.as_str());
        identity.roles.iter().for_each(|role| meet(&format!("role:{role}")));
        let groups: BTreeSet<&String> = class.keys().chain(added.into_iter().flat_map(Added::keys)).collect();
        for_pointed = groups
            .into_iter()
            .filter_map(|group| {
                Some((group.strip_prefix("userField:")?.to_owned(), set(class, added, group)?.into_owned()))
            })
            .collect();
    }
    Mask {
        hidden: hidden.map(Cow::into_owned).unwrap_or_default(),
        for_pointed,
        me: cx.user().map(|identity| identity.user.clone()),
        own_user: schema.class == ClassName::user() && cx.config().protected_fields_owner_exempt,
        only,
    }
}
