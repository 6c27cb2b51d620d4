//! A history as text: the setting, then a line for each step. Lines that begin with `#` say what it is about.

use std::fmt;
use std::str::FromStr;

use super::history::History;

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |value: Result<String, serde_json::Error>| value.map_err(|_| fmt::Error);
        write!(f, "{}", line(serde_json::to_string(&self.setting))?)?;
        for step in &self.steps {
            write!(f, "\n{}", line(serde_json::to_string(step))?)?;
        }
        Ok(())
    }
}

impl FromStr for History {
    type Err = serde_json::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut lines = text
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        let setting = serde_json::from_str(lines.next().unwrap_or_default())?;
        let steps = lines.map(serde_json::from_str).collect::<Result<_, _>>()?;
        Ok(Self { setting, steps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::Scope;

    #[test]
    fn a_history_reads_back_as_it_was_written() {
        for seed in 0..50 {
            let history = History::of_seed(seed, Scope::All);
            let read: Result<History, _> = history.to_string().parse();
            assert_eq!(read.ok(), Some(history));
        }
    }
}
