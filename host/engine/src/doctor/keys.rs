//! Keys: how long their certificates last, and what they may sign today.

use super::Sight;
use crate::checks::FoundKey;
use crate::clock;
use crate::config::Config;
use crate::packs::{Choice, Packs};
use crate::signing::{CertificateView, Question, ask};
use cebridge_runtime::{LoadedPack, Need};
use jiff::Timestamp;

const TOPIC: &str = "keys";

/// Days before the end of a certificate from which on somebody should apply for another one. Arbitrary: the data centers of
/// the e-port take one to three weeks.
const SOON: i64 = 30;

pub(super) fn look(config: &Config, keys: &[FoundKey], now: Timestamp) -> Vec<Sight> {
    if keys.is_empty() {
        let advice = "set key and certificate in [signing], or add [[enterprise.keys]]";
        return vec![Sight::warning(
            TOPIC,
            "no key is configured; nothing can be signed",
            advice,
        )];
    }
    let day = clock::day(now);
    let pack = Packs::to_look_at(config).and_then(|packs| packs.choose(&Choice::Day(day.clone())));
    let mut sights = Vec::new();
    for key in keys {
        let name = format!("{} of {}", key.name, key.enterprise);
        let Some(certificate) = &key.certificate else {
            sights.push(Sight::ok(
                TOPIC,
                format!("{name}: `cebridge keys --test` opens it and has it sign"),
            ));
            continue;
        };
        let view = CertificateView::of(certificate);
        let left = (certificate.facts().not_after - now.as_second()).div_euclid(24 * 60 * 60);
        let ends = format!("{name}: the certificate {} ends on {}", view.serial, view.not_after);
        let renew = "apply for another one at the data center of the e-port";
        let begins = certificate.facts().not_before;
        sights.push(match left {
            _ if begins > now.as_second() => Sight::fault(
                TOPIC,
                format!("{name}: the certificate {} begins on {}", view.serial, view.not_before),
                "use another one until then, or look at the clock",
            ),
            ..0 => Sight::fault(TOPIC, format!("{ends}: it has expired"), renew),
            0..SOON => Sight::warning(TOPIC, format!("{ends}, in {left} days"), renew),
            _ => Sight::ok(TOPIC, format!("{ends}, in {left} days")),
        });
        if let Ok(pack) = &pack {
            sights.extend(may_sign(config, pack, key, &view, &day));
        }
    }
    if let Err(error) = &pack {
        sights.push(Sight::fault(
            "packs",
            format!("nothing can be judged today: {error}"),
            "",
        ));
    }
    sights
}

/// Messages that the key may not sign today, by the policy of the edition in force.
fn may_sign(config: &Config, pack: &LoadedPack, key: &FoundKey, view: &CertificateView, day: &str) -> Vec<Sight> {
    let all = config.all_enterprises().iter();
    let own = all.filter(|one| one.id() == key.enterprise);
    let wanted: Vec<&str> = own.flat_map(|one| &one.messages).map(String::as_str).collect();
    let rules = pack.pack().signature.iter().map(|rule| rule.message.as_str());
    let messages: Vec<&str> = rules
        .filter(|code| wanted.is_empty() || wanted.contains(code))
        .collect();
    let (mut can, mut cannot, mut why) = (0, Vec::new(), String::new());
    for message in messages {
        let question = Question {
            message,
            at: day,
            declares: true,
            certificate: Some(view),
            port: "",
        };
        match ask(pack, &config.signing, &question) {
            Ok(answer) if answer.need == Need::Forbidden => {}
            Ok(answer) if answer.can_sign() => can += 1,
            Ok(answer) => {
                cannot.push(message);
                why = answer.notes.last().cloned().unwrap_or(why);
            }
            // A setting that the pack does not know is a fault of the configuration, and told there.
            Err(error) => {
                cannot.push(message);
                why = error.to_string();
            }
        }
    }
    let name = format!("{} of {}", key.name, key.enterprise);
    if cannot.is_empty() {
        let text = format!(
            "{name} may sign {can} kinds of messages today, by edition {}",
            pack.edition()
        );
        return vec![Sight::ok(TOPIC, text)];
    }
    let text = format!("{name} may not sign {} today: {why}", cannot.join(", "));
    vec![Sight::fault(
        TOPIC,
        text,
        "`cebridge policy MESSAGE --cert FILE` shows each step",
    )]
}
