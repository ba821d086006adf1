//! Envelopes: wrapping, unwrapping, and damage.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use cebridge_message::{
    Base64Problem, Envelope, EnvelopeError, ErrorKind, Limits, PlatformReply, ReadErrorKind, WriteError, unwrap, wrap,
};

fn open(text: &str) -> Result<Envelope, EnvelopeError> {
    unwrap(text.as_bytes(), &Limits::ENVELOPE)
}

fn sample() -> Envelope {
    Envelope {
        cop_msg_id: "5B1F7C2E-0001".into(),
        sender_id: "DXPENT0000000001".into(),
        receiver_ids: vec!["DXPEDCCEB0000002".into()],
        creat_time: "2024-01-02T03:04:05".into(),
        msg_type: "CEB311Message".into(),
        data: "<ceb:CEB311Message>测试</ceb:CEB311Message>".into(),
        file_name: None,
        biz_keys: Vec::new(),
    }
}

fn full() -> Envelope {
    Envelope {
        receiver_ids: (2..7).map(|n| format!("DXPEDCCEB000000{n}")).collect(),
        data: (0..=255).collect(),
        file_name: Some("order & co.xml".into()),
        biz_keys: vec![("orderNo".into(), "A<1>".into()), (String::new(), "无名".into())],
        ..sample()
    }
}

#[test]
fn wrapping_has_one_form() {
    let expected = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
        <DxpMsg xmlns=\"http://www.chinaport.gov.cn/dxp\" ver=\"1.0\"><TransInfo>\
        <CopMsgId>5B1F7C2E-0001</CopMsgId><SenderId>DXPENT0000000001</SenderId>\
        <ReceiverIds><ReceiverId>DXPEDCCEB0000002</ReceiverId></ReceiverIds>\
        <CreatTime>2024-01-02T03:04:05</CreatTime><MsgType>CEB311Message</MsgType></TransInfo>\
        <Data>YWJj</Data></DxpMsg>";
    let envelope = Envelope {
        data: b"abc".into(),
        ..sample()
    };
    assert_eq!(String::from_utf8(wrap(&envelope).unwrap()).unwrap(), expected);
}

#[test]
fn what_was_wrapped_comes_out_again() {
    for envelope in [
        sample(),
        full(),
        Envelope {
            data: Vec::new(),
            ..full()
        },
    ] {
        let bytes = wrap(&envelope).unwrap();
        assert_eq!(unwrap(&bytes, &Limits::ENVELOPE).unwrap(), envelope);
    }
}

#[test]
fn wrapping_refuses_what_cannot_be_sent() {
    let nobody = Envelope {
        receiver_ids: Vec::new(),
        ..sample()
    };
    assert_eq!(wrap(&nobody).unwrap_err(), EnvelopeError::NoReceiver);
    let illegal = Envelope {
        msg_type: "\u{1}".into(),
        ..sample()
    };
    let expected = WriteError::IllegalCharacter {
        path: "TransInfo/MsgType".into(),
        code: 1,
    };
    assert_eq!(wrap(&illegal).unwrap_err(), EnvelopeError::Write(expected));
}

/// An envelope as written by others: prefix, white space, a signature, unused information.
const FOREIGN: &str = "<?xml version='1.0' encoding='UTF-8'?>
<dxp:DxpMsg xmlns:dxp='http://www.chinaport.gov.cn/dxp' xmlns:ds='http://www.w3.org/2000/09/xmldsig#' ver='1.0' Id='a'>
  <dxp:TransInfo>
    <dxp:CopMsgId>ID-1</dxp:CopMsgId><dxp:SenderId>S</dxp:SenderId>
    <dxp:ReceiverIds><dxp:ReceiverId>R1</dxp:ReceiverId><dxp:ReceiverId>R2</dxp:ReceiverId></dxp:ReceiverIds>
    <dxp:CreatTime>
2024-01-02T03:04:05 </dxp:CreatTime><dxp:MsgType/>
  </dxp:TransInfo>
  <dxp:Data>
    aGVs
    bG8=
  </dxp:Data>
  <dxp:AddInfo>
    <dxp:FileName>f.xml</dxp:FileName><dxp:IcCard>1</dxp:IcCard>
    <dxp:BizKey><dxp:Key name='n'>v</dxp:Key><dxp:Key>w</dxp:Key></dxp:BizKey><dxp:IsText Encode='UTF-8'/>
  </dxp:AddInfo>
  <ds:Signature/>
</dxp:DxpMsg>
";

