//! The user's rules: the sweep reads them every minute, passes them to the engine and logs their problems.

use alerting::{Adoption, Channel, Clock, Engine, Ledger};
use aws::channel::ReadSecret;

/// Passes the rules to the engine and returns the number of problems. Bad rules are skipped; if no good one
/// is left, or if the rules cannot be read, the last good ones stay in force. The sweep goes on in any case.
pub(crate) async fn adopt<L: Ledger, C: Channel, K: Clock>(
    engine: &Engine<L, C, K>,
    parameter: &impl ReadSecret,
) -> u64 {
    let text = match parameter.read().await {
        Ok(text) => text,
        Err(why) => {
            tracing::error!(%why, "the rules could not be read; the last good ones stay in force");
            return 1;
        }
    };
    match engine.adopt_rules(&text).await {
        Ok(adoption) => {
            log(&adoption);
            adoption.problems.len() as u64
        }
        // The ledger's error, not the rules': the sweep will meet and report it.
        Err(error) => {
            tracing::warn!(%error, "the rules could not be stored; the last good ones stay in force");
            0
        }
    }
}

/// Logs the problems of new rules once: rules stay unchanged for days.
fn log(adoption: &Adoption) {
    if !adoption.is_news {
        return;
    }
    for problem in &adoption.problems {
        tracing::error!(line = problem.line, problem = %problem.message, "the rules have a mistake");
    }
    for skipped in &adoption.skipped {
        tracing::warn!(line = skipped.line, rule = %skipped.message, "a rule is not judged");
    }
    if !adoption.adopted {
        tracing::error!("the rules cannot be used; the last good ones stay in force");
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use alerting::{
        Accepted, Channel, ChannelId, Delivery, Engine, Ledger as _, LogMode, MemoryLedger, Rules,
        SendError, Sent, Settings,
    };
    use aws::channel::ReadSecret;
    use diagnosis::Timestamp;

    use super::adopt;

    /// A parameter with the test's text, or one that cannot be read.
    struct Parameter(RefCell<Option<&'static str>>);

    impl ReadSecret for Parameter {
        async fn read(&self) -> Result<String, String> {
            self.0.borrow().map(str::to_owned).ok_or_else(|| "throttled".to_owned())
        }
    }

    /// A channel that sends nothing.
    struct Nobody(ChannelId);

    impl Channel for Nobody {
        fn id(&self) -> &ChannelId {
            &self.0
        }

        async fn send(&self, _delivery: Delivery<'_>) -> Result<Sent, SendError> {
            Ok(Sent::default())
        }
    }

    #[tokio::test]
    async fn whatever_is_wrong_the_last_good_rules_stay() {
        const GOOD: &str = "version = 1\n[[rule]]\nname = \"good\"\n";
        const HALF: &str = "version = 1\n[[rule]]\nname = \"good\"\n[[rule]]\nname = \"BAD\"\n";
        let settings = Settings {
            account: String::new(),
            accepted: Accepted::Everything,
            region: None,
            rules: Rules::built_in(),
            log_mode: LogMode::All,
        };
        let channels: Vec<Nobody> = Vec::new();
        let clock = || Timestamp::from_millis(0);
        let engine = Engine::new(MemoryLedger::default(), channels, clock, settings);
        let engine = engine.with_stored_rules();
        let parameter = Parameter(RefCell::new(None));
        for (text, problems, kept) in [
            (None, 1, None),
            (Some("version = 2"), 1, None),
            (Some(GOOD), 0, Some(GOOD)),
            (Some("not [TOML"), 1, Some(GOOD)),
            (Some("version = 1"), 2, Some(GOOD)),
            (None, 1, Some(GOOD)),
            (Some(HALF), 1, Some(HALF)),
        ] {
            parameter.0.replace(text);
            assert_eq!(adopt(&engine, &parameter).await, problems, "{text:?}");
            let found = engine.ledger().stored_rules().await.unwrap();
            assert_eq!(found.map(|found| found.text).as_deref(), kept, "{text:?}");
        }
    }
}
