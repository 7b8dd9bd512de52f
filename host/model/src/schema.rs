//! Classes: their fields, types and class-level permissions.

mod names;

pub use names::Names;

use std::collections::{BTreeMap, BTreeSet};

use crate::{ClassName, FieldName, Value};

/// The type of a field; it never changes once set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldType {
    /// Text.
    String,
    /// A double.
    Number,
    /// True or false.
    Boolean,
    /// A moment.
    Date,
    /// A nested object.
    Object,
    /// A list.
    Array,
    /// Degrees; one a class.
    GeoPoint,
    /// A ring of degrees.
    Polygon,
    /// A stored file.
    File,
    /// Raw bytes.
    Bytes,
    /// A reference to one object of the class.
    Pointer(ClassName),
    /// References to many objects of the class, kept in join rows.
    Relation(ClassName),
    /// The type of the `ACL` column.
    Acl,
}

impl FieldType {
    /// The type that a value asks for; `None` for null, which asks for nothing.
    pub fn of(value: &Value) -> Option<FieldType> {
        Some(match value {
            Value::Null => return None,
            Value::Boolean(_) => FieldType::Boolean,
            Value::Number(_) => FieldType::Number,
            Value::String(_) => FieldType::String,
            Value::Date(_) => FieldType::Date,
            Value::Bytes(_) => FieldType::Bytes,
            Value::GeoPoint { .. } => FieldType::GeoPoint,
            Value::Polygon(_) => FieldType::Polygon,
            Value::File { .. } => FieldType::File,
            Value::Pointer(pointer) => FieldType::Pointer(pointer.class.clone()),
            Value::Relation(class) => FieldType::Relation(class.clone()),
            Value::Array(_) => FieldType::Array,
            Value::Object(_) => FieldType::Object,
            Value::Record(object) => FieldType::Pointer(object.class.clone()),
        })
    }

    /// The name in the schema API.
    pub fn name(&self) -> &'static str {
        match self {
            FieldType::String => "String",
            FieldType::Number => "Number",
            FieldType::Boolean => "Boolean",
            FieldType::Date => "Date",
            FieldType::Object => "Object",
            FieldType::Array => "Array",
            FieldType::GeoPoint => "GeoPoint",
            FieldType::Polygon => "Polygon",
            FieldType::File => "File",
            FieldType::Bytes => "Bytes",
            FieldType::Pointer(_) => "Pointer",
            FieldType::Relation(_) => "Relation",
            FieldType::Acl => "ACL",
        }
    }

    /// Finds the type of a name in the schema API; `None` when no type is called so.
    ///
    /// `target` is asked for the class of a pointer or a relation, and only then.
    ///
    /// # Errors
    /// What `target` answers.
    pub fn from_name<E>(
        name: &str,
        target: impl FnOnce() -> Result<ClassName, E>,
    ) -> Result<Option<FieldType>, E> {
        Ok(Some(match name {
            "String" => FieldType::String,
            "Number" => FieldType::Number,
            "Boolean" => FieldType::Boolean,
            "Date" => FieldType::Date,
            "Object" => FieldType::Object,
            "Array" => FieldType::Array,
            "GeoPoint" => FieldType::GeoPoint,
            "Polygon" => FieldType::Polygon,
            "File" => FieldType::File,
            "Bytes" => FieldType::Bytes,
            "ACL" => FieldType::Acl,
            "Pointer" => FieldType::Pointer(target()?),
            "Relation" => FieldType::Relation(target()?),
            _ => return Ok(None),
        }))
    }

    /// The name as schema errors spell it: `Pointer<_User>`.
    pub fn describe(&self) -> String {
        match self {
            FieldType::Pointer(class) | FieldType::Relation(class) => format!("{}<{class}>", self.name()),
            other => other.name().to_owned(),
        }
    }
}

/// A field of a class.
#[derive(Clone, PartialEq)]
pub struct Field {
    /// Its type.
    pub kind: FieldType,
    /// Whether a save without it is refused.
    pub required: bool,
    /// What a create without it stores.
    pub default: Option<Value>,
}

impl Field {
    /// Makes an optional field without default.
    pub fn new(kind: FieldType) -> Field {
        Field { kind, required: false, default: None }
    }
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.kind.describe())
    }
}

/// An operation that class-level permissions speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClassOp {
    /// Search.
    Find,
    /// Fetch one by id.
    Get,
    /// Count.
    Count,
    /// Make a new object.
    Create,
    /// Change an object.
    Update,
    /// Delete an object.
    Delete,
    /// Add a field to the class by saving it.
    AddField,
}

impl ClassOp {
    /// Every operation, in the schema API's order.
    pub const ALL: [ClassOp; 7] = [
        ClassOp::Find,
        ClassOp::Get,
        ClassOp::Count,
        ClassOp::Create,
        ClassOp::Update,
        ClassOp::Delete,
        ClassOp::AddField,
    ];

