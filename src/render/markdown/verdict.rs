//! The lines that say what runs come to: of one run, of several together, and as words to be read back.
//!
//! In: a [`Digest`] or several. Out: Markdown for the head of a comment, or a record of words and values
//! that a comment carries along for the jobs that write it after this one. A newcomer's trap: a record
//! comes back from outside, so that what cannot be read in it counts as nothing, and its texts are
//! escaped like all others.

use super::escape;
use crate::report::{Conclusion, Digest, Judged, Reason, messages};
use crate::sanitize;

/// Characters of a title, a variant's name and a document's path that are kept.
const TEXT: usize = 100;

/// `❌ **smbtorture: 2 new failures.** Fix them, …`: what runs come to together, and what to do.
pub fn render_head(digests: &[Digest]) -> String {
    let (digest, several) = match digests {
        [one] => (Digest { variants: Vec::new(), ..one.clone() }, !one.variants.is_empty()),
        many => (Digest::together(many), true),
    };
    let advice = messages::advice(&digest, several);
    let advice = advice.as_ref().map(escape::sentence).unwrap_or_default();
    let gap = if advice.is_empty() { "" } else { " " };
    format!("{}{gap}{advice}", verdict_line(&digest))
}

/// The same for one of several runs, under its variant's name, without what to do.
pub fn render_heading(digest: &Digest) -> String {
    let title = digest.variants.join(" ");
    let title = if title.is_empty() { messages::NO_VARIANT.to_owned() } else { title };
    let line = verdict_line(&Digest { title, variants: Vec::new(), ..digest.clone() });
    match digest.judged.severity() {
        0 => line,
        _ => format!("### {}", line.replace("**", "").trim_end_matches('.')),
    }
}

/// `❌ **smbtorture: 2 new failures in `memory`.**`
pub fn verdict_line(digest: &Digest) -> String {
    let mark = match digest.judged {
        Judged::As(Conclusion::Success) => "✅",
        Judged::As(Conclusion::Failure) => "❌",
        Judged::As(Conclusion::Inconclusive) | Judged::NotAtAll => "⚠️",
    };
    let title = match digest.title.is_empty() {
        true => String::new(),
        false => format!("{}: ", escape::text(&sanitize::shortened(&digest.title, TEXT))),
    };
    let (headline, variants) =
        (messages::headline(digest), messages::in_variants(&digest.variants));
    // Behind several things, a comma: it is said of all of them.
    let comma = !digest.variants.is_empty() && headline.to_string().contains(", ");
    let headline = if comma { headline.words(",") } else { headline };
    let headline = escape::sentence(&headline.join(variants));
    let headline = if title.is_empty() { messages::capitalised(&headline) } else { headline };
    format!("{mark} **{title}{headline}.**")
}

/// What runs with these conclusions are sorted by: the worst first.
pub fn rank(digest: &Digest) -> u8 {
    u8::MAX - digest.judged.severity()
}

const UNJUDGED: &str = "unjudged";
const CONCLUSIONS: [Conclusion; 3] =
    [Conclusion::Success, Conclusion::Failure, Conclusion::Inconclusive];

