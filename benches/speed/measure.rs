//! What a process costs, by the system's own account of it.
//!
//! In: commands. Out: processor time, time, peak memory: the median of several runs, the commands in turn,
//! so that all of them see the same changes of the machine's speed. A newcomer's trap: a new process
//! counts as its own the memory that its parent had when it started it, so this one stays small.

use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4;

/// What one process cost.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Of all its threads, in the program and in the system.
    pub cpu: Duration,
    pub wall: Duration,
    /// Bytes.
    pub peak: u64,
}

/// Runs each command so many times, in turn, once more first; gives the medians.
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

/// The middle one; of an even number, the smaller one of the two.
pub(crate) fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values[(values.len() - 1) / 2]
}
