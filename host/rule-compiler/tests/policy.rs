//! The signature policy of the shipped editions, at the edges of its dates.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use cebridge_rule_compiler::compile;
use cebridge_rule_core::pack::{GuestPack, Pack};
use cebridge_rule_core::policy::{Decision, Need, Obstacle, Query, TRANSITION_READING, VARIANT};
use common::shipped;
use std::collections::BTreeMap;
use std::sync::OnceLock;

fn packs() -> &'static BTreeMap<&'static str, (Pack, GuestPack)> {
    static PACKS: OnceLock<BTreeMap<&'static str, (Pack, GuestPack)>> = OnceLock::new();
    PACKS.get_or_init(|| {
        let set = shipped();
        ["2018-56", "2018-113", "2022-05"]
            .into_iter()
            .map(|edition| {
                let pack = compile(&set, edition).unwrap();
                let guest = pack.guest();
                (edition, (pack, guest))
            })
            .collect()
    })
}

fn ask(edition: &str, query: Query<'_>) -> Decision {
    packs()[edition].1.policy().decide(&query)
}

/// A declared message on a day, with nothing else known.
fn on<'a>(message: &'a str, at: &'a str) -> Query<'a> {
    Query {
        message,
        at,
        declares: true,
        ..Query::default()
    }
}

/// A message of edition 2022-05 with a certificate of this validity and kind of key.
fn with_certificate<'a>(at: &'a str, from: &'a str, until: &'a str, key: &'a str) -> Query<'a> {
    Query {
        certificate_from: from,
        certificate_until: until,
        key,
        ..on("CEB621", at)
    }
}

fn profiles(decision: &Decision) -> Vec<&str> {
    decision.profiles.iter().map(String::as_str).collect()
}

const IN_TRANSITION: [&str; 6] = ["CEB311", "CEB411", "CEB511", "CEB303", "CEB403", "CEB505"];

#[test]
fn orders_payments_and_waybills_may_be_unsigned_to_the_last_day_of_the_transition() {
    for message in IN_TRANSITION {
        for (at, need, until) in [
            ("2018-06-29", Need::Optional, "2018-09-30"),
            ("2018-06-30", Need::Optional, "2018-09-30"),
            ("2018-09-14", Need::Optional, "2018-09-30"),
            ("2018-09-15", Need::Optional, "2018-09-30"),
            ("2018-09-30", Need::Optional, "2018-09-30"),
            ("2018-10-01", Need::Required, ""),
            ("2018-11-20", Need::Required, ""),
        ] {
            let decision = ask("2018-56", on(message, at));
            assert_eq!(
                (decision.need, decision.until.as_str()),
                (need, until),
                "{message} on {at}"
            );
        }
    }
}

#[test]
fn the_english_text_ends_the_transition_sixteen_days_earlier() {
    let choices = [(TRANSITION_READING.to_owned(), "english-text".to_owned())];
    for (at, need, until) in [
        ("2018-06-30", Need::Optional, "2018-09-14"),
        ("2018-09-14", Need::Optional, "2018-09-14"),
        ("2018-09-15", Need::Required, ""),
        ("2018-09-30", Need::Required, ""),
    ] {
        let decision = ask(
            "2018-56",
            Query {
                choices: &choices,
                ..on("CEB311", at)
            },
        );
        assert_eq!((decision.need, decision.until.as_str()), (need, until), "{at}");
        let told = decision.notes.join("\n");
        assert!(
            told.contains("english-text") && told.contains("chinese-text reads 2018-09-30"),
            "{told}"
        );
    }
}

#[test]
fn what_the_transition_does_not_name_is_signed_from_the_first_day() {
    for message in ["CEB513", "CEB621", "CEB623", "CEB625", "CEB711", "CEB507", "CEB603"] {
        let decision = ask("2018-56", on(message, "2018-07-15"));
        assert_eq!(
            (decision.need, decision.until.as_str()),
            (Need::Required, ""),
            "{message}"
        );
    }
}

#[test]
fn a_duty_that_a_later_edition_states_anew_has_no_transition() {
    for edition in ["2018-113", "2022-05"] {
        for message in IN_TRANSITION {
            assert_eq!(
                ask(edition, on(message, "2018-09-30")).need,
                Need::Required,
                "{edition} {message}"
            );
        }
    }
}

#[test]
fn what_declares_nothing_is_signed_only_where_the_schema_demands_it() {
    for edition in ["2018-56", "2018-113", "2022-05"] {
        let (pack, _) = &packs()[edition];
        for rule in &pack.signature {
            let query = Query {
                declares: false,
                ..on(&rule.message, "2023-01-01")
            };
            let always = ["CEB621", "CEB623", "CEB625", "CEB711"].contains(&rule.message.as_str());
            let need = if always { Need::Required } else { Need::Optional };
            assert_eq!(ask(edition, query).need, need, "{edition} {}", rule.message);
            assert_eq!(ask(edition, on(&rule.message, "2023-01-01")).need, Need::Required);
        }
    }
}

