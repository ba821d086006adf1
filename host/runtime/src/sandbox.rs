//! The engine and its limits: the resources a plugin may use, and the result of exceeding them.

use crate::compiled::{CacheFault, Compiled};
use crate::error::{FaultCause, RuntimeError};
use cebridge_findings::plain;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use wasmtime::component::Component;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolConcurrencyLimitError, PoolingAllocationConfig,
    ResourceLimiter, Store, Trap, UpdateDeadline,
};

/// Interval of the clock for running calls. Deadlines are rounded up to it.
const TICK: Duration = Duration::from_millis(20);
/// Bytes of a guest's memory that are reset by copying instead of by the kernel: more than a pack with all its rules
/// needs. A page fault costs about 1 µs; where the kernel can report written pages, only those are copied.
const KEEP_RESIDENT: usize = 2 << 20;
/// Stack of compiled code. Guests have their own stack in their memory; this one holds return addresses.
const NATIVE_STACK: usize = 512 << 10;
/// Elements of all tables of a guest, that is, its indirect functions. The shipped guests have a few hundred.
const TABLE_ELEMENTS: usize = 20_000;
/// Core modules, memories and tables of one plugin. A component made from one module has up to four modules (two of
/// them adapters), one memory and two tables.
const PARTS: usize = 8;

/// Resource limits of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallLimits {
    /// Steps: about one unit per WebAssembly instruction. The same call always needs the same number.
    pub fuel: u64,
    /// Bytes of linear memory, in addition to [`CallLimits::memory_factor`].
    pub memory: usize,
    /// Bytes of linear memory per byte of input.
    pub memory_factor: usize,
    /// Wall-clock time.
    pub deadline: Duration,
    /// Maximum bytes in the answer.
    pub answer: usize,
}

/// Limits of a [`Sandbox`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxLimits {
    /// A call to a rule pack. One document needs some ten thousand units of fuel, the largest message (16 MiB) about a
    /// billion.
    pub pack: CallLimits,
    /// A call to a mapper; one input may hold thousands of documents.
    pub mapper: CallLimits,
    /// Maximum number of concurrent calls.
    pub instances: u32,
    /// Wall-clock time for compiling one plugin. The shipped ones take a third of a second.
    pub compile: Duration,
}

impl Default for SandboxLimits {
    fn default() -> Self {
        Self {
            pack: CallLimits {
                fuel: 5_000_000_000,
                memory: 32 << 20,
                memory_factor: 3,
                deadline: Duration::from_secs(10),
                answer: 16 << 20,
            },
            mapper: CallLimits {
                fuel: 20_000_000_000,
                memory: 256 << 20,
                memory_factor: 0,
                deadline: Duration::from_secs(30),
                answer: 256 << 20,
            },
            instances: 128,
            compile: Duration::from_secs(30),
        }
    }
}

/// Source of the memory of instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allocation {
    /// From a pool reserved at the start: a fresh instance costs a few microseconds.
    Pooling,
    /// From the system each time: slower, but works where address space is limited.
    OnDemand {
        /// Reason why there is no pool.
        reason: String,
    },
}

/// The engine that runs plugins. Cheap to clone; all clones are the same engine.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    limits: SandboxLimits,
    allocation: Allocation,
    /// `None` if compiled plugins are not to be kept.
    compiled: Option<Result<Compiled, CacheFault>>,
    ended: Arc<AtomicBool>,
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox")
            .field("limits", &self.inner.limits)
            .field("allocation", &self.inner.allocation)
            .finish()
    }
}

impl Sandbox {
    /// Starts the engine.
    ///
    /// # Errors
    /// The engine can't run on this machine.
    pub fn new(limits: SandboxLimits) -> Result<Self, RuntimeError> {
        Self::start(limits, None)
    }

    /// Starts the engine, which keeps compiled plugins in this folder. One that others could write into, or that can't be
    /// used, is left alone.
    ///
    /// # Errors
    /// The engine can't run on this machine.
    pub fn with_cache(limits: SandboxLimits, folder: &Path) -> Result<Self, RuntimeError> {
        Self::start(limits, Some(Compiled::open(folder)))
    }

