//! Compiles plugins with a time limit: the compiler can't be interrupted, so the waiting caller gives up instead.

use crate::error::Refusal;
use crate::inspect::World;
use crate::sandbox::{Quota, Sandbox};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use wasmtime::component::{Component, InstancePre, Linker};

/// Interval at which the waiting caller checks whether to give up.
const LOOK: Duration = Duration::from_millis(50);

/// Compiles a component that was inspected before, and links it with nothing: plugins get no imports.
///
/// # Errors
/// The compiler rejects it or takes longer than [`crate::SandboxLimits::compile`], or it has imports.
pub(crate) fn linked(sandbox: &Sandbox, wasm: &[u8]) -> Result<InstancePre<Quota>, Refusal> {
    let component = component(sandbox, wasm)?;
    let linked = Linker::new(sandbox.engine()).instantiate_pre(&component);
    linked.map_err(|error| Refusal::UnknownImport {
        wanted: format!("{error:#}"),
    })
}

/// The refusal of a component whose exports don't fit its world.
pub(crate) fn misfit(world: &World, error: &wasmtime::Error) -> Refusal {
    Refusal::WrongExport {
        world: world.name,
        reason: format!("{error:#}"),
    }
}

fn component(sandbox: &Sandbox, wasm: &[u8]) -> Result<Component, Refusal> {
    let refused = |reason: String| Refusal::Compile { reason };
    let (sender, receiver) = mpsc::sync_channel(1);
    let (own, code) = (sandbox.clone(), wasm.to_vec());
    let work = move || {
        // The receiver is gone if compiling took too long.
        let _ = sender.send(own.component(&code));
    };
    std::thread::Builder::new()
        .name("compiler".to_owned())
        .spawn(work)
        .map_err(|error| refused(error.to_string()))?;
    let (start, limit) = (Instant::now(), sandbox.limits().compile);
    loop {
        match receiver.recv_timeout(LOOK) {
            Ok(compiled) => return compiled.map_err(|error| refused(format!("{error:#}"))),
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err(refused("the compiler failed".to_owned())),
            Err(mpsc::RecvTimeoutError::Timeout) if sandbox.has_ended() => {
                return Err(refused("the host is stopping".to_owned()));
            }
            Err(mpsc::RecvTimeoutError::Timeout) if start.elapsed() > limit => {
                return Err(refused(format!("that takes longer than {limit:?}")));
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {}
        }
    }
}
