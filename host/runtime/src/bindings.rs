//! Bindings for the contract's worlds, generated from `wit/`.
#![allow(missing_docs, unreachable_pub, clippy::all)]

pub mod rule_pack {
    wasmtime::component::bindgen!({ path: "../../wit/0.1", world: "rule-pack" });
}

pub mod mapper {
    wasmtime::component::bindgen!({
        path: "../../wit/0.1",
        world: "mapper",
        additional_derives: [PartialEq, Eq, serde::Serialize, serde::Deserialize],
    });
}
