//! Hooks: in which order they run, what they see of each other, and what becomes of an operation whose hook fails.

mod example;
mod failure;
mod order;
