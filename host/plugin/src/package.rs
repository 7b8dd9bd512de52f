//! One `.wasm` file that carries its manifest: packed by the command line, read before anything of it runs.

use std::ops::Range;

use serde::{Deserialize, Serialize};
use wasm_encoder::{CustomSection, Encode as _};
use wasmparser::{Parser, Payload, Validator, WasmFeatures};

use crate::{Error, Manifest, Result, digest::Digest, error::Problems};

/// The custom section, at the component's own level, that holds the manifest as JSON.
pub const MANIFEST: &str = "parapet:manifest";

/// The custom section, in a core module, by which an SDK lists the handlers that it built in.
pub const HANDLERS: &str = "parapet:handlers";

/// Functions of all nested modules together; more would only keep the compiler busy.
const MAX_FUNCTIONS: u64 = 100_000;

/// Nested modules and components together.
const MAX_PARTS: usize = 200;

/// Bytes of a manifest.
const MAX_MANIFEST: usize = 256 << 10;

/// A component that was read, checked for form, and not run.
#[derive(Debug, Clone)]
pub struct Package {
    /// What it says of itself.
    pub manifest: Manifest,
    /// SHA-256 of the whole file.
    pub digest: Digest,
    /// Its imports, as it names them.
    pub imports: Vec<String>,
    /// Its exports, as it names them.
    pub exports: Vec<String>,
    /// The handlers that its SDK listed, if it did.
    pub handlers: Option<Vec<Handler>>,
    /// The file's size in bytes.
    pub size: usize,
}

/// One handler as an SDK lists it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Handler {
    /// A hook on a class, or on `*`.
    Hook {
        /// The hook's name, as in a manifest.
        on: String,
        /// The class.
        class: String,
    },
    /// A function.
    Function {
        /// Its name.
        function: String,
    },
}

impl Package {
    /// Reads a component and checks its form.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is too large, no component, malformed, or carries no good manifest.
    pub fn read(bytes: &[u8], most: usize) -> Result<Package> {
        let parts = parts(bytes, most)?;
        let Some(section) = parts.manifest else {
            return Err(Error::invalid(format!(
                "the component carries no {MANIFEST} section: build it with `parapet plugin build`"
            )));
        };
        if section.len() > MAX_MANIFEST {
            return Err(Error::invalid("the manifest is too large"));
        }
        let manifest = Manifest::from_json(section)?;
        Ok(Package {
            manifest,
            digest: Digest::of(bytes),
            imports: parts.imports,
            exports: parts.exports,
            handlers: parts.handlers,
            size: bytes.len(),
        })
    }

    /// Names every difference between the handlers that were built in and the manifest.
    pub fn handler_problems(&self) -> Problems {
        let mut problems = Problems::default();
        let Some(built) = &self.handlers else { return problems };
        let hooks = self
            .manifest
            .hooks
            .iter()
            .map(|hook| Handler::Hook { on: hook.on.clone(), class: hook.class.clone() });
        let functions =
            self.manifest.functions.iter().map(|f| Handler::Function { function: f.name.clone() });
        let named: Vec<Handler> = hooks.chain(functions).collect();
        for handler in &named {
            if !built.contains(handler) {
                problems.push(format!("the manifest names {handler}, but no handler was built for it"));
            }
        }
        for handler in built {
            if !named.contains(handler) {
                problems.push(format!("a handler was built for {handler}, but the manifest doesn't name it"));
            }
        }
        problems
    }
}

impl std::fmt::Display for Handler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Handler::Hook { on, class } => write!(f, "{on} on {class}"),
            Handler::Function { function } => write!(f, "function {function}"),
        }
    }
}

/// Puts a manifest into a component, in place of one that it carries already.
///
/// # Errors
/// [`Error::Invalid`] when the bytes are no component.
pub fn embed(component: &[u8], manifest: &Manifest) -> Result<Vec<u8>> {
    let parts = parts(component, usize::MAX)?;
    let json = serde_json::to_vec(manifest)
        .map_err(|error| Error::internal("the manifest can't be written", error))?;
    let mut packed = Vec::with_capacity(component.len() + json.len() + 32);
    match parts.manifest_at {
        Some(Range { start, end }) => {
            packed.extend_from_slice(component.get(..start).unwrap_or_default());
            packed.extend_from_slice(component.get(end..).unwrap_or_default());
        }
        None => packed.extend_from_slice(component),
    }
    packed.push(0);
    CustomSection { name: MANIFEST.into(), data: json.into() }.encode(&mut packed);
    Ok(packed)
}

