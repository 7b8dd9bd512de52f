//! The moments at which a plugin may be asked.

use std::fmt;

/// A moment in an operation on objects; Parse calls it a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Event {
    /// Before an object is written; may change or refuse it.
    BeforeSave,
    /// After an object was written.
    AfterSave,
    /// Before an object is deleted; may refuse.
    BeforeDelete,
    /// After an object was deleted.
    AfterDelete,
    /// Before a query runs; may narrow it.
    BeforeFind,
    /// After a query ran; may change or hide what leaves.
    AfterFind,
}

impl Event {
    /// Every event.
    pub const ALL: [Event; 6] = [
        Event::BeforeSave,
        Event::AfterSave,
        Event::BeforeDelete,
        Event::AfterDelete,
        Event::BeforeFind,
        Event::AfterFind,
    ];

    /// The name in manifests and WIT: `before-save`.
    pub const fn name(self) -> &'static str {
        match self {
            Event::BeforeSave => "before-save",
            Event::AfterSave => "after-save",
            Event::BeforeDelete => "before-delete",
            Event::AfterDelete => "after-delete",
            Event::BeforeFind => "before-find",
            Event::AfterFind => "after-find",
        }
    }

    /// The name in Parse: `beforeSave`.
    pub const fn trigger(self) -> &'static str {
        match self {
            Event::BeforeSave => "beforeSave",
            Event::AfterSave => "afterSave",
            Event::BeforeDelete => "beforeDelete",
            Event::AfterDelete => "afterDelete",
            Event::BeforeFind => "beforeFind",
            Event::AfterFind => "afterFind",
        }
    }

    /// Finds the event of a manifest name.
    pub fn from_name(name: &str) -> Option<Event> {
        Event::ALL.into_iter().find(|event| event.name() == name)
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
