//! The addresses a key may come from.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use serde::{Deserialize, Deserializer};

use crate::{Error, Result};

/// Lists single addresses and networks.
///
/// Written as Parse does: `10.1.2.3`, `10.0.0.0/8`, `fd00::/8`; `0.0.0.0` and `0.0.0.0/0` are
/// every IPv4 address, `::`, `::0` and `::/0` every IPv6 address. An IPv4 address that arrives
/// in IPv6 clothes (`::ffff:10.1.2.3`) is that IPv4 address, in the list as well as when asked
/// for; so `::/0` alone admits no IPv4 caller. An empty list admits nobody. The default is
/// this machine, `127.0.0.1` and `::1`.
#[derive(Clone, PartialEq, Eq)]
pub struct AddressList(Vec<IpNet>);

const ALL_V4: IpNet = IpNet::V4(Ipv4Net::new_assert(std::net::Ipv4Addr::UNSPECIFIED, 0));
const ALL_V6: IpNet = IpNet::V6(Ipv6Net::new_assert(std::net::Ipv6Addr::UNSPECIFIED, 0));

impl AddressList {
    /// Lists this machine only: `127.0.0.1` and `::1`.
    pub fn localhost() -> AddressList {
        AddressList(vec![
            IpNet::from(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)),
            IpNet::from(IpAddr::V6(std::net::Ipv6Addr::LOCALHOST)),
        ])
    }

    /// Lists every address: `0.0.0.0/0` and `::/0`.
    pub fn everywhere() -> AddressList {
        AddressList(vec![ALL_V4, ALL_V6])
    }

    /// Lists no address at all.
    pub fn nowhere() -> AddressList {
        AddressList(Vec::new())
    }

    /// Reads one text per entry.
    ///
    /// # Errors
    /// [`Error::Address`] with the position of the first entry that is no address and no network.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<AddressList> {
        let nets = entries.into_iter().enumerate().map(|(index, text)| {
            parse_entry(text.trim()).ok_or(Error::Address { entry: index.saturating_add(1) })
        });
        Ok(AddressList(nets.collect::<Result<Vec<_>>>()?))
    }

    /// Tells whether the address is listed.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|net| net.contains(&address))
    }

    /// Tells whether a caller whose address may be unknown is admitted.
    ///
    /// An unknown address is admitted only by a list that holds every address.
    pub fn admits(&self, address: Option<IpAddr>) -> bool {
        match address {
            Some(address) => self.contains(address),
            None => self.0.contains(&ALL_V4) && self.0.contains(&ALL_V6),
        }
    }
}

/// Reads one entry; `None` if it is no address and no network.
fn parse_entry(text: &str) -> Option<IpNet> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(match address {
            IpAddr::V4(v4) if v4.is_unspecified() => ALL_V4,
            IpAddr::V6(v6) if v6.is_unspecified() => ALL_V6,
            other => IpNet::from(other.to_canonical()),
        });
    }
    let net: IpNet = text.parse().ok()?;
    if let IpNet::V6(v6) = net
        && let Some(v4) = v6.addr().to_ipv4_mapped()
    {
        // Wider than all of IPv4 would silently lose one family or the other.
        return Some(IpNet::V4(Ipv4Net::new(v4, v6.prefix_len().checked_sub(96)?).ok()?.trunc()));
    }
    Some(net.trunc())
}

impl Default for AddressList {
    fn default() -> AddressList {
        AddressList::localhost()
    }
}

impl FromStr for AddressList {
    type Err = Error;

    /// Reads a comma list; blank text is the empty list.
    fn from_str(text: &str) -> Result<AddressList> {
        if text.trim().is_empty() { Ok(AddressList::nowhere()) } else { AddressList::parse(text.split(',')) }
    }
}

impl fmt::Display for AddressList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, net) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            // A bare 0.0.0.0 or :: would read back as every address.
            if net.prefix_len() == net.max_prefix_len() && !net.addr().is_unspecified() {
                write!(f, "{comma}{}", net.addr())?;
            } else {
                write!(f, "{comma}{net}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for AddressList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{self}]")
    }
}

/// Is the shape an address list is read from.
#[derive(Deserialize)]
#[serde(untagged, expecting = "an address list is a list of texts or a comma list")]
enum Written {
    Commas(String),
    List(Vec<String>),
}

