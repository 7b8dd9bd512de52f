//! Plugins in a record: one that ran, or versions that somebody acted on.

use super::{Read, Reader, fixed, keys, name, need};
use crate::draft::{PluginCall, PluginVersion};

/// Reads one run of a plugin.
pub(super) fn call(r: &mut Reader<'_>) -> Read<PluginCall> {
    let (mut digest, mut title, mut grant, mut export, mut version) = (None, None, None, None, None);
    let (mut generation, mut duration) = (None, None);
    keys(r, |r, key| {
        match key {
            0 => digest = Some(fixed(r)?),
            1 => title = Some(name(r)?),
            2 => grant = Some(name(r)?),
            3 => export = Some(name(r)?),
            4 => version = Some(name(r)?),
            5 => generation = Some(r.u64()?),
            6 => duration = Some(r.u64()?),
            _ => r.skip()?,
        }
        Ok(())
    })?;
    const MISSING: &str = "its plugin call is incomplete";
    Ok(PluginCall {
        name: need(title, MISSING)?,
        version: need(version, MISSING)?,
        digest: need(digest, MISSING)?,
        export: need(export, MISSING)?,
        generation: need(generation, MISSING)?,
        grant,
        duration_us: need(duration, MISSING)?,
    })
}

/// Reads a version that an administrator's act is about.
pub(super) fn version(r: &mut Reader<'_>) -> Read<PluginVersion> {
    let (mut digest, mut title, mut version) = (None, None, None);
    let (mut approval, mut approved_by, mut approved_as) = (None, None, None);
    keys(r, |r, key| {
        match key {
            0 => digest = Some(fixed(r)?),
            1 => title = Some(name(r)?),
            2 => version = Some(name(r)?),
            3 => approval = Some(name(r)?),
            4 => approved_by = Some(name(r)?),
            5 => approved_as = Some(name(r)?),
            _ => r.skip()?,
        }
        Ok(())
    })?;
    const MISSING: &str = "its plugin version is incomplete";
    Ok(PluginVersion {
        name: need(title, MISSING)?,
        version: need(version, MISSING)?,
        digest: need(digest, MISSING)?,
        approval,
        approved_by,
        approved_as,
    })
}
