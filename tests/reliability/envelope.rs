//! Opens and seals envelopes of the exchange platform, and reads the documents inside.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::collections::BTreeMap;

/// An envelope as customs sees it.
#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) cop_msg_id: String,
    pub(crate) documents: Vec<Document>,
}

/// One document of a message.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    /// Such as `CEB311`.
    pub(crate) message: String,
    /// Business key as the enterprise's commands print it.
    pub(crate) key: String,
    /// First text of every element by its local name.
    pub(crate) fields: BTreeMap<String, String>,
}

impl Document {
    pub(crate) fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    pub(crate) fn guid(&self) -> &str {
        self.field("guid")
    }
}

pub(crate) fn open(bytes: &[u8]) -> Result<Opened, String> {
    let (root, parts) = read(bytes)?;
    if root != "DxpMsg" {
        return Err(format!("<{root}> is no envelope"));
    }
    let value = |name: &str| parts.iter().find_map(|part| part.get(name)).cloned();
    let cop_msg_id = value("CopMsgId").ok_or("no CopMsgId")?;
    let data = value("Data").ok_or("no Data")?;
    let data: String = data.split_ascii_whitespace().collect();
    let data = BASE64.decode(data).map_err(|error| format!("Data: {error}"))?;
    let (root, parts) = read(&data)?;
    let message = root.strip_suffix("Message").ok_or(format!("<{root}> is no message"))?;
    let documents: Vec<Document> = parts
        .into_iter()
        .filter(|fields| fields.contains_key("guid"))
        .map(|fields| {
            let key = key(message, &fields).ok_or(format!("a {message} without key"))?;
            Ok(Document {
                message: message.to_owned(),
                key,
                fields,
            })
        })
        .collect::<Result<_, String>>()?;
    if documents.is_empty() {
        return Err(format!("{message} without documents"));
    }
    Ok(Opened { cop_msg_id, documents })
}

fn key(message: &str, fields: &BTreeMap<String, String>) -> Option<String> {
    let of = |name: &str| fields.get(name).cloned();
    match message {
        "CEB311" => of("orderNo"),
        "CEB411" => of("payTransactionId"),
        "CEB511" => of("logisticsNo"),
        "CEB513" => Some(format!("{}/{}", of("logisticsNo")?, of("logisticsStatus")?)),
        "CEB621" => of("copNo"),
        _ => None,
    }
}

/// Name of the root, and for each of its children the first text of every element in it, the child's own included.
fn read(bytes: &[u8]) -> Result<(String, Vec<BTreeMap<String, String>>), String> {
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    let mut reader = Reader::from_str(text);
    let mut path: Vec<(String, String)> = Vec::new();
    let mut root = String::new();
    let mut parts = Vec::new();
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => {
                let name = start.local_name().as_ref().to_owned();
                match path.len() {
                    0 => root = name.clone(),
                    1 => parts.push(BTreeMap::new()),
                    _ => {}
                }
                path.push((name, String::new()));
            }
            Event::Text(text) => append(&mut path, &text.xml10_content()),
            Event::CData(text) => append(&mut path, &text.xml10_content()),
            Event::GeneralRef(reference) => {
                let text = match reference.resolve_char_ref().map_err(|error| error.to_string())? {
                    Some(character) => character.to_string(),
                    None => match reference.xml10_content().as_ref() {
                        "lt" => "<".to_owned(),
                        "gt" => ">".to_owned(),
                        "amp" => "&".to_owned(),
                        "quot" => "\"".to_owned(),
                        "apos" => "'".to_owned(),
                        other => return Err(format!("unknown entity {other}")),
                    },
                };
                append(&mut path, &text);
            }
            Event::End(_) => {
                let (name, text) = path.pop().ok_or("an end without a start")?;
                if let (false, Some(part)) = (path.is_empty(), parts.last_mut()) {
                    part.entry(name).or_insert(text);
                }
            }
            Event::Eof if path.is_empty() && !root.is_empty() => return Ok((root, parts)),
            Event::Eof => return Err("it is cut off".to_owned()),
            _ => {}
        }
    }
}

fn append(path: &mut [(String, String)], text: &str) {
    if let Some((_, last)) = path.last_mut() {
        last.push_str(text);
    }
}

/// An envelope from customs to the enterprise.
pub(crate) fn seal(message: &str, cop_msg_id: &str, time: &str, data: &[u8]) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DxpMsg xmlns=\"http://www.chinaport.gov.cn/dxp\" ver=\"1.0\">\
         <TransInfo><CopMsgId>{cop_msg_id}</CopMsgId><SenderId>DXPEDCCEB0000002</SenderId><ReceiverIds>\
         <ReceiverId>DXPENT0000099901</ReceiverId></ReceiverIds><CreatTime>{time}</CreatTime>\
         <MsgType>{message}Message</MsgType></TransInfo><Data>{}</Data></DxpMsg>",
        BASE64.encode(data)
    )
}

#[test]
fn documents_are_read_out_of_an_envelope() {
    let message = "<c:CEB513Message xmlns:c=\"http://www.chinaport.gov.cn/ceb\"><c:LogisticsStatus><c:guid>G</c:guid>\
                   <c:logisticsNo>Y&amp;<![CDATA[1]]></c:logisticsNo><c:logisticsStatus>S</c:logisticsStatus>\
                   </c:LogisticsStatus><c:BaseTransfer><c:copCode>1</c:copCode></c:BaseTransfer></c:CEB513Message>";
    let sealed = seal("CEB513", "ID", "2026-05-01T00:00:00", message.as_bytes());
    let opened = open(sealed.as_bytes()).unwrap();
    assert_eq!((opened.cop_msg_id.as_str(), opened.documents.len()), ("ID", 1));
    assert_eq!(
        (opened.documents[0].guid(), opened.documents[0].key.as_str()),
        ("G", "Y&1/S")
    );
    assert!(
        open(&sealed.as_bytes()[..sealed.len() - 9]).is_err(),
        "a cut envelope is none"
    );
}