impl<'de> Deserialize<'de> for AddressList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<AddressList, D::Error> {
        let list = match Written::deserialize(deserializer)? {
            Written::Commas(text) => text.parse(),
            Written::List(list) => AddressList::parse(list.iter().map(String::as_str)),
        };
        list.map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn contains_what_the_table_says() {
        #[rustfmt::skip]
        let rows: &[(&str, &[&str], &[&str])] = &[
            ("127.0.0.1,::1", &["127.0.0.1", "::1", "::ffff:127.0.0.1"], &["127.0.0.2", "::2", "0.0.0.0"]),
            ("0.0.0.0/0", &["1.2.3.4", "255.255.255.255", "::ffff:1.2.3.4"], &["::1", "2001:db8::1"]),
            ("0.0.0.0", &["1.2.3.4", "::ffff:1.2.3.4"], &["::1"]),
            ("::/0", &["::1", "2001:db8::1"], &["1.2.3.4", "::ffff:1.2.3.4"]),
            ("::", &["::1", "2001:db8::1"], &["1.2.3.4", "::ffff:1.2.3.4"]),
            ("::0", &["::1", "ff02::1"], &["1.2.3.4"]),
            ("10.0.0.0/8", &["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"], &["9.255.255.255", "11.0.0.0", "::a00:1"]),
            ("10.1.2.3/8", &["10.0.0.0", "10.255.255.255"], &["11.0.0.0"]),
            ("192.168.4.4/30", &["192.168.4.4", "192.168.4.7"], &["192.168.4.3", "192.168.4.8"]),
            ("192.168.1.7/32", &["192.168.1.7"], &["192.168.1.6", "192.168.1.8"]),
            ("192.168.1.6/31", &["192.168.1.6", "192.168.1.7"], &["192.168.1.8"]),
            ("fd00::/8", &["fd12::1"], &["fc00::1", "10.0.0.1"]),
            ("2001:DB8::/32", &["2001:db8:ffff::1"], &["2001:db9::"]),
            ("::ffff:10.1.2.3", &["10.1.2.3", "::ffff:10.1.2.3"], &["10.1.2.4"]),
            ("::ffff:10.0.0.0/104", &["10.9.9.9", "::ffff:10.9.9.9"], &["11.0.0.0"]),
            ("::ffff:0:0/96", &["1.2.3.4"], &["::1"]),
            ("::ffff:0.0.0.0", &["0.0.0.0"], &["1.2.3.4"]),
            ("0.0.0.0/32,::/128", &["0.0.0.0", "::"], &["1.2.3.4", "::1"]),
            ("::1/128", &["::1"], &["::"]),
            (" 10.0.0.1 , 10.0.0.2 ", &["10.0.0.1", "10.0.0.2"], &["10.0.0.3"]),
            ("", &[], &["127.0.0.1", "::1", "0.0.0.0", "::"]),
        ];
        for (list, inside, outside) in rows {
            let parsed: AddressList = list.parse().unwrap();
            inside.iter().for_each(|a| assert!(parsed.contains(ip(a)), "{list} should hold {a}"));
            outside.iter().for_each(|a| assert!(!parsed.contains(ip(a)), "{list} should not hold {a}"));
            assert_eq!(parsed.to_string().parse::<AddressList>().unwrap(), parsed, "{list} reads back");
        }
    }

    #[test]
    fn refuses_what_is_no_address() {
        for bad in [
            "localhost",
            "10.0.0",
            "10.0.0.0/33",
            "::/129",
            "10.0.0.1/",
            "10.0.0.0/-1",
            "/8",
            "*",
            "fe80::1%eth0",
            "::ffff:0:0/90",
        ] {
            assert_eq!(bad.parse::<AddressList>(), Err(Error::Address { entry: 1 }), "{bad}");
        }
        assert_eq!("::1,,10.0.0.1".parse::<AddressList>(), Err(Error::Address { entry: 2 }));
        assert_eq!("::1,10.0.0.1,".parse::<AddressList>(), Err(Error::Address { entry: 3 }));
        assert!(!"s3cret".parse::<AddressList>().unwrap_err().to_string().contains("s3cret"));
    }

    #[test]
    fn an_unknown_address_needs_a_list_of_everything() {
        assert!(AddressList::everywhere().admits(None));
        assert!("0.0.0.0,::".parse::<AddressList>().unwrap().admits(None));
        for list in ["", "127.0.0.1,::1", "0.0.0.0/0", "::/0", "0.0.0.0/1,128.0.0.0/1,::/0"] {
            assert!(!list.parse::<AddressList>().unwrap().admits(None), "{list}");
        }
    }

    #[test]
    fn is_read_from_a_list_or_a_comma_list() {
        let commas: AddressList = serde_json::from_str("\"10.0.0.0/8, ::1\"").unwrap();
        let list: AddressList = serde_json::from_str("[\"10.0.0.0/8\", \"::1\"]").unwrap();
        assert_eq!(commas, list);
        assert_eq!(serde_json::from_str::<AddressList>("[]").unwrap(), AddressList::nowhere());
        for bad in ["7", "[7]", "[\"x\"]", "\"x\"", "[\"\"]"] {
            assert!(serde_json::from_str::<AddressList>(bad).is_err(), "{bad}");
        }
        assert_eq!(AddressList::default(), "127.0.0.1,::1".parse().unwrap());
    }
}
