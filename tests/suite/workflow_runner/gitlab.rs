//! How GitLab runs a job, and as much of its API on loopback as notes of a merge request take.
//!
//! A script is one shell with `errexit` and `pipefail`, and `after_script` another one, which changes no verdict.
//!
//! <https://docs.gitlab.com/api/notes/#merge-requests>

use super::PROGRAM;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

/// The user of the token.
const OWN_ID: u64 = 7;
const NOTES: &str = "/api/v4/projects/42/merge_requests/3/notes";

/// A server; its thread ends with the process.
pub(crate) struct FakeGitlab {
    url: String,
    /// Author and text, in the order of creation; the id is the index.
    notes: Arc<Mutex<Vec<(u64, String)>>>,
    /// The lines of all requests.
    pub requests: Arc<Mutex<Vec<String>>>,
    /// A variable that jobs do not have.
    pub without: Option<&'static str>,
}

impl FakeGitlab {
    pub(crate) const TOKEN: &'static str = "glpat-never-to-be-seen";

    pub(crate) fn start() -> FakeGitlab {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/api/v4", listener.local_addr().unwrap());
        let (notes, requests) = (Arc::default(), Arc::default());
        let fake = FakeGitlab { url, notes, requests, without: None };
        let (notes, requests) = (fake.notes.clone(), fake.requests.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream, &notes, &requests);
            }
        });
        fake
    }

    pub(crate) fn add_foreign_note(&self, body: &str) {
        self.notes.lock().unwrap().push((OWN_ID + 1, body.to_owned()));
    }

    /// The texts of the notes of the token's user.
    pub(crate) fn own_notes(&self) -> Vec<String> {
        let notes = self.notes.lock().unwrap();
        notes.iter().filter(|(author, _)| *author == OWN_ID).map(|(_, body)| body.clone()).collect()
    }

    /// Runs a job of a merge request's pipeline: the exit code of its script, and the log.
    pub(crate) fn run_job(&self, job: &Value, folder: &Path) -> (i32, String) {
        let (code, log) = self.run_script(&job["script"], folder, "running");
        let status = if code == 0 { "success" } else { "failed" };
        let (after, more) = self.run_script(&job["after_script"], folder, status);
        assert_eq!(after, 0, "{more}");
        (code, log + &more)
    }

    fn run_script(&self, lines: &Value, folder: &Path, status: &str) -> (i32, String) {
        let lines = lines.as_array().expect("a script").iter();
        let lines: Vec<&str> = lines.map(|line| line.as_str().expect("a line")).collect();
        let program = Path::new(PROGRAM).parent().unwrap().display();
        let path = format!("{program}:{}", std::env::var("PATH").unwrap());
        let variables = [
            ("PATH", &*path),
            ("CI_API_V4_URL", &self.url),
            ("CI_PROJECT_ID", "42"),
            ("CI_MERGE_REQUEST_IID", "3"),
            ("CI_JOB_STATUS", status),
            ("KNOWNFAIL_TOKEN", FakeGitlab::TOKEN),
        ];
        let variables = variables.into_iter().filter(|(name, _)| self.without != Some(*name));
        let mut bash = Command::new("bash");
        bash.args(["-e", "-o", "pipefail", "-c", &lines.join("\n")]).current_dir(folder);
        let output = bash.env_clear().envs(variables).output().unwrap();
        let log = [output.stdout, output.stderr].concat();
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&log).into_owned())
    }
}

fn answer(stream: TcpStream, notes: &Mutex<Vec<(u64, String)>>, requests: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (Vec::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a request");
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(": ")
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.parse().expect("a number");
        }
        if line.eq_ignore_ascii_case("expect: 100-continue") {
            reader.get_mut().write_all(b"HTTP/1.1 100 Continue\r\n\r\n").expect("an answer");
        }
        head.push(line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    requests.lock().unwrap().push(head[0].clone());
    let token = format!("PRIVATE-TOKEN: {}", FakeGitlab::TOKEN);
    let (status, value) = if head.contains(&token) {
        respond(&head[0], &body, &mut notes.lock().unwrap())
    } else {
        (401, json!({ "message": "401 Unauthorized" }))
    };
    let text = value.to_string();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", text.len());
    let answer = format!("{head}connection: close\r\n\r\n{text}");
    reader.get_mut().write_all(answer.as_bytes()).expect("an answer");
}

fn respond(line: &str, body: &[u8], notes: &mut Vec<(u64, String)>) -> (u16, Value) {
    let mut words = line.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let note = |(id, (author, body)): (usize, &(u64, String))| json!({ "id": id, "body": body, "author": { "id": author } });
    let text =
        || serde_json::from_slice::<Value>(body).expect("JSON")["body"].as_str().map(str::to_owned);
    match (method, path.strip_prefix(NOTES)) {
        ("GET", None) if path == "/api/v4/user" => (200, json!({ "id": OWN_ID })),
        ("GET", Some("")) => {
            let number = |name: &str| -> usize {
                let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
                pairs.find(|(key, _)| *key == name).expect(name).1.parse().expect(name)
            };
            let (size, page) = (number("per_page").min(100), number("page"));
            (200, notes.iter().enumerate().skip(size * (page - 1)).take(size).map(note).collect())
        }
        ("POST", Some("")) => {
            notes.push((OWN_ID, text().expect("a text")));
            (201, json!({}))
        }
        ("PUT", Some(id)) => {
            let id: usize = id.trim_start_matches('/').parse().expect("an id");
            if notes[id].0 != OWN_ID {
                return (403, json!({ "message": "403 Forbidden" }));
            }
            notes[id].1 = text().expect("a text");
            (200, json!({}))
        }
        _ => (404, json!({ "message": "404 Not Found" })),
    }
}
