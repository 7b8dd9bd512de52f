//! The benches run: a look at each, without figures to rely on.

use std::process::{Command, Stdio};

use kit::guest::{root, target};

#[test]
fn the_benches_run() {
    // The whole workspace's features: those that the tests were built with.
    let build = ["build", "--quiet", "--workspace", "--bin", "bench"];
    let cargo = || Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let built = cargo().args(build).current_dir(root()).status().expect("cargo runs");
    assert!(built.success(), "the benches don't build");
    let bench =
        Command::new(target().join("debug/bench")).arg("--quick").stdin(Stdio::null()).output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&bench.stdout), String::from_utf8_lossy(&bench.stderr));
    assert!(bench.status.success(), "{said}{errors}");
    for line in
        ["fresh handle hook: grants", "one caller who waits", "find 100 + afterFind", "with/without trail"]
    {
        assert!(said.contains(line), "no line says {line:?}:\n{said}");
    }
}
