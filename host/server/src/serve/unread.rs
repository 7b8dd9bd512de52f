//! A connection on which also those requests are answered in JSON that can't be read as HTTP at all.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Passes everything through, but for the empty answers that the HTTP library gives by itself: those get the headers
/// and the body of every other refusal.
///
/// Such a request never reaches a route, so this is the only place that can answer it. No answer of a route looks the
/// same: all of them have a body.
pub(super) struct Unread<S> {
    stream: S,
    /// What is written in place of the present answer, and how much of it is.
    instead: Option<(Vec<u8>, usize)>,
}

impl<S> Unread<S> {
    pub(super) fn new(stream: S) -> Unread<S> {
        Unread { stream, instead: None }
    }
}

/// What is said in place of nothing; `None` when the bytes aren't the head of such an answer.
fn instead(head: &[u8]) -> Option<Vec<u8>> {
    const EMPTY: &str = "content-length: 0\r\n";
    // All others are told apart by a few bytes.
    let status = head.strip_prefix(b"HTTP/1.1 4")?.get(..2)?;
    let error = match status {
        b"00" => {
            "the request can't be read: percent-encode what a URL may not hold, and write header lines as HTTP has them"
        }
        b"14" => "the URL is too long",
        b"31" => "the headers are too large",
        _ => return None,
    };
    let head = std::str::from_utf8(head).ok().filter(|head| head.ends_with("\r\n\r\n"))?;
    let (before, after) = head.split_once(EMPTY)?;
    let body = serde_json::json!({ "error": error }).to_string();
    let length = body.len();
    Some(
        format!(
            "{before}content-type: application/json; charset=utf-8\r\ncontent-length: {length}\r\n\
             cache-control: no-store\r\nx-content-type-options: nosniff\r\n{after}{body}"
        )
        .into_bytes(),
    )
}

impl<S: AsyncWrite + Unpin> Unread<S> {
    /// Writes what replaces an answer of `length` bytes; tells of those once all is written.
    fn replace(&mut self, cx: &mut Context<'_>, length: usize) -> Poll<io::Result<usize>> {
        while let Some((bytes, done)) = &mut self.instead {
            let rest = bytes.get(*done..).unwrap_or_default();
            if rest.is_empty() {
                self.instead = None;
                break;
            }
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => *done = done.saturating_add(written),
            }
        }
        Poll::Ready(Ok(length))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Unread<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Unread<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.instead.is_none() {
            self.instead = instead(bytes).map(|bytes| (bytes, 0));
        }
        match self.instead.is_some() {
            true => self.replace(cx, bytes.len()),
            false => Pin::new(&mut self.stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = parts.first().map(|part| &**part).unwrap_or_default();
        if self.instead.is_none() {
            self.instead = instead(first).map(|bytes| (bytes, 0));
        }
        match self.instead.is_some() {
            true => self.replace(cx, first.len()),
            false => Pin::new(&mut self.stream).poll_write_vectored(cx, parts),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_empty_refusal_is_replaced() {
        let empty =
            b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\ndate: now\r\n\r\n";
        let told = String::from_utf8(instead(empty).unwrap()).unwrap();
        let (head, body) = told.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\nconnection: close\r\n"), "{head}");
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{head}");
        assert!(head.ends_with("date: now"), "{head}");
        assert!(serde_json::from_str::<serde_json::Value>(body).unwrap()["error"].is_string());
        for other in [
            &b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"[..],
            b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 9\r\n\r\n",
            b"HTTP/1.1 400 Bad Request\r\ncontent-length: 9\r\n\r\n{\"a\":\"b\"}",
            b"HTTP/1.1 400",
            b"",
        ] {
            assert!(instead(other).is_none(), "{}", String::from_utf8_lossy(other));
        }
    }
}
