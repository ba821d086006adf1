//! Odd bytes: encodings, and bytes before and after a file.

use super::Form;

/// Characters in a line of base64.
const LINE: usize = 76;

/// Length of the fixed part of an RFH2 header, in bytes.
const RFH2_FIXED: usize = 36;

/// The folder of an RFH2 header that names the kind of message that follows; its length is a multiple of four.
const RFH2_FOLDER: &[u8] = b"<mcd><Msd>jms_text</Msd></mcd>  ";

/// Returns the text after an XML declaration, in an encoding.
pub(super) fn encoded(body: &str, encoding: Option<Form>) -> Vec<u8> {
    let declared = |name: &str| format!("<?xml version=\"1.0\" encoding=\"{name}\"?>\n{body}");
    match encoding {
        Some(Form::Utf8AsGb2312) => declared("gb2312").into_bytes(),
        Some(Form::Gb18030) => encoding_rs::GB18030.encode(&declared("GB18030")).0.into_owned(),
        // A character missing from GBK becomes a reference.
        Some(Form::Gbk) => encoding_rs::GBK.encode(&declared("GBK")).0.into_owned(),
        Some(Form::Utf16) => {
            let text = format!("\u{feff}{}", declared("UTF-16"));
            text.encode_utf16().flat_map(u16::to_le_bytes).collect()
        }
        _ => declared("UTF-8").into_bytes(),
    }
}

/// Returns the bytes with one of the four forms of surroundings.
pub(super) fn surrounded(bytes: Vec<u8>, form: Form) -> Vec<u8> {
    match form {
        Form::NulBefore => [b"\0".as_slice(), &bytes].concat(),
        Form::NulBehind => [bytes.as_slice(), b"\0\0\0"].concat(),
        Form::BlankLine => [b"\xef\xbb\xbf\r\n".as_slice(), &bytes].concat(),
        Form::Rfh2 => [rfh2(), bytes].concat(),
        _ => bytes,
    }
}

/// Returns an RFH2 header, big-endian, with one folder.
fn rfh2() -> Vec<u8> {
    let number = |number: usize| u32::try_from(number).unwrap_or_default().to_be_bytes();
    let mut out = Vec::new();
    out.extend(b"RFH ");
    out.extend(number(2));
    out.extend(number(RFH2_FIXED + 4 + RFH2_FOLDER.len()));
    // Encoding of numbers: big-endian; character set of the message: UTF-8; format: text.
    out.extend(number(273));
    out.extend(number(1208));
    out.extend(b"MQSTR   ");
    // Flags; character set of the folder.
    out.extend(number(0));
    out.extend(number(1208));
    out.extend(number(RFH2_FOLDER.len()));
    out.extend(RFH2_FOLDER);
    out
}

/// Returns an envelope with its base64 broken into lines.
pub(super) fn data_in_lines(envelope: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(envelope);
    let parts = text
        .split_once("<Data>")
        .and_then(|(before, rest)| Some((before, rest.split_once("</Data>")?)));
    let Some((before, (data, behind))) = parts else {
        return envelope.to_vec();
    };
    let lines: Vec<String> = data
        .as_bytes()
        .chunks(LINE)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    format!("{before}<Data>\r\n{}\r\n</Data>{behind}", lines.join("\r\n")).into_bytes()
}
