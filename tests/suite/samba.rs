//! Samba's smbtorture runs against Samba's own smbd, and knownfail judges its output.
//!
//! Conclusions and counts are compared with a count of smbtorture's lines that shares no code with knownfail. Which tests fail
//! depends on Samba's version, so the documents are made from the run itself.

use crate::harness::Knownfail;
use serde_json::Value;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Suites that end within seconds and in which some tests fail against smbd.
const SUITES: [&str; 7] = [
    "smb2.charset",
    "smb2.connect",
    "smb2.fileid",
    "smb2.getinfo",
    "smb2.lock",
    "smb2.rw",
    "smb2.twrp",
];
const INSTALL: &str = "install: apt-get install samba samba-testsuite libuid-wrapper";

#[test]
fn real_run_has_the_counts_of_smbtorture() {
    let mut server = SmbdServer::start();
    for suite in SUITES {
        server.run_suite(suite, Duration::from_secs(60));
    }
    let truth = SmbtortureCounts::from_results(&server.path("results"));
    assert!(truth.passed > 0 && truth.skipped > 0, "nothing to judge: {truth:?}");
    let (planted, others) = truth.failing.split_first().expect("some test fails against smbd");
    assert!(!others.is_empty(), "a document without the planted failure has rows");

    // Every failure is on the list.
    let (exit, report) = server.judge(&truth.failing);
    assert_eq!((exit, &report["conclusion"]), (0, &"success".into()), "{report:#}");
    assert_eq!(report["counts"]["tests"], truth.tests());
    assert_eq!(report["counts"]["passed"], truth.passed);
    assert_eq!(report["counts"]["skipped"], truth.skipped);
    assert_eq!(report["counts"]["known_failures"], truth.failing.len());
    assert_eq!(report["results"]["passed"], truth.passed);
    assert_eq!(report["results"]["skipped"], truth.skipped);
    assert_eq!(report["results"]["total"], truth.tests());

    // One real failure is missing from the list.
    let (exit, report) = server.judge(others);
    assert_eq!((exit, &report["conclusion"]), (1, &"failure".into()), "{report:#}");
    assert_eq!(report["reasons"], serde_json::json!(["new-failures"]));
    assert_eq!(report["counts"]["known_failures"], others.len());
    let tests = report["tests"].as_array().expect("a list of tests");
    let new: Vec<&Value> = tests.iter().filter(|t| t["verdict"] == "new-failure").collect();
    assert_eq!(new.len(), 1, "{new:#?}");
    assert_eq!(new[0]["name"], **planted);
    assert_ne!(new[0]["message"], "", "smbtorture says why a test fails");
}

#[test]
fn suite_killed_at_its_time_limit_is_never_green() {
    let mut server = SmbdServer::start();
    // Its first tests pass within a second, a later one takes several.
    server.run_suite("smb2.dir", Duration::from_millis(2500));
    let truth = SmbtortureCounts::from_results(&server.path("results"));
    assert_eq!(truth.started, truth.tests() + 1, "cut inside a test: {truth:?}");
    let (exit, report) = server.judge(&truth.failing);
    assert_eq!((exit, &report["conclusion"]), (2, &"inconclusive".into()), "{report:#}");
    assert_eq!(report["reasons"], serde_json::json!(["incomplete"]));
    assert_eq!(report["counts"]["unmeasured"], 1);
}

/// The output of smbtorture, counted by the first word of its lines.
#[derive(Debug, Default)]
struct SmbtortureCounts {
    started: usize,
    passed: usize,
    skipped: usize,
    failing: Vec<String>,
}

impl SmbtortureCounts {
    fn from_results(dir: &Path) -> SmbtortureCounts {
        let mut truth = SmbtortureCounts::default();
        for entry in fs::read_dir(dir).expect("results") {
            let bytes = fs::read(entry.expect("entry").path()).expect("a results file");
            for line in String::from_utf8_lossy(&bytes).lines() {
                match line.split_once(": ") {
                    Some(("test", _)) => truth.started += 1,
                    Some(("success", _)) => truth.passed += 1,
                    Some(("skip", _)) => truth.skipped += 1,
                    Some(("failure" | "error", name)) => {
                        truth.failing.push(name.trim_end_matches(" [").to_owned());
                    }
                    _ => {}
                }
            }
        }
        truth.failing.sort();
        truth
    }

    fn tests(&self) -> usize {
        self.passed + self.skipped + self.failing.len()
    }
}

/// An smbd on loopback with a directory of its own.
struct SmbdServer {
    /// Its directory, which Samba uses for all its files.
    program: Knownfail,
    port: u16,
    smbd: Child,
}