    /// The key in class-level permissions.
    pub const fn name(self) -> &'static str {
        match self {
            ClassOp::Find => "find",
            ClassOp::Get => "get",
            ClassOp::Count => "count",
            ClassOp::Create => "create",
            ClassOp::Update => "update",
            ClassOp::Delete => "delete",
            ClassOp::AddField => "addField",
        }
    }
}

/// Who may do one operation on a class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entities {
    /// `*`, `requiresAuthentication`, `role:<name>` and user ids.
    pub groups: BTreeSet<String>,
    /// Fields that point to the users who may (`pointerFields`).
    pub pointer_fields: Names,
}

/// The class-level permissions of a class.
///
/// A missing operation is open, an empty one belongs to the master key (parse protocol, CLP).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions {
    /// Who may do what.
    pub operations: BTreeMap<ClassOp, Entities>,
    /// Pointer fields whose users may get, find and count.
    pub read_user_fields: Names,
    /// Pointer fields whose users may update and delete.
    pub write_user_fields: Names,
    /// For each group (`*`, `authenticated`, `role:X`, a user id, `userField:<f>`), the fields hidden from it.
    pub protected_fields: BTreeMap<String, Names>,
    /// What a new object gets when it brings no ACL; `currentUser` stands for its creator.
    pub default_acl: Option<crate::Acl>,
}

impl Permissions {
    /// The permissions of a class that was made without any: everybody may do everything.
    pub fn open() -> Permissions {
        let everyone =
            Entities { groups: BTreeSet::from(["*".to_owned()]), pointer_fields: Names::default() };
        Permissions {
            operations: ClassOp::ALL.into_iter().map(|op| (op, everyone.clone())).collect(),
            protected_fields: BTreeMap::from([("*".to_owned(), Names::default())]),
            ..Permissions::default()
        }
    }
}

/// Indexes by name.
pub type Indexes = BTreeMap<String, IndexKeys>;

/// The fields of an index with their direction (1, -1) or kind, the first one strongest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexKeys(Vec<(String, IndexKind)>);

impl IndexKeys {
    /// The fields with how each takes part.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&String, &IndexKind)> {
        self.0.iter().map(|(field, kind)| (field, kind))
    }

    /// The fields.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &String> {
        self.0.iter().map(|(field, _)| field)
    }
}

impl FromIterator<(String, IndexKind)> for IndexKeys {
    fn from_iter<T: IntoIterator<Item = (String, IndexKind)>>(keys: T) -> IndexKeys {
        IndexKeys(keys.into_iter().collect())
    }
}

impl<const N: usize> From<[(String, IndexKind); N]> for IndexKeys {
    fn from(keys: [(String, IndexKind); N]) -> IndexKeys {
        keys.into_iter().collect()
    }
}

/// How a field takes part in an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IndexKind {
    /// Smallest first.
    Ascending,
    /// Largest first.
    Descending,
    /// Another kind, such as `text` or `2d`.
    Named(String),
}

/// A class with everything that is known of it.
///
/// `fields` holds what was added to the class; `objectId`, `createdAt`, `updatedAt` and `ACL` go without saying.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    /// The class.
    pub class: ClassName,
    /// Its fields by name, without the four that every class has; internal columns (`_…`) included.
    pub fields: BTreeMap<FieldName, Field>,
    /// Who may do what with it.
    pub permissions: Permissions,
    /// Its indexes, without the one on the id.
    pub indexes: Indexes,
    /// Groups of fields whose values are unique together.
    pub unique: Vec<Unique>,
}

/// Fields whose values no two objects of a class may share; an object that lacks one of them never collides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unique {
    /// The fields.
    pub fields: Vec<FieldName>,
    /// Whether texts that differ only in case collide, as usernames do.
    pub ignore_case: bool,
}

impl Schema {
    /// Makes a class without fields that everybody may use.
    pub fn new(class: ClassName) -> Schema {
        Schema {
            class,
            fields: BTreeMap::new(),
            permissions: Permissions::open(),
            indexes: BTreeMap::new(),
            unique: Vec::new(),
        }
    }

    /// The type of a field, with `objectId`, `createdAt`, `updatedAt` and `ACL` answered, too.
    pub fn kind(&self, field: &str) -> Option<&FieldType> {
        match field {
            "objectId" => Some(&FieldType::String),
            "createdAt" | "updatedAt" => Some(&FieldType::Date),
            "ACL" => Some(&FieldType::Acl),
            other => self.fields.get(other).map(|field| &field.kind),
        }
    }
}

/// What a request of the schema API changes in a class.
#[derive(Debug, Clone, PartialEq)]
pub struct SchemaEdit {
    /// The class.
    pub class: ClassName,
    /// Fields to add; `None` deletes one.
    pub fields: BTreeMap<FieldName, Option<Field>>,
    /// Replaces the permissions whole.
    pub permissions: Option<Permissions>,
    /// Indexes to add; `None` deletes one.
    pub indexes: BTreeMap<String, Option<IndexKeys>>,
}
