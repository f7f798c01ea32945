//! When the output is colored.

use crate::harness::Knownfail;

#[test]
fn color_follows_the_terminal_and_the_environment() {
    for (variables, colored) in [
        (&[][..], false),
        (&[("CLICOLOR_FORCE", "1")], true),
        (&[("CLICOLOR_FORCE", "0")], false),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "")], true),
    ] {
        let mut program = Knownfail::new();
        program.file("KNOWN_FAILURES.md", "| Test |\n|---|\n");
        program.file("results.txt", "progress: 1\ntest: a\nfailure: a\n");
        for (name, value) in variables {
            program.env(name, value);
        }
        let ran = program.run(&["check", "results.txt"]);
        assert_eq!(ran.stdout.contains('\u{1b}'), colored, "{variables:?}: {}", ran.stdout);
    }
}
