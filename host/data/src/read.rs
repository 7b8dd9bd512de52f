//! Getting, finding and counting objects.

mod aggregate;
mod find;
mod include;
mod relation;
mod select;
mod shape;
mod subquery;

pub use select::Shape;
