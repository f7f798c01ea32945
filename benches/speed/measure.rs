//! The cost of processes, by the operating system's accounting.
//!
//! Processor time, elapsed time and peak memory: the median of several runs of commands in turn, so that all of them see the same
//! changes of the machine's speed. A new process is charged with the memory that its parent had when it started it, so this one
//! stays small.

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4;

/// The cost of one process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Of all its threads, user and system.
    pub cpu: Duration,
    pub wall: Duration,
    /// In bytes.
    pub peak: u64,
}

/// Runs each command this many times, in turn, after one warm-up; returns the medians.
pub(crate) fn measure_in_turn(commands: &[Vec<String>], runs: usize) -> io::Result<Vec<Cost>> {
    let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); commands.len()];
    for run in 0..=runs {
        for (command, costs) in commands.iter().zip(&mut costs) {
            let cost = measure_once(command)?;
            if run > 0 {
                costs.push(cost);
            }
        }
    }
    Ok(costs.iter().map(|costs| medians(costs)).collect())
}

fn measure_once(command: &[String]) -> io::Result<Cost> {
    let begun = Instant::now();
    let mut process = Command::new(&command[0]);
    process.args(&command[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let ended = process.spawn()?.wait4()?;
    let wall = begun.elapsed();
    // 1 is a verdict: there are new failures.
    match ended.status.code() {
        Some(0 | 1) => {
            let used = ended.rusage;
            Ok(Cost { cpu: used.utime + used.stime, wall, peak: used.maxrss })
        }
        _ => Err(io::Error::other(format!("{} ended with {}", command.join(" "), ended.status))),
    }
}

fn medians(costs: &[Cost]) -> Cost {
    Cost {
        cpu: median(costs.iter().map(|cost| cost.cpu)),
        wall: median(costs.iter().map(|cost| cost.wall)),
        peak: median(costs.iter().map(|cost| cost.peak)),
    }
}

/// The median; of an even number, the lower one.
pub(crate) fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values[(values.len() - 1) / 2]
}
