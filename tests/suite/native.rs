//! `native/action.yml`'s script as a runner runs it: what is fetched, verified, kept and run.
//!
//! In: a release on a server on loopback, and the list of checksums that a release writes. Out: exit code,
//! annotations, outputs, requests. A newcomer's trap: the archive's `knownfail` hands over to the one that
//! was just built, so that inputs, outputs and exit code are real ones.

use crate::action_yml;
use crate::knownfail::{Knownfail, Ran};
use crate::runner;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use tempfile::TempDir;

const ARCHIVE: &str = "knownfail-x86_64-unknown-linux-gnu.tar.gz";
const RED: &str = "test: a.new\nfailure: a.new [\ny\n]\n";
const DOCUMENT: &str = "| Test Name | Reason |\n| --- | --- |\n| a.known | slow |\n";

/// A release, the action's folder at its tag, and a runner with a tool cache.
pub struct Runner {
    directory: TempDir,
    server: Server,
    system: (&'static str, &'static str),
    env: Vec<(&'static str, String)>,
}

impl Runner {
    fn new() -> Runner {
        let release = tempfile::tempdir().unwrap();
        let release = release.path();
        let folder = release.join(ARCHIVE.strip_suffix(".tar.gz").unwrap());
        std::fs::create_dir_all(&folder).unwrap();
        let real = env!("CARGO_BIN_EXE_knownfail");
        let program =
            format!("#!/bin/sh\ntouch \"$RUNNER_TEMP/was-run\"\nexec \"{real}\" \"$@\"\n");
        std::fs::write(folder.join("knownfail"), program).unwrap();
        bash("chmod +x knownfail-*/knownfail && tar -czf \"$0\" knownfail-*", ARCHIVE, release);
        Runner::with(std::fs::read(release.join(ARCHIVE)).unwrap())
    }

    /// A runner to which the release gives this archive.
    pub fn with(archive: Vec<u8>) -> Runner {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(ARCHIVE), &archive).unwrap();
        let listed = bash("sha256sum \"$0\"", ARCHIVE, directory.path());
        let server = Server::start(archive);
        let runner = Runner { directory, server, system: ("Linux", "X64"), env: Vec::new() };
        for folder in ["native", "temp dir", "tool cache"] {
            std::fs::create_dir(runner.path(folder)).unwrap();
        }
        std::fs::copy("native/run", runner.path("native/run")).unwrap();
        runner.list(&format!("# from {}/v1.2.3\n{listed}", runner.server.url));
        runner
    }

    /// The archive in the tool cache.
    pub fn cached(&self) -> String {
        let found = bash("find \"$0\" -name '*.tar.gz'", "tool cache", self.directory.path());
        self.path(found.trim())
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).to_string_lossy().into_owned()
    }

    /// Writes the list of checksums.
    fn list(&self, text: &str) {
        std::fs::write(self.path("native/SHA256SUMS"), text).unwrap();
    }

    /// Runs the step as the manifest says, on results with a new failure.
    fn step(&self, with: &[(&str, &str)]) -> (Ran, Knownfail) {
        let mut job = Knownfail::action();
        job.file("results.txt", RED).file("KNOWN_FAILURES.md", DOCUMENT);
        job.file(".output", "").file(".summary", "");
        let (output, summary) = (job.path(".output"), job.path(".summary"));
        for (name, value) in [
            ("PATH", "/usr/bin:/bin"),
            ("GITHUB_ACTION_PATH", &self.path("native")),
            ("RUNNER_OS", self.system.0),
            ("RUNNER_ARCH", self.system.1),
            ("RUNNER_TEMP", &self.path("temp dir")),
            ("RUNNER_TOOL_CACHE", &self.path("tool cache")),
            ("GITHUB_OUTPUT", &output),
            ("GITHUB_STEP_SUMMARY", &summary),
        ] {
            job.env(name, value);
        }
        for (name, default) in action_yml::inputs() {
            let given = with.iter().find(|(input, _)| *input == name).map(|(_, value)| *value);
            let default = if default.starts_with("${{") { "" } else { &default };
            let variable = format!("INPUT_{}", name.to_uppercase().replace('-', "_"));
            job.env(&variable, given.unwrap_or(default));
        }
        for (name, value) in &self.env {
            job.env(name, value);
        }
        let line = action_yml::NATIVE.lines().find_map(|line| line.trim().strip_prefix("run: "));
        (job.run_program("bash", &["-eo", "pipefail", "-c", line.expect("a script")]), job)
    }

    pub fn judge(&self) -> Ran {
        self.step(&[("results", "results.txt")]).0
    }

    fn was_run(&self) -> bool {
        Path::new(&self.path("temp dir/was-run")).exists()
    }

    /// The step refused, said this, and ran nothing.
    fn refused(&self, said: &str) {
        let ran = self.judge();
        let told = runner::Runner::parse(&ran.stdout);
        assert_eq!((ran.code, told.len()), (2, 1), "{ran:?}");
        assert!(told[0].message.contains(said), "{}", told[0].message);
        assert!(!self.was_run());
    }
}

