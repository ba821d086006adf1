//! Texts in an export: how to check it, and the chain as lines of JSON.

use super::{Exported, Request, Seal};
use cebridge_clock::utc;
use cebridge_ledger::Event;
use serde_json::json;

/// Recomputes the chain of events.
pub(super) const CHECK_CHAIN: &str = include_str!("check-chain.py");

const README: &str = include_str!("readme.txt");

const BY_CMS: &str =
    "    openssl cms -verify -binary -inform DER -in SHA256SUMS.p7s -content SHA256SUMS -noverify -out /dev/null
    openssl pkcs7 -inform DER -in SHA256SUMS.p7s -print_certs -noout

`CMS Verification successful` says that the list is what the owner of the certificate
printed by the second command has signed. Whose certificate that is, its issuer says: put
the issuer's certificate, had from the issuer and not from here, into ca.pem and write
`-CAfile ca.pem -purpose any` in place of `-noverify` (and `-no_check_time`, where the certificate
has expired since).
";

const BY_KEY: &str =
    "    openssl pkeyutl -verify -rawin -pubin -inkey export-key.pub.pem -sigfile SHA256SUMS.sig -in SHA256SUMS
    openssl pkey -pubin -in export-key.pub.pem -outform DER | sha256sum

`Signature Verified Successfully` says that the list is what the owner of this key has
signed. Whose key it is, only the enterprise can say: the second command prints the SHA-256 of
the key, which must be the one that the enterprise made known to you some other way.
";

/// `README.txt`.
pub(super) fn readme(done: &Exported, request: &Request<'_>, seal: &Seal) -> String {
    let whose = match request.enterprise {
        Some(one) => format!("of {} ({})", one.name, one.code),
        None => "of all enterprises of this gateway".to_owned(),
    };
    let changed = match done.problems {
        0 => String::new(),
        problems => format!(
            "\nTHE LEDGER WAS CHANGED: when this was exported, `cebridge ledger check` found {problems} contradictions between\n\
             what is recorded and what was; this holds the state after the change.\n"
        ),
    };
    let missing = if done.packs_missing.is_empty() {
        String::new()
    } else {
        format!(
            "\nNOT HERE: rule packs that are in no archive any more, by their SHA-256: {}\n",
            done.packs_missing.join(", ")
        )
    };
    let withheld = match request.enterprise {
        Some(_) => {
            "\nEvents that concern other enterprises are withheld: of them there are number and chain value\n\
             only (\"withheld\": true). Their links can't be recomputed, those of all others can.\n"
        }
        None => "",
    };
    let (signature, unlisted, names) = match seal {
        Seal::Cms { .. } => (BY_CMS, "2", "SHA256SUMS and SHA256SUMS.p7s"),
        Seal::Ed25519(_) => (BY_KEY, "3", "SHA256SUMS, SHA256SUMS.sig and export-key.pub.pem"),
    };
    let head = done.head.as_ref();
    README
        .replace("{from}", &done.from)
        .replace("{to}", &done.to)
        .replace("{whose}", &whose)
        .replace("{documents}", &done.documents.to_string())
        .replace("{messages}", &done.messages.to_string())
        .replace("{receipts}", &done.receipts.to_string())
        .replace("{packs}", &done.packs.to_string())
        .replace("{certificates}", &done.certificates.to_string())
        .replace("{events}", &done.events.to_string())
        .replace("{missing}", &(changed + &missing))
        .replace("{withheld}", withheld)
        .replace("{signature}", signature)
        .replace("{unlisted}", unlisted)
        .replace("{names}", names)
        .replace("{chain}", head.map_or("", |head| head.chain.as_str()))
}

/// An event as a line of `events.jsonl`. Events that concern others are withheld.
pub(super) fn event(event: &Event, own: bool) -> String {
    if !own {
        return json!({ "id": event.id, "chain": event.chain, "withheld": true }).to_string();
    }
    json!({
        "id": event.id,
        "at": utc::text(event.at),
        "actor": event.actor,
        "document": event.document,
        "message": event.message,
        "kind": event.kind,
        "detail": event.detail_json,
        "pack_digest": event.pack_digest,
        "key_serial": event.key_serial,
        "bytes_sha256": event.bytes_sha256,
        "chain": event.chain,
    })
    .to_string()
}
