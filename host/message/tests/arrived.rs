//! Messages from customs, in all the forms that queues, folders and other programs are known to give them.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cebridge_message::{
    ArrivalError, Arrived, ArrivedMessage, Base64Problem, Content, Document, Encoding, EnvelopeError, ErrorKind,
    Forgiven, Leniency, Limits, ReadErrorKind, arrived,
};
use encoding_rs::{GB18030, GBK};
use proptest::prelude::*;

const BODY: &str = "<CEB622Message xmlns=\"http://www.chinaport.gov.cn/ceb\" guid=\"11111111-2222-3333-4444-555555555555\" \
    version=\"1.0\"><InventoryReturn><guid>4CDE1CFD-EDED-46B1-946C-B8022E42FC94</guid><customsCode>2244</customsCode>\
    <copNo>SO-1</copNo><returnStatus>800</returnStatus><returnTime>20261130140000000</returnTime>\
    <returnInfo>[Code:2600;Desc:放行]</returnInfo></InventoryReturn></CEB622Message>";

fn receipt() -> String {
    format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{BODY}")
}

fn declared(encoding: &str) -> String {
    format!("<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n{BODY}")
}

fn envelope(data: &[u8]) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><DxpMsg xmlns=\"http://www.chinaport.gov.cn/dxp\" ver=\"1.0\">\
         <TransInfo><CopMsgId>C-1</CopMsgId><SenderId>DXPEDCCEB0000002</SenderId><ReceiverIds><ReceiverId>\
         DXPENT0000000001</ReceiverId></ReceiverIds><CreatTime>2026-11-30T14:00:00</CreatTime><MsgType>CEB622Message\
         </MsgType></TransInfo><Data>{}</Data></DxpMsg>",
        STANDARD.encode(data)
    )
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let unit = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
    "\u{FEFF}"
        .encode_utf16()
        .chain(text.encode_utf16())
        .flat_map(unit)
        .collect()
}

