//! The virtual tree: `/`, `/in`, `/out`, and flat names in the latter two.

use super::FileName;
use super::reply::Refusal;

/// The longest path that is looked at.
const PATH_BYTES_MAX: usize = 1024;

/// A place in the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Root,
    In,
    Out,
    InFile(FileName),
    OutFile(FileName),
}

impl Node {
    pub(super) fn path(&self) -> String {
        match self {
            Self::Root => "/".to_owned(),
            Self::In => "/in".to_owned(),
            Self::Out => "/out".to_owned(),
            Self::InFile(name) => format!("/in/{}", name.as_str()),
            Self::OutFile(name) => format!("/out/{}", name.as_str()),
        }
    }
}

/// Where a path leads that is to be looked at. Relative paths begin at the root; `..` goes up, and at the root stays there.
pub(super) fn look(path: &str) -> Result<Node, Refusal> {
    if path.len() > PATH_BYTES_MAX {
        return Err(Refusal::denied("expected a path of at most 1024 bytes"));
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let name = |text: &str| text.parse::<FileName>().map_err(|error| Refusal::denied(error.to_string()));
    match parts.as_slice() {
        [] => Ok(Node::Root),
        ["in"] => Ok(Node::In),
        ["out"] => Ok(Node::Out),
        ["in", text] => name(text).map(Node::InFile),
        ["out", text] => name(text).map(Node::OutFile),
        _ => Err(Refusal::missing()),
    }
}

/// Where a path leads that is to be opened or changed: here `..` is refused.
pub(super) fn act(path: &str) -> Result<Node, Refusal> {
    if path.split('/').any(|part| part == "..") {
        return Err(Refusal::denied("expected a path without .."));
    }
    match look(path) {
        Err(refusal) if refusal.is_missing() => Err(Refusal::denied("expected a file in /in or /out")),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_nowhere_but_into_the_tree() {
        for (path, canonical) in [
            ("", "/"),
            (".", "/"),
            ("/", "/"),
            ("in", "/in"),
            ("/in/", "/in"),
            ("//out//.", "/out"),
            ("/in/a.edi", "/in/a.edi"),
            ("/in/..", "/"),
            ("../../..", "/"),
            ("/../in/../out/b", "/out/b"),
        ] {
            assert_eq!(look(path).unwrap().path(), canonical, "{path}");
        }
        let long = format!("/in/{}", "a/".repeat(600));
        for path in
            ["/etc/passwd", "/in/a/b", "/IN", "/../../etc/passwd", "/in/../etc", "/in/a\0b", "/in/a\u{202e}b", &long]
        {
            assert!(look(path).is_err(), "{path:?}");
        }
    }

    #[test]
    fn a_path_that_goes_up_is_not_acted_on() {
        for path in ["/in/../out/a", "../in/a", "/in/..", ".."] {
            assert!(act(path).is_err(), "{path}");
        }
        assert_eq!(act("in/a..b").unwrap().path(), "/in/a..b");
    }
}
