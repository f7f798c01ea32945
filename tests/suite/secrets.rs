//! The job's secrets are removed from the environment and redacted from everything that leaves the process.

use crate::action::{Action, TOKEN, pull_request};
use crate::fake_github::Fault;
use crate::harness::{Knownfail, PROGRAM};
use std::io::Read;
use std::net::TcpListener;
use std::process::Stdio;

/// As long as real ones, with characters that Markdown escapes.
const RUNTIME_TOKEN: &str = "eyJ0eXAi_OiJKV1Qi.eyJzdWIi-not_to_be_shown";

#[test]
fn planted_secrets_are_redacted_everywhere() {
    let results = format!(
        "test: a.{TOKEN}\nfailure: a.{TOKEN} [\nlogin with {TOKEN} and {RUNTIME_TOKEN}\n]\n\
         test: {RUNTIME_TOKEN}\nfailure: {RUNTIME_TOKEN} [\nx\n]\ntest: stale\nsuccess: stale\n"
    );
    let document = format!(
        "# {TOKEN}\n\n| Test | Reason | Issue |\n|---|---|---|\n| stale | {TOKEN} | {RUNTIME_TOKEN} |\n| re:( | {TOKEN} | |\n"
    );
    let mut action = Action::new()
        .on("pull_request", pull_request("octo"))
        .file("KNOWN_FAILURES.md", &document)
        .file(&format!("results/{TOKEN}.txt"), results)
        .with("results", "results/*.txt")
        .with("title", &format!("with {TOKEN}"))
        .with("check-run", "conformance")
        .with("json-file", "report.json");
    action.github.inject_fault("GET", "/comments", Fault::Html(502));
    let finished = action.run_step(|program| {
        program.env("ACTIONS_RUNTIME_TOKEN", RUNTIME_TOKEN);
    });
    assert_eq!(finished.code, 1, "{}", finished.printed);
    assert_eq!(action.comments().len(), 1, "{}", finished.printed);
    assert!(finished.report_file.contains("***"), "{}", finished.report_file);
    let sent: String = action.github.requests().into_iter().map(|request| request.body).collect();
    let outputs = format!("{:?}", finished.outputs);
    for (place, text) in [
        ("log", &finished.printed),
        ("summary", &finished.summary),
        ("outputs", &outputs),
        ("report", &finished.report_file),
        ("API", &sent),
    ] {
        let plain = unescaped(text);
        for secret in [TOKEN, RUNTIME_TOKEN] {
            assert!(!plain.contains(secret), "in the {place}: {text}");
        }
    }
}

/// A token as git, curl and people write it, in places that every output shows.
#[test]
fn encoded_secrets_are_redacted_everywhere() {
    let forms = encoded_forms();
    let temp = tempfile::tempdir().unwrap();
    let record = temp.path().join("run.record");
    let mut action = Action::new()
        .on("pull_request", pull_request("octo"))
        .with("results", "results/*.txt")
        .with("check-run", "conformance")
        .with("json-file", "report.json")
        .with("record-file", &record.to_string_lossy());
    let (mut document, mut first) = ("| Test | Reason |\n|---|---|\n".to_owned(), String::new());
    for (number, form) in forms.iter().enumerate() {
        let results = format!(
            "test: a.{form}\nfailure: a.{form} [\nlogin with {form}.\n]\ntest: s{number}\nsuccess: s{number}\n\
             test: cut.{form}\n"
        );
        first += &results;
        document += &format!("| s{number} | not with {form}. |\n");
        // What is in no path as it is.
        if !form.contains(['/', '\\']) {
            action = action.file(&format!("results/{form}.txt"), results);
        }
    }
    action = action.file("KNOWN_FAILURES.md", &document).file("results/first.txt", first);
    let finished = action.run_step(|program| {
        program.env("ACTIONS_RUNTIME_TOKEN", RUNTIME_TOKEN);
        program.env("RUNNER_TEMP", &temp.path().to_string_lossy());
    });
    assert_eq!(finished.code, 1, "{}", finished.printed);
    let sent: String = action.github.requests().into_iter().map(|request| request.body).collect();
    let outputs = format!("{:?}", finished.outputs);
    // Whoever reads the record has no token to redact.
    let mut reader = Knownfail::new();
    reader.file("known.md", "| Test | Reason |\n|---|---|\n");
    let arguments = ["check", &record.to_string_lossy(), "-k", "known.md", "--json", "read.json"];
    let read = reader.run(&arguments);
    assert_eq!(read.code, 1, "{read:?}");
    let recorded = reader.read("read.json") + &read.stdout;
    for (place, text) in [
        ("log", &finished.printed),
        ("summary", &finished.summary),
        ("outputs", &outputs),
        ("report", &finished.report_file),
        ("API", &sent),
        ("record", &recorded),
    ] {
        let plain = unescaped(text);
        for form in &forms {
            let form = form.replace('\\', "");
            assert!(!plain.contains(&form), "{form} in the {place}: {text}");
        }
        assert!(text.contains("***") || place == "outputs", "{place}: {text}");
    }
}

