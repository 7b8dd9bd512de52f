//! Small programs that misbehave, one an example; `tests/plugin` shows what becomes of each.
