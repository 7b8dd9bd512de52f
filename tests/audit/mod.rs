//! The trail: what it holds, what it never holds, and what happens when it can't be written.

mod canaries;
mod closed;
mod command;
mod counts;
mod deadline;
mod leaving;
mod refused;
mod restart;
mod tamper;
