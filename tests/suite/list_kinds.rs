//! Public lists of other tools, with the verdicts that their own tools reach.
//!
//! `tests/import/ABOUT.md` names the lists and the sources of the rules.

use crate::harness::Knownfail;
use std::collections::BTreeMap;

/// Lists of a tool, with results in a variant.
struct Case {
    directory: &'static str,
    lists: &'static [&'static str],
    results: &'static str,
    arguments: &'static [&'static str],
    /// What an import ends with.
    summary: &'static str,
    verdicts: &'static [(&'static str, &'static str)],
}

const KNOWN: &str = "known-failure";
const NEW: &str = "new-failure";
const NEWLY_PASSING: &str = "newly-passing";
const PASSED: &str = "passed";
const SKIPPED: &str = "skipped";

const SAMBA: Case = Case {
    directory: "samba",
    lists: &["knownfail", "flapping", "skip"],
    results: "results.subunit",
    arguments: &[],
    summary: "11 rows: nothing was lost",
    verdicts: &[
        ("samba3.blackbox.failure.failure(nt4_dc:local)", KNOWN),
        ("samba3.rpc.spoolss.driver.driver.add_driver_timestamps(nt4_dc)", KNOWN),
        // selftest excuses no `error:`.
        ("samba3.smb2.session enc.reconnect1(nt4_dc)", NEW),
        ("samba3.smb2.session.reconnect1(nt4_dc)", NEW),
        ("samba3.smb2.rename plain.simple_nodelete(nt4_dc)", NEWLY_PASSING),
        ("samba3.raw.mux.mux(nt4_dc)", KNOWN),
        ("samba3.rap.printing.print(nt4_dc)", PASSED),
        ("samba3.smbtorture_s3.plain.nbench(nt4_dc)", SKIPPED),
    ],
};

const MESA: Case = Case {
    directory: "mesa",
    lists: &["board-fails.txt", "board-flakes.txt", "board-skips.txt"],
    results: "results.csv",
    arguments: &[],
    summary: "17 rows; 2 entries excuse nothing and need no row: nothing was lost",
    verdicts: &[
        ("glx@glx-make-current", KNOWN),
        ("shaders@point-vertex-id gl_instanceid", NEWLY_PASSING),
        // A flake outranks the baseline, which has `Fail`.
        ("spec@!opengl 1.1@masked-clear", KNOWN),
        ("spec@glsl-1.10@execution@glsl-fs-inline-explosion", KNOWN),
        ("spec@glsl-1.10@execution@glsl-vs-inline-explosion", NEW),
        (
            "spec@khr_texture_compression_astc@miptree-gles srgb-fp@sRGB decode full precision",
            KNOWN,
        ),
        ("dEQP-VK.draw.renderpass.multi_draw.mosaic.direct.max_draws_1.no_draw_id", PASSED),
        // `Pass` and `Flake` in a baseline excuse nothing.
        ("dEQP-VK.api.smoke.create_sampler", NEW),
        ("dEQP-VK.api.smoke.triangle", NEW),
        ("dEQP-VK.api.smoke.asm_triangle", KNOWN),
        // A flake may match anywhere in a name.
        ("asan-KHR-GLES31.core.shader_atomic_counters.basic-usage-no-offset", KNOWN),
        ("spec@glsl-1.30@execution@tex-miplevel-selection texture(bias) 1darray", KNOWN),
    ],
};

const GCC: Case = Case {
    directory: "gcc",
    lists: &["x86_64-unknown-linux-gnu.xfail"],
    results: "gcc.sum",
    arguments: &[],
    summary: "10 rows: nothing was lost",
    verdicts: &[
        ("g++.dg/other/anon5.C -std=gnu++98 (test for excess errors)", KNOWN),
        ("g++.dg/other/anon5.C -std=gnu++11 (test for excess errors)", NEW),
        ("gcc.c-torture/compile/pr44119.c -Os  (test for excess errors)", KNOWN),
        ("gcc.dg/attr-weakref-1.c compilation failed to produce executable", KNOWN),
        // Listed as FAIL, and UNRESOLVED.
        ("gcc.dg/attr-weakref-1.c (test for excess errors)", NEW),
        (
            "gcc.dg/autopar/pr49960.c scan-tree-dump-times parloops \"SUCCESS: may be parallelized\" 0",
            NEWLY_PASSING,
        ),
        ("gcc.dg/guality/example.c -O2  execution test", KNOWN),
        ("gcc.dg/guality/vla-1.c -O2 -flto  line 24 sizeof (a) == 17 * sizeof (short)", KNOWN),
        ("gcc.dg/torture/pr51106-2.c -O1  (test for excess errors)", PASSED),
        ("libmudflap.c/fail37-frag.c (-O3) crash test", KNOWN),
        // Removed by the list itself.
        ("libmudflap.c++/pass55-frag.cxx (-O2) execution test", NEW),
        // Listed as FAIL and as UNRESOLVED.
        ("libmudflap.c++/pass55-frag.cxx (-O3) execution test", KNOWN),
    ],
};

