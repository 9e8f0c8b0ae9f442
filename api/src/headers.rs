//! What the request's headers ask for.

use axum::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName};

use crate::gateway::{Content, Fault, IdempotencyKey};
use crate::problem::{Kind, Problem};

pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// How the body is written.
pub(crate) fn content(headers: &HeaderMap) -> Result<Content, Problem> {
    let wrong = || Problem::new(Kind::UnsupportedMediaType);
    if headers.get(CONTENT_ENCODING).is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(wrong());
    }
    let text = one(headers, &CONTENT_TYPE)?.ok_or_else(wrong)?;
    let mut parts = text.split(';').map(str::trim);
    let content = media_type(parts.next().unwrap_or_default()).ok_or_else(wrong)?;
    let charsets =
        parts.filter_map(|part| part.split_once('=')).filter(|(name, _)| name.eq_ignore_ascii_case("charset"));
    for (_, charset) in charsets {
        let charset = charset.trim_matches('"');
        if !["utf-8", "us-ascii"].iter().any(|known| charset.eq_ignore_ascii_case(known)) {
            return Err(wrong());
        }
    }
    Ok(content)
}

/// How the answer is to be written: what `Accept` likes best, and as the request where it has no wish.
pub(crate) fn answer(headers: &HeaderMap, request: Content) -> Result<Content, Problem> {
    let mut best: Option<(f32, Content)> = None;
    let mut asked = false;
    for line in headers.get_all(ACCEPT) {
        let text = line.to_str().map_err(|_| invalid(&ACCEPT, "expected visible ASCII"))?;
        for range in text.split(',').filter(|range| !range.trim().is_empty()) {
            asked = true;
            let mut parts = range.split(';').map(str::trim);
            let content = match parts.next().unwrap_or_default() {
                "*/*" | "application/*" => request,
                name => match media_type(name) {
                    Some(content) => content,
                    None => continue,
                },
            };
            let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
            if weight > best.map_or(0.0, |(weight, _)| weight) {
                best = Some((weight, content));
            }
        }
    }
    match best {
        Some((_, content)) => Ok(content),
        None if asked => Err(Problem::new(Kind::NotAcceptable)),
        None => Ok(request),
    }
}

/// The client's own name for the request.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let wrong = || invalid(&IDEMPOTENCY_KEY, "expected 1 to 128 visible ASCII characters, once");
    let mut lines = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err(wrong());
    }
    let key = line.to_str().ok().and_then(|text| text.parse().ok());
    key.map(Some).ok_or_else(wrong)
}

fn media_type(text: &str) -> Option<Content> {
    [Content::X12, Content::Json].into_iter().find(|content| text.eq_ignore_ascii_case(content.media_type()))
}

fn one<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Problem> {
    let mut lines = headers.get_all(name).iter();
    let line = lines.next();
    if lines.next().is_some() {
        return Err(invalid(name, "expected it once"));
    }
    line.map(|line| line.to_str().map_err(|_| invalid(name, "expected visible ASCII"))).transpose()
}

fn invalid(name: &HeaderName, message: &str) -> Problem {
    let fault = Fault { place: name.to_string(), rule: "http.header".into(), message: message.to_owned() };
    Problem::new(Kind::InvalidHeader).with(vec![fault])
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(name: HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn the_content_type_is_read_whatever_its_case_and_parameters() {
        for (text, expected) in [
            ("application/edi-x12", Some(Content::X12)),
            ("Application/EDI-X12; charset=us-ascii", Some(Content::X12)),
            ("application/json;charset=\"UTF-8\"", Some(Content::Json)),
            ("application/json; charset=utf-16", None),
            ("application/jsonx", None),
            ("text/plain", None),
            ("", None),
        ] {
            assert_eq!(content(&headers(CONTENT_TYPE, text)).ok(), expected, "{text}");
        }
        assert!(content(&HeaderMap::new()).is_err());
    }

    #[test]
    fn the_answer_is_written_as_accept_likes_best() {
        for (text, expected) in [
            ("*/*", Some(Content::X12)),
            ("application/json", Some(Content::Json)),
            ("text/html, application/json;q=0.5, */*;q=0.1", Some(Content::Json)),
            ("application/json;q=0.1, application/edi-x12", Some(Content::X12)),
            ("application/json;q=0", None),
            ("text/html", None),
        ] {
            assert_eq!(answer(&headers(ACCEPT, text), Content::X12).ok(), expected, "{text}");
        }
        assert_eq!(answer(&HeaderMap::new(), Content::Json).ok(), Some(Content::Json));
    }
}