#[derive(Default)]
struct Parts<'a> {
    manifest: Option<&'a [u8]>,
    manifest_at: Option<Range<usize>>,
    handlers: Option<Vec<Handler>>,
    imports: Vec<String>,
    exports: Vec<String>,
}

/// The language that guests may use: what the engine has on, nothing of its experiments.
fn features() -> WasmFeatures {
    WasmFeatures::WASM2
        | WasmFeatures::TAIL_CALL
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::MULTI_MEMORY
        | WasmFeatures::RELAXED_SIMD
        | WasmFeatures::COMPONENT_MODEL
}

fn malformed(error: impl std::fmt::Display) -> Error {
    Error::invalid(format!("the component is malformed: {error}"))
}

fn parts(bytes: &[u8], most: usize) -> Result<Parts<'_>> {
    if bytes.len() > most {
        return Err(Error::invalid(format!("the component is larger than {} MiB", most >> 20)));
    }
    // Native code must never come in by this way, whoever sends it: loading it would run it.
    if bytes.starts_with(b"\x7fELF") || wasmtime::Engine::detect_precompiled(bytes).is_some() {
        return Err(Error::invalid("this is native code; only WebAssembly components can be installed"));
    }
    if !Parser::is_component(bytes) {
        return Err(Error::invalid(if Parser::is_core_wasm(bytes) {
            "this is a core module, not a component: build it for wasm32-wasip2"
        } else {
            "this is not a WebAssembly component"
        }));
    }
    Validator::new_with_features(features()).validate_all(bytes).map_err(malformed)?;
    let mut parts = Parts::default();
    let (mut depth, mut nested, mut functions) = (0_usize, 0_usize, 0_u64);
    let mut last = 8_u64;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(malformed)?;
        let end = payload.as_section().map(|(_, range)| range.end);
        match payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                depth += 1;
                nested += 1;
                if nested > MAX_PARTS {
                    return Err(Error::invalid("the component is made of too many parts"));
                }
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::FunctionSection(section) => {
                functions += u64::from(section.count());
                if functions > MAX_FUNCTIONS {
                    return Err(Error::invalid("the component has too many functions"));
                }
            }
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    parts.imports.push(import.map_err(malformed)?.name.full_name().into_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    parts.exports.push(export.map_err(malformed)?.name.full_name().into_owned());
                }
            }
            Payload::CustomSection(section) if depth == 0 && section.name() == MANIFEST => {
                if parts.manifest.replace(section.data()).is_some() {
                    return Err(Error::invalid(format!("the component carries two {MANIFEST} sections")));
                }
                parts.manifest_at = Some(place(last)..place(section.range().end));
            }
            Payload::CustomSection(section) if section.name() == HANDLERS => {
                let found: Vec<Handler> = serde_json::from_slice(section.data()).map_err(|error| {
                    Error::invalid(format!("the {HANDLERS} section can't be read: {error}"))
                })?;
                parts.handlers.get_or_insert_default().extend(found);
            }
            _ => {}
        }
        last = end.unwrap_or(last);
    }
    Ok(parts)
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

