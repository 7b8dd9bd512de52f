//! Compiled code on disk, trusted only because this server signed it.

use std::{
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::Read as _,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use wasmtime::{Engine, component::Component};

use crate::{Digest, Error, Result, file};

/// The length of the code's HMAC, which stands before it in the file.
const MAC: usize = 32;

/// Where compiled components are kept, with the key that proves that this server wrote them.
pub(crate) struct Cache {
    dir: PathBuf,
    key: [u8; 32],
    /// One compilation at a time: an interpreter takes hundreds of megabytes and all cores.
    turn: parking_lot::Mutex<()>,
}

impl Cache {
    /// Opens the folder, for this user alone.
    pub(crate) fn open(dir: PathBuf, key: [u8; 32]) -> Result<Cache> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&dir)
            .map_err(|error| Error::internal(format!("{} can't be made", dir.display()), error))?;
        file::keep_private(&dir)?;
        Ok(Cache { dir, key, turn: parking_lot::Mutex::new(()) })
    }

    /// Takes the compiled component from the cache, or compiles it and keeps the code. Blocks for as long as that takes.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the bytes don't compile.
    pub(crate) fn load(&self, engine: &Engine, bytes: &[u8]) -> Result<Component> {
        let digest = Digest::of(bytes);
        let path = self.path(engine, digest);
        if let Some(component) = self.find(engine, digest, &path) {
            return Ok(component);
        }
        let _turn = self.turn.lock();
        // Whoever held the turn may have compiled the same bytes.
        if let Some(component) = self.find(engine, digest, &path) {
            return Ok(component);
        }
        let component = Component::from_binary(engine, bytes)
            .map_err(|error| Error::invalid(format!("the component can't be compiled: {error:#}")))?;
        // Code that can't be kept is only compiled again next time.
        if let Err(error) = self.keep(&component, digest, &path) {
            tracing::warn!(%digest, %error, "compiled plugin code can't be kept");
        }
        Ok(component)
    }

    /// Removes the code of a component, whatever engine it was compiled for.
    pub(crate) fn forget(&self, digest: Digest) {
        let prefix = digest.to_string();
        for entry in fs::read_dir(&self.dir).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(&prefix) {
                // A file that stays is only unused: it is found by digest.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn path(&self, engine: &Engine, digest: Digest) -> PathBuf {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        self.dir.join(format!("{digest}-{:016x}.code", hasher.finish()))
    }

    fn mac(&self, digest: Digest, path: &Path, code: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(b"parapet compiled plugin code\0");
        mac.update(&digest.0);
        // The name carries what the code was compiled for.
        mac.update(path.file_name()?.as_encoded_bytes());
        mac.update(b"\0");
        mac.update(code);
        Some(mac)
    }

    fn find(&self, engine: &Engine, digest: Digest, path: &Path) -> Option<Component> {
        let mut bytes = Vec::new();
        fs::OpenOptions::new()
            .read(true)
            .custom_flags(nofollow())
            .open(path)
            .and_then(|mut file| file.read_to_end(&mut bytes))
            .ok()?;
        let (mac, code) = bytes.split_at_checked(MAC)?;
        if self.mac(digest, path, code)?.verify_slice(mac).is_err() {
            tracing::warn!(%digest, "compiled plugin code isn't what this server wrote; compiling it again");
            return None;
        }
        deserialize(engine, code)
            .map_err(|error| tracing::warn!(%digest, %error, "compiled plugin code can't be used"))
            .ok()
    }

    fn keep(&self, component: &Component, digest: Digest, path: &Path) -> Result<()> {
        let fail = |error: wasmtime::Error| Error::internal("the code can't be written out", error);
        let code = component.serialize().map_err(fail)?;
        let mac = self
            .mac(digest, path, &code)
            .ok_or_else(|| Error::internal("the code can't be signed", "the key is unusable"))?;
        let mut bytes = Vec::with_capacity(MAC + code.len());
        bytes.extend_from_slice(&mac.finalize().into_bytes());
        bytes.extend_from_slice(&code);
        file::replace(path, &bytes)
    }
}

/// `O_NOFOLLOW`: a link in place of the file could lead to something that others can write.
fn nofollow() -> i32 {
    i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0)
}

/// Makes a component of machine code.
#[expect(unsafe_code, reason = "the only way to load compiled code; the caller has proved who wrote it")]
fn deserialize(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: the bytes must be what `Component::serialize` gave, since they are run as machine code. The one caller
    // has them in memory, where nothing changes them any more, and has checked a MAC over them with a key that only
    // this server holds, together with the component's digest and the settings it was compiled under. Version and
    // settings of the engine are checked by wasmtime itself.
    unsafe { Component::deserialize(engine, code) }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::Component as Encoder;

    use super::*;

    fn setup() -> (tempfile::TempDir, Engine, Cache) {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::open(dir.path().join("cache"), [7; 32]).unwrap();
        (dir, Engine::default(), cache)
    }

    #[test]
    fn code_is_kept_and_found_again() {
        let (_dir, engine, cache) = setup();
        let bytes = Encoder::new().finish();
        let path = cache.path(&engine, Digest::of(&bytes));
        assert!(cache.find(&engine, Digest::of(&bytes), &path).is_none());
        cache.load(&engine, &bytes).unwrap();
        assert!(cache.find(&engine, Digest::of(&bytes), &path).is_some());
        cache.forget(Digest::of(&bytes));
        assert!(!path.exists());
    }

    #[test]
    fn code_of_another_hand_is_never_run() {
        let (_dir, engine, cache) = setup();
        let bytes = Encoder::new().finish();
        let digest = Digest::of(&bytes);
        cache.load(&engine, &bytes).unwrap();
        let path = cache.path(&engine, digest);
        let good = fs::read(&path).unwrap();
        for place in [0, MAC, good.len() / 2, good.len() - 1] {
            let mut bad = good.clone();
            bad[place] ^= 1;
            fs::write(&path, &bad).unwrap();
            assert!(cache.find(&engine, digest, &path).is_none(), "byte {place}");
        }
        fs::write(&path, &good[..10]).unwrap();
        assert!(cache.find(&engine, digest, &path).is_none());
        let other = Cache { dir: cache.dir.clone(), key: [8; 32], turn: parking_lot::Mutex::new(()) };
        fs::write(&path, &good).unwrap();
        assert!(other.find(&engine, digest, &path).is_none());
        // A link to the right bytes is still a link.
        let aside = cache.dir.join("aside");
        fs::rename(&path, &aside).unwrap();
        std::os::unix::fs::symlink(&aside, &path).unwrap();
        assert!(cache.find(&engine, digest, &path).is_none());
    }

    #[test]
    fn what_does_not_compile_is_told() {
        let (_dir, engine, cache) = setup();
        assert!(matches!(cache.load(&engine, b"\0asm nonsense"), Err(Error::Invalid(_))));
    }
}
