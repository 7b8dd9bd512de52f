//! The order table of keys, row by row.

use super::*;

const HOME: &str = "127.0.0.1";
const AWAY: &str = "203.0.113.9";

fn full() -> Keys {
    Keys {
        read_only_master: Some("ro".into()),
        maintenance: Some("mt".into()),
        rest: Some("rest".into()),
        javascript: Some("js".into()),
        ..Keys::new("app", "master")
    }
}

fn from(address: &str) -> Presented<'static> {
    Presented { app_id: Some("app"), address: Some(address.parse().unwrap()), ..Presented::default() }
}

#[test]
fn keys_are_judged_in_order() {
    use KeyRefusal::*;
    use Standing::*;
    let keys = full();
    #[rustfmt::skip]
    let rows: Vec<(&str, Presented, std::result::Result<Standing, KeyRefusal>)> = vec![
        ("no app", Presented { app_id: None, master: Some("master"), ..from(HOME) }, Err(WrongApp)),
        ("another app", Presented { app_id: Some("App"), master: Some("master"), ..from(HOME) }, Err(WrongApp)),
        ("maintenance", Presented { maintenance: Some("mt"), ..from(HOME) }, Ok(Maintenance)),
        ("maintenance before master", Presented { maintenance: Some("mt"), master: Some("master"), ..from(HOME) }, Ok(Maintenance)),
        ("maintenance from elsewhere", Presented { maintenance: Some("mt"), rest: Some("rest"), ..from(AWAY) }, Err(MaintenanceFromElsewhere)),
        ("maintenance from elsewhere, with master", Presented { maintenance: Some("mt"), master: Some("master"), ..from(AWAY) }, Err(MaintenanceFromElsewhere)),
        ("wrong maintenance, right master", Presented { maintenance: Some("x"), master: Some("master"), ..from(HOME) }, Ok(Master)),
        ("master as maintenance", Presented { maintenance: Some("master"), rest: Some("rest"), ..from(HOME) }, Ok(Client)),
        ("maintenance as master", Presented { master: Some("mt"), rest: Some("rest"), ..from(HOME) }, Ok(Client)),
        ("master", Presented { master: Some("master"), ..from(HOME) }, Ok(Master)),
        ("master over mapped IPv6", Presented { master: Some("master"), ..from("::ffff:127.0.0.1") }, Ok(Master)),
        ("master over IPv6", Presented { master: Some("master"), ..from("::1") }, Ok(Master)),
        ("master needs no client key", Presented { master: Some("master"), rest: Some("x"), ..from(HOME) }, Ok(Master)),
        ("master from elsewhere", Presented { master: Some("master"), rest: Some("rest"), ..from(AWAY) }, Err(MasterFromElsewhere)),
        ("master from an unknown address", Presented { master: Some("master"), address: None, ..from(HOME) }, Err(MasterFromElsewhere)),
        ("wrong master is ignored", Presented { master: Some("x"), rest: Some("rest"), ..from(HOME) }, Ok(Client)),
        ("wrong master, no client key", Presented { master: Some("x"), ..from(HOME) }, Err(WrongClientKey)),
        ("empty master", Presented { master: Some(""), ..from(HOME) }, Err(WrongClientKey)),
        ("read-only", Presented { master: Some("ro"), ..from(HOME) }, Ok(ReadOnlyMaster)),
        ("read-only from anywhere", Presented { master: Some("ro"), ..from(AWAY) }, Ok(ReadOnlyMaster)),
        ("read-only from an unknown address", Presented { master: Some("ro"), address: None, ..from(HOME) }, Ok(ReadOnlyMaster)),
        ("client", Presented { rest: Some("rest"), ..from(AWAY) }, Ok(Client)),
        ("one right of two", Presented { rest: Some("x"), javascript: Some("js"), ..from(AWAY) }, Ok(Client)),
        ("no client key", from(HOME), Err(WrongClientKey)),
        ("right key in the wrong place", Presented { rest: Some("js"), javascript: Some("rest"), ..from(HOME) }, Err(WrongClientKey)),
        ("a kind that isn't configured", Presented { client: Some("rest"), dot_net: Some(""), ..from(HOME) }, Err(WrongClientKey)),
    ];
    for (what, presented, expected) in rows {
        assert_eq!(keys.judge(&presented), expected, "{what}");
    }
}

