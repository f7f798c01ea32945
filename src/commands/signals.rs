//! What ends the program ends it at once, also where it is the first process of a container.
//!
//! A newcomer's trap: the system does nothing to a first process (1) that it has no handler for, so that whoever
//! stops the container waits ten seconds and then kills it. Nothing is tidied up: no file is ever half written
//! under its own name, whenever the program ends.

/// From now on what ends other processes ends a first one, too.
#[cfg(unix)]
pub fn install_signal_handlers() {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    /// What a shell adds to a signal's number to make an exit code of it.
    const EXIT_SIGNAL_BASE: i32 = 128;

    if std::process::id() != 1 {
        return;
    }
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        let always = Arc::new(AtomicBool::new(true));
        // Where that fails, all is as it was: whoever stops the container has to wait.
        let _ = signal_hook::flag::register_conditional_shutdown(
            signal,
            EXIT_SIGNAL_BASE + signal,
            always,
        );
    }
}

/// There are no first processes.
#[cfg(not(unix))]
pub fn end_at_signals() {}
