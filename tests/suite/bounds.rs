//! What hostile input costs, measured: twice the input takes about twice the instructions, and lists of 48 KB stay within fixed
//! memory and processor time.
//!
//! The binary is that of [`instructions`](super::instructions), since expressions take many times as long in a debug build.

use crate::harness::{CommandOutput, Knownfail};
use crate::instructions::{build_counted_binary, count_instructions};
use std::fmt::Write as _;
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::LazyLock;

static PROGRAM: LazyLock<String> = LazyLock::new(build_counted_binary);

/// The size of a list that costs little to write.
const LIST_SIZE: usize = 48 << 10;

/// What such a list may take: 512 MiB, in KiB, and seconds of processor time, of which these runs need fewer than five.
const LIMITS: &str = "ulimit -v 524288; ulimit -t 20";

/// How many times as many instructions twice the input may take; with fewer, it was not read.
const GROWTH: RangeInclusive<f64> = 1.2..=2.5;

/// Checks that a run on inputs of size 2n takes little more than twice as long as on size n.
fn assert_near_linear(what: &str, n: usize, arguments: &[&str], write: impl Fn(&Path, usize)) {
    let [once, twice] = [n, 2 * n].map(|n| {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), n);
        count_instructions(&PROGRAM, arguments, folder.path())
    });
    assert!(
        GROWTH.contains(&(twice / once)),
        "{what}: {once:.0} million become {twice:.0} million"
    );
}

fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

const NO_ROWS: &str = "| Test |\n| --- |\n";

/// The order in which open tests end.
type Ends = fn(usize) -> Vec<usize>;

const ENDS: [(&str, Ends); 4] = [
    ("in the order of their starts", |n| (0..n).collect()),
    ("in reverse", |n| (0..n).rev().collect()),
    ("never", |_| Vec::new()),
    ("half of them, over and over", |n| (0..n / 2).chain(0..n / 2).collect()),
];

