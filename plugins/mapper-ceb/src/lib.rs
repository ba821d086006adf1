//! Mapper for CEB requests that the enterprise's own software makes: XML or JSON in, the documents inside out.

use cebridge_plugin_sdk::{Input, Mapped, Mapper, MapperInfo, Receipt, time::customs_time};

mod documents;
mod json;
mod messages;
mod receipt;
mod tree;
mod xml;

/// The mapper; see the README for the formats that it reads.
#[derive(Debug)]
pub struct CebMapper;

/// Setting: parts that may be left out of a message.
const LEAVE_OUT: &str = "leaveOut";

impl Mapper for CebMapper {
    fn describe() -> MapperInfo {
        MapperInfo {
            name: "ceb".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            input: "a CEB request as XML (unsigned, or with a signature that is dropped), or as JSON: \
                    {\"message\": \"CEB625\", \"documents\": [{…}, …]}"
                .into(),
            messages: messages::KNOWN.iter().map(|known| known.code.into()).collect(),
            settings: vec![(
                LEAVE_OUT.into(),
                "BaseSubscribe, ExtendMessage or both: what may be left out of a message that has it".into(),
            )],
        }
    }

    fn map(input: &Input) -> Result<Mapped, String> {
        map(input).map_err(|error| format!("{}: {error}", input.name))
    }

    fn render_receipt(receipt: &Receipt) -> Result<Vec<u8>, String> {
        receipt::render(receipt)
    }
}

cebridge_plugin_sdk::export!(CebMapper);

fn map(input: &Input) -> Result<Mapped, String> {
    if input.at.len() != 14 || customs_time(&input.at).is_none() {
        return Err(format!(
            "the time of declaration \"{}\" is not of the form YYYYMMDDhhmmss",
            input.at
        ));
    }
    let content = input.content.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&input.content);
    let message = match content.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'<') => xml::read(content, input.setting(LEAVE_OUT).unwrap_or_default())?,
        Some(b'{') => json::read(content)?,
        _ => return Err("neither XML nor a JSON object; is this a CEB request?".into()),
    };
    if message.documents.is_empty() {
        return Err(format!("{} holds no document", message.code));
    }
    Ok(documents::map(&message, &input.at))
}
