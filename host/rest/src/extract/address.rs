//! Where a request comes from, through proxies that are trusted.

use std::net::IpAddr;

use http::HeaderMap;
use ipnet::IpNet;

/// Finds the client's address: the peer's, or the nearest one that no trusted proxy vouches for away.
///
/// `X-Forwarded-For` is read from the right, and only as far as every hop is trusted: what stands further
/// left, the client may have written itself.
pub(crate) fn client(peer: Option<IpAddr>, headers: &HeaderMap, trusted: &[IpNet]) -> Option<IpAddr> {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|network| network.contains(address));
    let mut client = peer?.to_canonical();
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .collect();
    for hop in forwarded.into_iter().rev() {
        if !is_trusted(&client) {
            break;
        }
        match parse(hop.trim()) {
            Some(address) => client = address,
            // What isn't an address ends what can be believed.
            None => break,
        }
    }
    Some(client)
}

/// Reads `1.2.3.4`, `1.2.3.4:80`, `::1` or `[::1]:80`.
fn parse(hop: &str) -> Option<IpAddr> {
    let address = hop
        .parse::<IpAddr>()
        .or_else(|_| hop.parse::<std::net::SocketAddr>().map(|socket| socket.ip()))
        .ok()
        .or_else(|| hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok())?;
    Some(address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        let cases = [
            ("203.0.113.9", "", "203.0.113.9"),
            ("203.0.113.9", "1.1.1.1", "203.0.113.9"),
            ("10.0.0.1", "1.1.1.1", "1.1.1.1"),
            ("10.0.0.1", "127.0.0.1, 1.1.1.1", "1.1.1.1"),
            ("10.0.0.1", "9.9.9.9, 1.1.1.1, 10.0.0.2", "1.1.1.1"),
            ("10.0.0.1", "1.1.1.1, nonsense", "10.0.0.1"),
            ("10.0.0.1", "10.0.0.3", "10.0.0.3"),
            ("::1", "[2001:db8::1]:443", "2001:db8::1"),
            ("::ffff:10.0.0.1", "1.1.1.1:80", "1.1.1.1"),
            ("::ffff:203.0.113.9", "1.1.1.1", "203.0.113.9"),
        ];
        for (peer, forwarded, client) in cases {
            let mut headers = HeaderMap::new();
            if !forwarded.is_empty() {
                headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            }
            let found = super::client(Some(peer.parse().unwrap()), &headers, &trusted);
            assert_eq!(found, Some(client.parse().unwrap()), "{peer} {forwarded}");
        }
        assert_eq!(super::client(None, &HeaderMap::new(), &trusted), None);
    }
}