/// Splits `parapet:cloud/data-read@0.1.0` into its interface and version.
pub(crate) fn split_import(import: &str) -> (&str, Option<&str>) {
    match import.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (import, None),
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        CodeSection, Component, Function, FunctionSection, MemorySection, MemoryType, Module, RawSection,
        TypeSection,
    };

    use super::*;

    fn manifest() -> Manifest {
        Manifest::from_toml("name='a'\nversion='1.0.0'\napi='0.1'\n[[function]]\nname='f'\n").unwrap()
    }

    fn refusal(bytes: &[u8]) -> String {
        Package::read(bytes, 1 << 20).unwrap_err().to_string()
    }

    #[test]
    fn what_is_packed_is_read_back() {
        let bare = Component::new().finish();
        assert!(refusal(&bare).contains("carries no parapet:manifest"));
        let packed = embed(&bare, &manifest()).unwrap();
        let package = Package::read(&packed, 1 << 20).unwrap();
        assert_eq!(package.manifest, manifest());
        assert_eq!(package.digest, Digest::of(&packed));
        assert!(package.imports.is_empty() && package.handlers.is_none());
    }

    #[test]
    fn packing_again_replaces_the_manifest() {
        let mut other = manifest();
        other.description = "second".to_owned();
        let twice = embed(&embed(&Component::new().finish(), &manifest()).unwrap(), &other).unwrap();
        assert_eq!(Package::read(&twice, 1 << 20).unwrap().manifest, other);
        assert_eq!(twice, embed(&Component::new().finish(), &other).unwrap());
    }

    #[test]
    fn two_manifests_are_refused() {
        let json = serde_json::to_vec(&manifest()).unwrap();
        let mut component = Component::new();
        for _ in 0..2 {
            component.section(&CustomSection { name: MANIFEST.into(), data: json.as_slice().into() });
        }
        assert!(refusal(&component.finish()).contains("two parapet:manifest"));
    }

    #[test]
    fn only_components_come_in() {
        assert!(refusal(b"\x7fELF\x02\x01\x01").contains("native code"));
        assert!(refusal(b"#!/bin/sh").contains("not a WebAssembly component"));
        assert!(refusal(&Module::new().finish()).contains("core module"));
        let mut cut = embed(&Component::new().finish(), &manifest()).unwrap();
        cut.truncate(cut.len() - 3);
        assert!(refusal(&cut).contains("malformed"));
        assert!(Package::read(&[0; 64], 32).unwrap_err().to_string().contains("larger"));
    }

    fn around(modules: &[Vec<u8>]) -> Vec<u8> {
        let mut component = Component::new();
        for data in modules {
            component.section(&RawSection { id: 1, data });
        }
        // By hand: `embed` wouldn't take what is too large, either.
        let json = serde_json::to_vec(&manifest()).unwrap();
        component.section(&CustomSection { name: MANIFEST.into(), data: json.into() });
        component.finish()
    }

    /// A module of empty functions.
    fn functions(count: u64) -> Vec<u8> {
        let (mut types, mut functions, mut code) =
            (TypeSection::new(), FunctionSection::new(), CodeSection::new());
        types.ty().function([], []);
        for _ in 0..count {
            functions.function(0);
            let mut body = Function::new([]);
            body.instructions().end();
            code.function(&body);
        }
        let mut module = Module::new();
        module.section(&types).section(&functions).section(&code);
        module.finish()
    }

    /// What would only keep the compiler busy is found before the compiler sees it.
    #[test]
    fn a_component_that_is_made_to_burden_the_compiler_stays_out() {
        let half = functions(MAX_FUNCTIONS / 2);
        assert!(Package::read(&around(&[half.clone(), half.clone()]), 1 << 20).is_ok());
        assert!(refusal(&around(&[half.clone(), half, functions(1)])).contains("too many functions"));
        let empty = Module::new().finish();
        assert!(Package::read(&around(&vec![empty.clone(); MAX_PARTS]), 1 << 20).is_ok());
        assert!(refusal(&around(&vec![empty; MAX_PARTS + 1])).contains("too many parts"));
    }

    /// Shared memory would be a clock fine enough for other people's secrets.
    #[test]
    fn shared_and_64_bit_memories_stay_out() {
        for (shared, memory64) in [(true, false), (false, true)] {
            let mut memories = MemorySection::new();
            memories.memory(MemoryType {
                minimum: 1,
                maximum: Some(1),
                memory64,
                shared,
                page_size_log2: None,
            });
            let mut module = Module::new();
            module.section(&memories);
            let said = refusal(&around(&[module.finish()]));
            assert!(said.contains("malformed"), "{said}");
        }
    }

    #[test]
    fn handlers_are_found_inside_the_core_module() {
        let mut module = Module::new();
        let list = br#"[{"on":"before-save","class":"Patient"},{"function":"f"}]"#;
        module.section(&CustomSection { name: HANDLERS.into(), data: list.as_slice().into() });
        let mut component = Component::new();
        component.section(&RawSection { id: 1, data: &module.finish() });
        let package = Package::read(&embed(&component.finish(), &manifest()).unwrap(), 1 << 20).unwrap();
        assert_eq!(package.handlers.as_ref().unwrap().len(), 2);
        let problems = package.handler_problems();
        assert_eq!(
            problems.0,
            ["a handler was built for before-save on Patient, but the manifest doesn't name it"]
        );
    }
}
