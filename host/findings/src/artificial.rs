//! Parses a message that no file holds: a tree in memory, cut to what a layout knows.

use cebridge_message::{Document, Element, Layout, Limits, write};

/// Returns the tree as a parsed document, without what the layout does not know.
///
/// # Errors
/// It holds text that XML can't carry.
pub(crate) fn parsed(layout: &Layout, tree: Element) -> Result<Document, String> {
    let xml = write(layout, &fit(layout, layout.root, tree)).map_err(|error| error.to_string())?;
    Document::parse(&xml, &Limits::MESSAGE).map_err(|error| error.to_string())
}

/// Drops everything the layout does not know.
fn fit(layout: &Layout, spec: usize, mut element: Element) -> Element {
    let Some(known) = layout.elements.get(spec) else {
        return element;
    };
    element.attributes.retain(|(name, _)| known.attributes.contains(name));
    element.children = element
        .children
        .into_iter()
        .filter_map(|child| {
            let named = |at: &&usize| layout.elements.get(**at).is_some_and(|spec| spec.local == child.name);
            let spec = *known.children.iter().find(named)?;
            Some(fit(layout, spec, child))
        })
        .collect();
    element
}