const CHROMIUM: Case = Case {
    directory: "chromium",
    lists: &["TestExpectations"],
    results: "full_results.json",
    arguments: &["--variant", "Linux Release"],
    summary: "12 rows; 1 entry excuses nothing and needs no row: nothing was lost",
    verdicts: &[
        ("harness-tests/crash.html", KNOWN),
        ("fast/harness/sample-fail-mismatch-reftest.html", NEW),
        ("external/wpt/infrastructure/server/wpt-server-wpt-flags.sub.html?wpt_flags=h2", KNOWN),
        ("external/wpt/infrastructure/server/wpt-server-wpt-flags.sub.html?wpt_flags=https", NEW),
        ("fast/loader/iframe-window-open-stealing-focus.html", KNOWN),
        ("jquery/manipulation.html", PASSED),
        ("css3/filters/filterRegions.html", NEW),
        ("external/wpt/dom/nodes/NodeList-static-length-getter-tampered-3.html", SKIPPED),
        ("external/wpt/speculation-rules/prerender/csp-script-src-self.html", KNOWN),
        (
            "virtual/prerender/external/wpt/speculation-rules/prerender/csp-script-src-self.html",
            KNOWN,
        ),
        ("external/wpt/dom/ranges/Range-set.html", NEW),
        ("svg/batik/text/textOnPath.svg", NEW),
    ],
};

/// The same results elsewhere.
const CHROMIUM_DEBUG: Case = Case {
    arguments: &["--variant", "debug Debug Linux"],
    verdicts: &[
        ("fast/loader/iframe-window-open-stealing-focus.html", KNOWN),
        ("external/wpt/speculation-rules/prerender/csp-script-src-self.html", NEW),
        // Of two entries, both apply.
        ("svg/batik/text/textOnPath.svg", KNOWN),
    ],
    ..CHROMIUM
};

const WEBKIT: Case = Case {
    directory: "webkit",
    lists: &["TestExpectations"],
    results: "full_results.json",
    arguments: &["--variant", "Sonoma Debug"],
    summary: "12 rows; 1 entry excuses nothing and needs no row: nothing was lost",
    verdicts: &[
        ("compositing/ios/overflow.html", SKIPPED),
        ("http/tests/storageAccess/grant.html", SKIPPED),
        ("fast/forms/month/basic.html", NEW),
        ("http/tests/navigation/response204.html", SKIPPED),
        ("animations/animation-delay-changed.html", KNOWN),
        ("webgl/2.0.0/conformance2/glsl3/compound-assignment-type-combination.html", NEW),
        ("fast/backgrounds/background-opaque-images-over-color.html", KNOWN),
        ("fast/dom/Geolocation/page-reload-cancel-permission-requests.html", KNOWN),
        ("webarchive/loading/test-loading-archive-subresource-null-mimetype.html", KNOWN),
        ("plugins/evaluate-js-after-removing-plugin-element.html", SKIPPED),
        ("imported/w3c/html/2d.path.ellipse.basics.html", KNOWN),
        ("svg/batik/text/textOnPath.svg", KNOWN),
        ("svg/batik/paints/gradientLimit.svg", KNOWN),
    ],
};

const WEBKIT_RELEASE: Case = Case {
    arguments: &["--variant", "Ventura Release"],
    verdicts: &[
        ("fast/backgrounds/background-opaque-images-over-color.html", KNOWN),
        ("imported/w3c/html/2d.path.ellipse.basics.html", NEW),
        ("svg/batik/text/textOnPath.svg", NEW),
        ("svg/batik/paints/gradientLimit.svg", NEW),
    ],
    ..WEBKIT
};

