//! Runs a property on many random cases, on two threads, and shrinks the case that fails.
//!
//! `KNOWNFAIL_CASES=N` is the number of cases, `KNOWNFAIL_SEED=N` repeats a run that failed.

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use std::fmt::Debug;
use std::time::{SystemTime, UNIX_EPOCH};

/// The number of cases in each test run.
const DEFAULT_CASES: u32 = 2_000;

const THREADS: u64 = 2;

/// Holds a property against random cases; `check` returns what is wrong. A property with a `share` of 10 has a tenth of the
/// cases.
pub(crate) fn for_each_case<S: Strategy>(
    share: u32,
    strategy: impl Fn() -> S + Sync,
    check: impl Fn(&mut super::judging::Workspace, &S::Value) -> Result<(), String> + Sync,
) where
    S::Value: Clone + Debug,
{
    let number = |name| std::env::var(name).ok().map(|number| number.parse::<u64>().unwrap());
    let cases = number("KNOWNFAIL_CASES").map_or(DEFAULT_CASES, |cases| cases as u32) / share;
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    let seed = number("KNOWNFAIL_SEED").unwrap_or_else(now);
    let run = |thread: u64| {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8] = thread as u8;
        let config = Config {
            cases: cases.div_ceil(THREADS as u32),
            failure_persistence: None,
            max_shrink_iters: 1_000,
            ..Config::default()
        };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let workspace = std::cell::RefCell::new(super::judging::Workspace::new());
        let result = TestRunner::new_with_rng(config, rng).run(&strategy(), |case| {
            check(&mut workspace.borrow_mut(), &case).map_err(TestCaseError::fail)
        });
        result.map_err(|error| match error {
            TestError::Fail(why, _) | TestError::Abort(why) => why.to_string(),
        })
    };
    let results: Vec<_> = std::thread::scope(|scope| {
        let (run, threads) = (&run, 0..THREADS);
        let threads: Vec<_> = threads.map(|thread| scope.spawn(move || run(thread))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    if let Some(why) = results.into_iter().find_map(Result::err) {
        panic!("KNOWNFAIL_SEED={seed} KNOWNFAIL_CASES={}\n{why}", cases * share);
    }
}