#[test]
fn certificates_issued_from_july_2022_sign_by_sm2_only() {
    let old = with_certificate("2023-05-01", "2022-06-30", "2025-06-30", "");
    assert_eq!(profiles(&ask("2022-05", old)), ["sm2-sm3", "rsa-sha1", "rsa-sha256"]);
    let new = with_certificate("2023-05-01", "2022-07-01", "2025-06-30", "");
    assert_eq!(profiles(&ask("2022-05", new)), ["sm2-sm3"]);
    for (from, key, allowed, obstacle) in [
        ("2022-06-30", "rsa", &["rsa-sha1", "rsa-sha256"][..], Obstacle::None),
        ("2022-06-30", "sm2", &["sm2-sm3"], Obstacle::None),
        ("2022-07-01", "sm2", &["sm2-sm3"], Obstacle::None),
        ("2022-07-01", "rsa", &[], Obstacle::Profile),
    ] {
        let decision = ask("2022-05", with_certificate("2023-05-01", from, "2025-06-30", key));
        assert_eq!(
            (profiles(&decision), decision.obstacle),
            (allowed.to_vec(), obstacle),
            "{from} {key}"
        );
        assert!(
            decision.notes.join("\n").contains("notice of 2022-05-17"),
            "{:?}",
            decision.notes
        );
    }
}

#[test]
fn a_certificate_signs_from_its_first_day_to_its_last_one() {
    for (at, obstacle) in [
        ("2020-01-09", Obstacle::NotYetValid),
        ("2020-01-10", Obstacle::None),
        ("2024-01-10", Obstacle::None),
        ("2024-01-11", Obstacle::Expired),
    ] {
        for edition in ["2018-113", "2022-05"] {
            let decision = ask(edition, with_certificate(at, "2020-01-10", "2024-01-10", "rsa"));
            assert_eq!(decision.obstacle, obstacle, "{edition} {at}");
            assert_eq!(
                decision.profiles.is_empty(),
                obstacle != Obstacle::None,
                "{edition} {at}"
            );
        }
    }
}

#[test]
fn without_a_certificate_the_list_of_the_edition_holds_and_a_note_says_what_would_change_it() {
    let decision = ask("2022-05", on("CEB311", "2026-01-01"));
    assert_eq!(profiles(&decision), ["sm2-sm3", "rsa-sha1"]);
    assert!(
        decision.notes.iter().any(|note| note.contains("2022-07-01")),
        "{:?}",
        decision.notes
    );
    // Edition 2018-113 does not have SM2: a card with such a key can't sign under it.
    let sm2 = Query {
        key: "sm2",
        ..on("CEB311", "2019-01-01")
    };
    assert_eq!(ask("2018-113", sm2).obstacle, Obstacle::Profile);
}

#[test]
fn a_variant_comes_in_by_choice_only_and_in_place_of_what_it_varies() {
    let plain = with_certificate("2023-05-01", "2022-08-01", "2025-06-30", "sm2");
    assert_eq!(profiles(&ask("2022-05", Query { port: "5165", ..plain })), ["sm2-sm3"]);
    let choices = [(VARIANT.to_owned(), "sm2-sm3-w3c-sha1".to_owned())];
    let chosen = Query {
        port: "5165",
        choices: &choices,
        ..plain
    };
    let decision = ask("2022-05", chosen);
    assert_eq!(profiles(&decision), ["sm2-sm3-w3c-sha1"]);
    assert!(
        decision.notes.join("\n").contains("outside the specification"),
        "{:?}",
        decision.notes
    );
    // Where SM2 is not allowed, its variant is not allowed either.
    let older = Query {
        key: "",
        at: "2022-09-01",
        ..chosen
    };
    assert_eq!(profiles(&ask("2018-113", older)), ["rsa-sha256", "rsa-sha1"]);
    // An official profile is not a variant.
    let wrong = [(VARIANT.to_owned(), "rsa-sha1".to_owned())];
    assert_eq!(
        profiles(&ask(
            "2022-05",
            Query {
                choices: &wrong,
                ..chosen
            }
        )),
        ["sm2-sm3"]
    );
}

#[test]
fn every_request_has_a_duty_and_every_signer_a_field() {
    for (edition, (pack, _)) in packs() {
        for (_, message, text) in pack.catalogue() {
            if text.kind != "request" {
                continue;
            }
            let rule = pack.signature.iter().find(|rule| rule.message == message.code);
            let rule = rule.unwrap_or_else(|| panic!("{edition}: nobody says who signs {}", message.code));
            assert!(
                !rule.signers.is_empty() && !rule.clause.is_empty(),
                "{edition} {}",
                message.code
            );
            for signer in &rule.signers {
                let role = pack.roles.iter().find(|role| role.name == *signer).unwrap();
                let index = pack.message(&message.code).unwrap();
                let fields: Vec<&str> = role.fields_of(&message.code).collect();
                assert!(!fields.is_empty(), "{edition} {} {signer}", message.code);
                assert!(fields.iter().all(|field| pack.decl_by_path(index, field).is_some()));
            }
        }
    }
    let (pack, _) = &packs()["2022-05"];
    let field = |role: &str, message: &str| -> Vec<String> {
        let role = pack.roles.iter().find(|known| known.name == role).unwrap();
        role.fields_of(message).map(str::to_owned).collect()
    };
    assert_eq!(
        field("e-commerce enterprise", "CEB621"),
        ["Inventory/InventoryHead/ebcCode"]
    );
    assert_eq!(
        field("agent of the e-commerce enterprise", "CEB607"),
        ["WayBill/WayBillHead/agentCode"]
    );
    assert_eq!(field("entrusted express operator", "CEB411"), ["BaseTransfer/copCode"]);
    assert_eq!(
        field("supervised-site operator", "CEB215"),
        ["InvtRefundDetail/operatorCode"]
    );
}

#[test]
fn a_message_without_a_duty_may_be_signed_by_any_official_profile() {
    let decision = ask("2022-05", on("CEB312", "2026-01-01"));
    assert_eq!(decision.need, Need::Optional);
    assert_eq!(profiles(&decision), ["rsa-sha1", "rsa-sha256", "sm2-sm3"]);
}
