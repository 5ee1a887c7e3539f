//! Calls to a stub of the service on loopback, and the result of each reply.

mod bodies;
mod connections;
mod deadlines;
mod secrets;
mod statuses;
mod support;
mod warm;
