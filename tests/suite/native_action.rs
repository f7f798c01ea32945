//! The script of `native/action.yml`, run as a runner does: what is downloaded, verified, cached and run.
//!
//! A server on loopback has the release, with the list of checksums that a release writes. The archive's `knownfail` runs the one
//! that was just built, so that inputs, outputs and exit code are real.

use crate::action::TOKEN;
use crate::action_yml;
use crate::harness::{CommandOutput, Knownfail};
use crate::runner_protocol;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use tempfile::TempDir;

const ARCHIVE: &str = "knownfail-x86_64-unknown-linux-gnu.tar.gz";
const RED: &str = "test: a.new\nfailure: a.new [\ny\n]\n";
const DOCUMENT: &str = "| Test Name | Reason |\n| --- | --- |\n| a.known | slow |\n";

/// A release, the action's directory at its tag, and a runner with a tool cache.
pub(crate) struct NativeRunner {
    directory: TempDir,
    server: ArchiveServer,
    system: (&'static str, &'static str),
    env: Vec<(&'static str, String)>,
}

impl NativeRunner {
    fn new() -> NativeRunner {
        let real = env!("CARGO_BIN_EXE_knownfail");
        let program =
            format!("#!/bin/sh\ntouch \"$RUNNER_TEMP/was-run\"\nexec \"{real}\" \"$@\"\n");
        NativeRunner::with_archive(archive_of(&program))
    }

    /// A runner for which the release has this archive.
    pub(crate) fn with_archive(archive: Vec<u8>) -> NativeRunner {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join(ARCHIVE), &archive).unwrap();
        let listed = bash("sha256sum \"$0\"", ARCHIVE, directory.path());
        let server = ArchiveServer::start(archive);
        let runner = NativeRunner { directory, server, system: ("Linux", "X64"), env: Vec::new() };
        for folder in ["native", "temp dir", "tool cache"] {
            std::fs::create_dir(runner.path(folder)).unwrap();
        }
        std::fs::copy("native/run", runner.path("native/run")).unwrap();
        runner.write_checksums(&format!("# from {}/v1.2.3\n{listed}", runner.server.url));
        runner
    }

    /// The archive in the tool cache.
    pub(crate) fn cached_archive(&self) -> String {
        let found = bash("find \"$0\" -name '*.tar.gz'", "tool cache", self.directory.path());
        self.path(found.trim())
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).to_string_lossy().into_owned()
    }

    /// Writes the list of checksums.
    fn write_checksums(&self, text: &str) {
        std::fs::write(self.path("native/SHA256SUMS"), text).unwrap();
    }

    /// A directory whose programs come first in `PATH`: this one is a script.
    fn add_program(&mut self, name: &str, script: &str) {
        let _ = std::fs::create_dir(self.path("bin"));
        let path = format!("bin/{name}");
        std::fs::write(self.path(&path), format!("#!/bin/bash\n{script}\n")).unwrap();
        bash("chmod +x \"$0\"", &path, self.directory.path());
        self.env.push(("PATH", format!("{}:/usr/bin:/bin", self.path("bin"))));
    }

    /// Runs the step of the manifest, on results with a new failure.
    fn run_step(&self, with: &[(&str, &str)]) -> (CommandOutput, Knownfail) {
        let job = self.job(with);
        (job.run_program("bash", &NativeRunner::step_arguments()), job)
    }

    /// The arguments of bash with which a runner runs the step.
    fn step_arguments() -> [&'static str; 4] {
        let line = action_yml::NATIVE.lines().find_map(|line| line.trim().strip_prefix("run: "));
        ["-eo", "pipefail", "-c", line.expect("a script")]
    }

    /// The workspace and the environment of the step.
    fn job(&self, with: &[(&str, &str)]) -> Knownfail {
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
        job
    }

    pub(crate) fn judge(&self) -> CommandOutput {
        self.run_step(&[("results", "results.txt")]).0
    }

    fn was_run(&self) -> bool {
        Path::new(&self.path("temp dir/was-run")).exists()
    }

    /// The step failed with this message and ran nothing.
    fn assert_refused(&self, message: &str) {
        let ran = self.judge();
        let annotations = runner_protocol::Runner::parse(&ran.stdout);
        assert_eq!((ran.code, annotations.len()), (2, 1), "{ran:?}");
        assert!(annotations[0].message.contains(message), "{}", annotations[0].message);
        assert!(!self.was_run());
        assert_eq!(self.left_files(), [""; 0]);
    }

    /// What the step left in the directory for temporary files.
    fn left_files(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.path("temp dir")).unwrap();
        files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }
}

