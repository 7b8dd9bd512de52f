//! Today's contract against the copy of 0.1.0: what was there still is there, unchanged.

use std::collections::BTreeSet;
use std::path::Path;

use kit::guest::root;
use wit_parser::{Function, FunctionKind, Handle, Resolve, Type, TypeDefKind, WorldItem};

/// A contract as single lines that must not change: a function with its whole signature, a type with all its cases.
struct Contract {
    version: String,
    lines: BTreeSet<String>,
}

impl Contract {
    fn read(folder: &Path) -> Contract {
        let mut resolve = Resolve::default();
        let (package, _) =
            resolve.push_dir(folder).unwrap_or_else(|error| panic!("{}: {error:#}", folder.display()));
        let package = &resolve.packages[package];
        let mut lines = BTreeSet::new();
        for (name, interface) in &package.interfaces {
            let interface = &resolve.interfaces[*interface];
            for (item, ty) in &interface.types {
                lines.insert(format!("{name}: {item} = {}", kind(&resolve, &resolve.types[*ty].kind)));
            }
            for function in interface.functions.values() {
                lines.insert(format!("{name}: {}", signature(&resolve, function)));
            }
        }
        for (name, world) in &package.worlds {
            let world = &resolve.worlds[*world];
            for (way, items) in [("imports", &world.imports), ("exports", &world.exports)] {
                for item in items.values() {
                    let WorldItem::Interface { id, .. } = item else {
                        panic!("{name} {way} more than interfaces")
                    };
                    let interface = resolve.interfaces[*id].name.as_deref().expect("an interface has a name");
                    lines.insert(format!("world {name} {way} {interface}"));
                }
            }
        }
        let version = package.name.version.as_ref().expect("the contract has a version").to_string();
        Contract { version, lines }
    }
}

fn signature(resolve: &Resolve, function: &Function) -> String {
    let kind = match function.kind {
        FunctionKind::Freestanding => "func",
        FunctionKind::Method(_) => "method",
        FunctionKind::Static(_) => "static",
        FunctionKind::Constructor(_) => "constructor",
        _ => panic!("{} is async, which guests of this contract can't be", function.name),
    };
    let params: Vec<String> =
        function.params.iter().map(|param| format!("{}: {}", param.name, ty(resolve, &param.ty))).collect();
    let result = function.result.as_ref().map(|result| ty(resolve, result)).unwrap_or_default();
    format!("{kind} {}({}) -> {result}", function.name, params.join(", "))
}

fn ty(resolve: &Resolve, of: &Type) -> String {
    match of {
        Type::Id(id) => match &resolve.types[*id].name {
            Some(name) => name.clone(),
            None => kind(resolve, &resolve.types[*id].kind),
        },
        plain => format!("{plain:?}").to_lowercase(),
    }
}

fn kind(resolve: &Resolve, of: &TypeDefKind) -> String {
    let inner = |of: &Type| ty(resolve, of);
    let maybe = |of: &Option<Type>| of.as_ref().map_or_else(|| "_".to_owned(), inner);
    let join = |parts: Vec<String>| parts.join(", ");
    match of {
        TypeDefKind::Record(record) => {
            let fields =
                record.fields.iter().map(|field| format!("{}: {}", field.name, inner(&field.ty))).collect();
            format!("record {{ {} }}", join(fields))
        }
        TypeDefKind::Variant(variant) => {
            let cases =
                variant.cases.iter().map(|case| format!("{}({})", case.name, maybe(&case.ty))).collect();
            format!("variant {{ {} }}", join(cases))
        }
        TypeDefKind::Enum(of) => {
            format!("enum {{ {} }}", join(of.cases.iter().map(|case| case.name.clone()).collect()))
        }
        TypeDefKind::Flags(of) => {
            format!("flags {{ {} }}", join(of.flags.iter().map(|flag| flag.name.clone()).collect()))
        }
        TypeDefKind::Resource => "resource".to_owned(),
        TypeDefKind::Handle(Handle::Own(id)) => format!("own<{}>", inner(&Type::Id(*id))),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", inner(&Type::Id(*id))),
        TypeDefKind::Tuple(tuple) => format!("tuple<{}>", join(tuple.types.iter().map(inner).collect())),
        TypeDefKind::Option(of) => format!("option<{}>", inner(of)),
        TypeDefKind::Result(of) => format!("result<{}, {}>", maybe(&of.ok), maybe(&of.err)),
        TypeDefKind::List(of) => format!("list<{}>", inner(of)),
        TypeDefKind::Type(of) => inner(of),
        other => panic!("the contract doesn't use {}: guests of other languages lack it", other.as_str()),
    }
}

/// A case more in a variant, a field more in a record and another parameter refuse every older guest.
#[test]
fn the_contract_only_grows() {
    let old = Contract::read(&root().join("tests/golden/wit-0.1.0"));
    let new = Contract::read(&root().join("wit"));
    assert!(old.lines.len() > 80, "the copy has only {} lines", old.lines.len());
    assert_eq!(old.version, "0.1.0", "the copy is of the version that its folder names");
    assert!(new.version.starts_with("0.1."), "{} refuses every guest of 0.1", new.version);
    let gone: Vec<&String> = old.lines.difference(&new.lines).collect();
    assert!(gone.is_empty(), "guests of 0.1.0 need what is gone or has changed: {gone:#?}");
}

/// The comparison sees the smallest changes that refuse a guest.
#[test]
fn the_smallest_change_shows() {
    let old = Contract::read(&root().join("tests/golden/wit-0.1.0"));
    let changes = [
        ("types.wit", "json(string),", "json(string), more,"),
        ("types.wit", "retryable: bool,", "retryable: bool, more: bool,"),
        ("log.wit", "enum level {", "enum level { trace,"),
        ("invocation.wit", "remaining-ms: func() -> u64;", "remaining-ms: func() -> u32;"),
        ("data.wit", "count: func(query-json: string)", "count: func(query-json: string, purpose: string)"),
        ("world.wit", "export functions;", ""),
    ];
    for (file, from, to) in changes {
        let folder = tempfile::tempdir().unwrap();
        for entry in std::fs::read_dir(root().join("tests/golden/wit-0.1.0")).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
        let path = folder.path().join(file);
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} lacks {from}");
        std::fs::write(&path, text.replace(from, to)).unwrap();
        let changed = Contract::read(folder.path());
        assert!(old.lines.difference(&changed.lines).next().is_some(), "{from} -> {to} goes unseen");
    }
}
