//! The pages are true: sessions, command lines, links.
//!
//! A session is a fenced block `console`: a shell runs the lines that start with `$ `, and the lines after each are all that it
//! prints; a line `…` matches any lines. `knownfail` in a session is the binary that was just built.

use crate::action_yml;
use clap::Parser;
use clap::error::ErrorKind;
use comrak::nodes::NodeValue;
use comrak::{Arena, Options};
use knownfail::cli::Cli;
use std::path::{Path, PathBuf};
use std::process::Command;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What can be wrong on a page.
#[derive(Default)]
struct Page {
    path: PathBuf,
    /// Fenced blocks with their info strings.
    blocks: Vec<(String, String)>,
    /// Code in running text.
    spans: Vec<String>,
    links: Vec<String>,
}

#[test]
fn every_session_prints_what_the_pages_show() {
    let mut replayed = 0;
    for page in pages() {
        let sessions = page.blocks.iter().filter(|(language, _)| language == "console");
        for (_, session) in sessions {
            replay(session);
            replayed += 1;
        }
    }
    assert!(replayed > 0);
}

#[test]
fn every_command_line_of_the_pages_is_valid() {
    let mut parsed = 0;
    for page in pages() {
        let lines = page.blocks.iter().flat_map(|(_, block)| block.lines());
        let lines = lines.map(|line| line.strip_prefix("$ ").unwrap_or(line));
        for line in lines.chain(page.spans.iter().map(String::as_str)) {
            let Some(words) = arguments(line) else { continue };
            parsed += 1;
            let Err(error) = Cli::try_parse_from(&words) else { continue };
            // In running text, a command without its arguments is the command's name.
            let is_name = words.len() == 2 && error.kind() == ErrorKind::MissingRequiredArgument;
            assert!(is_name, "{}: {line}\n{error}", page.path.display());
        }
    }
    assert!(parsed > 10, "{parsed}");
}

/// Cargo would start the unit tests as well, which know none of these options.
#[test]
fn only_the_benchmark_receives_cargo_bench_options() {
    let manifest = std::fs::read_to_string(format!("{ROOT}/Cargo.toml")).unwrap();
    for section in ["\n[lib]\n", "\n[[bin]]\n"] {
        let (_, section) = manifest.split_once(section).expect("a library and a program");
        let section = section.split("\n[").next().unwrap_or_default();
        assert!(section.lines().any(|line| line == "bench = false"), "{section}");
    }
}

#[test]
fn every_link_to_a_file_has_a_target() {
    let mut followed = 0;
    for page in pages() {
        for link in &page.links {
            if link.contains("://") {
                continue;
            }
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let folder = page.path.parent().unwrap();
            let file = if file.is_empty() { page.path.clone() } else { folder.join(file) };
            assert!(file.exists(), "{}: {link}", page.path.display());
            let anchors = || {
                std::fs::read_to_string(&file)
                    .unwrap()
                    .lines()
                    .any(|line| line.starts_with('#') && anchor(line) == heading)
            };
            assert!(heading.is_empty() || anchors(), "{}: {link}", page.path.display());
            followed += 1;
        }
    }
    assert!(followed > 5, "{followed}");
}

#[test]
fn every_workflow_of_the_pages_uses_existing_inputs() {
    let inputs = action_yml::inputs();
    let mut steps = 0;
    for page in pages() {
        let workflows = page.blocks.iter().filter(|(language, _)| language == "yaml");
        for (_, workflow) in workflows {
            let read = saphyr_parser::Parser::new_from_str(workflow).find_map(Result::err);
            assert!(read.is_none(), "{}: {read:?}\n{workflow}", page.path.display());
            for step in workflow.split("uses: ").skip(1) {
                let Some(with) = step.strip_prefix(repository()).map(step_inputs) else { continue };
                steps += 1;
                for input in with {
                    let known = inputs.iter().any(|(name, _)| *name == input);
                    assert!(known, "{}: {input}\n{workflow}", page.path.display());
                }
            }
        }
    }
    assert!(steps > 4, "{steps}");
}

