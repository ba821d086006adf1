//! `keys`: which keys are configured, whether they open, and whether they sign.

use crate::Outcome;
use crate::args::KeysArgs;
use crate::context::{Context, Failure, Terminal};
use crate::output::{json_line, line, table};
use cebridge_keys::{KeyPool, KeyStatus, PoolSettings, open};
use cebridge_signature::{KeyKind, SM2_USER_ID, Scheme};
use serde::Serialize;

/// What a key is asked to sign; no message begins like this.
const PROBE: &[u8] = b"cebridge: is this key able to sign?";

#[derive(Serialize)]
struct Row {
    enterprise: String,
    #[serde(flatten)]
    key: KeyStatus,
    /// Why the key can't be opened or did not sign.
    error: Option<String>,
}

pub(crate) fn run(context: &Context, args: &KeysArgs) -> Result<Outcome, Failure> {
    let gateway = context.gateway()?;
    let chosen = match args.enterprise.as_deref() {
        Some(name) => std::slice::from_ref(context.config.choose_enterprise(Some(name))?),
        None => context.config.all_enterprises(),
    };
    let mut rows: Vec<Row> = Vec::new();
    let mut failed: Vec<(String, String, String)> = Vec::new();
    for enterprise in chosen {
        for source in context.config.keys_of(enterprise) {
            let agents = gateway.as_ref().map(|gateway| gateway as &dyn cebridge_keys::Agents);
            let key = match open(&source, &Terminal, agents) {
                Ok(key) => key,
                Err(error) => {
                    failed.push((enterprise.id().to_owned(), source.name, error.to_string()));
                    continue;
                }
            };
            let pool = KeyPool::new(vec![key], &PoolSettings::default())?;
            let error = args.test.then(|| probe(&pool)).and_then(Result::err);
            rows.extend(pool.status().into_iter().map(|key| Row {
                enterprise: enterprise.id().to_owned(),
                key,
                error: error.clone(),
            }));
        }
    }
    if rows.is_empty() && failed.is_empty() {
        context.note("no key is configured: add [signing] or [[enterprise.keys]] to cebridge.toml");
    }
    let good = failed.is_empty() && rows.iter().all(|row| row.error.is_none());
    print(context, &rows, &failed)?;
    Ok(Outcome::good_if(good))
}

/// Signs the probe once and verifies the value; a refused PIN is not tried again.
fn probe(pool: &KeyPool) -> Result<(), String> {
    let kind = pool.keys().first().map(cebridge_keys::PoolKey::kind);
    let scheme = match kind {
        Some(KeyKind::Sm2) => Scheme::Sm2Sm3 { user_id: SM2_USER_ID },
        _ => Scheme::RsaSha256,
    };
    let signed = pool.sign(scheme, PROBE).map_err(|fault| fault.to_string())?;
    let fits = |certificate: &cebridge_signature::Certificate| certificate.verify(scheme, PROBE, &signed.value);
    match &signed.certificate {
        Some(certificate) if fits(certificate) => Ok(()),
        Some(_) => {
            Err("its certificate does not verify what it signs: key and certificate do not belong together".into())
        }
        None => Err("it has no certificate; set `certificate`".into()),
    }
}

fn print(context: &Context, rows: &[Row], failed: &[(String, String, String)]) -> Result<(), Failure> {
    if context.json() {
        rows.iter().try_for_each(json_line)?;
        for (enterprise, name, error) in failed {
            json_line(&serde_json::json!({ "enterprise": enterprise, "name": name, "error": error }))?;
        }
        return Ok(());
    }
    let mut out = table(&["enterprise", "key", "kind", "certificate", "valid until", "state"]);
    for row in rows {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let state = row.error.clone().unwrap_or_else(|| match row.key.signed {
            0 => "opens".to_owned(),
            _ => format!("signs, {} µs", row.key.mean_micros.unwrap_or_default()),
        });
        out.add_row([
            &row.enterprise,
            &row.key.name,
            &row.key.kind,
            &text(&row.key.serial),
            &text(&row.key.not_after),
            &state,
        ]);
    }
    for (enterprise, name, error) in failed {
        out.add_row([enterprise, name, "", "", "", error]);
    }
    line(&out.to_string())
}
