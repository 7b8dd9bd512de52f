//! The REST API, resource by resource.

mod acl;
mod aggregate;
mod batch;
mod classes;
mod clp;
mod cors;
mod find;
mod functions;
mod health;
mod include;
mod input;
mod keys;
mod limits;
mod operations;
mod protected;
mod query;
mod roles;
mod rooms;
mod schemas;
mod sdk;
mod sessions;
mod shapes;
mod tunnel;
mod unsupported;
mod users;
