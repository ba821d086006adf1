//! Checks the keys: how long their certificates last, and what they may sign today.

use super::Sight;
use crate::checks::FoundKey;
use crate::config::Config;
use crate::error::EngineError;
use crate::key_life::{KeyToLookAt, key_life};
use crate::packs::Packs;
use jiff::Timestamp;

const TOPIC: &str = "keys";

pub(super) fn look(config: &Config, keys: &[FoundKey], now: Timestamp) -> Vec<Sight> {
    if keys.is_empty() {
        let advice = "set key and certificate in [signing], or add [[enterprise.keys]]";
        return vec![Sight::warning(
            TOPIC,
            "no key is configured; nothing can be signed",
            advice,
        )];
    }
    let packs = match Packs::to_look_at(config) {
        Ok(packs) => packs,
        Err(error) => return vec![cannot_judge(&error)],
    };
    let mut sights = Vec::new();
    for key in keys {
        match of_key(config, &packs, key, now) {
            Ok(found) => sights.extend(found),
            Err(error) => return vec![cannot_judge(&error)],
        }
    }
    sights
}

fn of_key(config: &Config, packs: &Packs, key: &FoundKey, now: Timestamp) -> Result<Vec<Sight>, EngineError> {
    if key.unusable {
        // The configuration's line says why.
        return Ok(Vec::new());
    }
    let owner = config.all_enterprises().iter().find(|one| one.id() == key.enterprise);
    let (Some(certificate), Some(enterprise)) = (&key.certificate, owner) else {
        let text = format!(
            "key {} of {}: `cebridge keys --test` opens it and has it sign",
            key.name, key.enterprise
        );
        return Ok(vec![Sight::ok(TOPIC, text)]);
    };
    let name = key.name.as_str();
    let life = key_life(
        config,
        packs,
        &KeyToLookAt {
            enterprise,
            name,
            certificate,
        },
        now,
    )?;
    if life.ends.is_empty() {
        let (edition, kinds) = &life.may_sign;
        let text = format!(
            "{}: the certificate {} ends on {}, in {} days; it may sign {kinds} kinds of messages today, by edition {edition}",
            life.name, life.certificate.serial, life.certificate.not_after, life.days_left
        );
        return Ok(vec![Sight::ok(TOPIC, text)]);
    }
    Ok(life
        .ends
        .into_iter()
        .map(|end| match end.days {
            ..=0 => Sight::fault(TOPIC, end.text, end.advice),
            _ => Sight::warning(TOPIC, end.text, end.advice),
        })
        .collect())
}

fn cannot_judge(error: &EngineError) -> Sight {
    Sight::fault("packs", format!("nothing can be judged today: {error}"), "")
}
