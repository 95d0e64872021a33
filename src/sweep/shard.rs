//! Which points are whose: a shard of the plan, points by number, or all.

use super::plan::Plan;

/// One of several equal parts of a plan, numbered from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which, from 1.
    pub number: u32,
    /// Of how many.
    pub of: u32,
}

/// The variables that say which shard a job is: (its number, the first number there is, how many).
const SCHEDULERS: [(&str, &str, &str); 3] = [
    // Slurm's array jobs: sbatch(1), "INPUT/OUTPUT ENVIRONMENT VARIABLES".
    ("SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN", "SLURM_ARRAY_TASK_COUNT"),
    // Slurm's tasks of one job step: srun(1).
    ("SLURM_PROCID", "", "SLURM_NTASKS"),
    // Kubernetes' Indexed Jobs number their pods, and do not say how many there are: the manifest does.
    ("JOB_COMPLETION_INDEX", "", "JOB_COMPLETIONS"),
];

impl Shard {
    /// Read `I/N`, or `auto` from the variables of Slurm or Kubernetes.
    ///
    /// # Errors
    /// What is wrong, in one line.
    pub fn parse(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Shard, String> {
        if text == "auto" {
            return Shard::auto(variable);
        }
        let parsed =
            text.split_once('/').and_then(|(i, n)| Some((i.trim().parse().ok()?, n.trim().parse().ok()?)));
        let (number, of) = parsed.ok_or_else(|| format!("{text:?} is not I/N, such as 1/4, or auto"))?;
        Shard::of(number, of)
    }

    fn of(number: u32, of: u32) -> Result<Shard, String> {
        if number == 0 || number > of {
            return Err(format!("there is no shard {number} of {of}: they are numbered from 1 to {of}"));
        }
        Ok(Shard { number, of })
    }

    fn auto(variable: impl Fn(&str) -> Option<String>) -> Result<Shard, String> {
        let found =
            SCHEDULERS.iter().find(|(number, _, of)| variable(number).is_some() && variable(of).is_some());
        let Some((number, first, of)) = found else {
            let names = SCHEDULERS.map(|(number, _, of)| format!("{number} and {of}")).join(", ");
            return Err(format!("auto needs the variables of Slurm or Kubernetes: {names}"));
        };
        let value = |name: &str| {
            let text = variable(name).unwrap_or_default();
            text.trim().parse::<u32>().map_err(|_| format!("{name} is {text:?}, which is no number"))
        };
        let first = if first.is_empty() || variable(first).is_none() { 0 } else { value(first)? };
        let (number, of) = (value(number)?.saturating_sub(first), value(of)?);
        Shard::of(number.saturating_add(1), of)
    }

    /// Its points: of all in falling order of cost every N-th, so that shards are of much the same cost.
    pub fn points(self, plan: &Plan) -> Vec<usize> {
        let order = longest_first(plan, 0..plan.len());
        order.into_iter().skip(self.number as usize - 1).step_by(self.of as usize).collect()
    }
}

/// Points in falling order of their expected cost; of equals the first first.
pub fn longest_first(plan: &Plan, points: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let mut points: Vec<usize> = points.into_iter().collect();
    points.sort_by_key(|&point| (std::cmp::Reverse(plan.kilo_events[point]), point));
    points
}

/// Read points by number, such as `3,7-9`.
///
/// # Errors
/// What is wrong, in one line.
pub fn numbers(text: &str, count: usize) -> Result<Vec<usize>, String> {
    let mut ranges = Vec::new();
    for part in text.split(',').map(str::trim) {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        match (from.trim().parse::<usize>(), to.trim().parse::<usize>()) {
            (Ok(from), Ok(to)) if from <= to && to < count => ranges.push((from, to)),
            (Ok(from), Ok(to)) if from <= to => {
                return Err(format!("there is no point {to}: they are numbered from 0 to {}", count - 1));
            }
            _ => return Err(format!("{part:?} is not a point or points, such as 3,7-9")),
        }
    }
    // Joined before they are spelled out: the same million points may stand there a thousand times.
    ranges.sort_unstable();
    let mut points: Vec<usize> = Vec::new();
    for (from, to) in ranges {
        let next = points.last().map_or(0, |last| last + 1);
        points.extend(from.max(next)..=to);
    }
    Ok(points)
}

/// Points in rising order as [`numbers`] reads them: `3,7-9`.
pub fn listed(points: &[usize]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut rest = points;
    while let [first, ..] = rest {
        let run = rest.iter().enumerate().take_while(|(i, point)| **point == first + i).count();
        parts.push(if run == 1 { first.to_string() } else { format!("{first}-{}", first + run - 1) });
        rest = &rest[run..];
    }
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str, variables: &[(&str, &str)]) -> Result<Shard, String> {
        let find =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, v)| (*v).to_owned());
        Shard::parse(text, find)
    }

    #[test]
    fn shards_are_numbered_from_1() {
        assert_eq!(parse("2/4", &[]), Ok(Shard { number: 2, of: 4 }));
        for (text, wanted) in
            [("0/4", "no shard 0 of 4"), ("5/4", "no shard 5 of 4"), ("1/0", "no shard"), ("x", "I/N")]
        {
            assert!(parse(text, &[]).unwrap_err().contains(wanted), "{text}");
        }
    }

    #[test]
    fn schedulers_say_which_shard_a_job_is() {
        let slurm =
            [("SLURM_ARRAY_TASK_ID", "7"), ("SLURM_ARRAY_TASK_MIN", "5"), ("SLURM_ARRAY_TASK_COUNT", "4")];
        assert_eq!(parse("auto", &slurm), Ok(Shard { number: 3, of: 4 }));
        let kubernetes = [("JOB_COMPLETION_INDEX", "0"), ("JOB_COMPLETIONS", "4")];
        assert_eq!(parse("auto", &kubernetes), Ok(Shard { number: 1, of: 4 }));
        assert_eq!(
            parse("auto", &[("SLURM_PROCID", "3"), ("SLURM_NTASKS", "4")]),
            Ok(Shard { number: 4, of: 4 })
        );
        assert!(parse("auto", &[]).unwrap_err().contains("SLURM_ARRAY_TASK_ID"));
        assert!(parse("auto", &[("JOB_COMPLETION_INDEX", "9"), ("JOB_COMPLETIONS", "4")]).is_err());
    }

    #[test]
    fn numbers_of_points_are_read_as_they_are_listed() {
        for text in ["0", "3,7-9", "0-9", "1-2,4-5,9"] {
            assert_eq!(listed(&numbers(text, 10).unwrap()), text);
        }
        assert_eq!(numbers("5, 3-5", 10), Ok(vec![3, 4, 5]));
        assert_eq!(numbers("2-8,3-4,5,8-9,0,0", 10), Ok(vec![0, 2, 3, 4, 5, 6, 7, 8, 9]));
        assert_eq!(
            numbers("0-999999,".repeat(10_000).trim_end_matches(','), 1_000_000).unwrap().len(),
            1_000_000
        );
        for bad in ["", "10", "3-12", "9-3", "x", "1,,2"] {
            assert!(numbers(bad, 10).is_err(), "{bad}");
        }
    }
}
