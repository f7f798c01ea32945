//! Termination by signals as the first process of a container.
//!
//! Linux does not apply a signal's default action to process 1, so that stopping the container would wait ten
//! seconds and then kill it. No cleanup is needed: files are written atomically.

/// Makes signals that terminate other processes terminate process 1, too.
#[cfg(unix)]
pub fn install_signal_handlers() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    /// A shell's exit code for a signal is this plus the signal's number.
    const EXIT_SIGNAL_BASE: i32 = 128;

    if std::process::id() != 1 {
        return;
    }
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        let always = Arc::new(AtomicBool::new(true));
        // On failure, stopping the container has to wait.
        let _ = signal_hook::flag::register_conditional_shutdown(
            signal,
            EXIT_SIGNAL_BASE + signal,
            always,
        );
    }
}

/// There is nothing to do on other systems.
#[cfg(not(unix))]
pub fn install_signal_handlers() {}
