#![doc = include_str!("../README.md")]

/// The plugin.
#[parapet::plugin]
pub mod hello_function {
    use parapet::{Fault, Params, Principal, Settings};
    use serde::{Deserialize, Serialize};

    /// What the client sends.
    #[derive(Deserialize)]
    pub struct Wish {
        name: String,
    }

    /// What the administrator set.
    #[derive(Deserialize)]
    pub struct Style {
        greeting: String,
    }

    /// What the client gets.
    #[derive(Serialize)]
    pub struct Welcome {
        text: String,
        known: bool,
    }

    #[function]
    fn hello(wish: Params<Wish>, style: Settings<Style>, caller: &Principal) -> Result<Welcome, Fault> {
        let name = wish.name.trim();
        if name.is_empty() {
            return Err(Fault::invalid("name is required"));
        }
        Ok(Welcome { text: format!("{}, {name}!", style.greeting), known: caller.user_id().is_some() })
    }
}

#[cfg(test)]
mod tests {
    use super::hello_function::PLUGIN;
    use parapet::testing::Case;
    use parapet::{Fault, json};

    fn hello() -> Case {
        Case::function("hello").manifest(include_str!("../plugin.toml"))
    }

    #[test]
    fn greets_in_the_words_of_the_administrator() {
        let outcome = hello().params(json!({"name": " Ann "})).run(&PLUGIN);
        assert_eq!(outcome.reply(), Some(json!({"text": "Grüezi, Ann!", "known": false})));

        let outcome = hello()
            .params(json!({"name": "Ann"}))
            .settings(json!({"greeting": "Salut"}))
            .as_user("u1")
            .run(&PLUGIN);
        assert_eq!(outcome.reply(), Some(json!({"text": "Salut, Ann!", "known": true})));
    }

    #[test]
    fn refuses_without_a_name() {
        hello().run(&PLUGIN).assert_fault(Fault::INVALID);
        hello().params(json!({"name": "  "})).run(&PLUGIN).assert_fault(Fault::INVALID);
    }

    #[test]
    fn an_unknown_function_fails_closed() {
        Case::function("goodbye").run(&PLUGIN).assert_fault(Fault::SCRIPT);
    }
}
