//! One handler: its attributes, its signature, what it asks for.

use proc_macro2::Span;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Error, FnArg, Ident, ItemFn, LitStr, Meta, Result, ReturnType, Token, Type};

/// The hooks: attribute, variant of `parapet::Hook`, name in the manifest.
pub(crate) const HOOKS: [(&str, &str, &str); 6] = [
    ("before_save", "BeforeSave", "before-save"),
    ("after_save", "AfterSave", "after-save"),
    ("before_delete", "BeforeDelete", "before-delete"),
    ("after_delete", "AfterDelete", "after-delete"),
    ("before_find", "BeforeFind", "before-find"),
    ("after_find", "AfterFind", "after-find"),
];

/// What a handler answers to.
pub(crate) enum Target {
    /// A hook, as an index of [`HOOKS`], and a class.
    Hook(usize, LitStr),
    /// A function name.
    Function(LitStr),
}

/// What a handler asks for.
pub(crate) enum Argument {
    /// The invocation itself.
    Invocation,
    /// Something taken out of it, lent.
    Lent(Box<Type>),
    /// Something taken out of it.
    Given(Box<Type>),
}

/// One handler.
pub(crate) struct Handler {
    pub(crate) name: Ident,
    pub(crate) targets: Vec<Target>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) answers_nothing: bool,
}

/// Reads the handler attributes off a function; `None` when it has none.
pub(crate) fn read(function: &mut ItemFn) -> Result<Option<Handler>> {
    let mut targets = Vec::new();
    let mut kept = Vec::new();
    for attribute in std::mem::take(&mut function.attrs) {
        match targets_of(&attribute, &function.sig.ident)? {
            Some(found) => targets.extend(found),
            None => kept.push(attribute),
        }
    }
    function.attrs = kept;
    if targets.is_empty() {
        return Ok(None);
    }
    if let Some(cfg) =
        function.attrs.iter().find(|a| a.path().is_ident("cfg") || a.path().is_ident("cfg_attr"))
    {
        return Err(Error::new(cfg.span(), "a handler can't be conditional: the manifest names it always"));
    }
    check_signature(function)?;
    let answers_nothing = answers_nothing(function)?;
    if let (false, Some(Target::Hook(..))) =
        (answers_nothing, targets.iter().find(|t| matches!(t, Target::Hook(..))))
    {
        return Err(Error::new(function.sig.output.span(), "a hook returns `Result<(), Fault>`"));
    }
    let arguments = function.sig.inputs.iter().map(argument).collect::<Result<_>>()?;
    Ok(Some(Handler { name: function.sig.ident.clone(), targets, arguments, answers_nothing }))
}

/// The targets that an attribute names; `None` when it is somebody else's.
fn targets_of(attribute: &Attribute, function: &Ident) -> Result<Option<Vec<Target>>> {
    let Some(last) = attribute.path().segments.last() else { return Ok(None) };
    let name = last.ident.to_string();
    let ours = attribute.path().segments.len() == 1
        || attribute.path().segments.first().is_some_and(|first| first.ident == "parapet");
    if !ours {
        return Ok(None);
    }
    if name == "function" {
        return function_target(attribute, function).map(|target| Some(vec![target]));
    }
    if let Some(hook) = HOOKS.iter().position(|(known, ..)| *known == name) {
        return classes(attribute)
            .map(|classes| Some(classes.into_iter().map(|class| Target::Hook(hook, class)).collect()));
    }
    if name.starts_with("before_") || name.starts_with("after_") || name.starts_with("on_") {
        let known: Vec<_> = HOOKS.iter().map(|(known, ..)| format!("`{known}`")).collect();
        let text = format!("there is no hook `{name}`; there are {} and `function`", known.join(", "));
        return Err(Error::new(attribute.path().span(), text));
    }
    Ok(None)
}

fn function_target(attribute: &Attribute, function: &Ident) -> Result<Target> {
    let name = match &attribute.meta {
        Meta::Path(_) => LitStr::new(&camel(&function.to_string()), function.span()),
        Meta::List(list) => list
            .parse_args::<LitStr>()
            .map_err(|error| Error::new(error.span(), "write `#[function]` or `#[function(\"name\")]`"))?,
        Meta::NameValue(pair) => {
            return Err(Error::new(pair.span(), "write `#[function]` or `#[function(\"name\")]`"));
        }
    };
    let text = name.value();
    let mut chars = text.chars();
    let fits = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.');
    if !fits {
        return Err(Error::new(
            name.span(),
            "a function name has letters, digits, `_` and `.`, and begins with a letter",
        ));
    }
    Ok(Target::Function(name))
}

fn classes(attribute: &Attribute) -> Result<Vec<LitStr>> {
    let usage = "name the class: `(\"Patient\")`, several: `(\"Patient\", \"Visit\")`, or any: `(\"*\")`";
    let Meta::List(list) = &attribute.meta else { return Err(Error::new(attribute.span(), usage)) };
    let classes = list
        .parse_args_with(Punctuated::<LitStr, Token![,]>::parse_terminated)
        .map_err(|error| Error::new(error.span(), usage))?;
    if classes.is_empty() {
        return Err(Error::new(attribute.span(), usage));
    }
    for class in &classes {
        let name = class.value();
        let mut chars = name.chars();
        let fits = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !fits && name != "*" {
            return Err(Error::new(
                class.span(),
                "a class name has letters, digits and `_`, and begins with a letter",
            ));
        }
    }
    Ok(classes.into_iter().collect())
}

