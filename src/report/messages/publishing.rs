//! What is published where, what is not, and what several jobs that report on one pull request have to know of each other.

/// A run of a commit of which no open pull request is known.
pub(crate) const NO_OPEN_PULL: &str =
    "knownfail: no comment: no open pull request has this commit at its head\n";

/// A run whose pull request has newer commits.
pub(crate) fn pull_has_moved_on(number: u64) -> String {
    format!("knownfail: no comment: pull request #{number} has newer commits\n")
}

/// Several pull requests of one commit.
pub(crate) fn several_pulls(number: u64, others: &[u64]) -> String {
    let others: Vec<String> = others.iter().map(|number| format!("#{number}")).collect();
    format!(
        "this commit is also at the head of {}: only pull request #{number} is reported on",
        others.join(" and ")
    )
}

/// What to do about several pull requests of one commit.
pub(crate) const SEVERAL_PULLS_HINT: &str = "the one into the default branch, else the first; close the others, or give each its own branch";

/// In the log of a run that left the comment alone, since the pull request has been pushed to.
pub(crate) const NEWER_HEAD: &str =
    "the comment was left as it is: the pull request has newer commits than the one of this run";

/// In the log of a run that left the comment alone, since a newer run of this workflow has written it.
pub(crate) fn newer_run(number: u64, attempt: u64) -> String {
    format!(
        "the comment was left as it is: run {number}, attempt {attempt}, of this workflow has written it and is newer \
         than this one"
    )
}

/// In the log of a run that created no check run, since a newer run of this workflow has created it.
pub(crate) fn newer_check_run(number: u64, attempt: u64) -> String {
    format!(
        "no check run was created: run {number}, attempt {attempt}, of this workflow has created it and is newer \
         than this one"
    )
}

/// In the comment, of sections for which there is no room.
pub(crate) fn counted_sections(count: usize) -> String {
    match count {
        1 => "1 more job or step is only counted in the first line.".to_owned(),
        _ => format!("{count} more jobs or steps are only counted in the first line."),
    }
}

/// In the log of a job that nothing distinguishes from another one.
pub(crate) const TWIN: &str = "several jobs or steps of this run report under the same name; the comment shows all of their results";

/// What to do about it.
pub(crate) const TWIN_HINT: &str = "give each of them a `variant` or an `id` of its own, so that a re-run of one replaces its own result";

/// In the section of such a job.
pub(crate) const TWIN_NOTE: &str = "Several jobs or steps report under this name. Give each of them a `variant` or an `id` of its own.";

/// The title of a check run that fails since it would hide the failure of another one.
pub(crate) fn hiding_check_title(title: &str) -> String {
    format!("failed: another job or step with a check run of this name failed (this one {title})")
}

/// In the log of the job that created it.
pub(crate) fn hiding_check(name: &str) -> String {
    format!(
        "the check run {name} fails although this step's does not: another job or step has created one of this name \
         that failed, and only the newest counts"
    )
}

/// The title of a check run that fails since there are too many of its name to find a failure among them.
pub(crate) fn crowded_check_title(title: &str) -> String {
    format!("failed: too many check runs of this name on this commit (this one {title})")
}

/// In the log of the job that created it.
pub(crate) fn crowded_check(name: &str) -> String {
    format!(
        "the check run {name} fails although this step's does not: this commit has too many of this name to see \
         whether another one failed"
    )
}

/// In the log of a job whose check run was created with a part of its annotations.
pub(crate) fn unfinished_check(uploaded: usize, total: usize) -> String {
    format!("the check run has only {uploaded} of {total} annotations")
}

/// In the log of a job that cannot see whether its check run hides a failure.
pub(crate) const UNVERIFIED_CHECK: &str =
    "the check run was created, but it may hide the failure of another one of its name";

/// What to do about it.
pub(crate) const HIDING_CHECK_HINT: &str = "give each of them a `check-run` name of its own";

/// `workflow ci.yml`, from its file or name.
pub(crate) fn workflow_name(workflow: &str) -> String {
    let name = workflow.rsplit('/').find(|part| !part.is_empty()).unwrap_or(workflow);
    format!("workflow {name}")
}

/// `job build`
pub(crate) fn job_name(job: &str) -> String {
    format!("job {job}")
}

/// `step smoke`; `step 2` for an id that the runner has made of the action's name and a number.
pub(crate) fn step_name(step: &str) -> String {
    let is_digits = |text: &&str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if step.is_empty() {
        return "unknown step".to_owned();
    }
    match step.strip_prefix("__") {
        Some(generated) => {
            let number = generated.rsplit_once('_').map(|(_, number)| number).filter(is_digits);
            format!("step {}", number.unwrap_or("1"))
        }
        None => format!("step {step}"),
    }
}
