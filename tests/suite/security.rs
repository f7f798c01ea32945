//! The tests that SECURITY.md and docs/architecture.md name exist.

use std::fs;

/// The claims, each with the tests that its cell names.
fn claims() -> Vec<(String, Vec<String>)> {
    let page = fs::read_to_string("SECURITY.md").expect("a page");
    let table = page.split("| claim | kept by |\n").nth(1).expect("the table of claims");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let cells = rows.map(|row| row.trim_matches('|').split_once(" | ").expect("two cells"));
    let claims = cells.filter(|(claim, _)| !claim.trim().starts_with("**"));
    let tests = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    claims.map(|(claim, cell)| (claim.trim().to_owned(), tests(cell))).collect()
}

/// Whether the suite or a unit test module has a test of this name.
fn test_exists(test: &str) -> bool {
    let (module, name) = test.rsplit_once("::").expect("a module and a test");
    let source_path = module.strip_suffix("::tests").unwrap_or(module).replace("::", "/");
    let files = [format!("tests/suite/{module}.rs"), format!("src/{source_path}.rs")];
    files.iter().filter_map(|path| fs::read_to_string(path).ok()).any(|text| {
        let made_by_macro =
            text.split("\ntargets!(").nth(1).and_then(|rest| rest.split(')').next());
        let made = made_by_macro.is_some_and(|names| names.split(", ").any(|other| other == name));
        made || text.contains(&format!("fn {name}("))
    })
}

#[test]
fn each_claim_names_tests_that_exist() {
    let claims = claims();
    assert!(claims.len() > 15, "{claims:?}");
    for (claim, tests) in claims {
        assert!(!tests.is_empty(), "no test for: {claim}");
        for test in tests {
            assert!(test_exists(&test), "{claim}: no test `{test}`");
        }
    }
    assert!(!test_exists("files::no_such_test") && !test_exists("no_such_module::test"));
}

#[test]
fn architecture_page_names_existing_tests() {
    let page = fs::read_to_string("docs/architecture.md").expect("a page");
    let table = page.split("| invariant | kept by |\n").nth(1).expect("the table of invariants");
    let rows = table.lines().skip(1).take_while(|line| line.starts_with('|'));
    let spans = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
    let tests: Vec<&str> = spans.filter(|span| span.contains("::")).collect();
    assert!(tests.len() > 5, "{tests:?}");
    for test in tests {
        assert!(test_exists(test), "no test `{test}`");
    }
}