/// A format: the lines of a start and of an end.
type OpenTestFormat = (&'static str, fn(usize) -> String, fn(usize) -> String);

const OPEN_TEST_FORMATS: [OpenTestFormat; 4] = [
    ("subunit", |n| format!("test: s.t{n}\n"), |n| format!("success: s.t{n}\n")),
    (
        "go-json",
        |n| format!("{{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"T{n}\"}}\n"),
        |n| format!("{{\"Action\":\"pass\",\"Package\":\"p\",\"Test\":\"T{n}\"}}\n"),
    ),
    (
        "teamcity",
        |n| format!("##teamcity[testStarted name='t{n}']\n"),
        |n| format!("##teamcity[testFinished name='t{n}']\n"),
    ),
    (
        "mozlog",
        |n| format!("{{\"action\":\"test_start\",\"test\":\"/t{n}.html\"}}\n"),
        |n| format!("{{\"action\":\"test_end\",\"test\":\"/t{n}.html\",\"status\":\"PASS\"}}\n"),
    ),
];

#[test]
fn open_tests_take_near_linear_time() {
    for (format, start, end) in OPEN_TEST_FORMATS {
        for (order, ends) in ENDS {
            let text =
                |n| (0..n).map(start).chain(ends(n).into_iter().map(end)).collect::<String>();
            let arguments = ["check", "r.txt", "-k", "K.md", "--format", format];
            let what = format!("{format}: tests that end {order}");
            assert_near_linear(&what, 4_000, &arguments, |folder, n| {
                write(folder, "K.md", NO_ROWS);
                write(folder, "r.txt", text(n));
            });
        }
    }
}

#[test]
fn nested_and_repeated_starts_take_near_linear_time() {
    let nested = |n: usize| {
        let levels = (0..n).map(|n| format!("progress: push\ntest: a{n}\n"));
        let ends = (0..n).map(|n| format!("success: a{n}\nprogress: pop\n"));
        levels.chain(ends).collect::<String>()
    };
    let same_name = |n: usize| "test: a\n".repeat(n) + &"success: a\n".repeat(n);
    let unknown_ends = |n: usize| {
        let starts = (0..n).map(|n| format!("test: a{n}\n")).collect::<String>();
        starts + &(0..n).map(|n| format!("success: b{n} [\n]\n")).collect::<String>()
    };
    let texts: [(&str, &dyn Fn(usize) -> String); 3] =
        [("nested", &nested), ("same name", &same_name), ("unknown ends", &unknown_ends)];
    for (what, text) in texts {
        let arguments = ["check", "r.txt", "-k", "K.md", "--format", "subunit"];
        assert_near_linear(what, 4_000, &arguments, |folder, n| {
            write(folder, "K.md", NO_ROWS);
            write(folder, "r.txt", text(n));
        });
    }
}

#[test]
fn variants_take_near_linear_time() {
    let failing = |tests: usize| {
        (0..tests).map(|n| format!("test: s.t{n}\nfailure: s.t{n} [\n]\n")).collect::<String>()
    };
    let lists: [(&str, String); 2] = [
        ("without rows", NO_ROWS.to_owned()),
        ("a wildcard", format!("{NO_ROWS}| s.t1* |\n| s.* |\n")),
    ];
    for (what, list) in lists {
        let arguments = ["check", "r/{variant}.txt", "-k", "K.md"];
        assert_near_linear(what, 100, &arguments, |folder, n| {
            write(folder, "K.md", &list);
            for variant in 0..n {
                write(folder, &format!("r/v{variant}.txt"), failing(50));
            }
        });
    }
}

#[test]
fn many_wildcards_take_near_linear_time() {
    let texts: [fn(usize) -> String; 4] = [
        |n| format!("suite*{n}"),
        |n| format!("*.t{n}*"),
        |n| format!("suite.*x{n}*y"),
        |n| format!("a{n}.*"),
    ];
    let results = (0..2_000).map(|n| format!("test: suite.t{n}\nfailure: suite.t{n} [\n]\n"));
    let results = results.collect::<String>();
    for text in texts {
        assert_near_linear(&text(0), 10_000, &["check", "r.txt", "-k", "K.md"], |folder, n| {
            let rows = (0..n).map(|n| format!("| {} |\n", cell(&text(n)))).collect::<String>();
            write(folder, "K.md", NO_ROWS.to_owned() + &rows);
            write(folder, "r.txt", &results);
        });
    }
}

/// Runs the program within [`LIMITS`].
fn run_limited(program: &Knownfail, arguments: &str) -> CommandOutput {
    let script = format!("{LIMITS}; exec \"$0\" {arguments}");
    program.run_program("sh", &["-c", &script, &PROGRAM])
}

/// A cell that shows as its text.
fn cell(text: &str) -> String {
    let text = text.replace('|', r"\|");
    if text.is_empty() { text } else { format!("`{text}`") }
}

/// A list of 48 KB whose rows have these cells.
fn list(row: impl Fn(usize) -> [String; 3]) -> String {
    let mut text = "| Test | Status | Variants |\n| --- | --- | --- |\n".to_owned();
    for n in 0.. {
        let [test, status, variants] = row(n).map(|text| cell(&text));
        let line = format!("| {test} | {status} | {variants} |\n");
        if text.len() + line.len() > LIST_SIZE {
            break;
        }
        text += &line;
    }
    text
}

/// Makes the Nth text of its kind.
type MakeText = fn(usize) -> String;

/// Makes the cells of the Nth row.
type MakeCells<'a> = dyn Fn(usize) -> [String; 3] + 'a;

/// Expressions, the `n`th of their kind.
const EXPRESSIONS: [(&str, MakeText); 12] = [
    ("bounded repetition", |n| format!("re:[ab]{{1000}}{n}")),
    ("without literals", |n| format!("re:[ab]*a[ab]{{{}}}", 1 + n % 900)),
    ("Unicode class", |n| format!(r"re:\w{{20}}{n}")),
    ("Unicode class that is compiled late", |n| format!(r"re:\w{{8}}x{n}")),
    ("letters of any case", |n| format!(r"re:(?i)\pL{{10}}\PL{{10}}{n}")),
    ("nested repetition", |n| format!("re:(([ab]{{1,30}}c){{1,30}})x{n}")),
    ("big alternation", |n| {
        let words =
            (0..200).map(|word| format!("a{:x}kb", (word * 7 + n) * 0x9e37_79b9 % 0xfff_ffff));
        format!("re:(?i)({})", words.collect::<Vec<_>>().join("|"))
    }),
    ("dots", |n| format!("re:.*.*.*.*[{n}]")),
    ("long", |n| format!("re:[ab]*{}{n}", "ab".repeat(900))),
    ("optional", |n| format!("re:((((a?){{0,100}}){{0,100}}){{0,9}})x{n}")),
    ("wildcard", |n| format!("{}{n}*", "*a".repeat(20))),
    ("wildcards of one letter", |n| {
        (0..12).map(|bit| if n >> bit & 1 == 1 { "a*" } else { "?a*" }).collect()
    }),
];

/// 100 failing tests whose long names and messages consist of the letters, numbers and words of the expressions.
fn hostile_results() -> String {
    let mut state = 1_u64;
    let mut letters = |count: usize| -> String {
        let mut letter = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            if state >> 63 == 0 { 'a' } else { 'b' }
        };
        (0..count).map(|_| letter()).collect()
    };
    let mut text = String::new();
    for n in 0..100 {
        let numbers = (0..150).map(|at| format!("{}x{}", n * 7 + at, at)).collect::<String>();
        let beyond_ascii = if n % 2 == 0 { "é" } else { "" };
        let name = format!("{beyond_ascii}{}c{numbers}{}{n}", letters(1_200), letters(1_200));
        let _ = write!(text, "test: {name}\nfailure: {name} [\n{}{numbers}\n]\n", letters(6_000));
    }
    text
}

