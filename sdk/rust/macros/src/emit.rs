//! The code that comes out: the table of handlers, the exports, the custom section.

use crate::handler::{Argument, HOOKS, Handler, Target};
use crate::module::Module;
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use std::collections::BTreeSet;
use syn::LitByteStr;

/// Writes the module, with `PLUGIN` and the exports added.
pub(crate) fn module(module: Module) -> TokenStream {
    let Module { item, handlers } = module;
    let (attrs, vis, name) = (&item.attrs, &item.vis, &item.ident);
    let items = item.content.as_ref().map(|(_, items)| items.as_slice()).unwrap_or_default();
    let rows = handlers.iter().flat_map(rows);
    let exports = exports(&handlers);
    quote! {
        #(#attrs)*
        #vis mod #name {
            #(#items)*

            /// The handlers of this module, as the plugin that they make.
            pub const PLUGIN: ::parapet::Plugin = ::parapet::Plugin { handlers: &[#(#rows),*] };

            #exports
        }
    }
}

/// The rows of the table: one per target.
fn rows(handler: &Handler) -> Vec<TokenStream> {
    let Handler { name, targets, arguments, answers_nothing } = handler;
    let arguments = arguments.iter().map(|argument| match argument {
        Argument::Invocation => quote!(inv),
        Argument::Lent(ty) => quote!(&<#ty as ::parapet::FromInvocation>::from_invocation(inv)?),
        Argument::Given(ty) => quote!(<#ty as ::parapet::FromInvocation>::from_invocation(inv)?),
    });
    let call = quote!(#name(#(#arguments),*));
    targets
        .iter()
        .map(|target| match target {
            Target::Hook(hook, class) => {
                let variant = format_ident!("{}", HOOKS.get(*hook).map_or("", |(_, variant, _)| variant));
                quote! {
                    ::parapet::Handler {
                        target: #class,
                        run: ::parapet::Run::Hook(::parapet::Hook::#variant, |inv| #call),
                    }
                }
            }
            Target::Function(name) => {
                let body = if *answers_nothing {
                    quote!({ #call?; ::core::result::Result::Ok(::core::option::Option::None) })
                } else {
                    quote!(::parapet::reply(#call?))
                };
                quote! {
                    ::parapet::Handler { target: #name, run: ::parapet::Run::Function(|inv| #body) }
                }
            }
        })
        .collect()
}

/// The exports: one per hook that has a handler, and the section that lists all handlers.
fn exports(handlers: &[Handler]) -> TokenStream {
    let targets = || handlers.iter().flat_map(|handler| &handler.targets);
    let hooks: BTreeSet<usize> = targets()
        .filter_map(|target| match target {
            Target::Hook(hook, _) => Some(*hook),
            Target::Function(_) => None,
        })
        .collect();
    let hooks = hooks.into_iter().filter_map(|hook| HOOKS.get(hook)).map(|(function, variant, _)| {
        let function = format_ident!("{function}");
        let variant = format_ident!("{variant}");
        let export = format_ident!("export_{function}");
        quote! {
            impl ::parapet::guest::#function::Guest for Exports {
                fn #function(
                    inv: ::parapet::guest::Handle,
                ) -> ::core::result::Result<(), ::parapet::guest::WireFault> {
                    ::parapet::guest::hook(&PLUGIN, ::parapet::Hook::#variant, inv)
                }
            }
            ::parapet::guest::#function::#export!(Exports with_types_in ::parapet::guest::#function);
        }
    });
    let functions = targets().any(|target| matches!(target, Target::Function(_))).then(|| {
        quote! {
            impl ::parapet::guest::functions::Guest for Exports {
                fn call(
                    inv: ::parapet::guest::Handle,
                ) -> ::core::result::Result<
                    ::core::option::Option<::std::string::String>,
                    ::parapet::guest::WireFault,
                > {
                    ::parapet::guest::function(&PLUGIN, inv)
                }
            }
            ::parapet::guest::functions::export_functions!(
                Exports with_types_in ::parapet::guest::functions
            );
        }
    });
    let section = section(handlers);
    let bytes = LitByteStr::new(section.as_bytes(), proc_macro2::Span::call_site());
    let length = Literal::usize_suffixed(section.len());
    quote! {
        // Off wasm there is no host to export to. In it, exports and the section are raw symbols by nature.
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, reason = "generated: exported symbols and a custom section")]
        const _: () = {
            struct Exports;
            #(#hooks)*
            #functions

            #[used]
            #[unsafe(link_section = "parapet:handlers")]
            static HANDLERS: [u8; #length] = *#bytes;
        };
    }
}

/// The list of handlers as JSON: `[{"on":"before-save","class":"Patient"},{"function":"ageHistogram"}]`.
///
/// Names need no escaping: reading them let only letters, digits, `_`, `.` and `*` through.
fn section(handlers: &[Handler]) -> String {
    let entries: Vec<_> = handlers
        .iter()
        .flat_map(|handler| &handler.targets)
        .map(|target| match target {
            Target::Hook(hook, class) => {
                let on = HOOKS.get(*hook).map_or("", |(_, _, on)| on);
                format!(r#"{{"on":"{on}","class":"{}"}}"#, class.value())
            }
            Target::Function(name) => format!(r#"{{"function":"{}"}}"#, name.value()),
        })
        .collect();
    format!("[{}]", entries.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::read;

    #[test]
    fn the_section_lists_every_handler() {
        let module = read(
            TokenStream::new(),
            quote! {
                mod guard {
                    #[before_save("Patient", "Visit")] fn a(i: &Invocation) -> Result<(), Fault> {}
                    #[function] fn age_histogram(i: &Invocation) -> Result<u8, Fault> {}
                }
            },
        )
        .unwrap();
        assert_eq!(
            section(&module.handlers),
            r#"[{"on":"before-save","class":"Patient"},{"on":"before-save","class":"Visit"},{"function":"ageHistogram"}]"#
        );
    }

    #[test]
    fn hooks_are_exported_once_each() {
        let tokens = read(
            TokenStream::new(),
            quote! {
                mod guard {
                    #[before_save("A")] fn a(i: &Invocation) -> Result<(), Fault> {}
                    #[before_save("B")] fn b(i: &Invocation) -> Result<(), Fault> {}
                    #[after_find("B")] fn c(i: &Invocation) -> Result<(), Fault> {}
                }
            },
        )
        .map(module)
        .unwrap()
        .to_string();
        assert_eq!(tokens.matches("export_before_save").count(), 1);
        assert_eq!(tokens.matches("export_after_find").count(), 1);
        assert!(!tokens.contains("export_functions"));
        assert!(syn::parse_str::<syn::File>(&tokens).is_ok());
    }
}