/// An RFH2 header with its folders, as added by a queue manager.
fn rfh2(big: bool) -> Vec<u8> {
    let folders = b"<mcd><Msd>jms_text</Msd></mcd>  ";
    let word = |number: u32| {
        if big {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    };
    let mut header = b"RFH ".to_vec();
    for number in [2, 36 + 4 + folders.len() as u32, 546, 1208] {
        header.extend(word(number));
    }
    header.extend(b"MQSTR   ");
    for number in [0, 1208, folders.len() as u32] {
        header.extend(word(number));
    }
    header.extend(folders);
    header
}

fn open(bytes: &[u8]) -> Result<Arrived, ArrivalError> {
    arrived(bytes, &Limits::RECEIPT)
}

#[track_caller]
fn message(bytes: &[u8]) -> ArrivedMessage {
    match open(bytes) {
        Ok(Arrived::Message(message)) => message,
        other => panic!("{other:?}"),
    }
}

/// Asserts that the message is the plain receipt with these leniencies, bare and in an envelope.
#[track_caller]
fn is_the_receipt(bytes: &[u8], forgiven: &[Forgiven]) {
    let expected = message(receipt().as_bytes());
    assert_eq!(expected.leniencies, []);
    let bare = message(bytes);
    assert_eq!((&bare.root, &bare.records), (&expected.root, &expected.records));
    let told: Vec<Forgiven> = bare.leniencies.into_iter().map(|leniency| leniency.forgiven).collect();
    assert_eq!(told, forgiven);
    let wrapped = message(envelope(bytes).as_bytes());
    assert_eq!((wrapped.root, wrapped.records), (expected.root, expected.records));
    let inside = |forgiven: &Forgiven| Leniency {
        inside: true,
        forgiven: forgiven.clone(),
    };
    assert_eq!(wrapped.leniencies, forgiven.iter().map(inside).collect::<Vec<_>>());
    let head = wrapped.envelope.unwrap();
    assert_eq!((&*head.cop_msg_id, &*head.msg_type), ("C-1", "CEB622Message"));
}

fn encoding(declared: &str, actual: Encoding) -> Forgiven {
    let declared = declared.to_owned();
    Forgiven::Encoding { declared, actual }
}

#[test]
fn a_plain_receipt_is_sorted_by_its_root_and_taken_apart() {
    let message = message(receipt().as_bytes());
    assert_eq!(message.root, "CEB622Message");
    assert_eq!(message.records.len(), 1);
    assert_eq!(message.records[0].name, "InventoryReturn");
    assert_eq!(message.records[0].text_at("returnInfo"), Some("[Code:2600;Desc:放行]"));
    assert_eq!(message.envelope, None);
}

#[test]
fn lawful_forms_need_no_leniency() {
    let bom = [b"\xEF\xBB\xBF", receipt().as_bytes()].concat();
    is_the_receipt(&bom, &[]);
    is_the_receipt(BODY.as_bytes(), &[]);
    is_the_receipt(format!("\n \t{BODY}\r\n ").as_bytes(), &[]);
    for name in ["GB2312", "GBK", "gb18030"] {
        is_the_receipt(&GB18030.encode(&declared(name)).0, &[]);
    }
    for big in [true, false] {
        is_the_receipt(&utf16(&declared("UTF-16"), big), &[]);
    }
    is_the_receipt(receipt().replace("放行", "<![CDATA[放行]]>").as_bytes(), &[]);
    is_the_receipt(receipt().replace("放行", "&#x653E;&#34892;").as_bytes(), &[]);
    is_the_receipt(
        receipt()
            .replace(" xmlns=\"http://www.chinaport.gov.cn/ceb\"", "")
            .as_bytes(),
        &[],
    );
    let prefixed = receipt()
        .replace("xmlns=", "xmlns:ceb=")
        .replace("</", "\0")
        .replace('<', "<ceb:")
        .replace('\0', "</ceb:")
        .replace("<ceb:?", "<?");
    is_the_receipt(prefixed.as_bytes(), &[]);
    is_the_receipt(receipt().replace("><", ">\r\n   <").as_bytes(), &[]);
}

#[test]
fn nul_bytes_around_are_dropped() {
    for (before, behind) in [("\0", ""), ("", "\0"), ("\0\0\0\0", "\0\0"), ("\0\n", "\n\0\n")] {
        let forgiven: &[Forgiven] = match before {
            "\0\n" => &[Forgiven::Nul, Forgiven::BeforeDeclaration],
            _ => &[Forgiven::Nul],
        };
        is_the_receipt(format!("{before}{}{behind}", receipt()).as_bytes(), forgiven);
    }
    for big in [true, false] {
        for behind in [1, 2, 5] {
            let mut bytes = utf16(&declared("UTF-16"), big);
            bytes.extend(vec![0; behind]);
            is_the_receipt(&bytes, &[Forgiven::Nul]);
            bytes.insert(0, 0);
            is_the_receipt(&bytes, &[Forgiven::Nul]);
        }
    }
    let inside = receipt().replace("SO-1", "SO\0-1");
    let Err(ArrivalError::Read(error)) = open(inside.as_bytes()) else {
        panic!()
    };
    assert_eq!(error.kind, ReadErrorKind::Xml(ErrorKind::IllegalCharacter { code: 0 }));
    assert_eq!(error.line, 2);
}

#[test]
fn white_space_and_marks_before_the_declaration_are_dropped() {
    for before in [
        "\n",
        " ",
        "\u{FEFF}\r\n",
        "\r\n\u{FEFF}",
        "\u{FEFF}\u{FEFF}",
        "\t\u{FEFF} ",
    ] {
        is_the_receipt(
            format!("{before}{}", receipt()).as_bytes(),
            &[Forgiven::BeforeDeclaration],
        );
    }
    for big in [true, false] {
        let bytes = utf16(&format!("\r\n{}", declared("utf-16")), big);
        is_the_receipt(&bytes, &[Forgiven::BeforeDeclaration]);
    }
}

#[test]
fn headers_of_message_queues_are_dropped() {
    for big in [true, false] {
        let header = rfh2(big);
        is_the_receipt(&[&header, receipt().as_bytes()].concat(), &[Forgiven::QueueHeader]);
        // Without a declaration, the length of the header separates its folders from the message.
        is_the_receipt(&[&header, BODY.as_bytes()].concat(), &[Forgiven::QueueHeader]);
        is_the_receipt(
            &[&header, &*utf16(&declared("UTF-16"), true)].concat(),
            &[Forgiven::QueueHeader],
        );
        let chained = [&header, &rfh2(!big)[..], receipt().as_bytes()].concat();
        is_the_receipt(&chained, &[Forgiven::QueueHeader]);
        let much = [b"\0", &header[..], b"\0\n", receipt().as_bytes(), b"\0"].concat();
        let all = [Forgiven::Nul, Forgiven::QueueHeader, Forgiven::BeforeDeclaration];
        is_the_receipt(&much, &all);
    }
    // An impossible length: the declaration is searched for.
    for wrong in [[0xFF; 4], [0; 4], 300_u32.to_be_bytes()] {
        let mut header = rfh2(true);
        header[8..12].copy_from_slice(&wrong);
        is_the_receipt(&[&header, receipt().as_bytes()].concat(), &[Forgiven::QueueHeader]);
    }
    assert_eq!(open(&rfh2(true)), Err(ArrivalError::NotXml(Content::Empty)));
    assert_eq!(
        open(&[&rfh2(true), &b"{\"a\": 1}"[..]].concat()),
        Err(ArrivalError::NotXml(Content::Json))
    );
}

#[test]
fn utf8_under_another_label_is_read_as_utf8() {
    for name in ["GB2312", "gbk", "GB18030"] {
        is_the_receipt(declared(name).as_bytes(), &[encoding(name, Encoding::Utf8)]);
        let marked = format!("\u{FEFF}{}", declared(name));
        is_the_receipt(marked.as_bytes(), &[encoding(name, Encoding::Utf8)]);
    }
    is_the_receipt(declared("utf-16").as_bytes(), &[encoding("utf-16", Encoding::Utf8)]);
    for (big, actual) in [(true, Encoding::Utf16Be), (false, Encoding::Utf16Le)] {
        is_the_receipt(&utf16(&declared("GB2312"), big), &[encoding("GB2312", actual)]);
    }
    // Nothing to decide if everything is ASCII.
    let ascii = declared("GB2312").replace("放行", "released");
    assert_eq!(message(ascii.as_bytes()).leniencies, []);
}

/// Words of receipts, addresses and names. In GBK, 通知, 税, 一 and others happen to be valid UTF-8.
const WORDS: &str = "放行 审结 退单 通知 税 一 十一 小 业 证 实 失 值 应 要 知 通 谢 直 时 在 已存在 新增 重复申报 不存在 清单 路 卤 梅 \
    订单信息查询不存在 入库成功 电子口岸申报中 发送海关成功 海关退单 海关入库 人工审核 海关审结 通过 失败 报文格式错误 查验 联通 \
    布控 扣留 担保 汇总 应征税款 身份证 订购人 支付人 物流 运单 企业 平台 北京市朝阳区一号 王小明 谢一 邮政 单证 直通 \
    通知 税值 正税 证通 直邮 业务 身份 一一 十 万一 三 中 上 下 是 要时 值税 质 制 主 重 失业 失实 实业 应时 知 只 通业 通证 通直 \
    、。，；：“放行” （一） 《通知》 ￥";

#[test]
fn texts_that_are_valid_in_both_encodings_are_read_right() {
    let text = |encoding: &str, word: &str| {
        format!("<?xml version='1.0' encoding='{encoding}'?><a><b>{word}</b><c>[{word}]</c><d>{word}x{word}9</d></a>")
    };
    let read = |bytes: &[u8]| {
        let message = message(bytes);
        let texts: Vec<String> = message.records.into_iter().map(|record| record.text).collect();
        (texts, !message.leniencies.is_empty())
    };
    let expected = |word: &str| vec![word.to_owned(), format!("[{word}]"), format!("{word}x{word}9")];
    let mut by_accident = 0;
    for word in WORDS.split_whitespace() {
        let (bytes, _, lossy) = GBK.encode(word);
        assert!(!lossy, "{word}");
        by_accident += usize::from(std::str::from_utf8(&bytes).is_ok());
        let declared = text("GBK", word);
        let (bytes, _, _) = GBK.encode(&declared);
        assert_eq!(read(&bytes), (expected(word), false), "{word} in GBK");
        let mislabelled = text("GBK", word);
        assert_eq!(read(mislabelled.as_bytes()), (expected(word), true), "{word} in UTF-8");
    }
    assert!(by_accident > 30, "{by_accident} words tell nothing");
}

#[test]
fn every_common_character_alone_is_read_right() {
    for lead in 0xB0..=0xD7_u8 {
        for trail in 0xA1..=0xFE_u8 {
            let pair = [lead, trail];
            let word = GBK.decode_without_bom_handling_and_without_replacement(&pair).unwrap();
            if ('\u{E000}'..='\u{F8FF}').contains(&word.chars().next().unwrap()) {
                continue;
            }
            let head = "<?xml version='1.0' encoding='GB2312'?><a><b>";
            let gbk = [head.as_bytes(), &pair, b"</b></a>"].concat();
            assert_eq!(message(&gbk).records[0].text, word, "GBK {lead:02X}{trail:02X}");
            for around in [("", ""), ("a", "b"), ("[", "]")] {
                let utf8 = format!("{head}{}{word}{}</b></a>", around.0, around.1);
                let expected = format!("{}{word}{}", around.0, around.1);
                assert_eq!(message(utf8.as_bytes()).records[0].text, expected, "UTF-8 {word}");
            }
        }
    }
}

#[test]
fn white_space_around_values_is_dropped_and_told() {
    let padded = receipt()
        .replace(">800<", ">\n  800\n<")
        .replace(">SO-1<", "> SO-1\u{A0}<")
        .replace(">2244<", ">\u{3000}2244<");
    let space = Forgiven::Space {
        values: 3,
        first: "InventoryReturn/customsCode".to_owned(),
    };
    is_the_receipt(padded.as_bytes(), &[space]);
    let attribute = "<a><b c=' 1 '>x<d> y </d></b></a>";
    let record = &message(attribute.as_bytes()).records[0];
    assert_eq!(record.attributes, [("c".to_owned(), "1".to_owned())]);
    assert_eq!(record.text_at("d"), Some("y"));
    // White space within a value is part of it.
    let within = receipt().replace("放行", "放 行");
    assert_eq!(
        message(within.as_bytes()).records[0].text_at("returnInfo"),
        Some("[Code:2600;Desc:放 行]")
    );
}

#[test]
fn envelopes_are_opened_in_any_form() {
    let clean = message(receipt().as_bytes()).records;
    let plain = envelope(receipt().as_bytes());
    let encoded = STANDARD.encode(receipt());
    let in_lines: Vec<&str> = encoded
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    let prefixed = plain
        .replace("xmlns=", "xmlns:dxp=")
        .replace("</", "\0")
        .replace('<', "<dxp:")
        .replace('\0', "</dxp:")
        .replace("<dxp:?", "<?");
    let served = plain
        .replace(
            "<DxpMsg xmlns=\"http://www.chinaport.gov.cn/dxp\" ver=\"1.0\">",
            "<DxpMsgSv xmlns=\"http://www.chinaport.gov.cn/dxp\"><DxpMsg>",
        )
        .replace("</DxpMsg>", "</DxpMsg></DxpMsgSv>");
    let forms = [
        plain.replace(&encoded, &in_lines.join("\r\n")),
        plain.replace(&encoded, &format!("<![CDATA[{encoded}]]>")),
        plain.replace(&encoded, &format!("\n    {encoded}\n  ")),
        prefixed,
        served,
    ];
    for form in &forms {
        let message = message(form.as_bytes());
        assert_eq!((&message.records, &*message.leniencies), (&clean, &[][..]), "{form}");
    }
    let padded = plain
        .replace(">C-1<", ">\n C-1 <")
        .replace(" xmlns=\"http://www.chinaport.gov.cn/dxp\"", "");
    let message = message(format!("\0{padded}").as_bytes());
    assert_eq!(message.records, clean);
    assert_eq!(message.envelope.unwrap().cop_msg_id, "C-1");
    let told: Vec<String> = message.leniencies.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["NUL bytes around the message", "an envelope without namespace"]);
}

