//! What only a whole server and other people's clients can show, through the control port.

mod backup;
mod check;
mod control;
mod nodes;
mod options;
mod sdk;
mod takeover;