#[test]
fn small_lists_stay_within_memory_and_time() {
    let results = hostile_results();
    for (kind, expression) in EXPRESSIONS {
        let columns: [(&str, Box<MakeCells<'_>>); 3] = [
            ("tests", Box::new(|n| [expression(n), String::new(), String::new()])),
            (
                "messages",
                Box::new(|n| [format!("*{n}*"), format!("fail: {}", expression(n)), String::new()]),
            ),
            ("variants", Box::new(|n| [format!("*{n}*"), String::new(), expression(n)])),
        ];
        for (column, row) in columns {
            let mut program = Knownfail::new();
            program.file("K.md", list(&row)).file("old.md", list(|n| row(n + 1)));
            program.file("aab1.txt", &results);
            for arguments in [
                "lint K.md",
                "diff old.md K.md",
                "check '{variant}.txt' -k K.md --fail-on nothing",
                "why 'aab1x1é' -k K.md",
            ] {
                // A process that exceeds a limit is ended by a signal, or aborts.
                let ran = run_limited(&program, arguments);
                assert!(ran.code < 3, "{kind} in {column}: {arguments}: {}", ran.stderr);
            }
        }
    }
}

#[test]
fn costly_message_pattern_is_an_error_that_names_its_row() {
    let chains = (0..12).map(|n| format!("[ab]{{{}}}{}", 3_900 + n, char::from(b'c' + n as u8)));
    let chains = chains.collect::<Vec<_>>().join(r"\|");
    let one = format!("| s.* | fail: re:[ab]*a({chains}) |\n");
    // Each is cheap for one line, and all of them are not.
    let many = (0..10).map(|n| format!("| s.t{n}* | fail: re:[ab]*a[ab]{{2000}}{n} |\n"));
    let many = "| other | fail |\n".to_owned() + &many.collect::<String>();
    for (rows, line) in [(one, "K.md:3"), (many, "K.md:")] {
        let mut program = Knownfail::new();
        program.file("K.md", format!("| Test | Status |\n| --- | --- |\n{rows}"));
        let message = |n: usize| format!("{}{n}", "abbab".repeat(1_500));
        let messages =
            (0..400).map(|n| format!("test: s.t{n}\nfailure: s.t{n} [\n{}\n]\n", message(n)));
        program.file("r.txt", messages.collect::<String>());
        let ran = run_limited(&program, "check r.txt -k K.md");
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        assert!(ran.stderr.contains(line), "{}", ran.stderr);
        assert!(ran.stderr.contains("takes too long"), "{}", ran.stderr);
    }
}

#[test]
fn many_rows_and_variants_stay_within_memory_and_time() {
    let mut program = Knownfail::new();
    let rows = (0..6_000).map(|n| format!("| a{n} |\n")).collect::<String>();
    program.file("K.md", NO_ROWS.to_owned() + &rows);
    for variant in 0..1_000 {
        program.file(&format!("r/v{variant}.txt"), "test: s.t\nsuccess: s.t\n");
    }
    let ran = run_limited(&program, "check 'r/{variant}.txt' -k K.md");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