/// A text without what Markdown puts into it.
fn unescaped(text: &str) -> String {
    text.replace(['\\', '\u{200b}'], "")
}

/// The runtime's token in base64 (alone, as git's password, inside of a longer text, for URLs), percent-encoded, as a JSON
/// string and in hexadecimal digits.
fn encoded_forms() -> Vec<String> {
    let encode = |text: String, options: &str| {
        let script = format!("printf %s \"$0\" | base64 -w 0 | {options}");
        let output = std::process::Command::new("bash").args(["-c", &script, &text]).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let token = RUNTIME_TOKEN.to_owned();
    let percent = |c: char| format!("%{:02x}", u32::from(c));
    vec![
        encode(token.clone(), "cat"),
        encode(token.clone(), "tr -d ="),
        encode(format!("x-access-token:{token}"), "cat"),
        encode(format!("x{token}y"), "cat"),
        encode(format!("xx{token}yyy"), "cat"),
        encode(format!("???>{token}"), "tr '+/' '-_'"),
        token.replace('_', "%5F").replace('-', "%2d"),
        token.chars().map(percent).collect(),
        token.replace('_', r"\u005f"),
        token.bytes().map(|byte| format!("{byte:02x}")).collect(),
    ]
}

/// What a process of the same user may see.
#[cfg(target_os = "linux")]
#[test]
fn environment_contains_no_secret_while_the_action_runs() {
    let github = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", github.local_addr().unwrap());
    let mut program = Knownfail::action();
    program.file("KNOWN_FAILURES.md", "| Test | Reason |\n|---|---|\n");
    program.file("results.txt", "test: a\nfailure: a [\nx\n]\n");
    program.input("results", "results.txt").input("token", TOKEN).env("GITHUB_API_URL", &address);
    program
        .env("ACTIONS_RUNTIME_TOKEN", RUNTIME_TOKEN)
        .env("ACTIONS_CACHE_URL", "https://cache.example");
    program.env("GITHUB_TOKEN", TOKEN);
    let mut action = program.command(PROGRAM, &["action"]);
    let mut child = action.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();

    // It has the token, since it uses the API.
    let (mut connection, _) = github.accept().unwrap();
    let mut request = [0; 4096];
    let length = connection.read(&mut request).unwrap();
    assert!(String::from_utf8_lossy(&request[..length]).contains(TOKEN));
    let environment = std::fs::read(format!("/proc/{}/environ", child.id())).unwrap();
    let environment = String::from_utf8_lossy(&environment);
    assert!(environment.contains("GITHUB_REPOSITORY"), "it is still there: {environment}");
    for absent in [TOKEN, RUNTIME_TOKEN, "ACTIONS_"] {
        assert!(!environment.contains(absent), "{absent} in {environment}");
    }
    drop((connection, github));
    let _ = child.kill();
    let _ = child.wait();
}
