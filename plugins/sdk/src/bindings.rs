//! Generated bindings of the contract: records of the WIT package and the exports of the world `mapper`.

#![allow(missing_docs, unreachable_pub, unsafe_code, clippy::all)]

wit_bindgen::generate!({
    path: "../../wit/0.1",
    world: "mapper",
    additional_derives: [PartialEq, Eq],
    pub_export_macro: true,
    export_macro_name: "export_mapper",
    default_bindings_module: "cebridge_plugin_sdk::bindings",
});