    fn start(limits: SandboxLimits, compiled: Option<Result<Compiled, CacheFault>>) -> Result<Self, RuntimeError> {
        let (engine, allocation) = match Engine::new(&config(Some(&limits))) {
            Ok(engine) => (engine, Allocation::Pooling),
            Err(reason) => (
                Engine::new(&config(None)).map_err(|error| RuntimeError::Engine {
                    reason: format!("{error:#}"),
                })?,
                Allocation::OnDemand {
                    reason: format!("{reason:#}"),
                },
            ),
        };
        start_clock(&engine)?;
        Ok(Self {
            inner: Arc::new(Inner {
                engine,
                limits,
                allocation,
                compiled,
                ended: Arc::default(),
            }),
        })
    }

    /// Returns the limits it was created with.
    #[must_use]
    pub fn limits(&self) -> &SandboxLimits {
        &self.inner.limits
    }

    /// Returns the source of the memory of instances.
    #[must_use]
    pub fn allocation(&self) -> &Allocation {
        &self.inner.allocation
    }

    /// Stops running calls, and calls started from now on: the host is shutting down.
    pub fn end(&self) {
        self.inner.ended.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.inner.ended.load(Ordering::Relaxed)
    }

    /// Compiles a plugin, or takes it from the folder of compiled ones.
    ///
    /// # Errors
    /// The compiler rejects it.
    pub(crate) fn component(&self, wasm: &[u8]) -> wasmtime::Result<Component> {
        match &self.inner.compiled {
            Some(Ok(compiled)) => compiled.component(&self.inner.engine, wasm),
            _ => Component::new(&self.inner.engine, wasm),
        }
    }

    /// Returns why compiled plugins are not kept, if they should be.
    #[must_use]
    pub fn cache_fault(&self) -> Option<&CacheFault> {
        self.inner.compiled.as_ref()?.as_ref().err()
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// Creates a store for one call with an input of this many bytes.
    pub(crate) fn store(&self, limits: &CallLimits, input: usize) -> wasmtime::Result<Store<Quota>> {
        self.store_until(limits, input, Arc::clone(&self.inner.ended))
    }

    /// Like [`Self::store`], for calls that the end of the host must not cut short: the snapshot API can't return
    /// errors.
    pub(crate) fn steady_store(&self, limits: &CallLimits, input: usize) -> wasmtime::Result<Store<Quota>> {
        self.store_until(limits, input, Arc::default())
    }

    fn store_until(&self, limits: &CallLimits, input: usize, ended: Arc<AtomicBool>) -> wasmtime::Result<Store<Quota>> {
        let memory = limits.memory.saturating_add(limits.memory_factor.saturating_mul(input));
        let mut store = Store::new(&self.inner.engine, Quota { memory, ticks: 0 });
        store.limiter(|quota| quota);
        store.epoch_deadline_callback(move |mut context| {
            if ended.load(Ordering::Relaxed) {
                return Err(Ended.into());
            }
            let quota = context.data_mut();
            quota.ticks = quota.ticks.saturating_sub(1);
            if quota.ticks == 0 {
                return Err(Trap::Interrupt.into());
            }
            Ok(UpdateDeadline::Continue(1))
        });
        store.set_hostcall_fuel(limits.answer);
        refill(&mut store, limits)?;
        Ok(store)
    }

    /// Translates the error of a failed call.
    pub(crate) fn cause(&self, error: &wasmtime::Error, limits: &CallLimits) -> FaultCause {
        if let Some(denied) = error.downcast_ref::<MemoryDenied>() {
            return FaultCause::Memory {
                limit: denied.limit,
                asked: denied.asked,
            };
        }
        if error.is::<PoolConcurrencyLimitError>() {
            return FaultCause::Busy {
                instances: self.inner.limits.instances,
            };
        }
        if error.is::<Ended>() {
            return FaultCause::Ended;
        }
        match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => FaultCause::Fuel { limit: limits.fuel },
            Some(Trap::Interrupt) => FaultCause::Timeout { limit: limits.deadline },
            Some(Trap::UnreachableCodeReached) => FaultCause::Trap {
                reason: "its code aborted (`unreachable`, as in a panic)".to_owned(),
            },
            Some(trap) => FaultCause::Trap {
                reason: trap.to_string(),
            },
            None => FaultCause::Malformed {
                reason: plain(&format!("{error:#}")),
            },
        }
    }
}