const LKFT: Case = Case {
    directory: "lkft",
    lists: &["ltp-production.yaml"],
    results: "results.log",
    arguments: &[
        "--prefix",
        "ltp-syscalls/",
        "--variant",
        "lkft/linaro-hikey-stable-rc-4.4-oe hi6220-hikey",
    ],
    summary: "5 rows; 1 entry excuses nothing and needs no row: nothing was lost",
    verdicts: &[
        ("ltp-syscalls/bind02", KNOWN),
        // Not active.
        ("ltp-syscalls/bind03", NEW),
        ("ltp-syscalls/mlock203", KNOWN),
        ("ltp-syscalls/pselect01", KNOWN),
        ("ltp-syscalls/quotactl01", KNOWN),
        ("ltp-syscalls/quotactl02", NEW),
    ],
};

const LKFT_OTHER_BRANCH: Case = Case {
    arguments: &["--prefix", "ltp-syscalls/", "--variant", "lkft/linux-next-master hi6220-hikey"],
    verdicts: &[
        ("ltp-syscalls/bind02", NEW),
        ("ltp-syscalls/mlock203", NEW),
        ("ltp-syscalls/pselect01", KNOWN),
        ("ltp-syscalls/quotactl01", KNOWN),
    ],
    ..LKFT
};

const OCIS: Case = Case {
    directory: "ocis",
    lists: &["expected-failures-API-on-OCIS-storage.md"],
    results: "results.tap",
    arguments: &[],
    summary: "3 rows: nothing was lost",
    verdicts: &[
        ("coreApiWebdavProperties1/copyFile.feature:274", KNOWN),
        ("coreApiWebdavProperties1/copyFile.feature:275", NEWLY_PASSING),
        ("coreApiWebdavProperties1/copyFile.feature:276", NEW),
        ("coreApiWebdavProperties1/setFileProperties.feature:37", KNOWN),
    ],
};

const CASES: [&Case; 10] = [
    &SAMBA,
    &MESA,
    &GCC,
    &CHROMIUM,
    &CHROMIUM_DEBUG,
    &WEBKIT,
    &WEBKIT_RELEASE,
    &LKFT,
    &LKFT_OTHER_BRANCH,
    &OCIS,
];

fn program(case: &Case) -> Knownfail {
    let mut program = Knownfail::new();
    for file in case.lists.iter().chain([&case.results]) {
        let path = format!("{}/tests/import/{}/{file}", env!("CARGO_MANIFEST_DIR"), case.directory);
        program.file(file, std::fs::read(path).unwrap());
    }
    program
}