#[test]
fn released_program_sets_the_verdict_of_the_step() {
    let runner = NativeRunner::new();
    let (ran, job) = runner.run_step(&[("results", "*.txt"), ("json-file", "report of `id`.json")]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let outputs = runner_protocol::read_file_command(&job.read(".output")).unwrap();
    assert_eq!((&*outputs["conclusion"], &*outputs["new-failures"]), ("failure", "1"));
    assert_eq!(outputs["json-file"], "report of `id`.json");
    assert!(job.read("report of `id`.json").contains("a.new"));
    assert!(job.read(".summary").contains("a.new"));
    let (ran, _) = runner.run_step(&[("results", "*.txt"), ("fail-on", "nothing")]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(runner.server.requests(), [format!("GET /v1.2.3/{ARCHIVE} HTTP/1.1")]);
    assert_eq!(runner.left_files(), ["was-run"]);
}

#[test]
fn archive_with_a_wrong_checksum_is_not_run() {
    let runner = NativeRunner::new();
    let other = "0".repeat(64);
    runner.write_checksums(&format!("# from {}/v1.2.3\n{other}  {ARCHIVE}\n", runner.server.url));
    runner.assert_refused(&format!("and not {other}"));
}

#[test]
fn modified_cached_archive_is_fetched_again() {
    let runner = NativeRunner::new();
    assert_eq!(runner.judge().code, 1);
    std::fs::write(runner.cached_archive(), "something else").unwrap();
    assert_eq!(runner.judge().code, 1);
    assert_eq!(runner.server.requests().len(), 2);
}

#[test]
fn missing_network_is_reported_with_the_cache_path() {
    let mut runner = NativeRunner::new();
    // Nothing listens on the proxy's port; only the proxy is tried.
    let closed_port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    runner.env.push(("http_proxy", format!("http://{closed_port}")));
    runner.assert_refused("needs the file in its tool cache");
    assert!(runner.server.requests().is_empty());
    runner.env.clear();
    assert_eq!(runner.judge().code, 1);
    runner.env.push(("http_proxy", format!("http://{closed_port}")));
    assert_eq!(runner.judge().code, 1, "the cache serves");
}

#[test]
fn archive_is_fetched_through_the_proxy() {
    let mut runner = NativeRunner::new();
    let listed = std::fs::read_to_string(runner.path("native/SHA256SUMS")).unwrap();
    runner.write_checksums(&listed.replace(&runner.server.url, "http://releases.invalid"));
    runner.env.push(("http_proxy", runner.server.url.clone()));
    assert_eq!(runner.judge().code, 1);
    let expected = format!("GET http://releases.invalid/v1.2.3/{ARCHIVE} HTTP/1.1");
    assert_eq!(runner.server.requests(), [expected]);
}

#[test]
fn unsupported_platform_is_reported() {
    let mut runner = NativeRunner::new();
    runner.system = ("Linux", "ARM64");
    runner.assert_refused("this release has no knownfail-aarch64-unknown-linux-gnu.tar.gz");
    runner.system = ("Plan9", "X64");
    runner.assert_refused("there is no knownfail for Plan9 on X64");
    runner.system = ("Linux", "X64");
    runner.write_checksums(include_str!("../../native/SHA256SUMS"));
    runner.assert_refused("this revision is no release");
}

#[test]
fn unreleased_checkout_is_built_with_cargo() {
    let mut runner = NativeRunner::new();
    runner.write_checksums(include_str!("../../native/SHA256SUMS"));
    // A cargo that records its arguments and creates what it should have built.
    let real = env!("CARGO_BIN_EXE_knownfail");
    let cargo = format!(
        "echo \"$@\" > \"$RUNNER_TEMP/cargo\"\nenv > \"$RUNNER_TEMP/env\"\n\
         mkdir -p \"${{@: -1}}/release\"\nln -s \"{real}\" \"${{@: -1}}/release/knownfail\""
    );
    runner.add_program("cargo", &cargo);
    runner.env.push(("INPUT_TOKEN", TOKEN.to_owned()));
    assert_eq!(runner.judge().code, 1);
    let environment = std::fs::read_to_string(runner.path("temp dir/env")).unwrap();
    assert!(environment.contains("INPUT_RESULTS") && !environment.contains(TOKEN), "{environment}");
    let cargo_arguments = std::fs::read_to_string(runner.path("temp dir/cargo")).unwrap();
    assert!(
        cargo_arguments.starts_with("build --release --locked --no-default-features"),
        "{cargo_arguments}"
    );
    assert!(runner.server.requests().is_empty());
}

/// The runner starts one process, which becomes the program; curl and tar see no token.
#[cfg(target_os = "linux")]
#[test]
fn no_process_keeps_the_token_in_its_environment() {
    let github = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", github.local_addr().unwrap());
    let mut runner = NativeRunner::new();
    for name in ["curl", "tar", "sha256sum"] {
        let record = format!("env >> \"$RUNNER_TEMP/env\"; exec /usr/bin/{name} \"$@\"");
        runner.add_program(name, &record);
    }
    for variable in ["INPUT_TOKEN", "GITHUB_TOKEN", "GH_TOKEN"] {
        runner.env.push((variable, TOKEN.to_owned()));
    }
    runner.env.push(("GITHUB_API_URL", address));
    let job = runner.job(&[("results", "results.txt")]);
    let mut step = job.command("bash", &NativeRunner::step_arguments());
    let mut child = step.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();

    // It has the token, since it uses the API.
    let (mut connection, _) = github.accept().unwrap();
    let mut request = [0; 4096];
    let length = connection.read(&mut request).unwrap();
    assert!(String::from_utf8_lossy(&request[..length]).contains(TOKEN));
    let process = |file: &str| {
        let bytes = std::fs::read(format!("/proc/{}/{file}", child.id())).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    assert!(process("cmdline").ends_with("\0action\0"), "the shell is gone");
    assert!(process("environ").contains("INPUT_RESULTS") && !process("environ").contains(TOKEN));
    assert_eq!(process(&format!("task/{}/children", child.id())), "", "it is alone");
    let seen = std::fs::read_to_string(runner.path("temp dir/env")).unwrap();
    assert!(seen.contains("INPUT_RESULTS") && !seen.contains(TOKEN), "{seen}");
    drop((connection, github));
    let _ = child.kill();
    let _ = child.wait();
}

/// As a process that waits for the moment would: every archive that has a name becomes another, once it was verified.
#[test]
fn archive_that_is_swapped_after_the_check_is_not_run() {
    let mut runner = NativeRunner::new();
    let swapped = archive_of("#!/bin/sh\ntouch \"$RUNNER_TEMP/swapped\"\n");
    std::fs::write(runner.path("swapped"), &swapped).unwrap();
    let swap = format!(
        "/usr/bin/sha256sum \"$@\"\nfind \"$RUNNER_TEMP\" \"$RUNNER_TOOL_CACHE\" -name '*.tar.gz*' \
         -exec cp '{}' {{}} ';' -exec touch \"$RUNNER_TEMP/found\" ';'",
        runner.path("swapped")
    );
    runner.add_program("sha256sum", &swap);
    assert_eq!(runner.judge().code, 1);
    assert_eq!(runner.left_files(), ["was-run"], "the verified copy has no name");
    // The second time from the cache, which is swapped while the copy is verified, and the third time from the network.
    for (requests, round) in [(1, "cached"), (2, "swapped in the cache")] {
        assert_eq!(runner.judge().code, 1, "{round}");
        assert!(!Path::new(&runner.path("temp dir/swapped")).exists(), "{round}");
        assert_eq!(runner.server.requests().len(), requests, "{round}");
    }
    assert!(Path::new(&runner.path("temp dir/found")).exists());
}

#[test]
fn other_users_see_nothing_of_the_unpacked_program() {
    let mut runner = NativeRunner::new();
    runner.add_program("tar", "stat -c %a . > \"$RUNNER_TEMP/mode\"; exec /usr/bin/tar \"$@\"");
    assert_eq!(runner.judge().code, 1);
    assert_eq!(std::fs::read_to_string(runner.path("temp dir/mode")).unwrap(), "700\n");
}

#[test]
fn step_that_cannot_start_the_program_judges_nothing() {
    let mut runner = NativeRunner::new();
    runner.add_program("tar", "exit 1");
    runner.assert_refused(&format!("cannot unpack {ARCHIVE}"));
    let runner = NativeRunner::with_archive(archive_of("#!/no/such/interpreter\n"));
    runner.assert_refused("cannot run /proc/self/fd/3");
}

#[test]
fn unwritable_tool_cache_only_costs_the_next_download() {
    let runner = NativeRunner::new();
    std::fs::write(runner.path("tool cache/knownfail"), "a file, no directory").unwrap();
    for requests in [1, 2] {
        let ran = runner.judge();
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stdout.contains("cannot be written; the next job fetches"), "{ran:?}");
        assert_eq!(runner.server.requests().len(), requests);
    }
}

/// A release's archive, with this program.
fn archive_of(program: &str) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path().join(ARCHIVE.strip_suffix(".tar.gz").unwrap());
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("knownfail"), program).unwrap();
    let pack = "chmod +x knownfail-*/knownfail && tar -czf \"$0\" knownfail-*";
    bash(pack, ARCHIVE, directory.path());
    std::fs::read(directory.path().join(ARCHIVE)).unwrap()
}

/// The output of a line of bash; its `$0` is `argument`.
fn bash(script: &str, argument: &str, directory: &Path) -> String {
    let output = Command::new("bash")
        .args(["-c", script, argument])
        .current_dir(directory)
        .output()
        .unwrap();
    assert!(output.status.success(), "{script}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Answers every request with the same bytes, and records the requests.
struct ArchiveServer {
    url: String,
    request_lines: Arc<Mutex<Vec<String>>>,
}

impl ArchiveServer {
    fn start(body: Vec<u8>) -> ArchiveServer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let request_lines = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&request_lines);
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
        ArchiveServer { url, request_lines }
    }

    fn requests(&self) -> Vec<String> {
        self.request_lines.lock().unwrap().clone()
    }
}