/// The pictures are made from scenarios; each scenario with a comment is a state of it.
#[test]
fn every_comment_state_has_a_picture() {
    let scenarios = std::fs::read_dir(Path::new(ROOT).join("tests/scenarios")).unwrap();
    let states = scenarios
        .map(|entry| entry.unwrap().path())
        .filter(|file| std::fs::read_to_string(file).unwrap().contains("\n``````comment\n"));
    let name = |file: &Path| file.file_stem().unwrap().to_string_lossy().into_owned();
    let mut states: Vec<String> = states.map(|file| name(&file)).collect();
    states.push("summary".to_owned());
    states.sort();
    let page = page("docs/pictures.md");
    let mut listed: Vec<String> = Vec::new();
    for link in &page.links {
        if let Some(picture) = link.strip_prefix("pictures/") {
            listed.push(picture.strip_suffix(".png").unwrap().to_owned());
        }
    }
    listed.sort();
    assert_eq!(listed, states, "docs/pictures.md, and then scripts/screenshots");

    let files = std::fs::read_dir(Path::new(ROOT).join("docs/pictures")).unwrap();
    let files: Vec<_> = files.map(|entry| entry.unwrap()).collect();
    let mut made: Vec<String> = files.iter().map(|file| name(&file.path())).collect();
    made.sort();
    assert_eq!(made, listed, "scripts/screenshots");
    for file in &files {
        let picture = std::fs::read(file.path()).unwrap();
        assert!(picture.starts_with(b"\x89PNG\r\n"), "{file:?}");
    }
    let bytes: u64 = files.iter().map(|file| file.metadata().unwrap().len()).sum();
    assert!(
        bytes < 2_000_000,
        "{bytes}: install pngquant and optipng, and run scripts/screenshots"
    );
}

/// A release moves the tag of its major version, so the pages have to name that one, of the repository in Cargo.toml.
#[test]
fn pages_name_the_released_action() {
    let major = env!("CARGO_PKG_VERSION").split('.').next().unwrap();
    let script = std::fs::read_to_string(Path::new(ROOT).join("native/run")).unwrap();
    let mut named = 0;
    for (path, text) in
        pages().into_iter().map(path_and_text).chain([("native/run".into(), script)])
    {
        for rest in text.split(repository()).skip(1) {
            let Some((action, rest)) = rest.split_once('@') else { continue };
            if !["", "/native"].contains(&action) {
                continue;
            }
            let tag: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
            assert_eq!(tag, format!("v{major}"), "{}", path.display());
            named += 1;
        }
    }
    assert!(named > 7, "{named}");
    let expected = format!("`v{major}` of the action, which always points to that release");
    assert!(include_str!("../../SECURITY.md").contains(&expected), "SECURITY.md: {expected}");
    let newest = format!("\n## [{}] - ", env!("CARGO_PKG_VERSION"));
    let first_release = include_str!("../../CHANGELOG.md").find("\n## [");
    assert_eq!(include_str!("../../CHANGELOG.md").find(&newest), first_release, "CHANGELOG.md");
}

/// The repository that the package names: `OWNER/REPO` until it has a name.
fn repository() -> &'static str {
    let address = env!("CARGO_PKG_REPOSITORY");
    address.strip_prefix("https://github.com/").expect("a repository on GitHub")
}

fn path_and_text(page: Page) -> (PathBuf, String) {
    let text = std::fs::read_to_string(&page.path).unwrap();
    (page.path, text)
}

/// The inputs under a step's `with:`; the step ends at a line with less indentation.
fn step_inputs(step: &str) -> Vec<String> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let mut lines = step.lines().skip_while(|line| line.trim() != "with:");
    let Some(with) = lines.next().map(depth) else { return Vec::new() };
    lines
        .take_while(|line| depth(line) > with)
        .filter(|line| depth(line) == with + 2)
        .filter_map(|line| line.trim().split_once(':').map(|(name, _)| name.to_owned()))
        .collect()
}

