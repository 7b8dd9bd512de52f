//! The bytes of a body, up to a limit and a deadline.

use std::time::Duration;

use axum::body::{Body, Bytes};
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout_at};

use crate::error::Failure;

/// How much a body may be, and how long it may take.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes.
    pub(crate) bytes: usize,
    /// From its first byte to its last.
    pub(crate) time: Duration,
}

const TOO_LARGE: &str = "request entity too large";

/// Reads a body.
///
/// One that is too large is still taken in and thrown away, up to as much again, because a client that is busy
/// sending may never read an answer that comes with a closed connection.
///
/// # Errors
/// 413 when it is too large, 408 when it takes too long, 415 when it is compressed, 400 when it breaks off.
pub(crate) async fn read(headers: &HeaderMap, body: Body, limits: Limits) -> Result<Bytes, Failure> {
    if let Some(encoding) = headers.get(header::CONTENT_ENCODING)
        && !encoding.as_bytes().eq_ignore_ascii_case(b"identity")
    {
        return Err(Failure::Broken(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "compressed bodies are not supported",
        ));
    }
    let said =
        headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    let too_large = said.is_some_and(|said| said > limits.bytes);
    if too_large && headers.contains_key(header::EXPECT) {
        // Nothing was sent yet: the client asks first.
        return Err(Failure::Broken(StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE));
    }
    let deadline = Instant::now() + limits.time;
    match timeout_at(deadline, gather(body, limits.bytes, said.filter(|_| !too_large))).await {
        Ok(answer) => answer,
        Err(_) => Err(Failure::Broken(StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive")),
    }
}

async fn gather(mut body: Body, limit: usize, said: Option<usize>) -> Result<Bytes, Failure> {
    let mut first: Option<Bytes> = None;
    let mut whole: Vec<u8> = Vec::new();
    let mut length = 0_usize;
    while let Some(frame) = body.frame().await {
        let frame =
            frame.map_err(|_| Failure::Broken(StatusCode::BAD_REQUEST, "the body ended before its end"))?;
        let Ok(part) = frame.into_data() else { continue };
        length = length.saturating_add(part.len());
        if length > limit {
            whole = Vec::new();
            first = None;
            if length > limit.saturating_mul(2) {
                return Err(Failure::Broken(StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE));
            }
            continue;
        }
        match (&first, whole.is_empty()) {
            // Most bodies come in one part, which needs no copy.
            (None, true) => first = Some(part),
            _ => {
                if let Some(start) = first.take() {
                    whole.reserve(said.unwrap_or(start.len() + part.len()).min(limit));
                    whole.extend_from_slice(&start);
                }
                whole.extend_from_slice(&part);
            }
        }
    }
    if length > limit {
        return Err(Failure::Http(StatusCode::PAYLOAD_TOO_LARGE, TOO_LARGE));
    }
    Ok(first.unwrap_or_else(|| whole.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { bytes: 10, time: Duration::from_millis(50) };

    fn parts(parts: &[&'static str]) -> Body {
        let parts: Vec<Result<_, std::io::Error>> = parts.iter().map(|part| Ok(Bytes::from(*part))).collect();
        Body::from_stream(futures_util::stream::iter(parts))
    }

    async fn status(headers: &[(header::HeaderName, &'static str)], body: Body) -> (u16, bool) {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        let reply = read(&headers, body, LIMITS).await.unwrap_err().reply().into_response();
        (reply.status().as_u16(), reply.headers().contains_key(header::CONNECTION))
    }

    #[tokio::test]
    async fn parts_are_put_together() {
        for (given, whole) in [
            (vec![], ""),
            (vec!["abc"], "abc"),
            (vec!["abc", "de", "fghij"], "abcdefghij"),
            (vec!["", "a"], "a"),
        ] {
            assert_eq!(read(&HeaderMap::new(), parts(&given), LIMITS).await.unwrap(), whole);
        }
    }

    #[tokio::test]
    async fn a_large_body_is_refused_and_the_connection_lives_if_it_was_taken_in() {
        assert_eq!(status(&[], parts(&["abcdefgh", "ijk"])).await, (413, false));
        assert_eq!(status(&[], parts(&["abcdefgh", "ijklmnop", "qrstuvw"])).await, (413, true));
        let asked = [(header::CONTENT_LENGTH, "11"), (header::EXPECT, "100-continue")];
        assert_eq!(status(&asked, parts(&["abcdefghijk"])).await, (413, true));
        assert_eq!(status(&[(header::CONTENT_ENCODING, "gzip")], parts(&["x"])).await, (415, true));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_or_broken_body_is_refused() {
        let slow = Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        assert_eq!(status(&[], slow).await, (408, true));
        let broken = [Ok(Bytes::from("a")), Err(std::io::Error::other("gone"))];
        assert_eq!(status(&[], Body::from_stream(futures_util::stream::iter(broken))).await, (400, true));
    }
}
