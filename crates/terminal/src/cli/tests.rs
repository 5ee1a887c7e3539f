use std::{ffi::OsString, path::PathBuf};

use super::*;

fn read(args: &[&str]) -> Result<Invocation, ConfigError> {
    let args = std::iter::once(NAME).chain(args.iter().copied());
    Invocation::read(args.map(OsString::from))
}

fn config(args: &[&str]) -> Config {
    match read(args) {
        Ok(Invocation::Listen(config)) => *config,
        other => panic!("{args:?}: {other:?}"),
    }
}

#[test]
fn the_commands_are_consistent() {
    command().debug_assert();
}

#[test]
fn each_command_is_parsed_with_its_flags() {
    assert!(matches!(read(&["devices"]), Ok(Invocation::Devices)));
    assert!(matches!(read(&["man"]), Ok(Invocation::Man)));
    assert!(matches!(
        read(&["completions", "zsh"]),
        Ok(Invocation::Completions(clap_complete::Shell::Zsh))
    ));
    assert!(matches!(
        read(&["check", "--device", "2"]),
        Ok(Invocation::Check(it)) if it.input.device.as_deref() == Some("2")
    ));
}

#[test]
fn the_flags_say_what_to_transcribe() {
    let files = |names: &[&str]| Input::Files(names.iter().map(PathBuf::from).collect());
    for (args, input) in [
        (&[][..], Input::Microphone),
        (&["--system"], Input::System),
        (&["--both"], Input::Both),
        (&["--file", "a.wav"], files(&["a.wav"])),
        (
            &["a.wav", "b.mp3", "--file=c.flac"],
            files(&["a.wav", "b.mp3", "c.flac"]),
        ),
        (&["-"], files(&["-"])),
        (&["--rate", "8000"], files(&["-"])),
        (&["--file", "check"], files(&["check"])),
    ] {
        assert_eq!(config(args).input.input(), input, "{args:?}");
    }
}

#[test]
fn a_recording_without_words_stops_after_the_time_that_was_given() {
    for (args, idle_secs) in [
        (&[][..], 240),
        (&["--system"], 240),
        (&["a.wav"], 0),
        (&["a.wav", "--stop-after-silence=61s"], 1),
        (&["--stop-after-silence", "2h"], 7_140),
        (&["--stop-after-silence", "off"], 0),
    ] {
        assert_eq!(config(args).input.idle_secs(), idle_secs, "{args:?}");
    }
}

#[test]
fn a_bad_command_line_is_one_sentence() {
    for (args, needles) in [
        (&["--colour"][..], &["--colour", "inturn-listen --help"][..]),
        (&["--system", "--both"], &["--system", "--both"]),
        (&["--system", "a.wav"], &["--system", "file"]),
        (&["-", "-"], &["Standard input"]),
        (&["--rate", "8000", "a.wav"], &["--rate", "standard input"]),
        (
            &["--rate", "8000", "--system"],
            &["--rate", "standard input"],
        ),
        (&["--rate", "8000", "--both"], &["--rate", "standard input"]),
        (&["--device", "2", "--system"], &["--device", "--system"]),
        (&["--device", "2", "a.wav"], &["--device", "file"]),
        (&["--partials"], &["--partials", "--format jsonl"]),
        (&["--partials", "--format", "srt"], &["--partials", "jsonl"]),
        (&["--channels", "2"], &["--rate"]),
        (&["--for", "soon"], &["--for", "soon", "90s"]),
        (
            &["--stop-after-silence", "60s"],
            &["--stop-after-silence", "61 seconds"],
        ),
        (&["--server", "inturn.example"], &["--server", "https://"]),
        (
            &["--server", "https://x", "--region", "eu"],
            &["--server", "--region"],
        ),
        (
            &["--server", "https://x", "--key-term", "Inturn"],
            &["--key-term", "--server"],
        ),
        (
            &["--local-service", "--region", "eu"],
            &["--local-service", "--region"],
        ),
        (
            &["--session-parameter", "language_codes=[]"],
            &["--session-parameter", "--language"],
        ),
        (
            &["--key-terms", "/nowhere/at/all"],
            &["--key-terms", "/nowhere/at/all"],
        ),
        (&["--format", "doc"], &["--format", "srt", "vtt"]),
        (&["completions"], &["SHELL", "missing"]),
        (&["completions", "tcsh"], &["tcsh", "bash"]),
        (&["devices", "--for", "1s"], &["--for"]),
    ] {
        let sentence = match read(args) {
            Err(ConfigError::Flag(sentence)) => sentence,
            other => panic!("{args:?}: {other:?}"),
        };
        for needle in needles {
            assert!(sentence.contains(needle), "{args:?}: {sentence}");
        }
        assert!(
            sentence.ends_with('.') && !sentence.contains('\n'),
            "{sentence}"
        );
    }
}