#[test]
fn foreign_envelopes_are_understood() {
    let expected = Envelope {
        cop_msg_id: "ID-1".into(),
        sender_id: "S".into(),
        receiver_ids: vec!["R1".into(), "R2".into()],
        creat_time: "2024-01-02T03:04:05".into(),
        msg_type: String::new(),
        data: b"hello".into(),
        file_name: Some("f.xml".into()),
        biz_keys: vec![("n".into(), "v".into()), (String::new(), "w".into())],
    };
    assert_eq!(open(FOREIGN).unwrap(), expected);
    assert_eq!(open(&FOREIGN.replace('\n', "\r\n")).unwrap(), expected);
    assert_eq!(open(&FOREIGN.replace("aGVs", "<![CDATA[aGVs]]>")).unwrap(), expected);
    assert_eq!(open(&FOREIGN.replace("aGVs", "a&#71;Vs<!-- -->")).unwrap(), expected);

    let message = &FOREIGN[FOREIGN.find("<dxp:DxpMsg").unwrap()..];
    let inside = format!(
        "<DxpMsgSv xmlns='http://www.chinaport.gov.cn/dxp' ver='1.0'><SvNo Ver='1.0'><MsgId>1</MsgId></SvNo>{message}</DxpMsgSv>"
    );
    assert_eq!(open(&inside).unwrap(), expected);
}

#[test]
fn missing_and_repeated_elements_are_named() {
    let missing = |what: &str| match open(&FOREIGN.replace(what, "")).unwrap_err() {
        EnvelopeError::Missing { path, line, column } => (path, line, column),
        other => panic!("{other}"),
    };
    assert_eq!(
        missing("<dxp:CopMsgId>ID-1</dxp:CopMsgId>"),
        ("TransInfo/CopMsgId".into(), 3, 3)
    );
    assert_eq!(missing("<dxp:MsgType/>"), ("TransInfo/MsgType".into(), 3, 3));
    assert_eq!(
        missing("<dxp:ReceiverId>R1</dxp:ReceiverId><dxp:ReceiverId>R2</dxp:ReceiverId>"),
        ("TransInfo/ReceiverIds/ReceiverId".into(), 5, 5)
    );
    let data = &FOREIGN[FOREIGN.find("<dxp:Data>").unwrap()..FOREIGN.find("<dxp:AddInfo>").unwrap()];
    assert_eq!(missing(data), ("Data".into(), 2, 1));

    let twice = FOREIGN.replace("<dxp:MsgType/>", "<dxp:MsgType/><dxp:MsgType/>");
    let EnvelopeError::Repeated { path, line: 7, .. } = open(&twice).unwrap_err() else {
        panic!()
    };
    assert_eq!(path, "TransInfo/MsgType");

    // The same name in another namespace is not the element.
    let foreign = FOREIGN.replace("<dxp:MsgType/>", "<ds:MsgType/>");
    assert!(matches!(open(&foreign).unwrap_err(), EnvelopeError::Missing { .. }));
    let empty = "<DxpMsgSv xmlns='http://www.chinaport.gov.cn/dxp'/>";
    assert!(matches!(open(empty).unwrap_err(), EnvelopeError::Missing { path, .. } if path == "DxpMsg"));
}

#[test]
fn other_roots_are_named() {
    let root = |text: &str| match open(text).unwrap_err() {
        EnvelopeError::WrongRoot { root, namespace, .. } => (root, namespace),
        other => panic!("{other}"),
    };
    assert_eq!(root("<DxpMsg/>"), ("DxpMsg".into(), String::new()));
    assert_eq!(
        root("<c:CEB311Message xmlns:c='urn:c'/>"),
        ("CEB311Message".into(), "urn:c".into())
    );
    let kind = |text: &str| match open(text).unwrap_err() {
        EnvelopeError::Read(error) => error.kind,
        other => panic!("{other}"),
    };
    assert_eq!(kind(""), ReadErrorKind::Xml(ErrorKind::NoRoot));
    assert!(matches!(
        kind("<DxpMsg"),
        ReadErrorKind::Xml(ErrorKind::UnclosedMarkup { .. })
    ));
}

#[test]
fn damaged_base64_is_located() {
    let damage = |data: &str| match open(&FOREIGN.replace("aGVs\n    bG8=", data)).unwrap_err() {
        EnvelopeError::Base64 { line, column, problem } => (problem, line, column),
        other => panic!("{other}"),
    };
    assert_eq!(damage("aGVs\n    bG8"), (Base64Problem::Truncated, 11, 8));
    assert_eq!(damage("aGVs\n    b"), (Base64Problem::Truncated, 11, 6));
    assert_eq!(damage("aGVs\n    bG"), (Base64Problem::Truncated, 11, 7));
    assert_eq!(damage("aG*s\n    bG8="), (Base64Problem::Character, 10, 7));
    assert_eq!(damage("aGVs\n    b-8="), (Base64Problem::Character, 11, 6));
    assert_eq!(damage("aGV=\n    bG8="), (Base64Problem::Character, 10, 8));
    assert_eq!(damage("aGVs\n    bG9="), (Base64Problem::LastCharacter, 11, 7));
    assert_eq!(damage("aGVs中"), (Base64Problem::Character, 10, 9));
    // Joined text has no single position; the element's is used.
    assert_eq!(damage("aG<!-- -->*s"), (Base64Problem::Character, 9, 3));
}

