//! Pins a command to one processor, so that its cost does not depend on how many the machine has.

use std::io;

/// A command on the first processor that this process may use.
pub(super) fn pin_to_one_cpu(command: Vec<String>) -> io::Result<Vec<String>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
    let first = allowed.and_then(|list| list.trim().split([',', '-']).next()).unwrap_or("0");
    let taskset = ["taskset", "-c", first].map(String::from);
    Ok(taskset.into_iter().chain(command).collect())
}