#[test]
fn platform_replies_are_read_bare_and_in_envelopes() {
    let reply = "<DxpRep xmlns='http://www.chinaport.gov.cn/dxp' ver='1.0'><RecevierId>DXPENT0000000001</RecevierId>\
        <Response><ResponseCode>\n2001 </ResponseCode><ResponseInfo>x</ResponseInfo><NoticeTime>2026-11-30</NoticeTime>\
        <OriHead><CopMsgId> C-9</CopMsgId><SenderId>S</SenderId><ReceiverIds><ReceiverId>R</ReceiverId></ReceiverIds>\
        <CreatTime>2026-11-30T14:00:00</CreatTime><MsgType>CEB311Message</MsgType></OriHead></Response></DxpRep>";
    for (bytes, inside) in [(format!("\0{reply}"), false), (envelope(reply.as_bytes()), true)] {
        let Ok(Arrived::Reply(reply)) = open(bytes.as_bytes()) else {
            panic!()
        };
        let response = &reply.reply.responses[0];
        assert_eq!((&*response.code, &*response.original.cop_msg_id), ("2001", "C-9"));
        let told: Vec<String> = reply.leniencies.iter().map(ToString::to_string).collect();
        let space = "white space around 2 values, the first of them Response/ResponseCode";
        if inside {
            assert_eq!(told, [format!("inside Data: {space}")]);
        } else {
            assert_eq!(told, ["NUL bytes around the message", space]);
        }
    }
    let Err(ArrivalError::Envelope(EnvelopeError::Missing { path, .. })) =
        open(b"<DxpRep xmlns='http://www.chinaport.gov.cn/dxp'/>")
    else {
        panic!()
    };
    assert_eq!(path, "Response");
}

