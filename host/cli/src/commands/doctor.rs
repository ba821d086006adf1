//! `doctor`: checks that the host can do its work today.

use crate::Outcome;
use crate::args::{Format, Global};
use crate::context::{Failure, Terminal};
use crate::output::{json_line, line};
use cebridge_engine::doctor::{Sight, State, look};
use jiff::Timestamp;

pub(crate) fn run(global: &Global) -> Result<Outcome, Failure> {
    let sights = look(global.config.as_deref(), &Terminal, Timestamp::now())?;
    for sight in &sights {
        match global.format {
            Format::Json => json_line(sight)?,
            _ => line(&text(sight))?,
        }
    }
    Ok(Outcome::good_if(sights.iter().all(|sight| sight.state == State::Ok)))
}

/// Formats a sight as one line, with the advice on the next.
fn text(sight: &Sight) -> String {
    let said = sight.text.replace('\n', "\n           ");
    let mut text = format!("{:<8} {}: {said}", sight.state.name(), sight.topic);
    if !sight.advice.is_empty() {
        text.push_str(&format!("\n           {}", sight.advice));
    }
    text
}
