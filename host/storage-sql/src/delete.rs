//! Deleting what a filter passes.

use model::{ClassName, Filter};
use storage::{Error, Wish, Written};

use crate::{
    compile,
    layout::Layouts,
    load::{self, Link},
    statement::Statement,
};

/// Deletes objects; `suffix` ends the statement that looks for them where SQL can't say which.
///
/// # Errors
/// [`Error::NotFound`] when there must be one and is none, in a class that isn't known, too.
pub(crate) async fn delete<L: Link>(
    link: &mut L,
    layouts: &Layouts,
    class: &ClassName,
    filter: &Filter,
    must_exist: bool,
    suffix: &str,
) -> Result<Written, L::Fault> {
    let deleted = match layouts.get(class) {
        Some(layout) => {
            let mut statement = Statement::new("DELETE FROM ");
            statement.push(&layout.quoted_table());
            let condition = compile::condition(link.dialect(), layouts, layout, filter)?;
            if condition.nothing() {
                0
            } else if condition.exact {
                compile::append(&mut statement, condition.statement);
                link.execute(statement).await?
            } else {
                let wish = Wish { fields: Some(&[]), ..Wish::all(filter) };
                let found = load::find(link, layouts, layout, wish, suffix).await?;
                statement.push(" WHERE ");
                statement.within(link.dialect(), "\"objectId\"", found.iter().map(|object| &object.id));
                link.execute(statement).await?
            }
        }
        None => 0,
    };
    if deleted == 0 && must_exist { Err(Error::NotFound.into()) } else { Ok(Written::Deleted(deleted)) }
}
