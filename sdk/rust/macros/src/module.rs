//! The module that is to be a plugin: all of its handlers, no two alike.

use crate::handler::{self, HOOKS, Handler, Target};
use proc_macro2::TokenStream;
use syn::spanned::Spanned;
use syn::{Error, Item, ItemMod, LitStr, Result};

/// A module and the handlers in it.
pub(crate) struct Module {
    pub(crate) item: ItemMod,
    pub(crate) handlers: Vec<Handler>,
}

/// Reads a module, takes the handler attributes off its functions and checks them; tells every mistake at once.
pub(crate) fn read(attribute: TokenStream, item: TokenStream) -> Result<Module> {
    if !attribute.is_empty() {
        return Err(Error::new(
            attribute.span(),
            "`#[parapet::plugin]` takes nothing: name and version are in plugin.toml",
        ));
    }
    let usage = "`#[parapet::plugin]` stands on a module with a body: `mod guard { … }`";
    let mut item: ItemMod = syn::parse2(item).map_err(|error| Error::new(error.span(), usage))?;
    let span = item.ident.span();
    let Some((_, items)) = &mut item.content else { return Err(Error::new(span, usage)) };

    let mut mistakes = Mistakes::default();
    let mut handlers = Vec::new();
    for inner in items {
        if let Item::Fn(function) = inner {
            match handler::read(function) {
                Ok(found) => handlers.extend(found),
                Err(error) => mistakes.add(error),
            }
        }
    }
    if handlers.is_empty() && mistakes.0.is_none() {
        mistakes.add(Error::new(span, "a plugin has at least one handler: mark a function with `#[before_save(\"Class\")]` or `#[function]`"));
    }
    for (name, twice) in twins(&handlers) {
        mistakes.add(Error::new(twice.span(), format!("two handlers for {name}: a plugin has one for each")));
    }
    match mistakes.0 {
        Some(error) => Err(error),
        None => Ok(Module { item, handlers }),
    }
}

/// The targets that an earlier handler has already.
fn twins(handlers: &[Handler]) -> Vec<(String, LitStr)> {
    let mut seen = Vec::new();
    let mut twins = Vec::new();
    for target in handlers.iter().flat_map(|handler| &handler.targets) {
        let (name, literal) = match target {
            Target::Hook(hook, class) => {
                let attribute = HOOKS.get(*hook).map_or("", |(attribute, ..)| attribute);
                (format!("{attribute}(\"{}\")", class.value()), class)
            }
            Target::Function(name) => (format!("function `{}`", name.value()), name),
        };
        if seen.contains(&name) {
            twins.push((name, literal.clone()));
        } else {
            seen.push(name);
        }
    }
    twins
}

/// The mistakes found so far, as one error.
#[derive(Default)]
struct Mistakes(Option<Error>);

impl Mistakes {
    fn add(&mut self, error: Error) {
        match &mut self.0 {
            Some(all) => all.combine(error),
            None => self.0 = Some(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::quote;

    fn mistakes(item: TokenStream) -> Vec<String> {
        match read(TokenStream::new(), item) {
            Ok(_) => Vec::new(),
            Err(error) => error.into_iter().map(|one| one.to_string()).collect(),
        }
    }

    #[test]
    fn finds_twins_and_tells_all_mistakes_at_once() {
        let said = mistakes(quote! {
            mod guard {
                #[before_save("A")] fn a(i: &Invocation) -> Result<(), Fault> {}
                #[before_save("A", "B")] fn b(i: &Invocation) -> Result<(), Fault> {}
                #[after_save("A")] fn c(i: &Invocation) -> Result<(), Fault> {}
                #[function("x")] fn d(i: &Invocation) -> Result<(), Fault> {}
                #[function] fn x(i: &Invocation) -> Result<(), Fault> {}
                #[before_sav("A")] fn e(i: &Invocation) -> Result<(), Fault> {}
            }
        });
        assert_eq!(said.len(), 3, "{said:?}");
        assert!(said.iter().any(|text| text.contains("two handlers for before_save(\"A\")")));
        assert!(said.iter().any(|text| text.contains("two handlers for function `x`")));
    }

    #[test]
    fn wants_a_module_with_handlers() {
        assert!(mistakes(quote! { mod guard; }).iter().any(|text| text.contains("with a body")));
        assert!(mistakes(quote! { fn guard() {} }).iter().any(|text| text.contains("with a body")));
        assert!(
            mistakes(quote! { mod guard { fn help() {} } }).iter().any(|text| text.contains("at least one"))
        );
        assert!(
            read(
                quote!("x"),
                quote!(
                    mod a {}
                )
            )
            .is_err()
        );
    }
}
