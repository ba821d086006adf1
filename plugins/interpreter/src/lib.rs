//! The generic rule-pack component: the rule evaluator behind the world `rule-pack` of the plugin contract.
//!
//! A pack is this component after [`load-pack`](Guest::load_pack), snapshotted by the host. It has no imports, no
//! standard library and no state except the loaded pack.
#![no_std]
#![deny(unsafe_op_in_unsafe_fn)]
// Records of the contract cross the boundary field by field, in functions that the bindings generate.
#![allow(clippy::too_many_arguments)]

extern crate alloc;

mod arena;
mod store;

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use cebridge_rule_core::evaluate::{Plan, RawFinding, evaluate_with};
use cebridge_rule_core::pack::GuestPack;
use cebridge_rule_core::policy;

wit_bindgen::generate!({
    path: "../../wit/0.1",
    world: "rule-pack",
});

use cebridge::plugin::rules::{KeyKind, Need, Obstacle};
use store::Loaded;

struct Interpreter;

export!(Interpreter);

impl Guest for Interpreter {
    fn load_pack(bytes: Vec<u8>) -> Result<(), String> {
        let pack: GuestPack = postcard::from_bytes(&bytes).map_err(|error| format!("no compiled pack: {error}"))?;
        arena::discard(bytes);
        let plan = Plan::new(&pack.program);
        store::set(Loaded { pack, plan })
    }

    fn describe() -> PackInfo {
        let manifest = pack().map(|pack| pack.manifest.clone()).unwrap_or_default();
        PackInfo {
            name: manifest.name,
            edition: manifest.edition,
            version: manifest.version,
            effective_from: manifest.effective_from,
            source_digest: manifest.source_digest,
        }
    }

    fn catalogue() -> Vec<u8> {
        pack()
            .and_then(|pack| postcard::to_allocvec(&pack.program).ok())
            .unwrap_or_default()
    }

    fn validate(batch: Vec<u8>) -> Result<Vec<Finding>, String> {
        let loaded = store::loaded().ok_or_else(|| "no pack is loaded".to_owned())?;
        let mut findings = Vec::new();
        evaluate_with(&loaded.pack.program, &loaded.plan, &batch, &mut findings).map_err(|error| format!("{error}"))?;
        Ok(findings.iter().map(to_wire).collect())
    }

    fn signature_policy(query: PolicyQuery) -> Decision {
        // Packs are loaded before they are queried; an empty one has no policy.
        let empty = GuestPack::default();
        to_decision(pack().unwrap_or(&empty).policy().decide(&policy::Query {
            message: &query.message,
            at: &query.at,
            declares: query.declares,
            certificate_from: &query.certificate_from,
            certificate_until: &query.certificate_until,
            key: match query.key {
                KeyKind::Unknown => "",
                KeyKind::Rsa => "rsa",
                KeyKind::Sm2 => "sm2",
                KeyKind::Other => "other",
            },
            port: &query.port,
            choices: &query.choices,
        }))
    }
}

fn pack() -> Option<&'static GuestPack> {
    store::loaded().map(|loaded| &loaded.pack)
}

fn to_wire(finding: &RawFinding) -> Finding {
    Finding {
        rule: finding.rule,
        node: finding.node,
        decl: finding.decl,
    }
}

fn to_decision(decision: policy::Decision) -> Decision {
    Decision {
        need: match decision.need {
            policy::Need::Required => Need::Required,
            policy::Need::Optional => Need::Optional,
            policy::Need::Forbidden => Need::Forbidden,
        },
        until: decision.until,
        profiles: decision.profiles,
        obstacle: match decision.obstacle {
            policy::Obstacle::None => Obstacle::None,
            policy::Obstacle::NotYetValid => Obstacle::NotYetValid,
            policy::Obstacle::Expired => Obstacle::Expired,
            policy::Obstacle::Profile => Obstacle::Profile,
        },
        signers: decision.signers,
        clause: decision.clause,
        notes: decision.notes,
    }
}

/// A panic traps: the host reports the plugin and the cause, and never uses this instance again.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