/// Gives a store the fuel and time for one call.
pub(crate) fn refill(store: &mut Store<Quota>, limits: &CallLimits) -> wasmtime::Result<()> {
    store.set_fuel(limits.fuel)?;
    let ticks = limits.deadline.as_nanos().div_ceil(TICK.as_nanos());
    // One more: the current tick has already begun.
    store.data_mut().ticks = u64::try_from(ticks).unwrap_or(u64::MAX >> 1).saturating_add(1);
    store.set_epoch_deadline(1);
    Ok(())
}

/// Memory and time left to a store's instance.
#[derive(Debug)]
pub(crate) struct Quota {
    memory: usize,
    /// Clock ticks left to the call.
    ticks: u64,
}

#[derive(Debug, thiserror::Error)]
#[error("the host is about to end")]
struct Ended;

#[derive(Debug, thiserror::Error)]
#[error("{asked} bytes of memory, {limit} allowed")]
struct MemoryDenied {
    limit: usize,
    asked: usize,
}

impl ResourceLimiter for Quota {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        if desired > self.memory {
            return Err(MemoryDenied {
                limit: self.memory,
                asked: desired,
            }
            .into());
        }
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= TABLE_ELEMENTS)
    }

    fn instances(&self) -> usize {
        PARTS
    }

    fn tables(&self) -> usize {
        PARTS
    }

    fn memories(&self) -> usize {
        PARTS
    }
}

/// Returns the engine settings; `pool` gives the limits of the pool, if there is to be one.
fn config(pool: Option<&SandboxLimits>) -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .cranelift_nan_canonicalization(true);
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(NATIVE_STACK);
    // These are unused: a trap is reported with its kind, and guests contain no names.
    config
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .native_unwind_info(false);
    config
        .wasm_relaxed_simd(false)
        .wasm_simd(false)
        .wasm_tail_call(false)
        .wasm_multi_memory(false);
    config.wasm_memory64(false).wasm_extended_const(false);
    if let Some(limits) = pool {
        let largest_input = MAX_INPUT.saturating_mul(limits.pack.memory_factor);
        let memory = (limits.pack.memory.saturating_add(largest_input)).max(limits.mapper.memory);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pooling(limits.instances, memory)));
    } else {
        // No reserved address space; memory moves when it grows, and every access is checked.
        config.memory_reservation(0).memory_guard_size(0).memory_may_move(true);
    }
    config
}

/// Bytes of the largest input: room for an envelope of 24 MiB with its unescaped values and nodes, and for larger files
/// of an ERP. Arbitrary.
const MAX_INPUT: usize = 192 << 20;

fn pooling(instances: u32, memory: usize) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(4));
    pool.total_memories(instances).total_tables(instances.saturating_mul(2));
    pool.max_core_instances_per_component(8)
        .max_memories_per_component(1)
        .max_tables_per_component(4);
    pool.max_memory_size(memory.min(4 << 30)).table_elements(TABLE_ELEMENTS);
    pool.linear_memory_keep_resident(KEEP_RESIDENT)
        .table_keep_resident(64 << 10)
        .max_unused_warm_slots(instances);
    pool.pagemap_scan(Enabled::Auto);
    pool
}

/// Starts the clock for running calls: a thread that lives as long as the engine.
fn start_clock(engine: &Engine) -> Result<(), RuntimeError> {
    let engine = engine.weak();
    let tick = move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    };
    let thread = std::thread::Builder::new().name("sandbox-clock".to_owned());
    thread.spawn(tick).map_err(|error| RuntimeError::Engine {
        reason: error.to_string(),
    })?;
    Ok(())
}
