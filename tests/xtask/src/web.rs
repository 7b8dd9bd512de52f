//! A client that speaks just enough HTTP to ask a server on this machine.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, bail};
use serde_json::Value;

/// Is what a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body; null if there was none.
    pub(crate) body: Value,
}

/// Asks once, on a connection of its own.
///
/// # Errors
/// A server that isn't there or answers something that isn't HTTP with JSON.
pub(crate) fn ask(
    server: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<&Value>,
) -> anyhow::Result<Answer> {
    let mut stream =
        TcpStream::connect_timeout(&server, Duration::from_secs(5)).context("no server answers")?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let body = body.map(Value::to_string).unwrap_or_default();
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        head.push_str("Content-Type: application/json\r\n");
    }
    head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    let mut raw = Vec::new();
    stream.read_to_end(&mut raw)?;
    parse(&raw)
}

fn parse(raw: &[u8]) -> anyhow::Result<Answer> {
    let text = std::str::from_utf8(raw).context("the answer isn't text")?;
    let Some((head, body)) = text.split_once("\r\n\r\n") else { bail!("the answer has no end of its head") };
    let status =
        head.split(' ').nth(1).and_then(|status| status.parse().ok()).context("the answer has no status")?;
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked { unchunk(body)? } else { body.to_owned() };
    let body = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&body).context("the answer isn't JSON")?
    };
    Ok(Answer { status, body })
}

fn unchunk(mut text: &str) -> anyhow::Result<String> {
    let mut whole = String::new();
    while let Some((size, rest)) = text.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).context("a chunk has no size")?;
        whole.push_str(rest.get(..size).context("a chunk is cut short")?);
        if size == 0 {
            break;
        }
        text = rest.get(size..).and_then(|rest| rest.strip_prefix("\r\n")).context("a chunk has no end")?;
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_plain_and_chunked_answers() {
        let plain = parse(b"HTTP/1.1 201 Created\r\nContent-Length: 7\r\n\r\n{\"a\":1}").unwrap();
        assert_eq!((plain.status, plain.body["a"].as_i64()), (201, Some(1)));
        let empty = parse(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
        assert_eq!((empty.status, empty.body), (204, Value::Null));
        let chunks =
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":2}\r\n0\r\n\r\n";
        assert_eq!(parse(chunks).unwrap().body["a"], 2);
        for bad in ["", "HTTP/1.1", "HTTP/1.1 x\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\nplain"] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
