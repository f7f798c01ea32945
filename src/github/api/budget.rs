//! How long a client may take: for what fails, and in all.
//!
//! A job must neither hang with GitHub nor send requests that cannot succeed. So there is one budget for the whole life of
//! a client, and one error of GitHub as a whole ends it: what was asked for afterwards fails at once with the same error.

use super::error::{RequestError, Result};
use super::random;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant, SystemTime};

/// Maximum number of attempts of a request.
const MAX_ATTEMPTS: u32 = 5;
/// The wait before the first retry; each further one is twice as long.
const INITIAL_BACKOFF: Duration = Duration::from_millis(500);
/// The time for failed requests and the waits after them: enough for one limit of a minute and a bit, and not for two.
const PATIENCE: Duration = Duration::from_secs(100);
/// The time for everything, waits for other jobs included: fifty jobs that write one comment take two minutes.
const TIME_LIMIT: Duration = Duration::from_secs(600);

/// The time, and waiting; tests replace it.
pub trait Clock {
    /// Time since 1970.
    fn now(&self) -> Duration;
    /// Completes after this time.
    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + '_>>;
}

/// The system's time when it was made, and what has passed since: setting the system's clock is no latency.
pub(super) struct SystemClock {
    start: Duration,
    since: Instant,
}

impl SystemClock {
    /// Starts now.
    pub(super) fn start() -> SystemClock {
        let start = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        SystemClock { start, since: Instant::now() }
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Duration {
        self.start + self.since.elapsed()
    }

    fn sleep(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// What is left of a client's time.
pub(super) struct Budget {
    pub clock: Box<dyn Clock>,
    /// For failed requests and the waits after them.
    patience: Cell<Duration>,
    /// For everything.
    time: Cell<Duration>,
    /// Why nothing more is sent.
    closed: RefCell<Option<RequestError>>,
    last_latency: Cell<Duration>,
}

impl Budget {
    pub(super) fn new(clock: Box<dyn Clock>) -> Budget {
        Budget {
            clock,
            patience: Cell::new(PATIENCE),
            time: Cell::new(TIME_LIMIT),
            closed: RefCell::default(),
            last_latency: Cell::default(),
        }
    }

    /// Duration of the last request, without retries.
    pub(super) fn last_latency(&self) -> Duration {
        self.last_latency.get()
    }

    /// Carries out a request in the time that is left.
    pub(super) async fn run<T>(&self, request: impl Future<Output = Result<T>>) -> Result<T> {
        self.check()?;
        let start = self.clock.now();
        let response = tokio::time::timeout(self.time.get(), request).await;
        let latency = self.clock.now().saturating_sub(start);
        self.last_latency.set(latency);
        spend(&self.time, latency);
        let response = response.unwrap_or(Err(RequestError::OutOfTime { limit: TIME_LIMIT }));
        if response.is_err() {
            spend(&self.patience, latency);
        }
        response
    }

    /// Carries out a request whose failure costs no patience: it is not repeated.
    pub(super) async fn run_once<T>(&self, request: impl Future<Output = Result<T>>) -> Result<T> {
        let patience = self.patience.get();
        let response = self.run(request).await;
        self.patience.set(patience);
        response
    }

    /// Waits after failed attempt `attempt` (from 1): as long as GitHub asked for, else a little longer each time. Returns
    /// the error at once if another attempt cannot help, or there is no time for it.
    pub(super) async fn wait_before_retry(&self, attempt: u32, error: RequestError) -> Result<()> {
        let wait = match &error {
            RequestError::Limited { wait } => *wait,
            RequestError::Unreachable { .. } | RequestError::Unclear { .. } => backoff(attempt),
            RequestError::Forbidden { .. }
            | RequestError::Rejected { .. }
            | RequestError::Untrusted { .. }
            | RequestError::Redirected { .. }
            | RequestError::TooLong
            | RequestError::OutOfTime { .. } => return Err(self.give_up(error)),
        };
        let is_affordable = wait <= self.patience.get() && wait < self.time.get();
        if attempt >= MAX_ATTEMPTS || !is_affordable {
            return Err(self.give_up(error));
        }
        spend(&self.patience, wait);
        self.sleep(wait).await;
        Ok(())
    }

    /// Waits for others than GitHub.
    pub(super) async fn sleep(&self, time: Duration) {
        spend(&self.time, time);
        self.clock.sleep(time).await;
    }

    fn check(&self) -> Result<()> {
        if let Some(error) = &*self.closed.borrow() {
            return Err(error.clone());
        }
        if self.time.get().is_zero() {
            return Err(self.give_up(RequestError::OutOfTime { limit: TIME_LIMIT }));
        }
        Ok(())
    }

    /// An error after which nothing is repeated. If it is one of GitHub as a whole, nothing more is sent.
    fn give_up(&self, error: RequestError) -> RequestError {
        let is_final = match &error {
            RequestError::Limited { .. }
            | RequestError::Unreachable { .. }
            | RequestError::Untrusted { .. }
            | RequestError::OutOfTime { .. } => true,
            RequestError::Unclear { .. } => self.patience.get() < backoff(MAX_ATTEMPTS),
            RequestError::Forbidden { status, .. } => *status == 401,
            RequestError::Rejected { .. }
            | RequestError::Redirected { .. }
            | RequestError::TooLong => false,
        };
        if is_final {
            self.closed.borrow_mut().get_or_insert(error.clone());
        }
        error
    }
}

fn spend(budget: &Cell<Duration>, time: Duration) {
    budget.set(budget.get().saturating_sub(time));
}

/// The wait before the next attempt: doubled each time, with up to half of it at random.
fn backoff(attempt: u32) -> Duration {
    INITIAL_BACKOFF
        .mul_f64(f64::from(1 << (attempt - 1)) * (0.75 + random::random_fraction() / 2.0))
}

#[cfg(test)]
mod tests {
    use super::super::error::secondary_limit_wait;
    use super::*;

    #[test]
    fn backoff_grows_with_each_attempt() {
        for _ in 0..100 {
            let waits: Vec<Duration> = (1..MAX_ATTEMPTS).map(backoff).collect();
            assert!(waits.is_sorted(), "{waits:?}");
            assert!(
                waits[0] >= INITIAL_BACKOFF * 3 / 4 && waits[3] <= INITIAL_BACKOFF * 10,
                "{waits:?}"
            );
        }
    }

    #[test]
    fn a_limit_without_a_time_is_waited_for_once() {
        for _ in 0..100 {
            let wait = secondary_limit_wait();
            assert!(wait <= PATIENCE && wait * 2 > PATIENCE, "{wait:?}");
        }
    }
}