impl SmbdServer {
    fn start() -> SmbdServer {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
        let port = port.port();
        let mut program = Knownfail::new();
        let path = program.path("");
        let dir = Path::new(&path);
        for name in ["results", "share", "private", "lock", "state", "cache", "pid", "ncalrpc"] {
            fs::create_dir(dir.join(name)).expect("a directory");
        }
        program.file("smb.conf", configuration(dir, port));
        add_user(dir);
        let log = fs::File::create(dir.join("smbd.log")).expect("a log");
        let smbd = samba("smbd", dir)
            .args(["--foreground", "--no-process-group", "--debug-stdout"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .process_group(0)
            .spawn()
            .expect(INSTALL);
        let mut server = SmbdServer { program, port, smbd };
        server.wait();
        server
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.program.path(relative).into()
    }

    fn wait(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.smbd.try_wait().expect("smbd's state");
            if ended.is_some() || Instant::now() > deadline {
                let log = fs::read_to_string(self.path("smbd.log"));
                panic!("smbd does not answer: {ended:?} {log:?}");
            }
            sleep(Duration::from_millis(50));
        }
    }

    /// Runs one suite into `results/SUITE.txt`; it is killed after the limit.
    fn run_suite(&self, suite: &str, limit: Duration) {
        let file = fs::File::create(self.path(&format!("results/{suite}.txt")));
        let mut smbtorture = Command::new("smbtorture")
            .args(["//127.0.0.1/share", "-U", "root%secret", "--fullname", suite])
            .args(["-p", &self.port.to_string()])
            .current_dir(self.path(""))
            .stdin(Stdio::null())
            .stdout(file.expect("a results file"))
            .stderr(Stdio::null())
            .spawn()
            .expect(INSTALL);
        let deadline = Instant::now() + limit;
        while smbtorture.try_wait().expect("smbtorture's state").is_none() {
            if Instant::now() > deadline {
                smbtorture.kill().expect("ended");
                smbtorture.wait().expect("ended");
            }
            sleep(Duration::from_millis(20));
        }
    }

    /// Judges the results against a document with these rows; returns the exit code and the JSON report.
    fn judge(&mut self, rows: &[String]) -> (i32, Value) {
        let mut document = "# Known failures\n\n| Test | Reason |\n| --- | --- |\n".to_owned();
        for row in rows {
            document += &format!("| {} | as of today |\n", row.replace('|', "\\|"));
        }
        self.program.file("KNOWN_FAILURES.md", document);
        let ran = self.program.run(&["check", "results/*.txt", "--json", "report.json"]);
        assert!(self.path("report.json").exists(), "no report: {ran:?}");
        let report = serde_json::from_str(&self.program.read("report.json")).expect("JSON");
        (ran.code, report)
    }
}

impl Drop for SmbdServer {
    fn drop(&mut self) {
        // smbd's children are in its process group.
        let group = format!("-{}", self.smbd.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.smbd.wait();
    }
}

fn configuration(dir: &Path, port: u16) -> String {
    let dir = dir.display();
    format!(
        "[global]
         server role = standalone
         interfaces = lo
         bind interfaces only = yes
         smb ports = {port}
         disable netbios = yes
         private dir = {dir}/private
         lock directory = {dir}/lock
         state directory = {dir}/state
         cache directory = {dir}/cache
         pid directory = {dir}/pid
         ncalrpc dir = {dir}/ncalrpc
         log file = {dir}/log
         load printers = no
         printcap name = /dev/null
         disable spoolss = yes
         [share]
         path = {dir}/share
         read only = no
        "
    )
}

fn add_user(dir: &Path) {
    let mut smbpasswd = samba("smbpasswd", dir);
    let mut smbpasswd = smbpasswd
        .args(["-s", "-a", "root"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect(INSTALL);
    let mut stdin = smbpasswd.stdin.take().expect("a pipe");
    std::io::Write::write_all(&mut stdin, b"secret\nsecret\n").expect("the password");
    drop(stdin);
    assert!(smbpasswd.wait().expect("an exit code").success(), "smbpasswd refused");
}

/// One of Samba's programs with our configuration, as if run by root.
fn samba(program: &str, dir: &Path) -> Command {
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/usr/local/sbin";
    let configuration = if program == "smbpasswd" { "-c" } else { "-s" };
    let mut command = Command::new(program);
    command
        .env("PATH", path)
        .envs([
            ("LD_PRELOAD", "libuid_wrapper.so"),
            ("UID_WRAPPER", "1"),
            ("UID_WRAPPER_ROOT", "1"),
        ])
        .arg(configuration)
        .arg(dir.join("smb.conf"));
    command
}
