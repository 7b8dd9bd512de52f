//! The administration over REST, beside the Parse mount.

mod desk;
mod plugins;
mod reply;

pub(crate) use plugins::{PLUGINS, router};

#[cfg(test)]
mod tests;