#[test]
fn every_truncation_of_an_envelope_is_an_error() {
    let bytes = wrap(&full()).unwrap();
    for end in 0..bytes.len() {
        assert!(unwrap(&bytes[..end], &Limits::ENVELOPE).is_err(), "cut at {end}");
    }
}

#[test]
fn platform_answers_are_read() {
    let text = "<DxpRep xmlns='http://www.chinaport.gov.cn/dxp' ver='1.0'>\
        <RecevierId>DXPENT0000000001</RecevierId><AdNodeId>46000002</AdNodeId>\
        <Response><NodeId>00000002</NodeId><ResponseCode>2001</ResponseCode><ResponseInfo>接收方不存在</ResponseInfo>\
        <Results><Result><RecId>R1</RecId><Code>0</Code></Result>\
        <Result><RecId>R2</RecId><Code>2001</Code><Info>i</Info><Note>n</Note></Result></Results>\
        <NoticeTime>2024-01-02</NoticeTime>\
        <OriHead><CopMsgId>ID-1</CopMsgId><SenderId>S</SenderId><ReceiverIds><ReceiverId>R1</ReceiverId></ReceiverIds>\
        <CreatTime>2024-01-02T03:04:05</CreatTime><MsgType>CEB311Message</MsgType></OriHead></Response>\
        <Response><ResponseCode>0000</ResponseCode><NoticeTime>2024-01-03</NoticeTime><Note>x</Note>\
        <OriHead><CopMsgId>ID-2</CopMsgId><SenderId>S</SenderId><ReceiverIds><ReceiverId>R1</ReceiverId></ReceiverIds>\
        <CreatTime>2024-01-02T03:04:05</CreatTime><MsgType/></OriHead></Response></DxpRep>";
    let reply = PlatformReply::read(text.as_bytes(), &Limits::RECEIPT).unwrap();
    assert_eq!(
        (reply.receiver_id.as_str(), reply.ad_node_id.as_deref()),
        ("DXPENT0000000001", Some("46000002"))
    );
    let [first, second] = reply.responses.as_slice() else {
        panic!()
    };
    assert_eq!(
        (first.code.as_str(), first.node_id.as_deref()),
        ("2001", Some("00000002"))
    );
    assert_eq!(
        (first.info.as_deref(), first.notice_time.as_str()),
        (Some("接收方不存在"), "2024-01-02")
    );
    let results: Vec<_> = first
        .results
        .iter()
        .map(|r| (r.receiver_id.as_str(), r.code.as_str()))
        .collect();
    assert_eq!(results, [("R1", "0"), ("R2", "2001")]);
    assert_eq!(
        (first.results[1].info.as_deref(), first.results[0].note.as_deref()),
        (Some("i"), None)
    );
    assert_eq!(first.original.msg_type, "CEB311Message");
    assert_eq!(
        (second.original.cop_msg_id.as_str(), second.note.as_deref()),
        ("ID-2", Some("x"))
    );
    assert!(second.results.is_empty() && second.info.is_none());

    let read = |text: &str| PlatformReply::read(text.as_bytes(), &Limits::RECEIPT).unwrap_err();
    assert!(matches!(
        read(FOREIGN),
        EnvelopeError::WrongRoot { expected: "DxpRep", .. }
    ));
    let silent = "<DxpRep xmlns='http://www.chinaport.gov.cn/dxp'><RecevierId>S</RecevierId></DxpRep>";
    assert!(matches!(read(silent), EnvelopeError::Missing { path, .. } if path == "Response"));
    let headless = text.replace("OriHead>", "Head>");
    assert!(matches!(read(&headless), EnvelopeError::Missing { path, .. } if path == "Response[1]/OriHead"));
}

#[test]
fn the_official_schema_accepts_what_is_wrapped() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/spec/xsd/2022-05/dxp-terminal.xsd");
    if !schema.exists() || Command::new("xmllint").arg("--version").output().is_err() {
        println!("skipped: needs xmllint and the official schema");
        return;
    }
    for envelope in [sample(), full()] {
        let mut lint = Command::new("xmllint")
            .args(["--nonet", "--noout", "--schema"])
            .arg(&schema)
            .arg("-")
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        lint.stdin.take().unwrap().write_all(&wrap(&envelope).unwrap()).unwrap();
        let output = lint.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}
