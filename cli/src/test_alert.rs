//! `gatewatch test-alert`: has the deployed stack send a test through each of its channels, and says what
//! each answered.

use std::io::{self, Write};
use std::process::ExitCode;

use alerting::{TestReport, Tested};
use aws::Clients;
use aws::functions::{self, CallError};
use diagnosis::redact;

use crate::args::{self, Output, TestAlert};
use crate::failure::Failure;
use crate::output::{self, json_line, style, wrap};

const WIDTH: usize = 76;

pub(crate) fn run(options: &TestAlert) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let report = runtime.map_err(Failure::Write)?.block_on(asked(options))?;
    let mut out = output::stdout();
    match args::output(options.output) {
        Output::Text => report.channels.iter().try_for_each(|tested| draw(&mut out, tested))?,
        Output::Json => {
            report.channels.iter().try_for_each(|tested| json_line(&mut out, tested))?;
        }
    }
    out.flush()?;
    if report.channels.is_empty() {
        output::remark("the stack has no channel: its parameters say whom it tells");
    }
    let all = !report.channels.is_empty() && report.channels.iter().all(|tested| tested.ok);
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

async fn asked(options: &TestAlert) -> Result<TestReport, CallError> {
    let clients = Clients::default();
    let function = match &options.function {
        Some(name) => name.clone(),
        None => functions::sweep_function(&clients, &options.stack).await?,
    };
    functions::test_alert(&clients, &function).await
}

/// A line, and what to do below it.
fn draw(out: &mut impl Write, tested: &Tested) -> io::Result<()> {
    let (sign, color) = if tested.ok { ("✓", style::GOOD) } else { ("✗", style::ERROR) };
    let (channel, answer) = (redact::printable(&tested.channel), redact::printable(&tested.answer));
    let strong = style::STRONG;
    writeln!(out, "{color}{sign}{color:#} {strong}{channel}{strong:#}  {answer}")?;
    let hint = tested.hint.as_deref().map(redact::printable).unwrap_or_default();
    wrap(&hint, WIDTH).into_iter().try_for_each(|line| writeln!(out, "    {line}"))
}

#[cfg(test)]
mod tests {
    use alerting::Tested;

    use super::draw;

    #[test]
    fn a_channel_is_a_line_and_a_hint() {
        let tested = |ok, answer: &str, hint: Option<&str>| Tested {
            channel: "slack".to_owned(),
            ok,
            answer: answer.to_owned(),
            hint: hint.map(str::to_owned),
        };
        for (tested, drawn) in [
            (tested(true, "ok", None), "✓ slack  ok\n"),
            (tested(false, "a\u{1b}[31mb\nc", Some("Do it.")), "✗ slack  a[31mb c\n    Do it.\n"),
        ] {
            let mut out = Vec::new();
            draw(&mut out, &tested).unwrap();
            let out = anstream::adapter::strip_bytes(&out).into_vec();
            assert_eq!(String::from_utf8(out).unwrap(), drawn);
        }
    }
}
