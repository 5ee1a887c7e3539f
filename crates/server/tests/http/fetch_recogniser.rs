//! `inturn fetch-recogniser` with Moonshine's real package, which `cargo xtask test` downloads.

use std::{
    fs,
    os::unix::fs::{MetadataExt as _, symlink},
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    process::Command,
    task::JoinHandle,
};

/// A folder for the package, and one for everything else.
struct Trial {
    root: TempDir,
    place: PathBuf,
    program: PathBuf,
}

impl Trial {
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        let place = root.path().join("share/moonshine");
        Self {
            root,
            place,
            program: INTURN.into(),
        }
    }

    /// With a copy of the program, alone in its folder.
    fn with_program_alone() -> Self {
        let mut trial = Self::new();
        let folder = trial.root.path().join("programs");
        fs::create_dir(&folder).expect("a folder");
        trial.program = folder.join("inturn");
        fs::copy(INTURN, &trial.program).expect("a copy");
        trial
    }

    fn args<'a>(&'a self, command: &'a str) -> Vec<&'a str> {
        vec![command, "--moonshine-dir", utf8(&self.place)]
    }

    async fn fetch(&self, args: &[&str], variables: &[(&str, &str)]) -> Output {
        let args = [self.args("fetch-recogniser"), args.to_vec()].concat();
        self.run(&args, variables).await
    }

    /// Runs the program to its end. That may take long: it unpacks 113 MB, without optimisation.
    async fn run(&self, args: &[&str], variables: &[(&str, &str)]) -> Output {
        let output = Command::new(&self.program)
            .args(args)
            .env_clear()
            .envs(variables.iter().copied())
            .current_dir(self.root.path())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        output.await.expect("it starts")
    }

    /// Fetches, and returns what was printed.
    async fn succeed(&self, args: &[&str], variables: &[(&str, &str)]) -> String {
        let output = self.fetch(args, variables).await;
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && errors.is_empty(), "{errors}");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        assert!(text.contains("about 5 of 100 words wrong"), "{text}");
        self.assert_is_complete();
        text
    }

    /// Runs the command, which must fail, and returns its sentence.
    async fn fail(&self, args: &[&str], variables: &[(&str, &str)]) -> String {
        let output = self.fetch(args, variables).await;
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.trim_end().ends_with('.'), "{text}");
        let share = self.place.parent().expect("a folder");
        let left = fs::read_dir(share).map_or(0, Iterator::count);
        assert_eq!(left, 0, "nothing is left: {text}");
        text
    }

    /// Starts to fetch from `source`, and kills the program as soon as `path` exists next to the
    /// package's folder.
    async fn kill_at(&self, source: &str, path: &str) {
        let args = [&self.args("fetch-recogniser")[..], &["--from", source]].concat();
        let mut program = Command::new(&self.program)
            .args(args)
            .env_clear()
            .current_dir(self.root.path())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("it starts");
        let path = self.place.with_extension("fetching").join(path);
        let has_begun = || fs::metadata(&path).is_ok_and(|it| it.is_dir() || it.len() > 0);
        while !has_begun() {
            let ended = program.try_wait().expect("its status");
            assert!(ended.is_none(), "it has ended before {}", path.display());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        program.kill().await.expect("SIGKILL");
    }

    /// Returns what `inturn check` says of Moonshine in this folder.
    async fn check(&self, folder: &Path, variables: &[(&str, &str)]) -> String {
        let args = ["check", "--recogniser=moonshine", "--moonshine-dir"];
        let args = [&args[..], &[utf8(folder)]].concat();
        let output = self.run(&args, variables).await;
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let line = text.lines().find(|line| line.contains(" local service "));
        line.expect("a line for the local service").to_owned()
    }

    fn library(&self) -> PathBuf {
        self.place.join("moonshine_voice/libmoonshine.so")
    }

    /// The package is whole, and nothing else is left.
    fn assert_is_complete(&self) {
        assert!(self.library().is_file());
        let share = self.place.parent().expect("a folder");
        assert_eq!(fs::read_dir(share).expect("a folder").count(), 1);
    }
}