/// The verdicts of a run, judged by these lists.
fn verdicts(program: &Knownfail, case: &Case, lists: &[&str]) -> BTreeMap<String, String> {
    let mut arguments = vec!["check", case.results, "--all-tests", "--json", "report.json"];
    arguments.extend(lists.iter().flat_map(|list| ["-k", list]));
    arguments.extend(case.arguments);
    let ran = program.run(&arguments);
    assert!(program.exists("report.json"), "{ran:?}");
    let report: serde_json::Value = serde_json::from_str(&program.read("report.json")).unwrap();
    let tests = report["tests"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    tests.map(|test| (text(&test["name"]), text(&test["verdict"]))).collect()
}

fn assert_verdicts(case: &Case, verdicts: &BTreeMap<String, String>) {
    for (test, verdict) in case.verdicts {
        let actual = verdicts.get(*test).map(String::as_str);
        assert_eq!(actual, Some(*verdict), "{test} {:?}", case.arguments);
    }
}

#[test]
fn imported_list_has_the_verdicts_of_its_own_tool() {
    for case in CASES {
        let program = program(case);
        let ran = program.run(&[&["import", "--output", "K.md"][..], case.lists].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.stderr.lines().last(), Some(case.summary), "{ran:?}");
        assert_verdicts(case, &verdicts(&program, case, &["K.md"]));
    }
}

#[test]
fn list_itself_has_the_verdicts_of_its_own_tool() {
    for case in CASES {
        let program = program(case);
        assert_verdicts(case, &verdicts(&program, case, case.lists));
        let reversed: Vec<&str> = case.lists.iter().rev().copied().collect();
        assert_verdicts(case, &verdicts(&program, case, &reversed));
    }
}

/// deqp-runner reads all flakes before it looks at a result.
#[test]
fn flakes_and_skips_outrank_the_baseline_in_any_order() {
    let mut program = program(&MESA);
    let import = |program: &Knownfail, lists: &[&str]| {
        let ran = program.run(&[&["import"][..], lists].concat());
        let mut rows: Vec<String> =
            ran.stdout.lines().filter(|l| l.starts_with('|')).map(str::to_owned).collect();
        rows.sort();
        rows
    };
    let rows = import(&program, &["board-fails.txt", "board-flakes.txt", "board-skips.txt"]);
    assert_eq!(rows, import(&program, &["board-skips.txt", "board-flakes.txt", "board-fails.txt"]));
    let has = |test: &str, status: &str| {
        rows.iter().any(|row| row.starts_with(&format!("| `{test}` ")) && row.ends_with(status))
    };
    assert!(has("spec@!opengl 1.1@masked-clear", "flaky |"), "{rows:#?}");
    assert!(has("spec@!opengl 3.2@layered-rendering@clear-color", "skip |"), "{rows:#?}");
    // Alone, the baseline is as it is; other kinds outrank nothing.
    let fails = |program: &Knownfail, list: &str| import(program, &["board-fails.txt", list]);
    program.file("flapping", "^spec@.opengl");
    let row = "| `spec@!opengl 1.1@masked-clear` |  |  |  | fail |".to_owned();
    assert!(fails(&program, "flapping").contains(&row));
}

/// What a name suggests is checked against the content.
#[test]
fn list_kind_is_not_guessed_from_a_name() {
    let mut program = Knownfail::new();
    let android =
        "# Flakey Cases\nE android-10 android-11 ALL db845c ALL\nI vts-kernel-v7a VtsKernelTest\n";
    program.file("flakey.txt", android);
    let ran = program.run(&["import", "flakey.txt"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("flakey.txt:1: the whole list is left out"), "{ran:?}");
    // No document looks like a list without failures.
    assert_eq!((ran.code, &*ran.stdout), (2, ""), "{ran:?}");
    let ran = program.run(&["import", "flakey.txt", "--output", "K.md"]);
    assert!(ran.code == 2 && !program.exists("K.md"), "{ran:?}");
    assert!(!ran.stdout.contains('|'), "{ran:?}");
    program.file("names.txt", "a.b\n");
    let imported = program.run(&["import", "names.txt"]);
    let ran = program.run(&["import", "names.txt", "--output", "-"]);
    assert_eq!((ran.code, &ran.stdout), (0, &imported.stdout));
    assert!(!program.exists("-"));
    for (name, text) in [
        ("my-flakes.txt", "shopping cart\nlogin as admin\n"),
        ("skips.txt", "shopping cart\n"),
        ("knownfail.txt", "shopping cart\nlogin\n"),
        ("TestExpectations", "shopping cart\n"),
        ("skip", "login\n"),
        ("old.xfail", "login\n"),
    ] {
        program.file(name, text);
        let ran = program.run(&["import", name]);
        let kinds = ["| flaky |", "| skip |", "login*", "not understood"];
        let guessed = kinds.iter().find(|kind| ran.stdout.contains(*kind));
        assert_eq!(guessed, None, "{name}: {ran:?}");
    }
}

#[test]
fn empty_list_is_an_empty_list() {
    let mut program = Knownfail::new();
    program.file("knownfail.d/README", "# Files in this directory contain expressions.\n");
    program.file("board-flakes.txt", "");
    program.file("board-skips.txt", "# none\n");
    program.file("flapping", "\n");
    for list in ["knownfail.d", "board-flakes.txt", "board-skips.txt", "flapping"] {
        let ran = program.run(&["import", list]);
        assert_eq!((ran.code, &*ran.stderr), (0, "0 rows: nothing was lost\n"), "{list}");
    }
}

/// Where a wildcard is one, which tags hold at the same time, and what several entries mean together.
#[test]
fn expectations_follow_the_declarations_of_their_file() {
    let header =
        "# tags: [ Linux Win ]\n# tags: [ Nvidia Amd ]\n# results: [ Failure Crash Pass Slow ]\n";
    let rows = |settings: &str, lines: &str| {
        let mut program = Knownfail::new();
        program.file("TestExpectations", format!("{header}{settings}{lines}"));
        let ran = program.run(&["import", "TestExpectations"]);
        let cells = |row: &str| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let cells = [&[cells[1]], &cells[5..cells.len() - 1]].concat();
            cells.join(" ").trim_end().to_owned()
        };
        let rows = ran.stdout.lines().filter(|line| line.starts_with('|')).skip(2);
        rows.map(cells).collect::<Vec<_>>()
    };
    let everywhere = "# full_wildcard_support: true\n";
    let override_all = "# conflict_resolution: override\n";
    for (settings, lines, expected) in [
        (everywhere, "a:b:*x=1 [ Failure ]", &["`a:b:*x=1` fail"][..]),
        (everywhere, r"a*b\*c [ Failure ]", &[r"`a*b\*c` fail"]),
        ("", "a:b:*x=1 [ Failure ]", &[]),
        ("", "a/* [ Failure ]", &["`a/*` fail"]),
        ("", "[ linux NVIDIA ] a [ Failure ]", &["a fail Linux Nvidia"]),
        ("", "[ Linux Win ] a [ Failure ]", &[]),
        ("", "a [ Slow ]\nb [ Pass ]", &[]),
        ("", "[ Linux ] a [ Failure ]\n[ Win ] a [ Crash ]", &["a fail Linux", "a crash Win"]),
        (
            "",
            "[ Linux ] a [ Crash ]\n[ Amd ] a [ Failure ]",
            &["a crash Amd Linux", "a fail Amd", "a crash Linux"],
        ),
        // The row that comes first excuses both.
        ("", "[ Linux ] a [ Failure ]\n[ Amd ] a [ Crash ]", &["a crash Amd", "a fail Linux"]),
        ("", "a [ Failure ]\n[ Linux ] a [ Pass ]", &["a flaky Linux", "a fail"]),
        ("", "a [ Failure ]\na [ Crash ]", &["a crash"]),
        (override_all, "a [ Crash ]\n[ Linux ] a [ Failure ]", &["a fail Linux", "a crash"]),
        (override_all, "a [ Crash ]\n[ Linux ] a [ Pass ]", &["a crash !Linux"]),
    ] {
        assert_eq!(rows(settings, lines), expected, "{settings}{lines}");
    }
}

/// An entry that excuses nothing exempts its tests from wider entries, where its tags hold.
#[test]
fn wider_entry_does_not_excuse_what_a_narrower_one_does_not() {
    let chromium = "# tags: [ Linux Win ]\n# results: [ Failure Pass Slow Skip ]\n";
    let lost = |line: u32, by: u32| {
        format!("TestExpectations:{line}: left out where line {by} excuses nothing")
    };
    for (header, lines, rows, note) in [
        (chromium, "foo/* [ Failure ]\nfoo/bar.html [ Pass ]", &[][..], Some(lost(3, 4))),
        (chromium, "foo/* [ Failure ]\nfoo/bar.html [ Slow ]", &[], Some(lost(3, 4))),
        (chromium, "foo/* [ Failure ]\nfoo/b/* [ Pass ]", &[], Some(lost(3, 4))),
        (chromium, "foo/b/* [ Failure ]\nfoo/* [ Pass ]", &["`foo/b/*` fail"], None),
        (chromium, "foo/* [ Failure ]\nbar.html [ Pass ]", &["`foo/*` fail"], None),
        (chromium, "foo/* [ Skip ]\nfoo/bar.html [ Pass ]", &["`foo/*` skip"], None),
        (
            chromium,
            "foo/* [ Failure ]\n[ Linux ] foo/bar.html [ Pass ]",
            &["`foo/*` fail !Linux"],
            Some(lost(3, 4)),
        ),
        ("", "fast/forms [ Failure ]\nfast/forms/a.html [ Pass ]", &[], Some(lost(1, 2))),
        ("", "a.html [ Failure ]\n[ Debug ] a.html [ Pass ]", &["a.html fail !Debug"], None),
        ("", "[ Debug ] a.html [ Failure ]\na.html [ Pass ]", &["a.html fail Debug"], None),
        ("", "a.html [ Failure ]\na.html [ Pass ]", &[], Some(lost(1, 2))),
    ] {
        let mut program = Knownfail::new();
        program.file("TestExpectations", format!("{header}{lines}\n"));
        let ran = program.run(&["import", "TestExpectations"]);
        let table = ran.stdout.lines().filter(|line| line.starts_with('|')).skip(2);
        let cells = |row: &str| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let cells = [&[cells[1]], &cells[5..cells.len() - 1]].concat();
            cells.join(" ").trim_end().to_owned()
        };
        let written: Vec<String> = table.map(cells).collect();
        assert_eq!(written, rows, "{lines}");
        let notes = ran.stderr.lines().find(|line| line.contains("left out"));
        assert_eq!(notes.is_some(), note.is_some(), "{lines}: {ran:?}");
        assert!(ran.stderr.contains(&note.unwrap_or_default()), "{lines}: {ran:?}");
    }
}

