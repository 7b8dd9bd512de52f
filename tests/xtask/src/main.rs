#![doc = include_str!("../README.md")]

mod bench;
mod demo;
mod machine;
mod say;
mod suite;
mod web;

use std::process::ExitCode;

const USAGE: &str = "cargo xtask <command>

  test             installs what the tests need and runs everything that CI runs
  demo [--once]    builds the server and a plugin, starts both with made-up patients, and shows what
                   they do; stays up until Ctrl-C, or with --once checks every answer and ends
  bench            measures the server, with and without plugin and trail; with --against parse-server
                   both on one PostgreSQL
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["test"] => suite::run(),
        ["demo"] => demo::run(false),
        ["demo", "--once"] => demo::run(true),
        ["bench", rest @ ..] => bench::run(rest),
        [] | ["help" | "--help" | "-h"] => {
            say::line(USAGE);
            return ExitCode::SUCCESS;
        }
        _ => {
            say::aside(USAGE);
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say::aside(format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
