//! `pay179 members`, `string`, `sign` and `verify`: real-time payment data.

use crate::Outcome;
use crate::args::Pay179Command;
use crate::context::{Context, Failure, open_key, read, write};
use crate::output::{json_line, line, raw, table};
use cebridge_clock as clock;
use cebridge_engine::codes;
use cebridge_engine::signing::CertificateView;
use cebridge_pay179::{
    Method, Options, PayloadError, Problem, ProblemKind, Received, Unsigned, check, members, verify,
};
use cebridge_signature::Certificate;
use jiff::Timestamp;
use serde::Serialize;
use std::path::Path;

/// JSON output of `verify`, and for data not signed because it is wrong.
#[derive(Serialize)]
struct Judged {
    file: String,
    valid: bool,
    reasons: Vec<Reason>,
}

#[derive(Serialize)]
struct Reason {
    code: &'static str,
    detail: String,
}

pub(crate) fn run(context: &Context, command: &Pay179Command) -> Result<Outcome, Failure> {
    match command {
        Pay179Command::Members => list(context),
        Pay179Command::String { file } => string(context, file),
        Pay179Command::Sign {
            file,
            key,
            cert,
            method: name,
            output,
        } => {
            let name = method(name.as_deref())?;
            sign(context, file, (key, cert), name, output.as_deref())
        }
        Pay179Command::Verify {
            file,
            cert,
            method: name,
            service_time,
        } => {
            let options = Options {
                method: method(name.as_deref())?,
                other_times: service_time.clone(),
            };
            let pem = read(cert)?;
            let certificate = Certificate::from_pem(&String::from_utf8_lossy(&pem))?;
            let verdict = verify(&read(file)?, &certificate, &options);
            let reasons = verdict.reasons.into_iter().map(|reason| Reason {
                code: reason.code,
                detail: reason.detail,
            });
            judged(context, file, reasons.collect())
        }
    }
}

/// Parses the method given as an option.
pub(crate) fn method(name: Option<&str>) -> Result<Option<Method>, Failure> {
    name.map(|name| {
        Method::from_name(name).ok_or_else(|| {
            let names = Method::ALL.map(Method::name).join(", ");
            Failure::Other(format!(
                "`{name}` is no signing method of payment data; there are {names}"
            ))
        })
    })
    .transpose()
}

fn list(context: &Context) -> Result<Outcome, Failure> {
    let mut rows = table(&["member", "label", "required", "holds"]);
    for member in members() {
        if context.json() {
            json_line(&member)?;
            continue;
        }
        let required = if member.required { "yes" } else { "" };
        rows.add_row([member.path.as_str(), member.label, required, member.form.as_str()]);
    }
    if !context.json() {
        line(&rows.to_string())?;
    }
    Ok(Outcome::Good)
}

fn string(context: &Context, file: &Path) -> Result<Outcome, Failure> {
    let bytes = read(file)?;
    // Signed data is shown as is: another layout would be another string.
    let signed = std::str::from_utf8(&bytes)
        .ok()
        .and_then(|json| Received::read(json).ok())
        .filter(Received::is_signed);
    if let Some(received) = signed {
        raw(received.signing_string().as_bytes())?;
        return Ok(Outcome::Good);
    }
    match Unsigned::read(&bytes) {
        Ok(unsigned) => {
            for problem in check(unsigned.prepared(), &is_currency) {
                context.note(&format!("warning: {problem}"));
            }
            raw(unsigned.signing_string().as_bytes())?;
            Ok(Outcome::Good)
        }
        Err(error) => {
            for reason in malformed(&error) {
                complain!("cebridge: {}: {}", file.display(), reason.detail);
            }
            Ok(Outcome::Wrong)
        }
    }
}

fn sign(
    context: &Context,
    file: &Path,
    (key, cert): (&Path, &Path),
    method: Option<Method>,
    output: Option<&Path>,
) -> Result<Outcome, Failure> {
    let unsigned = match Unsigned::read(&read(file)?) {
        Ok(unsigned) => unsigned,
        Err(error) => return judged(context, file, malformed(&error)),
    };
    let found = check(unsigned.prepared(), &is_currency);
    for problem in found.iter().filter(|problem| !problem.is_error) {
        context.note(&format!("warning: {problem}"));
    }
    let problems: Vec<Reason> = found.iter().filter(|problem| problem.is_error).map(told).collect();
    if !problems.is_empty() {
        return judged(context, file, problems);
    }
    let signer = open_key(key, Some(cert))?;
    let certificate = signer
        .certificate()
        .ok_or_else(|| Failure::Other("payment data is signed with a certificate; give --cert".to_owned()))?;
    let until = CertificateView::of(certificate).not_after;
    if until < clock::day(Timestamp::now()) {
        context.note(&format!(
            "warning: the certificate ended on {until}; customs will not accept the signature"
        ));
    }
    let payload = unsigned
        .sign(signer.signing_key(), method, certificate)
        .map_err(|error| Failure::Other(error.to_string()))?;
    match output {
        Some(path) => {
            write(path, payload.as_bytes())?;
            context.note(&format!(
                "{} signed, certNo {}",
                path.display(),
                certificate.serial_hex()
            ));
        }
        None => raw(payload.as_bytes())?,
    }
    Ok(Outcome::Good)
}

/// Returns everything wrong with data that can't be read.
fn malformed(error: &PayloadError) -> Vec<Reason> {
    match error {
        PayloadError::Shape(problems) => problems.iter().map(told).collect(),
        other => vec![Reason {
            code: "malformed",
            detail: other.to_string(),
        }],
    }
}

fn told(problem: &Problem) -> Reason {
    Reason {
        code: match problem.kind {
            ProblemKind::Shape => "malformed",
            ProblemKind::Value => "limit",
        },
        detail: problem.to_string(),
    }
}

/// Returns `true` if the customs currency table has the code.
fn is_currency(code: &str) -> bool {
    codes::find(code).iter().any(|(table, _)| table.name == "currency")
}

fn judged(context: &Context, file: &Path, reasons: Vec<Reason>) -> Result<Outcome, Failure> {
    let judged = Judged {
        file: file.display().to_string(),
        valid: reasons.is_empty(),
        reasons,
    };
    if context.json() {
        json_line(&judged)?;
    } else {
        let word = if judged.valid { "valid" } else { "NOT valid" };
        line(&format!("{}: {word}", judged.file))?;
        for reason in &judged.reasons {
            line(&format!("  {}: {}", reason.code, reason.detail))?;
        }
    }
    Ok(Outcome::good_if(judged.valid))
}