/// The repository's pages, the README first.
fn pages() -> Vec<Page> {
    let git = Command::new("git").args(["ls-files", "*.md"]).current_dir(ROOT).output().unwrap();
    assert!(git.status.success(), "run in a clone: {git:?}");
    let listed = String::from_utf8(git.stdout).unwrap();
    // Recorded data and documents of known failures are about other programs.
    let is_page = |path: &&str| !path.starts_with("tests/") && !path.ends_with("KNOWN_FAILURES.md");
    let pages: Vec<Page> = listed.lines().filter(is_page).map(page).collect();
    assert!(pages.iter().any(|page| page.path.ends_with("README.md")));
    pages
}

fn page(path: &str) -> Page {
    let mut page = Page { path: Path::new(ROOT).join(path), ..Page::default() };
    let text = std::fs::read_to_string(&page.path).unwrap();
    let mut options = Options::default();
    options.extension.table = true;
    let arena = Arena::new();
    for node in comrak::parse_document(&arena, &text, &options).descendants() {
        match &node.data.borrow().value {
            NodeValue::CodeBlock(block) => {
                page.blocks.push((block.info.clone(), block.literal.clone()));
            }
            NodeValue::Code(code) => page.spans.push(code.literal.clone()),
            NodeValue::Link(link) | NodeValue::Image(link) => page.links.push(link.url.clone()),
            _ => {}
        }
    }
    page
}

/// Runs each command of a session, from the repository's root, and compares its output.
fn replay(session: &str) {
    let mut directory = PathBuf::from(ROOT);
    for part in format!("\n{session}").split("\n$ ").skip(1) {
        let (command, expected) = part.split_once('\n').unwrap_or((part, ""));
        if let Some(to) = command.strip_prefix("cd ") {
            directory.push(to);
            continue;
        }
        let printed = run(command, &directory);
        let (expected, printed): (Vec<&str>, Vec<&str>) =
            (expected.lines().collect(), printed.lines().collect());
        assert!(matches_shown(&expected, &printed), "$ {command}\n{}", printed.join("\n"));
    }
}

/// The output of a command on both streams, in a terminal outside GitHub Actions.
fn run(command: &str, directory: &Path) -> String {
    let binary = Path::new(env!("CARGO_BIN_EXE_knownfail")).parent().unwrap();
    let path = format!("{}:{}", binary.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1; {command}")])
        .current_dir(directory)
        .env_clear()
        .env("PATH", path)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Whether lines match, where `…` is any number of lines.
fn matches_shown(expected: &[&str], printed: &[&str]) -> bool {
    match (expected, printed) {
        ([], []) => true,
        ([line, expected_rest @ ..], printed) if line.trim() == "…" => {
            (0..=printed.len()).any(|cut| matches_shown(expected_rest, &printed[cut..]))
        }
        ([a, expected_rest @ ..], [b, printed @ ..]) => {
            a == b && matches_shown(expected_rest, printed)
        }
        ([], _) | (_, []) => false,
    }
}

/// The arguments of a command line of ours, the program's name first, without the explanation after two spaces; a file
/// replaces `[FILE]...` and `<FILE>`.
fn arguments(line: &str) -> Option<Vec<String>> {
    let rest = line.strip_prefix("cargo run -- ").or_else(|| line.strip_prefix("knownfail "))?;
    let usage = rest.split("  ").next().unwrap_or(rest);
    let mut words = vec!["knownfail".to_owned()];
    for (place, part) in usage.split('"').enumerate() {
        match place % 2 {
            0 => words.extend(part.split_whitespace().map(|word| {
                word.trim_end_matches("...").trim_matches(['[', ']', '<', '>']).to_owned()
            })),
            // A variable of the shell: an exit code.
            _ if part.starts_with('$') => words.push("0".to_owned()),
            _ => words.push(part.to_owned()),
        }
    }
    Some(words)
}

/// GitHub's anchor of a heading.
fn anchor(heading: &str) -> String {
    let title = heading.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
    title.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect()
}

#[test]
fn session_mismatch_is_detected() {
    assert!(matches_shown(&["a", "…", "c"], &["a", "b", "b", "c"]));
    assert!(matches_shown(&["…"], &[]));
    assert!(!matches_shown(&["a"], &["a", "b"]));
    assert!(!matches_shown(&["a", "…", "c"], &["a", "c", "d"]));
}
