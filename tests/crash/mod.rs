//! The real server, killed, stopped, and put on a disk that has no more room.

mod database;
mod disk;
mod kill;
mod ledger;
mod stop;
mod writer;
