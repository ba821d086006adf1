use super::*;
use cebridge_message::unwrap;

const PLAIN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
<ceb:CEB622Message xmlns:ceb=\"http://www.chinaport.gov.cn/ceb\" guid=\"G\" version=\"1.0\"><ceb:InventoryReturn>\
<ceb:copNo>A&amp;1</ceb:copNo><ceb:returnStatus>800</ceb:returnStatus><ceb:returnTime>20260101120000123</ceb:returnTime>\
<ceb:returnInfo>放行 &lt;]]&gt;</ceb:returnInfo></ceb:InventoryReturn></ceb:CEB622Message>";

fn envelope(data: &[u8]) -> Vec<u8> {
    let envelope = cebridge_message::Envelope {
        cop_msg_id: "1".to_owned(),
        receiver_ids: vec!["2".to_owned()],
        data: data.to_vec(),
        ..Default::default()
    };
    cebridge_message::wrap(&envelope).unwrap()
}

/// Message and file in a form.
fn made(text: &str) -> (Vec<u8>, Vec<u8>) {
    let odd: Odd = text.parse().unwrap();
    let message = odd.message(PLAIN.as_bytes().to_vec()).unwrap();
    let file = odd.file(envelope(&message), &message);
    (message, file)
}

fn read(bytes: &[u8]) -> Element {
    let document = Document::parse(bytes, &Limits::MESSAGE).unwrap();
    assert_eq!(document.root_name().namespace, "http://www.chinaport.gov.cn/ceb");
    Element::from_document(&document, 0)
}

#[test]
fn forms_of_the_text_say_what_the_usual_form_says() {
    let plain = read(PLAIN.as_bytes());
    for form in [
        "gb18030",
        "gbk",
        "utf-16",
        "default-namespace",
        "cdata",
        "bare",
        "default-namespace+cdata+gbk",
    ] {
        let (message, _) = made(form);
        assert_eq!(read(&message), plain, "{form}");
        assert_eq!(message == PLAIN.as_bytes(), form == "bare", "{form}");
    }
    let (message, file) = made("bare");
    assert_eq!(message, file);
    let (message, file) = made("base64-lines");
    assert!(String::from_utf8(file.clone()).unwrap().contains("\r\n</Data>"));
    assert_eq!(unwrap(&file, &Limits::ENVELOPE).unwrap().data, message);
}

#[test]
fn white_space_stands_around_every_value_and_nothing_else_changes() {
    let mut root = read(&made("spaces").0);
    let record = &mut root.children[0];
    assert!(
        record
            .children
            .iter()
            .all(|field| field.text.starts_with("\n") && field.text.ends_with(' '))
    );
    record
        .children
        .iter_mut()
        .for_each(|field| field.text = field.text.trim().to_owned());
    assert_eq!(root, read(PLAIN.as_bytes()));
}

#[test]
fn utf8_declares_itself_as_gb2312() {
    let text = String::from_utf8(made("utf8-as-gb2312").0).unwrap();
    assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"gb2312\"?>") && text.contains("放行"));
}

#[test]
fn times_are_shortened_and_unknown_elements_added() {
    let short = read(&made("short-time").0);
    assert_eq!(short.text_at("InventoryReturn/returnTime"), Some("20260101120000"));
    let mut more = read(&made("unknown-elements").0);
    assert_eq!(more.children.len(), 2);
    more.children.pop();
    more.children[0]
        .children
        .retain(|field| !field.name.ends_with("Mark") && field.name != "nodeInfo");
    assert_eq!(more, read(PLAIN.as_bytes()));
}

#[test]
fn surroundings_stand_around_the_file_or_inside_the_envelope() {
    for (form, inner) in [
        ("nul-before", "data-nul-before"),
        ("nul-behind", "data-nul-behind"),
        ("rfh2", "data-rfh2"),
        ("blank-line", "data-blank-line"),
    ] {
        let (message, file) = made(form);
        assert_eq!(message, PLAIN.as_bytes(), "{form}");
        let usual = envelope(PLAIN.as_bytes());
        let at = file.windows(usual.len()).position(|window| window == usual).unwrap();
        let (before, behind) = (&file[..at], &file[at + usual.len()..]);
        let data = unwrap(&made(inner).1, &Limits::ENVELOPE).unwrap().data;
        assert_eq!(data, [before, PLAIN.as_bytes(), behind].concat(), "{inner}");
        let expected: (&[u8], &[u8]) = match form {
            "nul-before" => (b"\0", b""),
            "nul-behind" => (b"", b"\0\0\0"),
            "blank-line" => (b"\xef\xbb\xbf\r\n", b""),
            _ => {
                let length = u32::from_be_bytes(before[8..12].try_into().unwrap());
                assert_eq!((&before[..4], length as usize), (&b"RFH "[..], before.len()));
                continue;
            }
        };
        assert_eq!((before, behind), expected);
    }
    let (_, file) = made("rfh2+nul-before+bare+gb18030");
    assert!(file.starts_with(b"\0RFH "));
}

#[test]
fn names_are_read_and_contradictions_refused() {
    for odd in Odd::all() {
        assert_eq!(odd.to_string().parse(), Ok(odd));
    }
    assert_eq!("bare+gbk".parse::<Odd>().unwrap().to_string(), "bare+gbk");
    assert_eq!("gbx".parse::<Odd>(), Err(OddError::Unknown("gbx".to_owned())));
    for clash in [
        "gbk+gb18030",
        "bare+base64-lines",
        "utf-16+nul-behind",
        "gbk+data-blank-line",
        "bare+bare",
    ] {
        assert!(
            matches!(clash.parse::<Odd>(), Err(OddError::Contradiction(..))),
            "{clash}"
        );
    }
}