fn check_signature(function: &ItemFn) -> Result<()> {
    let sig = &function.sig;
    let refuse = |span: Span, text: &str| Err(Error::new(span, text));
    if let Some(token) = &sig.asyncness {
        return refuse(token.span(), "a handler isn't async: the host waits for it");
    }
    if let Some(token) = &sig.unsafety {
        return refuse(token.span(), "a handler isn't unsafe");
    }
    if sig.generics.type_params().next().is_some() || sig.generics.const_params().next().is_some() {
        return refuse(sig.generics.span(), "a handler isn't generic: the host calls exactly one");
    }
    Ok(())
}

/// Whether the function returns `Result<(), …>`.
fn answers_nothing(function: &ItemFn) -> Result<bool> {
    let usage = "a handler returns a `Result`: `Result<(), Fault>` for a hook, `Result<impl Serialize, Fault>` for a function";
    let ReturnType::Type(_, answer) = &function.sig.output else {
        return Err(Error::new(function.sig.ident.span(), usage));
    };
    let Type::Path(path) = &**answer else { return Err(Error::new(answer.span(), usage)) };
    let Some(last) = path.path.segments.last().filter(|last| last.ident == "Result") else {
        return Err(Error::new(answer.span(), usage));
    };
    let syn::PathArguments::AngleBracketed(generics) = &last.arguments else {
        return Err(Error::new(answer.span(), usage));
    };
    Ok(
        matches!(generics.args.first(), Some(syn::GenericArgument::Type(Type::Tuple(tuple))) if tuple.elems.is_empty()),
    )
}

fn argument(argument: &FnArg) -> Result<Argument> {
    let FnArg::Typed(typed) = argument else {
        return Err(Error::new(argument.span(), "a handler is a plain function, without `self`"));
    };
    match &*typed.ty {
        Type::Reference(lent) if lent.mutability.is_some() => Err(Error::new(
            lent.span(),
            "a handler takes `&`, not `&mut`: handles change what they stand for",
        )),
        Type::Reference(lent) if is_invocation(&lent.elem) => Ok(Argument::Invocation),
        Type::Reference(lent) => Ok(Argument::Lent(lent.elem.clone())),
        ty if is_invocation(ty) => Err(Error::new(ty.span(), "take `&Invocation`: the call is lent")),
        ty => Ok(Argument::Given(Box::new(ty.clone()))),
    }
}

fn is_invocation(ty: &Type) -> bool {
    matches!(ty, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Invocation"))
}

/// `age_histogram` → `ageHistogram`.
fn camel(snake: &str) -> String {
    let mut out = String::with_capacity(snake.len());
    let mut upper = false;
    for c in snake.trim_start_matches("r#").chars() {
        if c == '_' && !out.is_empty() {
            upper = true;
        } else if upper {
            out.extend(c.to_uppercase());
            upper = false;
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    fn refusal(mut function: ItemFn) -> String {
        match read(&mut function) {
            Ok(_) => panic!("accepted"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn names_functions_as_parse_does() {
        assert_eq!(camel("age_histogram"), "ageHistogram");
        assert_eq!(camel("_private_2x"), "_private2x");
    }

    #[test]
    fn reads_targets_and_leaves_foreign_attributes() {
        let mut function: ItemFn = parse_quote! {
            /// Checks.
            #[before_save("Patient", "Visit")]
            #[parapet::after_save("*")]
            #[inline]
            #[other::function]
            fn check(inv: &Invocation, object: &parapet::Object, wish: Params<Wish>) -> Result<(), Fault> { Ok(()) }
        };
        let handler = read(&mut function).unwrap().unwrap();
        assert_eq!(handler.targets.len(), 3);
        assert_eq!(function.attrs.len(), 3);
        assert!(handler.answers_nothing);
        assert!(matches!(
            handler.arguments.as_slice(),
            [Argument::Invocation, Argument::Lent(_), Argument::Given(_)]
        ));
    }

    #[test]
    fn passes_over_functions_without_handler_attributes() {
        assert!(read(&mut parse_quote! { #[inline] fn help() {} }).unwrap().is_none());
    }

    #[test]
    fn refuses_with_a_word_on_what_to_do() {
        let cases: [(ItemFn, &str); 11] = [
            (
                parse_quote! { #[before_update("A")] fn a(i: &Invocation) -> Result<(), Fault> {} },
                "there is no hook",
            ),
            (parse_quote! { #[before_save] fn a(i: &Invocation) -> Result<(), Fault> {} }, "name the class"),
            (
                parse_quote! { #[before_save()] fn a(i: &Invocation) -> Result<(), Fault> {} },
                "name the class",
            ),
            (
                parse_quote! { #[before_save("a b")] fn a(i: &Invocation) -> Result<(), Fault> {} },
                "a class name",
            ),
            (parse_quote! { #[before_save("A")] fn a(i: &Invocation) {} }, "returns a `Result`"),
            (
                parse_quote! { #[before_save("A")] fn a(i: &Invocation) -> Result<u8, Fault> {} },
                "a hook returns",
            ),
            (
                parse_quote! { #[before_save("A")] async fn a(i: &Invocation) -> Result<(), Fault> {} },
                "isn't async",
            ),
            (
                parse_quote! { #[before_save("A")] fn a<T>(i: &Invocation) -> Result<(), Fault> {} },
                "isn't generic",
            ),
            (parse_quote! { #[before_save("A")] fn a(i: &mut Object) -> Result<(), Fault> {} }, "not `&mut`"),
            (
                parse_quote! { #[function("9")] fn a(i: &Invocation) -> Result<(), Fault> {} },
                "a function name",
            ),
            (
                parse_quote! { #[cfg(unix)] #[function] fn a(i: &Invocation) -> Result<(), Fault> {} },
                "can't be conditional",
            ),
        ];
        for (function, text) in cases {
            let said = refusal(function);
            assert!(said.contains(text), "{said}");
        }
    }
}
