//! Checks of what a program needs, one line for each.

mod report;
mod service;

pub use self::{
    report::{CheckReport, CheckResult, Issue},
    service::check_service,
};
