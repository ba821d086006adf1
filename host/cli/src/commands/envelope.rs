//! `wrap` and `unwrap`: DXP envelopes.

use crate::Outcome;
use crate::args::{Unwrap, Wrap};
use crate::context::{Context, Failure, choice, read, write};
use crate::output::raw;
use cebridge_clock as clock;
use cebridge_engine::catalogue::direction;
use cebridge_engine::packs::Packs;
use cebridge_message::{Document, Envelope, Limits, unwrap as open, wrap as close};
use std::path::Path;

pub(crate) fn wrap(context: &Context, args: &Wrap) -> Result<Outcome, Failure> {
    let enterprise = match (&args.sender, &args.receiver, &args.enterprise) {
        // With both ends given, no configured enterprise is needed.
        (Some(_), Some(_), None) => &context.config.enterprise,
        (_, _, name) => context.config.choose_enterprise(name.as_deref())?,
    };
    let sender = args.sender.clone().unwrap_or_else(|| enterprise.dxp_id.clone());
    if sender.is_empty() {
        return Err(Failure::Other(
            "SenderId is not known: give --sender, or set enterprise.dxp-id".to_owned(),
        ));
    }
    if args.files.len() > 1 && args.cop_msg_id.is_some() {
        return Err(Failure::Other(
            "--cop-msg-id names one envelope; there are several messages".to_owned(),
        ));
    }
    let packs = Packs::open(&context.config)?;
    for file in &args.files {
        let data = read(file)?;
        let document = Document::parse(&data, &Limits::MESSAGE)
            .map_err(|error| Failure::Other(format!("{}: {error}", file.display())))?;
        let envelope = Envelope {
            cop_msg_id: args.cop_msg_id.clone().unwrap_or_else(cebridge_engine::new_guid),
            sender_id: sender.clone(),
            receiver_ids: vec![match &args.receiver {
                Some(receiver) => receiver.clone(),
                None => enterprise.receiver(direction_of(&packs, &document)?).to_owned(),
            }],
            creat_time: clock::date_time(jiff::Timestamp::now()),
            msg_type: document.root_name().local.clone(),
            data,
            file_name: file.file_name().map(|name| name.to_string_lossy().into_owned()),
            biz_keys: Vec::new(),
        };
        let bytes = close(&envelope).map_err(|error| Failure::Other(format!("{}: {error}", file.display())))?;
        match &args.output {
            Some(out) if args.files.len() > 1 || out.is_dir() => {
                std::fs::create_dir_all(out).map_err(|source| Failure::File {
                    action: "cannot create",
                    path: out.clone(),
                    source,
                })?;
                let name = file.file_name().unwrap_or(file.as_os_str());
                write(&out.join(Path::new(name)), &bytes)?;
            }
            Some(out) => write(out, &bytes)?,
            None => raw(&[bytes.as_slice(), b"\n"].concat())?,
        }
    }
    Ok(Outcome::Good)
}

/// Returns import or export by the edition in force; unknown messages go where import messages go.
fn direction_of(packs: &Packs, document: &Document) -> Result<&'static str, Failure> {
    let pack = packs.choose(&choice(None, None)?)?;
    let code = document.root_name().local.strip_suffix("Message").unwrap_or_default();
    Ok(match direction(pack.rules().pack(), code) {
        "export" => "export",
        _ => "import",
    })
}

pub(crate) fn unwrap(context: &Context, args: &Unwrap) -> Result<Outcome, Failure> {
    let envelope = match open(&read(&args.file)?, &Limits::ENVELOPE) {
        Ok(envelope) => envelope,
        Err(error) => {
            complain!("{}: {error}", args.file.display());
            return Ok(Outcome::Wrong);
        }
    };
    context.note(&format!(
        "{} {} from {} to {}, made {}",
        envelope.msg_type,
        envelope.cop_msg_id,
        envelope.sender_id,
        envelope.receiver_ids.join(", "),
        envelope.creat_time
    ));
    match &args.output {
        Some(path) => write(path, &envelope.data)?,
        None => raw(&envelope.data)?,
    }
    Ok(Outcome::Good)
}
