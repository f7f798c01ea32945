//! How GitHub's runner parses what a step prints and writes: workflow commands, file commands, limits.
//!
//! The runner accepts more than its documentation mentions: it reads both streams, ends a line at a bare CR, skips Unicode
//! whitespace before `::`, and honours the old form `##[error]` anywhere in a line.
//! <https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs>

use std::collections::BTreeMap;

/// Maximum number of annotations of one level of a step; the others are only in the log.
pub(crate) const MAX_ANNOTATIONS_PER_LEVEL: usize = 10;
/// Maximum length of an annotation's message, in UTF-16 units.
pub(crate) const MAX_MESSAGE_UNITS: usize = 4096;
/// The runner drops a step's summary with more bytes.
pub(crate) const MAX_SUMMARY_BYTES: usize = 1024 * 1024;

const COMMANDS: [&str; 15] = [
    "add-mask",
    "add-matcher",
    "add-path",
    "debug",
    "echo",
    "endgroup",
    "error",
    "group",
    "notice",
    "remove-matcher",
    "save-state",
    "set-env",
    "set-output",
    "stop-commands",
    "warning",
];

/// Escapes of the form `::name::data` with their characters; the percent sign is last.
const ESCAPES: [(&str, &str); 3] = [("%0D", "\r"), ("%0A", "\n"), ("%25", "%")];
const PROPERTY_ESCAPES: [(&str, &str); 5] =
    [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
/// Escapes of the old form `##[name]data`.
const OLD_ESCAPES: [(&str, &str); 5] =
    [("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%25", "%")];

/// The level of an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Error,
    Warning,
    Notice,
}

/// An annotation as GitHub keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Annotation {
    pub level: Level,
    pub title: Option<String>,
    /// Relative to the workspace if it is inside.
    pub file: Option<String>,
    pub line: Option<i64>,
    pub end_line: Option<i64>,
    pub column: Option<i64>,
    pub message: String,
}

/// What the runner keeps of a step.
#[derive(Debug, Default)]
pub(crate) struct Runner {
    /// The annotations that GitHub shows.
    pub annotations: Vec<Annotation>,
    /// The number of annotations over the limit, which are only in the log.
    pub dropped: usize,
    /// Texts that the log shows as `***`.
    pub masks: Vec<String>,
    /// The runner's own complaints: disabled commands, refused tokens.
    pub complaints: Vec<String>,
    /// The lines that are not commands.
    pub log: Vec<String>,
    stop_token: Option<String>,
}

impl Runner {
    /// The annotations of one stream.
    pub(crate) fn parse(stream: &str) -> Vec<Annotation> {
        let mut runner = Runner::default();
        runner.read(stream);
        runner.annotations
    }

    /// Reads one stream to its end.
    pub(crate) fn read(&mut self, stream: &str) {
        // CR and LF together end one line; splitting at both gives an empty one, which does no harm.
        for line in stream.split(['\r', '\n']).filter(|l| !l.is_empty()) {
            self.read_line(line);
        }
    }

    fn read_line(&mut self, line: &str) {
        let command = WorkflowCommand::parse(line, self.stop_token.as_deref());
        match (command, &self.stop_token) {
            (Some(command), Some(token)) if command.name == *token => self.stop_token = None,
            (Some(command), None) => self.execute(command),
            (_, _) => self.log.push(line.to_owned()),
        }
    }

    fn execute(&mut self, command: WorkflowCommand) {
        match command.name.as_str() {
            "error" => self.annotate(Level::Error, command),
            "warning" => self.annotate(Level::Warning, command),
            "notice" => self.annotate(Level::Notice, command),
            "stop-commands" => {
                let token = command.data.to_lowercase();
                if matches!(token.as_str(), "" | "pause-logging") || is_known_command(&token) {
                    self.complaints.push(format!("refused stop token `{token}`"));
                } else {
                    self.stop_token = Some(token);
                }
            }
            "add-mask" => self.masks.push(command.data),
            "group" | "endgroup" | "debug" | "echo" => {}
            name => self.complaints.push(format!("command `{name}`")),
        }
    }

    fn annotate(&mut self, level: Level, command: WorkflowCommand) {
        if self.annotations.iter().filter(|a| a.level == level).count() == MAX_ANNOTATIONS_PER_LEVEL
        {
            self.dropped += 1;
            return;
        }
        let text = |key: &str| command.properties.get(key).cloned();
        let number = |key: &str| text(key).and_then(|v| v.trim().parse::<i64>().ok());
        let mut line = number("line").or(number("endline"));
        let mut end_line = number("endline");
        let mut column = number("col");
        if line.is_none() || end_line.is_some() && end_line != line {
            column = None;
        }
        if end_line.is_some_and(|end| line.is_some_and(|start| end < start)) {
            (line, end_line) = (None, None);
        }
        let units: Vec<u16> = command.data.encode_utf16().take(MAX_MESSAGE_UNITS).collect();
        self.annotations.push(Annotation {
            level,
            title: text("title"),
            file: text("file")
                .map(|f| f.strip_prefix("/github/workspace/").map_or(f.clone(), str::to_owned)),
            line,
            end_line,
            column,
            message: String::from_utf16_lossy(&units),
        });
    }
}

