//! Namespace declarations and attributes of elements.

use std::borrow::Cow;

use super::{XML_NAMESPACE, XMLNS_NAMESPACE, XmlErrorKind};

/// An attribute of the current element, other than a namespace declaration.
#[derive(Debug, Clone)]
pub(crate) struct Attribute<'a> {
    pub(crate) name: &'a str,
    pub(crate) prefix: &'a str,
    pub(crate) local: &'a str,
    pub(crate) value: Cow<'a, str>,
    /// Index of the declaration in force that its prefix resolved to; `None` without a prefix and for `xml`.
    pub(super) binding: Option<usize>,
}

/// A namespace declaration in force.
#[derive(Debug, Clone)]
pub(crate) struct Binding<'a> {
    /// Empty for the default namespace.
    pub(crate) prefix: &'a str,
    /// Empty if the default namespace is undeclared.
    pub(crate) uri: Cow<'a, str>,
    pub(super) depth: usize,
}

/// The namespace of a prefix, from its last entry in `bindings`.
pub(crate) fn lookup<'b>(bindings: &'b [Binding<'_>], prefix: &str) -> Option<&'b str> {
    match bindings.iter().rev().find(|binding| binding.prefix == prefix) {
        Some(binding) => Some(&binding.uri),
        None if prefix == "xml" => Some(XML_NAMESPACE),
        None => None,
    }
}

/// Refuses declarations that XML reserves or forbids, or that have no canonical form.
pub(super) fn check_binding(prefix: &str, uri: &str) -> Result<(), XmlErrorKind> {
    let reserved = match prefix {
        "xml" => uri != XML_NAMESPACE,
        "xmlns" => true,
        _ => uri == XML_NAMESPACE || uri == XMLNS_NAMESPACE,
    };
    if reserved {
        return Err(XmlErrorKind::malformed("reserved prefix or namespace declared"));
    }
    if uri.is_empty() {
        return match prefix {
            "" => Ok(()),
            _ => Err(XmlErrorKind::malformed("prefix declared without namespace")),
        };
    }
    match has_scheme(uri) {
        true => Ok(()),
        false => Err(XmlErrorKind::RelativeNamespace(uri.chars().take(80).collect())),
    }
}

/// Returns `true` if a URI is absolute.
fn has_scheme(uri: &str) -> bool {
    let Some((scheme, _)) = uri.split_once(':') else {
        return false;
    };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}
