//! Which log lines reach Gatewatch.

diagnosis::closed_enum! {
    /// What the subscription filter passes.
    #[derive(Default)]
    pub enum LogMode as "log mode" {
        /// Every line.
        #[default]
        All = "all",
        /// Lines of failures only: how many requests there were is not known.
        Errors = "errors",
    }
}