#[test]
fn read_only_may_be_bound_to_addresses_too() {
    let keys = Keys { read_only_master_ips: "10.0.0.0/8".parse().unwrap(), ..full() };
    let presented = Presented { master: Some("ro"), ..from("10.1.1.1") };
    assert_eq!(keys.judge(&presented), Ok(Standing::ReadOnlyMaster));
    let presented = Presented { master: Some("ro"), rest: Some("rest"), ..from(HOME) };
    assert_eq!(keys.judge(&presented), Err(KeyRefusal::MasterFromElsewhere));
}

#[test]
fn each_client_key_opens_alone_and_none_is_needed_if_none_is_set() {
    let bare = Keys::new("app", "master");
    assert_eq!(bare.judge(&from(AWAY)), Ok(Standing::Client));
    assert_eq!(bare.judge(&Presented { rest: Some("anything"), ..from(AWAY) }), Ok(Standing::Client));
    let key = || Some(Secret::new("k"));
    let given = Some("k");
    let cases = [
        (Keys { rest: key(), ..bare.clone() }, Presented { rest: given, ..from(AWAY) }),
        (Keys { javascript: key(), ..bare.clone() }, Presented { javascript: given, ..from(AWAY) }),
        (Keys { client: key(), ..bare.clone() }, Presented { client: given, ..from(AWAY) }),
        (Keys { dot_net: key(), ..bare.clone() }, Presented { dot_net: given, ..from(AWAY) }),
    ];
    for (keys, presented) in cases {
        assert_eq!(keys.judge(&presented), Ok(Standing::Client));
        assert_eq!(keys.judge(&from(AWAY)), Err(KeyRefusal::WrongClientKey));
    }
}

#[test]
fn keys_of_power_must_differ_from_all_others() {
    let key = |text: &str| Some(Secret::new(text));
    assert_eq!(full().validate(), Ok(()));
    assert_eq!(Keys { rest: key("same"), client: key("same"), ..full() }.validate(), Ok(()));
    let rows = [
        (
            Keys { read_only_master: key("master"), ..full() },
            Error::Same("master key", "read-only master key"),
        ),
        (Keys { maintenance: key("master"), ..full() }, Error::Same("master key", "maintenance key")),
        (Keys { maintenance: key("ro"), ..full() }, Error::Same("read-only master key", "maintenance key")),
        (Keys { rest: key("master"), ..full() }, Error::Same("master key", "REST key")),
        (Keys { javascript: key("ro"), ..full() }, Error::Same("read-only master key", "JavaScript key")),
        (Keys { dot_net: key("mt"), ..full() }, Error::Same("maintenance key", ".NET key")),
        (Keys { app_id: "mt".into(), ..full() }, Error::Same("maintenance key", "application id")),
        (Keys { app_id: String::new(), ..full() }, Error::Empty("application id")),
        (Keys { master: "".into(), ..full() }, Error::Empty("master key")),
        (Keys { client: key(""), ..full() }, Error::Empty("client key")),
    ];
    for (keys, error) in rows {
        assert_eq!(keys.validate(), Err(error));
    }
}

#[test]
fn nothing_prints_a_key() {
    let keys = Keys::new("app", "s3cret-master");
    let presented = Presented { master: Some("s3cret-master"), rest: Some("s3cret-rest"), ..from(HOME) };
    let printed = format!("{keys:?} {presented:?}");
    assert!(printed.contains("[secret]") && printed.contains("rest: true"), "{printed}");
    assert!(!printed.contains("s3cret"), "{printed}");
}

#[test]
fn configuration_has_the_defaults_of_parse_and_refuses_unknown_names() {
    let keys: Keys = serde_json::from_str(r#"{"app_id":"a","master":"m"}"#).unwrap();
    assert_eq!(keys.master_ips, AddressList::localhost());
    assert_eq!(keys.maintenance_ips, AddressList::localhost());
    assert_eq!(keys.read_only_master_ips, AddressList::everywhere());
    assert!(keys.rest.is_none() && keys.maintenance.is_none() && keys.read_only_master.is_none());
    let keys: Keys =
        serde_json::from_str(r#"{"app_id":"a","master":"m","rest":"r","master_ips":"10.0.0.0/8,::"}"#)
            .unwrap();
    assert!(keys.rest.unwrap().matches("r"));
    assert!(keys.master_ips.contains("2001:db8::1".parse().unwrap()));
    assert!(serde_json::from_str::<Keys>(r#"{"app_id":"a","master":"m","masterIps":[]}"#).is_err());
    assert!(serde_json::from_str::<Keys>(r#"{"app_id":"a"}"#).is_err());
}