#[test]
fn envelopes_that_cannot_be_opened_say_why() {
    let plain = envelope(receipt().as_bytes());
    let encoded = STANDARD.encode(receipt());
    let broken = plain.replace(&encoded, "%%%");
    let error = open(broken.as_bytes()).unwrap_err();
    let ArrivalError::Envelope(EnvelopeError::Base64 { line: 1, problem, .. }) = &error else {
        panic!("{error:?}")
    };
    assert_eq!(*problem, Base64Problem::Character);
    let column = broken.find('%').unwrap() + 1;
    let place = format!("the envelope can't be opened: line 1, column {column}: Data is no valid base64");
    assert!(error.to_string().starts_with(&place), "{error}");
    let without = plain.replace(&format!("<Data>{encoded}</Data>"), "");
    assert!(
        open(without.as_bytes())
            .unwrap_err()
            .to_string()
            .contains("Data is missing")
    );
    let cut = plain.replace(&encoded, &encoded[..encoded.len() - 3]);
    assert!(open(cut.as_bytes()).unwrap_err().to_string().contains("cut off"));
    let nested = envelope(plain.as_bytes());
    assert_eq!(
        open(nested.as_bytes()).unwrap_err().to_string(),
        "inside Data of the envelope: this is another envelope, <DxpMsg>; unpack it first (`cebridge unwrap`)"
    );
    let inner = envelope(&receipt().as_bytes()[..200]);
    let error = open(inner.as_bytes()).unwrap_err().to_string();
    assert!(
        error.starts_with("inside Data of the envelope: it is not readable XML: line 2"),
        "{error}"
    );
}