/// The numbers of a digest by their words.
fn numbers(digest: &mut Digest) -> [(&'static str, &mut u64); 10] {
    [
        ("new", &mut digest.new_failures),
        ("known", &mut digest.known_failures),
        ("missing", &mut digest.missing),
        ("hidden", &mut digest.hidden),
        ("flaky", &mut digest.flaky),
        ("flips", &mut digest.flips),
        ("unmeasured", &mut digest.unmeasured),
        ("passing", &mut digest.newly_passing),
        ("unmatched", &mut digest.unmatched),
        ("untracked", &mut digest.untracked),
    ]
}

/// A digest as words and values; what is empty or nought is left out.
pub fn record(digest: &Digest) -> Vec<(String, String)> {
    let mut digest = digest.clone();
    let is = match digest.judged {
        Judged::As(conclusion) => conclusion.word(),
        Judged::NotAtAll => UNJUDGED,
    };
    let reasons: Vec<&str> = digest.reasons.iter().map(|reason| reason.word()).collect();
    let short = |text: &str| sanitize::shortened(text, TEXT).into_owned();
    let texts = [
        ("is", is.to_owned()),
        ("because", reasons.join(",")),
        ("cut", if digest.is_complete { String::new() } else { "yes".to_owned() }),
        ("title", short(&digest.title)),
        ("variant", short(&digest.variants.join(" "))),
        ("document", short(&digest.document)),
    ];
    let numbers = numbers(&mut digest).map(|(word, number)| (word, number.to_string()));
    let all = texts.into_iter().chain(numbers);
    let said = all.filter(|(_, value)| !value.is_empty() && value != "0");
    said.map(|(word, value)| (word.to_owned(), value)).collect()
}

/// A digest of such words and values.
pub fn read_record(record: &[(String, String)]) -> Digest {
    let value = |word: &str| record.iter().find(|(name, _)| name == word).map(|(_, v)| v.as_str());
    let text = |word: &str| value(word).unwrap_or_default().to_owned();
    let judged = CONCLUSIONS.into_iter().find(|conclusion| Some(conclusion.word()) == value("is"));
    let is_told = |reason: &Reason| text("because").split(',').any(|word| word == reason.word());
    let mut digest = Digest {
        variants: value("variant").map(str::to_owned).into_iter().collect(),
        document: text("document"),
        judged: judged.map_or(Judged::NotAtAll, Judged::As),
        has_unjudged: judged.is_none(),
        reasons: Reason::ALL.into_iter().filter(is_told).collect(),
        is_complete: value("cut").is_none(),
        ..Digest::not_judged(&text("title"))
    };
    for (word, number) in numbers(&mut digest) {
        *number = value(word).and_then(|value| value.parse().ok()).unwrap_or(0);
    }
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(variant: &str, judged: Judged, new_failures: u64) -> Digest {
        let variants = vec![variant.to_owned()];
        let reasons = if new_failures > 0 { vec![Reason::NewFailures] } else { Vec::new() };
        let document = "KNOWN_FAILURES.md".to_owned();
        let reasons = reasons.into_iter().collect();
        let digest = Digest::not_judged("smb");
        let has_unjudged = judged == Judged::NotAtAll;
        Digest { variants, judged, has_unjudged, new_failures, document, reasons, ..digest }
    }

    fn failed(variant: &str, new_failures: u64) -> Digest {
        digest(variant, Judged::As(Conclusion::Failure), new_failures)
    }

    fn passed(variant: &str) -> Digest {
        let known_failures = 4;
        Digest { known_failures, ..digest(variant, Judged::As(Conclusion::Success), 0) }
    }

    #[test]
    fn a_digest_is_read_back_as_it_was() {
        let whole = Digest {
            is_complete: false,
            reasons: Reason::ALL.into_iter().collect(),
            known_failures: 1,
            missing: 2,
            hidden: 10,
            flaky: 3,
            newly_passing: 4,
            unmatched: 5,
            untracked: 6,
            flips: 8,
            unmeasured: 9,
            ..failed("a b", 7)
        };
        for digest in [whole, passed("memory"), digest("x", Judged::NotAtAll, 0)] {
            assert_eq!(read_record(&record(&digest)), digest);
        }
        assert_eq!(read_record(&[]), Digest::not_judged(""));
    }

    #[test]
    fn the_head_speaks_of_all_and_names_those_that_are_bad() {
        let unjudged = || digest("windows", Judged::NotAtAll, 0);
        let advice =
            "Fix the new failures, or say why they are expected with a row in `KNOWN_FAILURES.md`.";
        for (digests, expected) in [
            (vec![failed("memory", 2)], format!("❌ **smb: 2 new failures.** {advice}")),
            (
                vec![failed("memory", 2), passed("postgres")],
                format!("❌ **smb: 2 new failures in `memory`.** {advice}"),
            ),
            (
                vec![failed("@a*", 1), failed("b", 1), unjudged(), passed("postgres")],
                format!(
                    "❌ **smb: 2 new failures, nothing could be judged, in `@a*`, `b` and `windows`.** {advice}"
                ),
            ),
            (
                vec![passed("memory"), passed("postgres")],
                "✅ **smb: no new failures, 8 known, in `memory` and `postgres`.**".to_owned(),
            ),
            (
                (0..9).map(|n| failed(&n.to_string(), 1)).collect(),
                format!("❌ **smb: 9 new failures in 9 variants.** {advice}"),
            ),
        ] {
            assert_eq!(render_head(&digests), expected);
        }
        assert_eq!(render_heading(&failed("memory", 1)), "### ❌ memory: 1 new failure");
        assert_eq!(render_heading(&passed("")), "✅ **no variant: no new failures, 4 known.**");
    }
}