/// Read directly, too, what is exempted is new, and the list has a warning.
#[test]
fn exempted_test_is_new() {
    let mut program = Knownfail::new();
    let failure = |actual: &str| serde_json::json!({ "actual": actual, "expected": "PASS" });
    let results = serde_json::json!({
        "version": 3, "interrupted": false, "path_delimiter": "/",
        "num_failures_by_type": { "FAIL": 1 },
        "tests": { "foo": { "bar.html": failure("FAIL") } }
    });
    program.file("full_results.json", results.to_string());
    let wide = "# results: [ Failure Pass ]\nfoo/* [ Failure ]\n";
    program.file("wide/TestExpectations", wide);
    program.file("both/TestExpectations", format!("{wide}foo/bar.html [ Pass ]\n"));
    for (list, code) in [("wide/TestExpectations", 0), ("both/TestExpectations", 1)] {
        let ran = program.run(&["check", "full_results.json", "-k", list]);
        assert_eq!(ran.code, code, "{list}: {ran:?}");
    }
}

/// GCC's `validate_failures.py` ignores entries from the day after their date.
#[test]
fn expired_entry_of_gcc_has_no_row() {
    let mut program = Knownfail::new();
    program
        .file("old.xfail", "expire=20200101 | FAIL: a.c test\nexpire=20990101 | FAIL: b.c test\n");
    let results = "\t\t=== gcc tests ===\n\nFAIL: a.c test\n\n\t\t=== gcc Summary ===\n\n\
                   # of unexpected failures\t1\n";
    program.file("gcc.sum", results);
    let ran = program.run(&["import", "old.xfail"]);
    assert!(ran.stderr.contains("old.xfail:1: left out, it expired on 2020-01-01"), "{ran:?}");
    assert!(ran.stdout.contains("b.c test") && !ran.stdout.contains("a.c"), "{ran:?}");
    program.file("all-old.xfail", "expire=20200101 | FAIL: a.c test\n");
    for list in ["old.xfail", "all-old.xfail"] {
        let ran = program.run(&["check", "gcc.sum", "-k", list]);
        assert_eq!(ran.code, 1, "{list}: {ran:?}");
    }
}

