//! Which log of a source counts its requests.
//!
//! One request may stand in the access log and, in many lines, in the execution log. It must count once,
//! in whatever order and by whatever batches the two come in, so a source has one counting log: its
//! access log if one is subscribed, else its execution log. What is known of that is whether lines of an
//! access log came in lately, which the note of a live source keeps.
//!
//! The trap is that the answer changes: the first lines of an execution log may come before the first of
//! the access log. So what an execution log tells is kept beside the other counts, never among them, and
//! whoever reads decides which of the two counts. Once an access log is known, nothing is written for
//! the execution log any more.

use crate::counting::ActiveHours;

/// The log that a source's requests are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthoritativeLog {
    /// A line for each request.
    Access,
    /// Many lines for each request.
    Execution,
}

/// So many minutes after its last line an access log still counts. Shorter, and a quiet hour of an API
/// whose failures alone are delivered would let the execution log count in between; longer, and an API
/// whose access log is no longer subscribed would be watched by nobody for that long.
pub const ACCESS_LOG_MINUTES: i64 = 60;

/// When lines of one log came in last, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisteredLog {
    /// The log group.
    pub log_group: String,
    /// Minutes since the epoch.
    pub minute: i64,
}

/// What is noted of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RegisteredLogs {
    /// Lines of an access log.
    pub access: Option<RegisteredLog>,
    /// Other lines.
    pub execution: Option<RegisteredLog>,
    /// The hours in which lines of either came in.
    pub hours: ActiveHours,
}

impl RegisteredLogs {
    /// Notes that lines of `log` came in; an earlier minute takes nothing back.
    pub fn note(&mut self, log: AuthoritativeLog, log_group: &str, minute: i64) {
        let noted = match log {
            AuthoritativeLog::Access => &mut self.access,
            AuthoritativeLog::Execution => &mut self.execution,
        };
        if noted.as_ref().is_none_or(|noted| minute >= noted.minute) {
            *noted = Some(RegisteredLog { log_group: log_group.to_owned(), minute });
            self.hours.note(ActiveHours::hour(minute));
        }
    }

    /// The log that counts in the minutes up to `now`.
    pub fn authoritative_log(&self, now: i64) -> AuthoritativeLog {
        match &self.access {
            Some(access) if access.minute >= now - ACCESS_LOG_MINUTES => AuthoritativeLog::Access,
            _ => AuthoritativeLog::Execution,
        }
    }

    /// The last minute in which any lines came in.
    pub fn last_minute(&self) -> Option<i64> {
        self.access.iter().chain(&self.execution).map(|noted| noted.minute).max()
    }

    /// The log group to show: that of the log that counts.
    pub fn log_group(&self) -> Option<&str> {
        let counting = match self.authoritative_log(self.last_minute()?) {
            AuthoritativeLog::Access => self.access.as_ref(),
            AuthoritativeLog::Execution => self.execution.as_ref().or(self.access.as_ref()),
        };
        counting.map(|noted| noted.log_group.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{AuthoritativeLog, RegisteredLogs};

    use AuthoritativeLog::{Access, Execution};

    #[test]
    fn the_access_log_counts_while_its_lines_came_in_lately() {
        for (notes, now, log, group) in [
            (&[][..], 100, Execution, None),
            (&[(Access, 100)][..], 100, Access, Some("/access")),
            (&[(Access, 100)], 160, Access, Some("/access")),
            (&[(Access, 100)], 161, Execution, Some("/access")),
            (&[(Execution, 100)], 100, Execution, Some("/execution")),
            // in whatever order
            (&[(Execution, 100), (Access, 100)], 100, Access, Some("/access")),
            (&[(Access, 100), (Execution, 101)], 101, Access, Some("/access")),
            (&[(Access, 100), (Execution, 161)], 161, Execution, Some("/execution")),
            // late notes take nothing back
            (&[(Access, 100), (Access, 30)], 150, Access, Some("/access")),
        ] {
            let mut noted = RegisteredLogs::default();
            for &(log, minute) in notes {
                let group = if log == Access { "/access" } else { "/execution" };
                noted.note(log, group, minute);
            }
            assert_eq!(noted.authoritative_log(now), log, "{notes:?} at {now}");
            assert_eq!(noted.log_group(), group, "{notes:?}");
        }
    }
}
