//! Expressions: what a stage works out of a document.

mod array;
mod conditional;
mod convert;
mod date;
mod number;
mod object;
mod operator;
mod parse;
mod parts;
mod search;
mod set;
mod several;
mod statistics;
mod text;
mod variable;
mod zone;

use super::{document::FieldPath, run::Run, shape::Sort, size};
use crate::{ParseError, Value, query::Compiled, value::Map};

pub(super) use operator::truthy;
pub(super) use parse::{date as literal_date, literal};
pub(super) use several::extremes;
pub(super) use statistics::{deviation, fractions, percentiles};

/// What an expression comes to; `None` is a missing value.
pub(super) type Answer = Result<Option<Value>, ParseError>;

/// A function of values that are worked out already.
type Function = fn(&[Option<Value>]) -> Answer;

/// An expression, read and checked.
#[derive(Clone)]
pub(super) enum Expression {
    /// A value.
    Literal(Value),
    /// A missing value: `$$REMOVE`.
    Nothing,
    /// A field of the document.
    Field(FieldPath),
    /// A variable, and what is below it.
    Variable(String, Vec<String>),
    /// An object of expressions.
    Object(Vec<(String, Expression)>),
    /// An array of expressions.
    Array(Vec<Expression>),
    /// A function of expressions.
    Call(Function, Vec<Expression>),
    /// A search for a pattern that is the same for every document.
    Search(search::Search, Box<Expression>, Compiled),
    /// `$and`, `$or`: as many as are needed.
    All(Vec<Expression>),
    /// See [`Expression::All`].
    Any(Vec<Expression>),
    /// The first condition that holds decides.
    Switch(Vec<(Expression, Expression)>, Option<Box<Expression>>),
    /// The first that isn't null.
    IfNull(Vec<Expression>),
    /// Names for values, then an expression that uses them.
    Let(Vec<(String, Expression)>, Box<Expression>),
    /// Each element of an array, made into something.
    Map { input: Box<Expression>, name: String, into: Box<Expression> },
    /// Some elements of an array.
    Filter {
        input: Box<Expression>,
        name: String,
        condition: Box<Expression>,
        limit: Option<Box<Expression>>,
    },
    /// The elements of an array, in the order of their members.
    Sorted(Box<Expression>, Sort),
    /// A number without a pattern: `$rand`.
    Random,
    /// All elements of an array, folded into one value.
    Reduce { input: Box<Expression>, initial: Box<Expression>, into: Box<Expression> },
}

/// What an expression sees.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// The document.
    pub(super) document: &'a Map,
    /// The aggregation.
    pub(super) run: &'a Run<'a>,
    /// The variables, innermost first.
    pub(super) frame: Option<&'a Frame<'a>>,
}

/// Variables that were named together.
pub(super) struct Frame<'a> {
    /// What each of them holds.
    pub(super) held: Vec<(&'a str, Option<Value>)>,
    /// Those that were named before.
    pub(super) outer: Option<&'a Frame<'a>>,
}

impl<'a> Frame<'a> {
    /// Works out names for values.
    ///
    /// # Errors
    /// As the expressions.
    pub(super) fn of(names: &'a [(String, Expression)], scope: Scope<'a>) -> Result<Frame<'a>, ParseError> {
        let held = names.iter().map(|(name, value)| Ok((name.as_str(), value.answer(scope)?)));
        Ok(Frame { held: held.collect::<Result<_, ParseError>>()?, outer: scope.frame })
    }
}

impl Expression {
    /// Works the expression out.
    ///
    /// # Errors
    /// 102 when an operator is given what it can't take, or when what it comes to is too much to hold.
    pub(super) fn answer(&self, scope: Scope<'_>) -> Answer {
        let found = self.work(scope)?;
        if let Some(value) = &found {
            scope.run.fill(size::of(value)?)?;
        }
        Ok(found)
    }

    fn work(&self, scope: Scope<'_>) -> Answer {
        match self {
            Expression::Literal(value) => Ok(Some(value.clone())),
            Expression::Nothing => Ok(None),
            Expression::Field(path) => Ok(path.find(scope.document)),
            Expression::Variable(name, rest) => Ok(variable::find(name, rest, scope)),
            Expression::Object(members) => {
                let mut map = Map::new();
                for (name, member) in members {
                    map.extend(member.answer(scope)?.map(|value| (name.clone(), value)));
                }
                Ok(Some(Value::Object(map)))
            }
            Expression::Array(items) => {
                let items = items.iter().map(|item| Ok(item.answer(scope)?.unwrap_or(Value::Null)));
                Ok(Some(Value::Array(items.collect::<Result<_, ParseError>>()?)))
            }
            Expression::Call(function, arguments) => {
                let arguments = arguments.iter().map(|argument| argument.answer(scope));
                function(&arguments.collect::<Result<Vec<_>, _>>()?)
            }
            Expression::Search(search, input, pattern) => search(input.answer(scope)?.as_ref(), pattern),
            Expression::All(parts) => conditional::all(parts, scope),
            Expression::Any(parts) => conditional::any(parts, scope),
            Expression::Switch(branches, default) => conditional::switch(branches, default.as_deref(), scope),
            Expression::IfNull(parts) => conditional::if_null(parts, scope),
            Expression::Let(names, inner) => {
                inner.answer(Scope { frame: Some(&Frame::of(names, scope)?), ..scope })
            }
            Expression::Map { input, name, into } => variable::map(input, name, into, scope),
            Expression::Filter { input, name, condition, limit } => {
                variable::filter(input, name, condition, limit.as_deref(), scope)
            }
            Expression::Sorted(input, by) => array::sorted(input, by, scope),
            Expression::Random => Ok(Some(Value::Number(scope.run.random()))),
            Expression::Reduce { input, initial, into } => variable::reduce(input, initial, into, scope),
        }
    }
}