/// An environment that the list does not have is none of those that an issue names.
#[test]
fn issue_of_lkft_applies_to_the_environments_that_it_names() {
    let mut program = Knownfail::new();
    let issue = "  - test_name: ltp/x\n    environments: *e\n    active: true\n";
    let list =
        format!("projects:\n- name: L\n  environments: &e [arm, x86]\n  known_issues:\n{issue}");
    program.file("issues.yaml", list);
    program.file("results.tap", "1..1\nnot ok 1 - ltp/x\n");
    for (variant, code) in [("arm", 0), ("x86", 0), ("qemu", 1)] {
        let ran = program.run(&["check", "results.tap", "-k", "issues.yaml", "--variant", variant]);
        assert_eq!(ran.code, code, "{variant}: {ran:?}");
    }
}

/// Of equal patterns, the row that counts when the lists are read directly is imported.
#[test]
fn import_keeps_the_rows_that_the_lists_have_directly() {
    let directive = |variants: &str| format!("# knownfail: {variants}\n\na\n");
    let samba = "test: samba.x\nfailure: samba.x [\nboom\n]\n";
    for (first, second, results) in [
        (("a.txt", "a\n".to_owned()), ("b.txt", directive("status = skip")), "not ok 1 - a"),
        (("a.txt", directive("status = skip")), ("b.txt", "a\n".to_owned()), "not ok 1 - a"),
        (
            ("a.txt", directive("status = flaky")),
            ("b.txt", directive("status = skip")),
            "not ok 1 - a",
        ),
        (
            ("a.txt", directive("variants = linux, !nvidia")),
            ("b.txt", directive("status = skip")),
            "not ok 1 - a",
        ),
        (
            ("a.txt", directive("variants = !nvidia; status = skip")),
            ("b.txt", "a\n".to_owned()),
            "not ok 1 - a",
        ),
        (("flapping", "^samba.x$\n".to_owned()), ("knownfail", "^samba.x$\n".to_owned()), samba),
        (("flapping", "^samba.x$\n".to_owned()), ("skip", "^samba.x$\n".to_owned()), samba),
    ] {
        let mut program = Knownfail::new();
        program.file(first.0, &*first.1).file(second.0, &*second.1);
        let file = if results == samba { "r.subunit" } else { "r.tap" };
        let results =
            if results == samba { samba.to_owned() } else { format!("1..1\n{results}\n") };
        program.file(file, results);
        let lists = [first.0, second.0];
        let imported = program.run(&[&["import", "--output", "K.md"][..], &lists].concat());
        assert_eq!(imported.code, 0, "{imported:?}");
        for variant in ["linux", "nvidia linux", "mac"] {
            let check = |lists: &[&str]| {
                let lists = lists.iter().flat_map(|list| ["-k", list]);
                let arguments = ["check", file, "--variant", variant].into_iter().chain(lists);
                program.run(&arguments.collect::<Vec<_>>()).code
            };
            assert_eq!(check(&["K.md"]), check(&lists), "{first:?} {second:?} {variant}");
        }
    }
}

