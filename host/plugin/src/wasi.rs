//! The inert WASI that every guest may import: nothing in it reaches the world.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use wasmtime::component::Linker;
use wasmtime_wasi::{
    HostMonotonicClock, HostWallClock, WasiCtx, WasiView,
    cli::{WasiCli, WasiCliView as _},
    p2,
    random::WasiRandom,
};

/// The interfaces that are always linked. Standard libraries import them for panics, environment and hash seeds.
///
/// `wasi:filesystem`, `wasi:sockets` and `wasi:http` aren't here: a guest that imports them is refused with their names.
pub(crate) const INTERFACES: &[&str] = &[
    "wasi:io/poll",
    "wasi:io/error",
    "wasi:io/streams",
    "wasi:clocks/wall-clock",
    "wasi:clocks/monotonic-clock",
    "wasi:random/random",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/stderr",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:cli/terminal-stderr",
];

/// The coarsest step of the clocks: what finer clocks measure is other people's secrets.
const STEP: Duration = Duration::from_millis(1);

/// Bytes of one request for random bytes.
const RANDOM: u64 = 64 << 10;

/// Makes the world of one guest: no arguments, no environment, closed input, output to nowhere, coarse clocks.
pub(crate) fn inert() -> WasiCtx {
    let mut builder = WasiCtx::builder();
    builder.wall_clock(Coarse).monotonic_clock(Steps(Instant::now())).max_random_size(RANDOM);
    builder.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
    builder.build()
}

/// Links the inert interfaces.
///
/// # Errors
/// None that depend on the guest.
pub(crate) fn link<T: WasiView + 'static>(linker: &mut Linker<T>) -> wasmtime::Result<()> {
    use p2::bindings::{cli, random};
    p2::add_to_linker_proxy_interfaces_async(linker)?;
    cli::exit::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::environment::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_input::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_output::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_stdin::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_stdout::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    cli::terminal_stderr::add_to_linker::<T, WasiCli>(linker, T::cli)?;
    random::insecure::add_to_linker::<T, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    random::insecure_seed::add_to_linker::<T, WasiRandom>(linker, |state| state.ctx().ctx.random())?;
    Ok(())
}

struct Coarse;

impl HostWallClock for Coarse {
    fn resolution(&self) -> Duration {
        STEP
    }
    fn now(&self) -> Duration {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Duration::from_millis(u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
    }
}

struct Steps(Instant);

impl HostMonotonicClock for Steps {
    fn resolution(&self) -> u64 {
        1_000_000
    }
    fn now(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX).saturating_mul(1_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_are_coarse() {
        assert_eq!(Coarse.now().subsec_nanos() % 1_000_000, 0);
        assert_eq!(Steps(Instant::now()).now() % 1_000_000, 0);
    }
}
