//! The vendor's own libraries for Python and Node.js, unchanged. Both refuse a service without TLS,
//! check what they receive, and wait five seconds for the last words.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Output,
};

use inturn_testkit::{OutputSource, RunningProgram, run_to_end};
use tempfile::TempDir;
use tokio::process::Command;

use crate::binary::tls_program;

/// An emulator with TLS, and a recording.
struct Scene {
    emulator: RunningProgram,
    folder: TempDir,
}

impl Scene {
    async fn open() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let script = folder.path().join("script.txt");
        fs::write(&script, "The ferry leaves at noon.").expect("written");
        let (mut command, _) = tls_program(folder.path());
        command.arg("--script").arg(script);
        command.arg("--record-dir").arg(folder.path());
        let emulator = RunningProgram::start(&mut command, OutputSource::Emulator).await;
        Self { emulator, folder }
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// Runs a program with the service and a recorded voice as arguments.
    async fn run(&self, command: &mut Command) -> Output {
        let (_, port) = self.emulator.address().rsplit_once(':').expect("a port");
        command.arg(format!("localhost:{port}")).arg(VOICE);
        run_to_end(command, OutputSource::Emulator).await
    }

    /// Asserts that the library has shown the words, and that it sent each sample once.
    async fn assert_heard(self, output: &Output) {
        let shown = String::from_utf8_lossy(&output.stdout);
        let failures = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{shown}{failures}");
        assert!(shown.starts_with("The ferry leaves"), "{shown}{failures}");
        // The record is completed after the socket is closed, and at the latest before the program
        // ends.
        self.emulator.terminate();
        assert!(self.emulator.finish().await.0);
        let log = only_file(self.folder.path(), "json");
        let log: serde_json::Value = serde_json::from_slice(&log).expect("JSON");
        assert_eq!(log["terminated"], true, "{log}");
        assert_eq!(log["error"], serde_json::Value::Null, "{log}");
        assert_eq!(log["control_messages"]["Terminate"], 1, "{log}");
        assert_eq!(log["frames"]["short"], 0, "{log}");

        let voice = fs::read(VOICE).expect("the voice");
        let mut expected = voice[WAV_HEADER_BYTES..].to_owned();
        // The programs fill the last chunk with silence.
        expected.resize(expected.len().next_multiple_of(CHUNK_BYTES), 0);
        let recorded = only_file(self.folder.path(), "wav");
        let recorded = &recorded[WAV_HEADER_BYTES..];
        assert_eq!(recorded.len(), expected.len(), "{log}");
        let other = recorded.iter().zip(&expected).position(|(it, of)| it != of);
        assert_eq!(other, None, "the first byte that differs");
    }
}

/// Returns the content of the only file with this extension.
fn only_file(folder: &Path, extension: &str) -> Vec<u8> {
    let files = fs::read_dir(folder).expect("a folder").flatten();
    let files = files.map(|file| file.path());
    let files: Vec<_> = files
        .filter(|path| path.extension().is_some_and(|it| it == extension))
        .collect();
    let [file] = &files[..] else {
        panic!("not one file: {files:?}");
    };
    fs::read(file).expect("readable")
}

#[tokio::test]
async fn the_library_for_python_is_served() {
    let scene = Scene::open().await;
    let mut python = Command::new("python3");
    python
        .env(
            "PYTHONPATH",
            installed("INTURN_TEST_PYTHON_SDK", "sdk-python"),
        )
        .arg(program("transcribe.py"))
        .env("SSL_CERT_FILE", scene.certificate());
    let output = scene.run(&mut python).await;
    scene.assert_heard(&output).await;
}

#[tokio::test]
async fn the_library_for_node_is_served() {
    let scene = Scene::open().await;
    let mut node = Command::new("node");
    node.current_dir(installed("INTURN_TEST_NODE_SDK", "sdk-node"))
        .arg(program("transcribe.mjs"))
        .env("NODE_EXTRA_CA_CERTS", scene.certificate());
    let output = scene.run(&mut node).await;
    scene.assert_heard(&output).await;
}

/// Returns what `cargo xtask test` has installed.
fn installed(variable: &str, name: &str) -> PathBuf {
    let path = env::var_os(variable).map_or_else(
        || repository().join("target/tools").join(name),
        PathBuf::from,
    );
    assert!(
        path.exists(),
        "{} is missing: `cargo xtask test` installs it, or set {variable}",
        path.display()
    );
    path
}

fn program(name: &str) -> PathBuf {
    repository().join("tests/sdk").join(name)
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

const VOICE: &str =
    "/usr/share/pocketsphinx/test/data/librivox/sense_and_sensibility_01_austen_64kb-0880.wav";

/// 100 ms, as in the programs.
const CHUNK_BYTES: usize = 3_200;

const WAV_HEADER_BYTES: usize = 44;