#[test]
fn the_program_of_the_release_judges_and_its_verdict_is_the_steps() {
    let runner = Runner::new();
    let (ran, job) = runner.step(&[("results", "*.txt"), ("json-file", "report of `id`.json")]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let outputs = runner::read_file_command(&job.read(".output")).unwrap();
    assert_eq!((&*outputs["conclusion"], &*outputs["new-failures"]), ("failure", "1"));
    assert_eq!(outputs["json-file"], "report of `id`.json");
    assert!(job.read("report of `id`.json").contains("a.new"));
    assert!(job.read(".summary").contains("a.new"));
    let (ran, _) = runner.step(&[("results", "*.txt"), ("fail-on", "nothing")]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(runner.server.requests(), [format!("GET /v1.2.3/{ARCHIVE} HTTP/1.1")]);
    assert_eq!(std::fs::read_dir(runner.path("temp dir")).unwrap().count(), 1, "was-run alone");
}

#[test]
fn another_archive_than_the_listed_one_is_not_run() {
    let runner = Runner::new();
    let other = "0".repeat(64);
    runner.list(&format!("# from {}/v1.2.3\n{other}  {ARCHIVE}\n", runner.server.url));
    runner.refused(&format!("and not {other}"));
}

#[test]
fn what_was_changed_in_the_cache_is_fetched_again() {
    let runner = Runner::new();
    assert_eq!(runner.judge().code, 1);
    std::fs::write(runner.cached(), "something else").unwrap();
    assert_eq!(runner.judge().code, 1);
    assert_eq!(runner.server.requests().len(), 2);
}

#[test]
fn a_runner_without_a_network_says_where_the_archive_would_lie() {
    let mut runner = Runner::new();
    // Nothing listens on the port of a proxy that is gone: the proxy is asked, nothing else.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    runner.env.push(("http_proxy", format!("http://{gone}")));
    runner.refused("needs the file in its tool cache");
    assert!(runner.server.requests().is_empty());
    runner.env.clear();
    assert_eq!(runner.judge().code, 1);
    runner.env.push(("http_proxy", format!("http://{gone}")));
    assert_eq!(runner.judge().code, 1, "the cache serves");
}

#[test]
fn a_proxy_is_asked_for_the_archive() {
    let mut runner = Runner::new();
    let listed = std::fs::read_to_string(runner.path("native/SHA256SUMS")).unwrap();
    runner.list(&listed.replace(&runner.server.url, "http://releases.invalid"));
    runner.env.push(("http_proxy", runner.server.url.clone()));
    assert_eq!(runner.judge().code, 1);
    let asked = format!("GET http://releases.invalid/v1.2.3/{ARCHIVE} HTTP/1.1");
    assert_eq!(runner.server.requests(), [asked]);
}

#[test]
fn what_there_is_no_program_for_is_told() {
    let mut runner = Runner::new();
    runner.system = ("Linux", "ARM64");
    runner.refused("this release has no knownfail-aarch64-unknown-linux-gnu.tar.gz");
    runner.system = ("Plan9", "X64");
    runner.refused("there is no knownfail for Plan9 on X64");
    runner.system = ("Linux", "X64");
    runner.list(include_str!("../../native/SHA256SUMS"));
    runner.refused("this revision is no release");
}

#[test]
fn an_unreleased_checkout_is_built_where_cargo_is() {
    let mut runner = Runner::new();
    runner.list(include_str!("../../native/SHA256SUMS"));
    // A cargo that notes what it was asked for and makes what it should have built.
    std::fs::create_dir(runner.path("bin")).unwrap();
    let real = env!("CARGO_BIN_EXE_knownfail");
    let cargo = format!(
        "#!/bin/bash\necho \"$@\" > \"$RUNNER_TEMP/cargo\"\nmkdir -p \"${{@: -1}}/release\"\n\
         ln -s \"{real}\" \"${{@: -1}}/release/knownfail\"\n"
    );
    std::fs::write(runner.path("bin/cargo"), cargo).unwrap();
    bash("chmod +x \"$0\"", "bin/cargo", runner.directory.path());
    runner.env.push(("PATH", format!("{}:/usr/bin:/bin", runner.path("bin"))));
    assert_eq!(runner.judge().code, 1);
    let asked = std::fs::read_to_string(runner.path("temp dir/cargo")).unwrap();
    assert!(asked.starts_with("build --release --locked --no-default-features"), "{asked}");
    assert!(runner.server.requests().is_empty());
}

/// What a line of bash prints; its `$0` is `argument`.
fn bash(script: &str, argument: &str, directory: &Path) -> String {
    let output = Command::new("bash")
        .args(["-c", script, argument])
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(output.status.success(), "{script}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Answers every request with the same bytes, and remembers what was asked.
struct Server {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(body: Vec<u8>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                log.lock().unwrap().push(lines.next().unwrap().unwrap());
                while lines.next().is_some_and(|line| !line.unwrap().is_empty()) {}
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)).unwrap();
            }
        });
        Server { url, asked }
    }

    fn requests(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}