#[tokio::test]
async fn a_file_is_installed_once_and_repaired_when_it_is_incomplete() {
    let trial = Trial::new();
    let wheel = wheel();
    let from = ["--from", utf8(&wheel)];
    let text = trial.succeed(&from, &[]).await;
    assert!(text.contains("56 MB"), "{text}");
    let check = async || trial.check(&trial.place, &[]).await;
    assert!(check().await.starts_with("ok "), "{}", check().await);

    // What works is left alone, and needs no source.
    let inode = || fs::metadata(trial.library()).expect("the library").ino();
    let before = inode();
    let again = trial.succeed(&[], &[]).await;
    assert!(again.contains("Nothing to do"), "{again}");
    assert_eq!(inode(), before);

    let model = trial.place.join("moonshine_voice/assets/tiny-en");
    fs::remove_file(model.join("tokenizer.bin")).expect("it was there");
    let line = check().await;
    let command = format!(
        "run `inturn fetch-recogniser --moonshine-dir {}`.",
        trial.place.display()
    );
    assert!(line.starts_with("FAILED "), "{line}");
    assert!(line.contains("tokenizer.bin is missing"), "{line}");
    assert!(line.ends_with(&command), "{line}");
    trial.succeed(&from, &[]).await;
    assert_ne!(inode(), before);
    assert!(check().await.starts_with("ok "));
}

#[tokio::test]
async fn a_download_that_was_killed_is_made_again() {
    let trial = Trial::new();
    let all = fs::read(wheel()).expect("the package");
    let (url, server) = serve(all.clone(), all.len() / 2).await;
    let name = wheel().file_name().expect("a name").to_owned();
    let download = format!("download/{}", name.to_string_lossy());
    trial.kill_at(&url, &download).await;
    server.abort();
    assert!(!trial.place.exists());

    let (url, _server) = serve(all.clone(), all.len()).await;
    let text = trial.succeed(&["--from", &url], &[]).await;
    assert!(text.contains("Downloading from 127.0.0.1"), "{text}");
    assert!(!text.contains("marker"), "{text}");
}

#[tokio::test]
async fn unpacking_that_was_killed_is_done_again() {
    let trial = Trial::new();
    let wheel = wheel();
    let source = utf8(&wheel);
    trial
        .kill_at(source, "new/moonshine_voice/libmoonshine.so")
        .await;
    assert!(!trial.place.exists());
    trial.succeed(&["--from", source], &[]).await;
}

#[tokio::test]
async fn a_wrong_or_truncated_file_is_one_sentence() {
    let trial = Trial::new();
    let bad = trial.root.path().join("bad.whl");
    let whole = fs::read(wheel()).expect("the package");
    for bytes in [b"not a package".to_vec(), whole[..whole.len() - 1].to_vec()] {
        fs::write(&bad, bytes).expect("a file");
        let error = trial.fail(&["--from", utf8(&bad)], &[]).await;
        assert!(
            error.contains("or is incomplete: its SHA-256 is"),
            "{error}"
        );
    }
    let error = trial.fail(&["--from", "/nonexistent/a.whl"], &[]).await;
    assert!(error.contains("/nonexistent/a.whl"), "{error}");
    let error = trial
        .fail(&["--from", "http://127.0.0.1:1/a.whl"], &[])
        .await;
    assert!(error.contains("127.0.0.1:1"), "{error}");
}

#[tokio::test]
async fn pip_is_used_with_its_own_configuration() {
    let trial = Trial::new();
    let path = std::env::var("PATH").expect("a PATH");
    let home = utf8(trial.root.path());
    let folder = wheel().parent().expect("a folder").to_owned();
    let pip = |name, value| [("PATH", &*path), ("HOME", home), (name, value)];
    // Another user's program in the current folder is never run.
    let planted = trial.root.path().join("pip");
    fs::create_dir(&planted).expect("a folder");
    for name in ["__init__.py", "__main__.py"] {
        fs::write(planted.join(name), "raise SystemExit('planted')").expect("a file");
    }

    let unreachable = pip("PIP_INDEX_URL", "http://127.0.0.1:1/simple");
    let quickly = [&unreachable[..], &[("PIP_RETRIES", "1")]].concat();
    let error = trial.fail(&[], &quickly).await;
    assert!(error.contains("can't reach its package index"), "{error}");

    // Another file under the same name.
    let other = trial.root.path().join("other");
    fs::create_dir(&other).expect("a folder");
    let name = wheel().file_name().expect("a name").to_owned();
    fs::write(other.join(name), "not the package").expect("a file");
    let offline = pip("PIP_FIND_LINKS", utf8(&other));
    let error = trial
        .fail(&[], &[&offline[..], &[("PIP_NO_INDEX", "1")]].concat())
        .await;
    assert!(error.contains("another SHA-256"), "{error}");

    let offline = pip("PIP_FIND_LINKS", utf8(&folder));
    let offline = [&offline[..], &[("PIP_NO_INDEX", "1")]].concat();
    trial.succeed(&[], &offline).await;
}

