//! Calls to a service on loopback, and what becomes of each of its replies.

mod bodies;
mod connections;
mod deadlines;
mod secrets;
mod statuses;
mod support;
