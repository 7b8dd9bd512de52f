#![doc = include_str!("../README.md")]

mod emit;
mod handler;
mod module;

use proc_macro::TokenStream;

/// Makes a plugin of a module.
///
/// Inside it, mark handlers with `#[before_save("Patient")]`, `#[after_save(…)]`, `#[before_delete(…)]`,
/// `#[after_delete(…)]`, `#[before_find(…)]` or `#[after_find(…)]` — one class, several, or `"*"` for every class
/// without a handler of its own — and functions with `#[function]`, whose name is the Rust name in camelCase, or with
/// `#[function("name")]`.
///
/// A handler takes what it needs: `&Invocation`, `&Object`, `&Principal`, `&Query`, `&Results`, `Params<T>`,
/// `Settings<T>`. A hook returns `Result<(), Fault>`; a function returns a `Result` of anything that serialises, and
/// `()` is Parse's `undefined`.
///
/// The module gets a constant `PLUGIN`, which tests run.
#[proc_macro_attribute]
pub fn plugin(attribute: TokenStream, item: TokenStream) -> TokenStream {
    match module::read(attribute.into(), item.into()) {
        Ok(module) => emit::module(module).into(),
        Err(error) => error.into_compile_error().into(),
    }
}
