//! The plugin host alone: a fresh handle hook, the same guest called barely, and the same done in Rust.

use std::sync::Arc;
use std::time::Instant;

use anyhow::bail;
use async_trait::async_trait;
use data::{After, Change, Context, Data, Hooks, Refusal, Shown};
use model::{ClassName, Event, Object, Op, Path, Query, Value, parse_update};
use serde_json::json;

use crate::Options;
use crate::door::{Door, Shape};
use crate::figures;
use crate::guest::{CLASS, NAME};

/// What the guest does, in Rust and in this process.
struct Native {
    name: Path,
    key: Path,
}

#[async_trait]
impl Hooks for Native {
    fn wants(&self, _: Event, _: &ClassName) -> bool {
        true
    }

    async fn before(&self, _: &Data, _: &Context, _: Event, mut change: Change) -> Result<Change, Refusal> {
        let name = match change.value(&self.name) {
            Some(Value::String(name)) => name,
            _ => String::new(),
        };
        change.update.set(self.key.clone(), Op::Set(Value::String(name.to_lowercase())));
        Ok(change)
    }

    async fn after(&self, _: &Data, _: &Context, _: Event, _: Arc<Change>) -> Result<After, Refusal> {
        Ok(After::default())
    }

    async fn before_find(&self, _: &Data, _: &Context, query: Query) -> Result<Query, Refusal> {
        Ok(query)
    }

    async fn after_find(
        &self,
        _: &Data,
        _: &Context,
        _: &ClassName,
        rows: Vec<Object>,
    ) -> Result<Shown, Refusal> {
        Ok(Shown { rows, ..Shown::default() })
    }

    async fn call(&self, _: &Data, _: &Context, _: &str, _: Value) -> Result<Option<Option<Value>>, Refusal> {
        Ok(None)
    }
}

/// Calls before-save once and checks what it did.
async fn once(
    hooks: &dyn Hooks,
    door: &Door,
    cx: &Context,
    change: &Change,
    key: &Path,
) -> anyhow::Result<()> {
    let change = hooks.before(&door.data, cx, Event::BeforeSave, change.clone()).await;
    let change =
        change.map_err(|refusal| anyhow::anyhow!("{:?}: {}", refusal.kind, refusal.error.message))?;
    match change.update.ops.get(key) {
        Some(Op::Set(Value::String(text))) if text == "ada byron king" => Ok(()),
        _ => bail!("the hook didn't do its work"),
    }
}

/// Measures the ways to run one before-save hook, in turns.
///
/// # Errors
/// A hook that doesn't do what it should.
pub(crate) async fn measure(component: &[u8], options: &Options) -> anyhow::Result<()> {
    let (turns, calls) = if options.quick { (2, 5) } else { (200, 50) };
    let folder = tempfile::tempdir()?;
    let open = |name: &str, audit| {
        let (dir, shape) = (folder.path().join(name), Shape { plugin: true, audit });
        async move { Door::open(&dir, Arc::new(storage::Memory::new()), shape, component).await }
    };
    let (door, recorded) = (open("kept", false).await?, open("recorded", true).await?);
    let cx = door.data.system("bench");
    let bare = door.host.bare(NAME)?;
    let (fresh, noted) = (door.host.hooks().current(), recorded.host.hooks().current());
    let key = Path::new("nameKey")?;
    let native = Native { name: Path::new("name")?, key: key.clone() };
    let serde_json::Value::Object(body) = json!({"name": "Ada Byron King", "ssn": "756.1234.5678.97"}) else {
        bail!("a patient is an object")
    };
    let update = parse_update::update(body)?.update;
    let change = Change {
        class: ClassName::new(CLASS)?,
        id: None,
        announced: None,
        original: None,
        update,
        saved: None,
    };

    let mut times: [Vec<_>; 4] = Default::default();
    let [of_bare, of_fresh, of_noted, of_native] = &mut times;
    for turn in 0..=turns {
        for _ in 0..calls {
            let start = Instant::now();
            let set = bare.before_save(CLASS, "Ada Byron King").await?;
            of_bare.push(start.elapsed());
            anyhow::ensure!(set.as_deref() == Some("ada byron king"), "the bare guest didn't do its work");
        }
        for _ in 0..calls {
            let start = Instant::now();
            once(&*fresh, &door, &cx, &change, &key).await?;
            of_fresh.push(start.elapsed());
        }
        for _ in 0..calls {
            let start = Instant::now();
            once(&*noted, &recorded, &cx, &change, &key).await?;
            of_noted.push(start.elapsed());
        }
        for _ in 0..calls {
            let start = Instant::now();
            once(&native, &door, &cx, &change, &key).await?;
            of_native.push(start.elapsed());
        }
        if turn == 0 {
            // The first turn warms the pool.
            for times in [&mut *of_bare, of_fresh, of_noted, of_native] {
                times.clear();
            }
        }
        // Records that wait for the disk mustn't fill the queue.
        tokio::task::yield_now().await;
    }
    println!(
        "One before-save hook: a field read, a field written; {} calls of each, in turns",
        turns * calls
    );
    let names = [
        "bare wasmtime call, fresh store, host calls that do nothing",
        "fresh handle hook: grants, masks, limits, notes",
        "fresh handle hook, its note going to the trail",
        "the same in Rust",
    ];
    figures::compare(names, &mut times)?;
    recorded.close().await?;
    door.close().await
}
