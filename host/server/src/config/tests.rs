//! What settings are understood, and what is said of the others.

use super::*;

fn environment(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn refusal(text: &str) -> String {
    format!("{:#}", file::parse(text).unwrap_err())
}

fn refused(pairs: &[(&str, &str)]) -> String {
    format!("{:#}", Config::load(None, &environment(pairs)).unwrap_err())
}

#[test]
fn nothing_at_all_is_a_whole_configuration() {
    let config = Config::load(None, &Environment::default()).unwrap();
    assert_eq!((config.server.host.to_string(), config.server.port), ("127.0.0.1".to_owned(), 1337));
    assert_eq!(config.server.data_dir, Path::new("parapet-data"));
    assert_eq!(config.database_place().unwrap(), Place::Sqlite("parapet-data/parapet.db".into()));
    assert!(config.keys.is_silent());
}

#[test]
fn a_misspelt_setting_is_named_with_its_line_and_what_was_meant() {
    assert_eq!(refusal("[server]\nprot = 1\n"), "line 2: there is no setting prot; did you mean port?");
    assert_eq!(refusal("[sever]\n"), "line 1: there is no setting sever; did you mean server?");
    let far = refusal("[server]\nzebra = 1\n");
    assert!(far.starts_with("line 2: there is no setting zebra (known here: host, port,"), "{far}");
}

#[test]
fn an_error_in_the_file_quotes_no_line_of_it() {
    for text in
        ["[keys]\nmaster = \"hunter2\nx", "[keys]\nmaster = \"hunter2\" x", "[keys]\nmasterr = \"hunter2\""]
    {
        let said = refusal(text);
        assert!(said.starts_with("line ") && !said.contains("hunter2"), "{said}");
    }
    assert!(refusal("[keys]\nmaster = 12345678").contains("a secret must be text"));
}

#[test]
fn the_environment_wins_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("parapet.toml");
    std::fs::write(&path, "[server]\nport = 1\n[keys]\napp_id = \"file\"\nmaster = \"m1\"\n").unwrap();
    let named = environment(&[("PARAPET_CONFIG", path.to_str().unwrap())]);
    assert_eq!(Config::load(None, &named).unwrap().server.port, 1);
    let over = environment(&[("PORT", "2"), ("PARSE_SERVER_APPLICATION_ID", "env"), ("UNRELATED", "x")]);
    let config = Config::load(Some(&path), &over).unwrap();
    assert_eq!((config.server.port, config.keys.app_id.as_deref()), (2, Some("env")));
    assert!(config.keys.resolve().unwrap().master.matches("m1"));
}

#[test]
fn an_unknown_name_of_the_environment_stops_the_start() {
    assert_eq!(
        refused(&[("PARSE_SERVER_MASTER_KEYS_IPS", "10.0.0.0/8")]),
        "the environment: PARSE_SERVER_MASTER_KEYS_IPS is no setting of this server; did you mean \
         PARSE_SERVER_MASTER_KEY_IPS?"
    );
    assert!(refused(&[("PARAPET_DATADIR", "x")]).ends_with("did you mean PARAPET_DATA_DIR?"));
    assert!(refused(&[("PARSE_SERVER_TEA", "x")]).ends_with("is no setting of this server"));
}

#[test]
fn a_bad_value_of_the_environment_is_told_without_the_value() {
    for (name, value, says) in [
        ("PORT", "hunter2", "a port number is expected"),
        ("PORT", "70000", "a port number is expected"),
        ("PORT", " ", "is empty"),
        ("PARAPET_HOST", "hunter2", "an IP address is expected"),
        ("PARSE_SERVER_MASTER_KEY", "", "is empty"),
        ("PARSE_SERVER_MASTER_KEY_IPS", "hunter2", "entry 1 of the address list"),
        ("PARSE_SERVER_ALLOW_CUSTOM_OBJECT_ID", "hunter2", "true or false is expected"),
    ] {
        let said = refused(&[(name, value)]);
        assert!(said.contains(name) && said.contains(says) && !said.contains("hunter2"), "{said}");
    }
}

#[test]
fn no_secret_is_printed() {
    let pairs = [("PARSE_SERVER_MASTER_KEY", "hunter2"), ("PARSE_SERVER_APPLICATION_ID", "app")];
    let config = Config::load(None, &environment(&pairs)).unwrap();
    let shown = format!("{config:?} {:?}", environment(&pairs));
    assert!(shown.contains("[secret]") && !shown.contains("hunter2"), "{shown}");
}
