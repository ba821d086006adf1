//! `keys`: lists the configured keys and their validity, and checks that they open and sign.

use crate::Outcome;
use crate::args::KeysArgs;
use crate::context::{Context, Failure, Terminal, moment};
use crate::output::{json_line, line, table};
use cebridge_engine::packs::Packs;
use cebridge_engine::signers::probe;
use cebridge_engine::signing::CertificateView;
use cebridge_engine::{KeyEnd, KeyToLookAt, key_life};
use cebridge_keys::{KeyPool, KeyStatus, PoolSettings, open};
use serde::Serialize;

#[derive(Serialize)]
struct Row {
    enterprise: String,
    #[serde(flatten)]
    key: KeyStatus,
    /// Reason the key can't be opened or did not sign.
    error: Option<String>,
    /// Reasons it can't sign now, or won't within 30 days; only with `--test`.
    ends: Vec<KeyEnd>,
    /// Set if it can't sign anything at all.
    #[serde(skip)]
    over: bool,
    /// Last day of its certificate in China time; `not_after` is in UTC.
    #[serde(skip)]
    until: String,
}

pub(crate) fn run(context: &Context, args: &KeysArgs) -> Result<Outcome, Failure> {
    let now = moment(args.at.as_deref())?;
    let gateway = context.gateway()?;
    let packs = args.test.then(|| Packs::to_look_at(&context.config)).transpose()?;
    let chosen = context.config.chosen_enterprises(args.enterprise.as_deref())?;
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
            let mut lives = Vec::new();
            for key in pool.keys() {
                if let (Some(packs), Some(certificate)) = (&packs, key.certificate()) {
                    let name = key.name();
                    let found = KeyToLookAt {
                        enterprise,
                        name,
                        certificate,
                    };
                    lives.push(key_life(&context.config, packs, &found, now)?);
                }
            }
            let certificate = pool.keys().first().and_then(|key| key.certificate());
            let until = certificate.map(|certificate| CertificateView::of(certificate).not_after);
            rows.extend(pool.status().into_iter().map(|key| Row {
                enterprise: enterprise.id().to_owned(),
                key,
                error: error.clone(),
                until: until.clone().unwrap_or_default(),
                over: lives.iter().any(|life| life.over().is_some()),
                ends: lives.iter().flat_map(|life| life.ends.clone()).collect(),
            }));
        }
    }
    if rows.is_empty() && failed.is_empty() {
        context.note("no key is configured: add [signing] or [[enterprise.keys]] to cebridge.toml");
        return Ok(Outcome::good_if(!args.test));
    }
    let good = failed.is_empty() && rows.iter().all(|row| row.error.is_none() && !row.over);
    print(context, &rows, &failed)?;
    Ok(Outcome::good_if(good))
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
            _ if row.over => "signs, but is not allowed to; see below".to_owned(),
            _ => format!("signs, {} µs", row.key.mean_micros.unwrap_or_default()),
        });
        out.add_row([
            &row.enterprise,
            &row.key.name,
            &row.key.kind,
            &text(&row.key.serial),
            &row.until,
            &state,
        ]);
    }
    for (enterprise, name, error) in failed {
        out.add_row([enterprise, name, "", "", "", error]);
    }
    line(&out.to_string())?;
    for end in rows.iter().flat_map(|row| &row.ends) {
        context.note(&end.to_string());
    }
    Ok(())
}
