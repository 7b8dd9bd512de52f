//! What is asked of the door, as the trail names it.

use audit::Code;
use model::{ClassName, Date, ObjectId};

/// An operation; each has one code in the trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Create,
    Get,
    Find,
    Count,
    Aggregate,
    Update,
    Delete,
    Purge,
    ChangeRole,
    DeleteRole,
    SignUp,
    LogIn,
    LogOut,
    VerifyPassword,
    Me,
    OpenSession,
    RenewSession,
    ReadSchema,
    CreateSchema,
    UpdateSchema,
    DeleteSchema,
    Call,
    Administer(Act),
}

/// What an administrator does to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Stores a plugin's component.
    PluginInstall,
    /// Allows a plugin what it asks, or part of it.
    PluginApprove,
    /// Puts an approved version to work.
    PluginActivate,
    /// Puts an earlier version to work again.
    PluginRollback,
    /// Takes a plugin out of work.
    PluginDisable,
    /// Forgets a plugin.
    PluginRemove,
    /// Looks at plugins and their grants.
    PluginRead,
    /// Asks what the server is and can.
    ServerInfo,
}

impl Action {
    /// The stable code of the records.
    pub(crate) fn code(self) -> Code {
        match self {
            Action::Create => Code::PhiCreate,
            Action::Get => Code::PhiRead,
            Action::Find => Code::PhiQuery,
            Action::Count => Code::PhiCount,
            Action::Aggregate => Code::PhiQuery,
            Action::Update => Code::PhiUpdate,
            Action::Delete | Action::Purge => Code::PhiDelete,
            Action::ChangeRole | Action::DeleteRole => Code::RoleChange,
            Action::SignUp => Code::AuthSignup,
            Action::LogIn | Action::VerifyPassword => Code::AuthLogin,
            Action::LogOut => Code::AuthLogout,
            Action::Me | Action::OpenSession | Action::RenewSession => Code::AuthSession,
            Action::ReadSchema => Code::SchemaRead,
            Action::CreateSchema => Code::SchemaCreate,
            Action::UpdateSchema => Code::SchemaUpdate,
            Action::DeleteSchema => Code::SchemaDelete,
            Action::Call => Code::FunctionCall,
            Action::Administer(act) => match act {
                Act::PluginInstall => Code::PluginInstall,
                Act::PluginApprove => Code::PluginApprove,
                Act::PluginActivate => Code::PluginActivate,
                Act::PluginRollback => Code::PluginRollback,
                Act::PluginDisable => Code::PluginDisable,
                Act::PluginRemove => Code::PluginRemove,
                Act::PluginRead | Act::ServerInfo => Code::AdminRead,
            },
        }
    }

    /// Whether its intent must be durable before it is tried (45 CFR 164.312(b)).
    pub(crate) fn changes(self) -> bool {
        match self {
            Action::Get
            | Action::Find
            | Action::Count
            | Action::Aggregate
            | Action::Me
            | Action::VerifyPassword
            | Action::ReadSchema
            | Action::Call
            | Action::Administer(Act::PluginRead | Act::ServerInfo) => false,
            Action::Create
            | Action::Update
            | Action::Delete
            | Action::Purge
            | Action::ChangeRole
            | Action::DeleteRole
            | Action::SignUp
            | Action::LogIn
            | Action::LogOut
            | Action::OpenSession
            | Action::RenewSession
            | Action::CreateSchema
            | Action::UpdateSchema
            | Action::DeleteSchema
            | Action::Administer(_) => true,
        }
    }
}

/// What an operation is aimed at, as far as it is known when it begins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Target {
    pub(crate) class: Option<ClassName>,
    pub(crate) id: Option<ObjectId>,
    /// A function's or a plugin's name.
    pub(crate) name: Option<String>,
    /// Fields that the request wants to write.
    pub(crate) fields: Vec<String>,
    /// Fields that the class is about to lose, with their values.
    pub(crate) dropped: Vec<String>,
    /// The `updatedAt` that a write will set.
    pub(crate) version: Option<Date>,
    /// Paths and operators of a query.
    pub(crate) shape: Option<audit::Shape>,
}

impl Target {
    pub(crate) fn class(class: &ClassName) -> Target {
        Target { class: Some(class.clone()), ..Target::default() }
    }

    pub(crate) fn object(class: &ClassName, id: &ObjectId) -> Target {
        Target { class: Some(class.clone()), id: Some(id.clone()), ..Target::default() }
    }

    pub(crate) fn named(name: &str) -> Target {
        Target { name: Some(name.to_owned()), ..Target::default() }
    }
}