/// A row with the variants of its section is no duplicate of one without.
#[test]
fn rows_of_sections_with_other_variants_are_kept() {
    let mut program = Knownfail::new();
    program.file("c.txt", "# knownfail: variants = linux, !nvidia\n\na\n");
    program.file("d.txt", "# knownfail: status = flaky\n\na\n");
    let ran = program.run(&["import", "c.txt", "d.txt"]);
    assert_eq!(ran.stderr, "2 rows: nothing was lost\n");
    let ran = program.run(&["import", "d.txt", "d.txt"]);
    assert!(ran.stderr.contains("d.txt:3: left out, "), "{ran:?}");
}

/// Small lists with the exit codes of their own tools, read directly and imported.
#[test]
fn exit_codes_are_those_of_the_lists_own_tools() {
    let error = "test: samba3.rap.sam.x\nerror: samba3.rap.sam.x [\nboom\n]\ntest: b\nsuccess: b\n";
    let mut program = Knownfail::new();
    program.file("samba.subunit", error).file("samba-knownfail", "^samba3.rap.sam\n");
    program.file("deqp.csv", "dEQP-A.x,Crash\ndEQP-B.y,Pass\n");
    program.file("z-fails.txt", "dEQP-A.x,Fail\n").file("z-flakes.txt", "dEQP-A.x\n");
    for (results, lists, code) in [
        ("samba.subunit", &["samba-knownfail"][..], 1),
        ("deqp.csv", &["z-fails.txt"], 1),
        ("deqp.csv", &["z-fails.txt", "z-flakes.txt"], 0),
        ("deqp.csv", &["z-flakes.txt", "z-fails.txt"], 0),
    ] {
        let imported = program.run(&[&["import", "--output", "K.md"][..], lists].concat());
        assert_eq!(imported.code, 0, "{imported:?}");
        for lists in [lists, &["K.md"]] {
            let lists: Vec<&str> = lists.iter().flat_map(|list| ["-k", list]).collect();
            let ran = program.run(&[&["check", results][..], &lists].concat());
            assert_eq!(ran.code, code, "{lists:?} {ran:?}");
        }
    }
}

/// The combinations of many entries for a test would be far more rows than entries.
#[test]
fn entries_of_a_hostile_list_are_not_multiplied() {
    let mut program = Knownfail::new();
    let entries: String = (0..300).map(|n| format!("[ t{n} ] a [ Failure ]\n")).collect();
    program.file("TestExpectations", format!("# results: [ Failure ]\n{entries}"));
    let ran = program.run(&["import", "TestExpectations"]);
    assert_eq!(ran.stderr, "300 rows: nothing was lost\n");
    // Every spelling of a word is the same word.
    let spelled: String = (0..1 << 7)
        .map(|n| {
            let upper = |(at, c): (usize, char)| {
                if n >> at & 1 == 1 { c.to_ascii_uppercase() } else { c }
            };
            format!("{} ", "release".chars().enumerate().map(upper).collect::<String>())
        })
        .collect();
    program.file("TestExpectations", format!("[ {spelled}Ventura+ ] a.html [ Failure ]\n"));
    let ran = program.run(&["import", "TestExpectations"]);
    let variants = "Release Sequoia, Release Sonoma, Release Tahoe, Release Ventura |\n";
    assert!(ran.stdout.ends_with(variants), "{ran:?}");
}