/// One workflow command.
struct WorkflowCommand {
    /// In lower case.
    name: String,
    properties: BTreeMap<String, String>,
    data: String,
}

impl WorkflowCommand {
    /// Parses the command on a line; `token` is one more name while commands are stopped.
    fn parse(line: &str, token: Option<&str>) -> Option<WorkflowCommand> {
        let is_accepted =
            |c: &WorkflowCommand| is_known_command(&c.name) || token == Some(c.name.as_str());
        WorkflowCommand::parse_new_form(line)
            .filter(is_accepted)
            .or_else(|| WorkflowCommand::parse_old_form(line).filter(is_accepted))
    }

    /// `::name key=value,key=value::data`
    fn parse_new_form(line: &str) -> Option<WorkflowCommand> {
        let (head, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
        Some(WorkflowCommand::from_parts(head, ',', &PROPERTY_ESCAPES, unescape(data, &ESCAPES)))
    }

    /// `##[name key=value;key=value]data`
    fn parse_old_form(line: &str) -> Option<WorkflowCommand> {
        let (_, rest) = line.split_once("##[")?;
        let (head, data) = rest.split_once(']')?;
        Some(WorkflowCommand::from_parts(head, ';', &OLD_ESCAPES, unescape(data, &OLD_ESCAPES)))
    }

    fn from_parts(
        head: &str,
        separator: char,
        escapes: &[(&str, &str)],
        data: String,
    ) -> WorkflowCommand {
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        let properties = properties
            .split(separator)
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(key, value)| !key.is_empty() && !value.is_empty())
            .map(|(key, value)| (key.to_lowercase(), unescape(value, escapes)))
            .collect();
        WorkflowCommand { name: name.to_lowercase(), properties, data }
    }
}

fn is_known_command(name: &str) -> bool {
    COMMANDS.contains(&name)
}

fn unescape(text: &str, escapes: &[(&str, &str)]) -> String {
    escapes.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// Parses the file of `GITHUB_OUTPUT` or `GITHUB_ENV` as the runner does: `key=value`, or `key<<delimiter`, the value's
/// lines, the delimiter. Anything else fails the step.
pub(crate) fn read_file_command(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut pairs = BTreeMap::new();
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let equals = line.find('=').unwrap_or(usize::MAX);
        let heredoc = line.find("<<").unwrap_or(usize::MAX);
        if equals < heredoc {
            pairs.insert(line[..equals].to_owned(), line[equals + 1..].to_owned());
        } else if heredoc < equals {
            let delimiter = &line[heredoc + 2..];
            let mut value = Vec::new();
            loop {
                match lines.next() {
                    Some(end) if end == delimiter => break,
                    Some(part) => value.push(part),
                    None => return Err(format!("no line `{delimiter}` ends the value")),
                }
            }
            pairs.insert(line[..heredoc].to_owned(), value.join("\n"));
        } else {
            return Err(format!("neither a value nor a delimiter: `{line}`"));
        }
    }
    Ok(pairs)
}

fn messages(stream: &str) -> Vec<String> {
    Runner::parse(stream).into_iter().map(|a| a.message).collect()
}

#[test]
fn annotation_is_parsed_with_its_location() {
    let all =
        Runner::parse("::error file=/github/workspace/a%2Cb.md,line=3,title=x%3Ay::one%0Atwo");
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].level, Level::Error);
    assert_eq!(all[0].file.as_deref(), Some("a,b.md"));
    assert_eq!((all[0].line, all[0].title.as_deref()), (Some(3), Some("x:y")));
    assert_eq!(all[0].message, "one\ntwo");
}

#[test]
fn hidden_commands_are_detected_like_in_the_runner() {
    assert_eq!(messages("harmless\r::error::after a bare CR\r\nnext"), ["after a bare CR"]);
    assert_eq!(messages("\u{a0}\t::WARNING::after blanks"), ["after blanks"]);
    assert_eq!(messages("assert x ##[error]in the middle"), ["in the middle"]);
    assert_eq!(messages("text ::error::not at the start"), [""; 0]);
    assert_eq!(messages("::unheard-of::nothing"), [""; 0]);
}

#[test]
fn stop_tokens_disable_commands() {
    let stream =
        "::stop-commands::f00d\n::error::inside\n##[error]inside\n::f00d::\n::error::behind";
    assert_eq!(messages(stream), ["behind"]);
}

#[test]
fn annotations_per_level_and_message_length_are_limited() {
    let mut runner = Runner::default();
    runner.read(&"::error::e\n".repeat(12));
    runner.read(&format!("::notice::{}", "n".repeat(5000)));
    assert_eq!((runner.annotations.len(), runner.dropped), (11, 2));
    assert_eq!(runner.annotations[10].message.len(), MAX_MESSAGE_UNITS);
}

#[test]
fn outputs_are_parsed_and_forged_delimiters_rejected() {
    let read = read_file_command("a=1\nb<<E\ntwo\nlines\nE\nc=x<<y\n").unwrap();
    assert_eq!((&*read["a"], &*read["b"], &*read["c"]), ("1", "two\nlines", "x<<y"));
    assert!(read_file_command("b<<E\nx\n").is_err());
    assert!(read_file_command("b<<E\nx\nE\nleft over\nE\n").is_err());
}
