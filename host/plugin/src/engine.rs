//! The one engine: how guests are compiled, where their memory comes from, and the clock that interrupts them.

use std::{num::NonZeroUsize, thread, time::Duration};

use wasmtime::{
    Config as Settings, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
    Strategy, WasmBacktraceDetails, component::Component,
};

use crate::{Config, Error, Result, error::Problems};

/// Core instances, tables and memories that one component may be made of.
const INSTANCES: u32 = 64;
const TABLES: u32 = 32;
const MEMORIES: u32 = 4;

/// Makes the engine and starts its clock, which ends when the engine is dropped.
///
/// A slot costs address space, not memory: pages are mapped from the component's image (copy on write), and what a
/// guest dirtied is found in the page map and copied back when the slot is used again.
///
/// # Errors
/// [`Error::Internal`] when the machine can't reserve the address space, or no thread can be started.
pub(crate) fn start(config: &Config) -> Result<Engine> {
    let engine = Engine::new(&settings(config)).map_err(|error| {
        Error::internal("the plugin engine can't start; fewer slots need less address space", error)
    })?;
    let (weak, tick) = (engine.weak(), Duration::from_millis(config.tick_ms));
    thread::Builder::new()
        .name("plugin-clock".to_owned())
        .spawn(move || {
            // A thread of its own: a guest that holds every worker must still be interrupted.
            while let Some(engine) = weak.upgrade() {
                engine.increment_epoch();
                drop(engine);
                thread::sleep(tick);
            }
        })
        .map_err(|error| Error::internal("the plugin clock can't start", error))?;
    Ok(engine)
}

fn settings(config: &Config) -> Settings {
    let mut settings = Settings::new();
    settings.strategy(Strategy::Cranelift);
    settings.cranelift_opt_level(OptLevel::Speed);
    settings.epoch_interruption(true);
    settings.memory_init_cow(true);
    // An interpreter's heap image (JavaScript, Python) passes the default of 16 MiB.
    settings.memory_guaranteed_dense_image_size(64 << 20);
    settings.table_lazy_init(true);
    settings.native_unwind_info(false);
    settings.wasm_backtrace_max_frames(NonZeroUsize::new(20));
    settings.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    // Nothing of one guest may be left on the stack that the next one gets.
    settings.async_stack_zeroing(true);
    settings.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(config)));
    settings
}

fn pool(config: &Config) -> PoolingAllocationConfig {
    let slots = config.slots;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots);
    pool.total_core_instances(slots.saturating_mul(32));
    pool.total_memories(slots.saturating_mul(2));
    pool.total_tables(slots.saturating_mul(8));
    pool.total_stacks(slots);
    pool.max_core_instances_per_component(INSTANCES);
    pool.max_memories_per_component(MEMORIES);
    pool.max_tables_per_component(TABLES);
    pool.table_elements(usize::try_from(config.table_elements).unwrap_or(usize::MAX));
    pool.max_memory_size(config.memory(Some(config.max_memory_mib)));
    pool.max_core_instance_size(8 << 20);
    pool.max_component_instance_size(8 << 20);
    pool.linear_memory_keep_resident(4 << 20);
    pool.table_keep_resident(64 << 10);
    pool.async_stack_keep_resident(16 << 10);
    pool.pagemap_scan(Enabled::Auto);
    pool
}

/// Names everything of a component that a slot has no room for.
pub(crate) fn room_problems(config: &Config, component: &Component, memory: usize) -> Problems {
    let mut problems = Problems::default();
    let Some(needs) = component.resources_required() else {
        problems.push("the component takes core modules from outside, so what it needs can't be told");
        return problems;
    };
    if needs.num_memories > MEMORIES {
        problems.push(format!(
            "the component has {} memories; a slot has room for {MEMORIES}",
            needs.num_memories
        ));
    }
    if needs.num_tables > TABLES {
        problems.push(format!("the component has {} tables; a slot has room for {TABLES}", needs.num_tables));
    }
    let first = needs.max_initial_memory_size.unwrap_or(0);
    if usize::try_from(first).unwrap_or(usize::MAX) > memory {
        problems.push(format!(
            "the component starts with {} MiB of memory; its limit is {} MiB",
            first.div_ceil(1 << 20),
            memory >> 20
        ));
    }
    let elements = needs.max_initial_table_size.unwrap_or(0);
    if elements > u64::from(config.table_elements) {
        problems.push(format!(
            "the component starts with a table of {elements} elements; the limit is {}",
            config.table_elements
        ));
    }
    problems
}
