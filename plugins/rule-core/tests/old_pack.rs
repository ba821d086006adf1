//! Packs from before receipts had complaints, requests had concerns and fields had roles still work unchanged.
#![allow(clippy::unwrap_used)]

use cebridge_rule_core::pack::{Meaning, Pack};
use cebridge_rule_core::roles::{FieldRoles, Transfer};

/// A request `ASK` and its receipt `SAY` with four outcomes, in the first layout of packs.
const OLD: &str = "\
     0170016501310a323032302d30312d3031014e004032383936366465663835343638383638316531386562313532303934666663616362\
     31653134646161333534386133363762346430623730353461386465313302000575726e3a6f04010341736b01026e6f0103446f630103\
     53617905000000000000000100020101010101000100020102010101000100020104010101000100020105010101000600020000010000\
     0002010000030400000100000002030000020341534b00000353415903000000000603e997ae0341736b00087265717569726564000000\
     000872657175697265640003e58d9508446f63756d656e74000872657175697265640003e7ad9403536179000872657175697265640000\
     00000872657175697265640003e58d9508446f63756d656e7400087265717569726564000203e997ae0341736b07726571756573740669\
     6d706f72740003534159020101001365646974696f6e732f652f41534b2e746f6d6c03e7ad9403536179077265636569707406696d706f\
     727400000501040401310777616974696e6700033132300673746f72656401086e656761746976650872657475726e6564010338303008\
     72656c6561736564011365646974696f6e732f652f5341592e746f6d6c00000000000000000000";

fn old() -> Vec<u8> {
    hex::decode(OLD).unwrap()
}

#[test]
fn a_pack_of_the_first_layout_is_read_and_written_byte_for_byte() {
    let pack = Pack::from_bytes(&old()).unwrap();
    assert_eq!(pack.manifest.name, "p");
    assert_eq!(pack.to_bytes().unwrap(), old());
}

#[test]
fn a_pack_of_the_first_layout_says_what_it_said() {
    let pack = Pack::from_bytes(&old()).unwrap();
    let receipt = pack.message("SAY").unwrap();
    let said = |status: &str| {
        let said = pack.said(receipt, status, "已存在相同编号的订单");
        said.map(|said| (said.meaning, said.is_final, said.rank))
    };
    assert_eq!(said("1"), Some((Meaning::Waiting, false, 0)));
    assert_eq!(said("120"), Some((Meaning::Stored, true, 1)));
    assert_eq!(said("-301010"), Some((Meaning::Returned, true, 2)));
    assert_eq!(said("800"), Some((Meaning::Released, true, 3)));
    assert_eq!(said("500"), None);
    assert!(!pack.has_complaints());
    assert_eq!(pack.concern(pack.message("ASK").unwrap()), None);
    assert_eq!(
        (pack.fields, pack.transfer),
        (FieldRoles::standard(), Transfer::standard())
    );
}

#[test]
fn a_meaning_that_is_none_is_refused() {
    let mut bytes = old();
    let at = bytes.windows(8).position(|word| word == b"released").unwrap();
    bytes[at..at + 8].copy_from_slice(b"archived");
    assert!(Pack::from_bytes(&bytes).is_err());
}