#[test]
fn content_that_is_no_xml_is_named() {
    let jpeg = b"\xFF\xD8\xFF\xE0\x00\x10JFIF";
    let base64 = STANDARD.encode(receipt());
    let cases: [(&[u8], Content); 14] = [
        (b"", Content::Empty),
        (b"\0\0 \n", Content::Empty),
        (b"\xEF\xBB\xBF", Content::Empty),
        (b"{\"returnStatus\": \"800\"}", Content::Json),
        (b"\n [1]", Content::Json),
        (base64.as_bytes(), Content::Base64),
        (b"PK\x03\x04rest", Content::Zip),
        (b"\x1F\x8B\x08\x00\x00", Content::Gzip),
        (b"7z\xBC\xAF\x27\x1C", Content::Archive),
        (b"<!DOCTYPE html><html><br></html>", Content::Html),
        (b"<html><body>502 Bad Gateway<br></body></html>", Content::Html),
        (b"<HTML><body>well-formed</body></HTML>", Content::Html),
        (b"%PDF-1.7", Content::Pdf),
        (jpeg, Content::Image),
    ];
    for (bytes, content) in cases {
        assert_eq!(open(bytes), Err(ArrivalError::NotXml(content)), "{bytes:?}");
        let wrapped = envelope(bytes);
        let inside = ArrivalError::Inside(Box::new(ArrivalError::NotXml(content)));
        assert_eq!(open(wrapped.as_bytes()), Err(inside), "{bytes:?}");
    }
    let error = open(envelope(b"{}").as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "inside Data of the envelope: this is JSON, not XML");
    // A sentence is not base64, and an unsupported encoding is named.
    for (bytes, told) in [
        (&b"no message at all in here"[..], "text outside the root element"),
        (
            b"<?xml version='1.0' encoding='Shift_JIS'?><a/>",
            "encoding Shift_JIS is not supported",
        ),
        (b"<\0a\0/\0>\0", "UTF-16 without byte order mark"),
        (b"\0<\0?\0x", "UTF-16 without byte order mark"),
        (b"<?xml version='1.0' encoding='utf-16'?><a>\xFF</a>", "not UTF-16"),
    ] {
        let error = open(bytes).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
    let small = Limits {
        bytes: 4,
        ..Limits::RECEIPT
    };
    let Err(ArrivalError::Read(error)) = arrived(b"{1234}", &small) else {
        panic!()
    };
    assert_eq!(error.kind, ReadErrorKind::Xml(ErrorKind::TooLarge { limit: 4, got: 6 }));
}

#[test]
fn errors_are_placed_in_the_file_as_it_came() {
    let broken = receipt().replace("</copNo>", "</copNO>");
    let place = |text: &[u8]| match open(text) {
        Err(ArrivalError::Read(error)) => (error.line, error.column),
        other => panic!("{other:?}"),
    };
    let (line, column) = place(broken.as_bytes());
    assert_eq!(place(format!("\r\n\0\n{broken}").as_bytes()), (line + 2, column));
    let one_line = broken.replace('\n', "");
    let (line, column) = place(one_line.as_bytes());
    assert_eq!(place(format!("\0\0{one_line}").as_bytes()), (line, column + 2));
    assert_eq!(place(format!("\u{FEFF}{one_line}").as_bytes()), (line, column));
    assert_eq!(
        place(&utf16(&format!("\n{}", broken.replace("UTF-8", "UTF-16")), false)).0,
        3
    );
    let Err(ArrivalError::Read(error)) = open(b"\n\n<a>\n<b>") else {
        panic!()
    };
    assert_eq!((error.line, error.to_string().contains("opened in line 4")), (4, true));
    // Not a character of the declared encoding: the offset is relative to the file.
    let Err(ArrivalError::Read(error)) = open(b"\0\0<a>\xFF</a>") else {
        panic!()
    };
    let kind = ReadErrorKind::Undecodable {
        encoding: "UTF-8",
        offset: 5,
    };
    assert_eq!((error.kind, error.line, error.column), (kind, 1, 6));
}

/// Strict reading forgives none of it.
#[test]
fn only_the_way_in_is_lenient() {
    let strict = |bytes: &[u8]| Document::parse(bytes, &Limits::MESSAGE).is_ok();
    assert!(strict(receipt().as_bytes()));
    for bytes in [
        format!("\0{}", receipt()).into_bytes(),
        format!("{}\0", receipt()).into_bytes(),
        format!("\n{}", receipt()).into_bytes(),
        [&rfh2(true), receipt().as_bytes()].concat(),
        format!("\u{FEFF}{}", declared("GBK")).into_bytes(),
        declared("utf-16").into_bytes(),
        utf16(&declared("GBK"), true),
    ] {
        assert!(!strict(&bytes), "{}", String::from_utf8_lossy(&bytes));
        let wrapped = envelope(&bytes);
        let envelope = cebridge_message::unwrap(wrapped.as_bytes(), &Limits::ENVELOPE).unwrap();
        assert_eq!(envelope.data, bytes);
    }
}

/// A generated receipt, with texts in the style of customs.
fn values() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop::sample::select(vec![
        "copNo",
        "orderNo",
        "returnStatus",
        "returnTime",
        "returnInfo",
        "note",
    ]);
    let word = prop_oneof![
        "[A-Z0-9-]{1,12}",
        prop::sample::select(WORDS.split_whitespace().map(str::to_owned).collect::<Vec<_>>()),
        "\\[Code:[0-9]{4};Desc:(放行|审结|退单|已存在|海关入库)\\]",
    ];
    prop::collection::vec((name.prop_map(str::to_owned), word), 1..6)
}

