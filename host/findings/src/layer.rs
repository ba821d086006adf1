//! The names of the layers of rules.

use cebridge_rule_core::pack::Layer;

/// Returns the name of a layer, as findings and explanations have it.
#[must_use]
pub fn layer_name(layer: Layer) -> &'static str {
    match layer {
        Layer::Schema => "schema",
        Layer::Business => "business",
        Layer::Signature => "signature",
    }
}
