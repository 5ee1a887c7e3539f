//! Converts clap's errors to one sentence.
//!
//! clap's own text has several lines, and names the flag even if the value came from a variable. A
//! person would then look for a flag that was never typed.

use std::ffi::OsString;

use clap::{
    Arg, Command,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::error::ConfigError;

/// Converts an error of clap to ours.
pub fn explain(error: &clap::Error, command: &Command, args: &[OsString]) -> ConfigError {
    let invalid_arg = text(error, ContextKind::InvalidArg);
    let name = invalid_arg
        .as_deref()
        .map_or_else(String::new, |shown| given_name(shown, command, args));
    let value = text(error, ContextKind::InvalidValue).unwrap_or_default();
    ConfigError::Flag(match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            return ConfigError::Help(error.to_string());
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("{name} needs a value."),
        ErrorKind::InvalidValue => match text(error, ContextKind::ValidValue) {
            Some(choices) => format!("{name} is {value:?}, but must be one of: {choices}."),
            None => format!("{name} can't be {value:?}."),
        },
        ErrorKind::ValueValidation => match std::error::Error::source(error) {
            // These values may contain a password, so they are not repeated.
            Some(cause) if MAY_HOLD_A_PASSWORD.iter().any(|it| name == *it) => {
                format!("{name} {cause}.")
            }
            Some(cause) => format!(
                "{name} is {value:?}: {}.",
                in_plain_words(&cause.to_string())
            ),
            None => format!("{name} can't be {value:?}."),
        },
        ErrorKind::ArgumentConflict => {
            if let Some(command) = text(error, ContextKind::InvalidSubcommand) {
                return ConfigError::Flag(format!("Put the flags after {command}."));
            }
            let other = text(error, ContextKind::PriorArg)
                .map_or_else(String::new, |shown| given_name(&shown, command, args));
            if other.is_empty() || other == name {
                format!("{name} is given more than once.")
            } else {
                format!("{name} and {other} can't be used together: remove one.")
            }
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = invalid_arg.unwrap_or_default();
            format!("{missing} is missing.")
        }
        ErrorKind::UnknownArgument => format!(
            "Unknown argument {}: {} --help lists all flags.",
            invalid_arg.unwrap_or_default(),
            command.get_name()
        ),
        _ => {
            let whole = error.to_string();
            let first = whole.lines().next().unwrap_or_default();
            format!(
                "{}.",
                first.trim_start_matches("error: ").trim_end_matches('.')
            )
        }
    })
}

/// Hides clap's own lines for variable and default value: each flag's help text names both.
pub fn one_line_each(command: Command) -> Command {
    command
        .mut_args(|arg| match arg.get_action().takes_values() {
            true => arg.hide_env(true).hide_default_value(true),
            false => arg,
        })
        .mut_subcommands(one_line_each)
}

/// The name that the person used: the flag if it was typed, otherwise the variable.
fn given_name(shown: &str, command: &Command, args: &[OsString]) -> String {
    let flag = shown.split([' ', '=', '[']).next().unwrap_or(shown);
    let typed = args.iter().filter_map(|arg| arg.to_str()).any(|arg| {
        arg == flag
            || arg
                .strip_prefix(flag)
                .is_some_and(|rest| rest.starts_with('='))
    });
    let variable = command
        .get_arguments()
        .find(|arg| {
            arg.get_long()
                .is_some_and(|long| flag.strip_prefix("--") == Some(long))
        })
        .and_then(Arg::get_env)
        .and_then(|name| name.to_str());
    match variable {
        Some(variable) if !typed => variable.to_owned(),
        _ => flag.to_owned(),
    }
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind)? {
        ContextValue::String(text) => Some(text.clone()),
        ContextValue::Strings(texts) => Some(texts.join(", ")),
        _ => None,
    }
}

/// Rewrites clap's causes, which use terms of programmers: `50..=1000`, `boolean`, `digit`.
fn in_plain_words(cause: &str) -> String {
    if let Some((_, range)) = cause.rsplit_once(" is not in ") {
        return format!("it must be {}", range.replace("..=", " to "));
    }
    match cause {
        "value was not a boolean" => "it must be true or false".to_owned(),
        "invalid digit found in string" => "it must be a whole number".to_owned(),
        cause => cause.to_owned(),
    }
}

/// Flags and variables whose values are URLs, or parameters of the service.
const MAY_HOLD_A_PASSWORD: [&str; 8] = [
    "--server",
    "INTURN_SERVER",
    "--service-url",
    "INTURN_SERVICE_URL",
    "--limits-redis",
    "INTURN_LIMITS_REDIS",
    "--session-parameter",
    "INTURN_SESSION_PARAMETER",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        Command::new("program")
            .arg(Arg::new("server").long("server").value_parser(refuse))
            .arg(Arg::new("rate").long("rate").value_parser(refuse))
    }

    fn refuse(_: &str) -> Result<String, &'static str> {
        Err("it must be something else")
    }

    fn message(args: &[&str]) -> String {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        let error = command().try_get_matches_from(&args).unwrap_err();
        explain(&error, &command(), &args).to_string()
    }

    #[test]
    fn a_value_that_may_hold_a_password_is_not_repeated() {
        let server = "--server=https://me:marker@inturn.example";
        assert_eq!(
            message(&["program", server]),
            "--server it must be something else."
        );
        assert_eq!(
            message(&["program", "--rate", "fast"]),
            "--rate is \"fast\": it must be something else."
        );
    }

    #[test]
    fn each_flag_that_may_hold_a_password_has_its_variable() {
        for pair in MAY_HOLD_A_PASSWORD.chunks(2) {
            let flag = pair[0].trim_start_matches('-').replace('-', "_");
            assert_eq!(pair[1], format!("INTURN_{}", flag.to_uppercase()));
        }
    }
}
