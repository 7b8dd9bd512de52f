//! Changes of a lent object, where its place allows them.

use model::{ClassName, FieldName, Object, Op, Path, Value, encode};

use super::{Lent, Place};
use crate::{
    edit,
    fault::{Answer, denied},
    mask::Verb,
    state::State,
    subject::Subject,
};

impl State {
    /// Carries out an operation where the place allows it, through the mask.
    pub(crate) fn write(&mut self, lent: &Lent, path: Path, op: Op) -> Answer<()> {
        let root = path.root().to_owned();
        self.check(&lent.view.mask, &lent.view.class, Verb::Write, &root)?;
        let label = self.label(&lent.view.class, &root);
        let plain = matches!(op, Op::Set(_) | Op::Delete);
        match (&lent.place, &mut self.subject) {
            (Place::Subject, Subject::Saving(change)) => put(change, path, op)?,
            (Place::Made(draft), _) => match self.drafts.get_mut(*draft) {
                Some(made) => put(&mut made.change, path, op)?,
                None => return Err(denied("the draft is gone")),
            },
            (Place::Subject, Subject::Saved { .. }) if plain && root != "ACL" => self.answer(path, op)?,
            (Place::Row(row), Subject::Found(found)) if plain && root != "ACL" => {
                let Some(object) = found.rows.get_mut(*row) else { return Err(denied("the row is gone")) };
                edit::place(object, &path, set_value(op))?;
            }
            _ => return Err(denied("nothing can be changed here")),
        }
        self.touched.note(Verb::Write, &label);
        Ok(())
    }

    /// Changes what the client gets after a save.
    fn answer(&mut self, path: Path, op: Op) -> Answer<()> {
        let name = FieldName::new(path.root())?;
        let value = set_value(op);
        let value = match path.is_dotted() {
            false => value,
            true => {
                let whole = self.subject_value(&Path::from(name.clone()));
                let mut holder =
                    Object::new(self.holder_class()?, model::ObjectId::new("answer")?, model::Date(0));
                holder.fields.extend(whole.map(|whole| (name.clone(), whole)));
                edit::place(&mut holder, &path, value)?;
                holder.fields.remove(&name)
            }
        };
        let Subject::Saved { after, .. } = &mut self.subject else {
            return Err(denied("nothing can be changed here"));
        };
        match value {
            Some(value) => {
                after.redacted.remove(name.as_str());
                after.answer.insert(name, value);
            }
            None => {
                after.answer.remove(&name);
                after.redacted.insert(name.as_str().to_owned());
            }
        }
        Ok(())
    }

    fn holder_class(&self) -> Answer<ClassName> {
        self.subject.class().cloned().ok_or_else(|| denied("nothing can be changed here"))
    }

    /// Hides a field from the answer, through the mask.
    pub(super) fn hide(&mut self, lent: &Lent, path: &Path) -> Answer<()> {
        let root = path.root();
        self.check(&lent.view.mask, &lent.view.class, Verb::Redact, root)?;
        match (&lent.place, &mut self.subject) {
            (Place::Subject, Subject::Saved { after, .. }) => {
                after.answer.remove(root);
                after.redacted.insert(root.to_owned());
            }
            (Place::Row(row), Subject::Found(found)) => {
                let Some(object) = found.rows.get_mut(*row) else { return Err(denied("the row is gone")) };
                if !cut(object, path) {
                    return Ok(());
                }
            }
            _ => return Err(denied("nothing is hidden here: there is no answer yet")),
        }
        self.touched.note(Verb::Redact, root);
        Ok(())
    }

    /// Hides a field of every row of the answer, through the mask of its class.
    pub(in crate::resource) fn hide_everywhere(&mut self, path: &Path) -> Answer<()> {
        let Subject::Found(found) = &self.subject else {
            return Err(denied("nothing is hidden here: there is no answer yet"));
        };
        let (class, root) = (found.class.clone(), path.root());
        let mask = self.mask(&class);
        self.check(&mask, &class, Verb::Redact, root)?;
        let Subject::Found(found) = &mut self.subject else { return Ok(()) };
        let hidden = found.rows.iter_mut().filter_map(|row| cut(row, path).then_some(())).count();
        if hidden > 0 {
            self.touched.hidden = self.touched.hidden.max(u64::try_from(hidden).unwrap_or(u64::MAX));
            self.touched.note(Verb::Redact, root);
        }
        Ok(())
    }
}

/// Takes what is at a path out of a row; whether anything was there.
fn cut(object: &mut Object, path: &Path) -> bool {
    let root = path.root();
    if root == "ACL" {
        object.acl = None;
        return true;
    }
    if !path.is_dotted() {
        return object.fields.remove(root).is_some();
    }
    if object.at(path).is_none() {
        return false;
    }
    if edit::place(object, path, None).is_err() {
        // What can't be cut out is hidden with what holds it.
        object.fields.remove(root);
    }
    true
}

fn set_value(op: Op) -> Option<Value> {
    match op {
        Op::Set(value) => Some(value),
        _ => None,
    }
}

/// Puts an operation onto a change; the ACL is kept apart from fields.
fn put(change: &mut data::Change, path: Path, op: Op) -> Answer<()> {
    if path.root() != "ACL" {
        return Ok(edit::put(change, path, op)?);
    }
    change.update.acl = match op {
        Op::Set(value) if !path.is_dotted() => Some(Some(encode::acl(&encode::json(&value))?)),
        Op::Delete if !path.is_dotted() => Some(None),
        _ => return Err(denied("an ACL is set as a whole")),
    };
    Ok(())
}