#[test]
fn the_parameters_of_a_session_have_the_names_of_the_service() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "Inturn\n\n  Moonshine \n").expect("written");
    let path = file.path().to_str().expect("a name");
    let config = config(&[
        "--language=en,de",
        "--mode=max_accuracy",
        "--speaker-labels",
        "--key-term=Ada",
        "--key-terms",
        path,
        "--session-parameter=max_speakers=3",
    ]);
    let query = config
        .session
        .parameters()
        .expect("good parameters")
        .to_query();
    for (name, value) in [
        ("speech_model", "universal-3-6-pro"),
        ("sample_rate", "16000"),
        ("language_codes", "%5B%22en%22%2C%22de%22%5D"),
        ("mode", "max_accuracy"),
        ("speaker_labels", "true"),
        (
            "keyterms_prompt",
            "%5B%22Ada%22%2C%22Inturn%22%2C%22Moonshine%22%5D",
        ),
        ("max_speakers", "3"),
    ] {
        let pair = format!("{name}={value}");
        assert!(query.split('&').any(|it| it == pair), "{pair} in {query}");
    }
}

#[test]
fn the_completions_and_the_man_page_name_every_flag() {
    let mut man = Vec::new();
    man_page(&mut man).expect("a man page");
    let man = String::from_utf8(man).expect("text").replace('\\', "");
    let mut bash = Vec::new();
    completions(clap_complete::Shell::Bash, &mut bash);
    let bash = String::from_utf8(bash).expect("text");
    for arg in Config::command().get_arguments() {
        if let Some(long) = arg.get_long() {
            let flag = format!("--{long}");
            assert!(man.contains(&flag) && bash.contains(&flag), "{flag}");
        }
    }
    assert!(man.contains("Exit status") && man.contains("130"));
}

#[test]
fn every_value_with_a_default_says_it_in_its_help() {
    for arg in Config::command().get_arguments() {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
        assert!(!help.is_empty(), "{}", arg.get_id());
        if let Some(variable) = arg.get_env().and_then(|it| it.to_str()) {
            assert!(help.contains(variable), "{variable}: {help}");
            assert!(help.contains("default"), "{variable}: {help}");
        }
    }
}

#[test]
fn a_flag_wins_over_a_variable() {
    let settled = |args: &[&str], flags: &[&str]| {
        let args = std::iter::once(&NAME).chain(args);
        let mut whom = Config::try_parse_from(args).expect("good values").whom;
        let result = whom.settle(|id| flags.contains(&id), None);
        result.map(|()| (whom.server.is_some(), whom.region.is_some()))
    };
    let server = ["--server=https://x", "--region=eu"];
    assert_eq!(settled(&server, &["server"]), Ok((true, false)));
    assert_eq!(settled(&server, &["region"]), Ok((false, true)));
    assert_eq!(settled(&server, &[]), Ok((true, false)));
    let local = ["--server=https://x", "--region=eu", "--local-service"];
    assert_eq!(settled(&local, &["local_service"]), Ok((false, false)));
    assert!(settled(&local, &["local_service", "server"]).is_err());
    let zones = ["--region=eu", "--service-url=https://x"];
    assert_eq!(settled(&zones, &["region"]), Ok((false, true)));
    assert_eq!(settled(&zones, &["service_url"]), Ok((false, false)));
    assert!(settled(&zones, &[]).is_err());
}