fn pad() -> impl Strategy<Value = (String, String)> {
    let space = || prop::sample::select(vec!["", " ", "\n  ", "\r\n", "\t", "\u{A0}", "\u{3000}"]);
    (space(), space()).prop_map(|(before, behind)| (before.to_owned(), behind.to_owned()))
}

#[derive(Debug, Clone)]
struct Oddities {
    declaration: bool,
    wire: usize,
    before: Vec<usize>,
    behind: Vec<bool>,
    pads: Vec<(String, String)>,
    prefix: bool,
    indent: bool,
}

fn oddities() -> impl Strategy<Value = Oddities> {
    let before = prop::collection::vec(0..5_usize, 0..5);
    let behind = prop::collection::vec(any::<bool>(), 0..4);
    let pads = prop::collection::vec(pad(), 6);
    (
        any::<bool>(),
        0..5_usize,
        before,
        behind,
        pads,
        any::<bool>(),
        any::<bool>(),
    )
        .prop_map(|(declaration, wire, before, behind, pads, prefix, indent)| Oddities {
            declaration,
            wire,
            before,
            behind,
            pads,
            prefix,
            indent,
        })
}

/// The receipt in this form.
fn written(values: &[(String, String)], odd: &Oddities) -> Vec<u8> {
    let p = if odd.prefix { "c:" } else { "" };
    let indent = if odd.indent { "\n  " } else { "" };
    let mut text = format!(
        "<{p}CEB622Message xmlns{}=\"urn:x\">{indent}<{p}R>",
        if odd.prefix { ":c" } else { "" }
    );
    for (at, (name, value)) in values.iter().enumerate() {
        let (before, behind) = &odd.pads[at % odd.pads.len()];
        text += &format!("{indent}<{p}{name}>{before}{value}{behind}</{p}{name}>");
    }
    text += &format!("{indent}</{p}R>{indent}</{p}CEB622Message>");
    // 0: UTF-8, 1: GB18030, 2: UTF-8 declared as GB2312, 3 and 4: UTF-16.
    let name = ["UTF-8", "GB18030", "GB2312", "UTF-16", "UTF-16"][odd.wire];
    if odd.declaration || [1, 2].contains(&odd.wire) {
        text = format!("<?xml version=\"1.0\" encoding=\"{name}\"?>{text}");
    }
    let mut bytes = Vec::new();
    for before in &odd.before {
        match before {
            0 => bytes.push(0),
            1 => bytes.push(b'\n'),
            2 => bytes.extend(rfh2(true)),
            3 => bytes.extend(rfh2(false)),
            _ if odd.wire < 3 => bytes.extend("\u{FEFF}".as_bytes()),
            _ => {}
        }
    }
    match odd.wire {
        1 if !odd.before.contains(&4) => bytes.extend(&*GB18030.encode(&text).0),
        0..=2 => bytes.extend(text.as_bytes()),
        wire => bytes.extend(utf16(&text, wire == 3)),
    }
    for nul in &odd.behind {
        bytes.push(if *nul || odd.wire > 2 { 0 } else { b'\n' });
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

    #[test]
    fn any_combination_of_oddities_gives_the_same_records(
        values in values(),
        odd in oddities(),
        outside in prop::option::of((prop::collection::vec(0..4_usize, 0..4), any::<bool>())),
    ) {
        let clean: String = values.iter().map(|(name, value)| format!("<{name}>{value}</{name}>")).collect();
        let clean = message(format!("<CEB622Message><R>{clean}</R></CEB622Message>").as_bytes());
        let bytes = written(&values, &odd);
        let bytes = match outside {
            None => bytes,
            Some((before, nul)) => {
                let mut file = Vec::new();
                for before in before {
                    file.extend([&[0][..], b" \n", &rfh2(true), "\u{FEFF}".as_bytes()][before]);
                }
                file.extend(envelope(&bytes).as_bytes());
                file.extend(if nul { &b"\0\n\0"[..] } else { b"" });
                file
            }
        };
        let read = message(&bytes);
        prop_assert_eq!((&read.root, &read.records), (&clean.root, &clean.records), "{:?}", odd);
    }

    #[test]
    fn nothing_makes_it_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        start in prop::sample::select(vec![
            &b""[..], b"RFH ", b"RFH \0\0\0\x02\0\0\0\x24", b"\0\xEF\xBB\xBF", b"\xFF\xFE", b"\xFE\xFF\0", b"<?xml ",
            b"<?xml version='1.0' encoding='gbk'?><a>", b"<DxpMsg><Data>",
        ]),
        cut in any::<prop::sample::Index>(),
    ) {
        let _ = open(&[start, &bytes].concat());
        let mut whole = written(&[("copNo".to_owned(), "放行".to_owned())], &Oddities {
            declaration: true, wire: 2, before: vec![0, 2], behind: vec![true], pads: vec![(" ".into(), String::new())],
            prefix: false, indent: true,
        });
        whole.truncate(cut.index(whole.len()));
        let _ = open(&whole);
        let _ = open(envelope(&whole).as_bytes());
    }
}