#[tokio::test]
async fn without_pip_the_file_and_its_hash_are_named() {
    let trial = Trial::new();
    let error = trial.fail(&[], &[("PATH", "/nonexistent")]).await;
    let wheel = wheel();
    let name = wheel.file_name().expect("a name").to_string_lossy();
    for part in [&*name, "(SHA-256 ", "--from"] {
        assert!(error.contains(part), "{error}");
    }
}

#[tokio::test]
async fn another_model_uses_the_library_and_has_no_known_accuracy() {
    let trial = Trial::new();
    let wheel = wheel();
    trial.succeed(&["--from", utf8(&wheel)], &[]).await;
    let data = trial.root.path().join("data");
    fs::create_dir_all(data.join("inturn")).expect("a folder");
    symlink(&trial.place, data.join("inturn/moonshine")).expect("a link");
    let variables = [("XDG_DATA_HOME", utf8(&data))];
    let english = trial.place.join("moonshine_voice/assets/tiny-en");
    let model = trial.root.path().join("tiny-fr");
    symlink(&english, &model).expect("a link");
    let line = trial.check(&model, &variables).await;
    assert!(line.starts_with("ok "), "{line}");
    assert!(line.contains("the model tiny-fr"), "{line}");
    assert!(!line.contains("English"), "{line}");

    let unknown = trial.root.path().join("large-fr");
    symlink(&english, &unknown).expect("a link");
    let line = trial.check(&unknown, &variables).await;
    assert!(line.starts_with("FAILED "), "{line}");
    assert!(line.contains("Correct --moonshine-dir"), "{line}");
    assert!(!line.contains("fetch-recogniser"), "{line}");
}

#[tokio::test]
async fn without_its_program_the_package_is_not_fetched() {
    let trial = Trial::with_program_alone();
    let wheel = wheel();
    let error = trial.fail(&["--from", utf8(&wheel)], &[]).await;
    assert!(
        error.contains("programs/inturn-moonshine is missing"),
        "{error}"
    );
    assert!(
        error.contains("put inturn-moonshine of the same release"),
        "{error}"
    );
}

#[tokio::test]
async fn a_package_that_does_not_work_is_kept_and_explained() {
    let trial = Trial::with_program_alone();
    let broken = trial.program.with_file_name("inturn-moonshine");
    // Ends at once, as if a library of the system were missing.
    symlink("/bin/false", broken).expect("a link");
    let wheel = wheel();
    let output = trial.fetch(&["--from", utf8(&wheel)], &[]).await;
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.contains("share/moonshine, but does not work: "),
        "{error}"
    );
    assert!(
        error
            .trim_end()
            .ends_with("glibc 2.34 or later and libstdc++."),
        "{error}"
    );
    trial.assert_is_complete();
}

#[tokio::test]
async fn a_folder_with_other_files_is_left_alone() {
    let trial = Trial::new();
    fs::create_dir_all(&trial.place).expect("a folder");
    let thesis = trial.place.join("thesis.odt");
    fs::write(&thesis, "words").expect("a file");
    let wheel = wheel();
    let output = trial.fetch(&["--from", utf8(&wheel)], &[]).await;
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.contains("contains thesis.odt"), "{error}");
    assert_eq!(fs::read_to_string(&thesis).expect("a file"), "words");
}

/// Serves the first `count` of these bytes, and then waits. The address contains credentials.
async fn serve(bytes: Vec<u8>, count: usize) -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.expect("a connection");
        let mut head = [0; 4_096];
        let _ = socket.read(&mut head).await.expect("a request");
        let length = bytes.len();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
        let sent = async {
            socket.write_all(head.as_bytes()).await?;
            socket.write_all(&bytes[..count]).await
        };
        // Fails if the program was killed before.
        let _ = sent.await;
        std::future::pending::<()>().await;
    });
    let url = format!("http://ann:pass-marker@127.0.0.1:{port}/a.whl?token=query-marker");
    (url, server)
}

/// Returns the package's file, in the folder where `cargo xtask test` keeps it.
fn wheel() -> PathBuf {
    let tools = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools/wheels");
    let files = fs::read_dir(&tools).into_iter().flatten().flatten();
    files
        .map(|file| file.path())
        .find(|path| path.extension().is_some_and(|it| it == "whl"))
        .expect("`cargo xtask test` downloads the package")
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// The path of the program.
const INTURN: &str = env!("CARGO_BIN_EXE_inturn");
