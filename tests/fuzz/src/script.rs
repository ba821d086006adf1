//! Changes to signed messages, written as bytes so that a fuzzer can invent them.

/// Things that have broken verifiers; scripts put them anywhere.
const HOSTILE: [&str; 44] = [
    "<!-- x -->",
    "<!---->",
    "<?x y?>",
    "<![CDATA[",
    "]]>",
    "<![CDATA[x]]>",
    "<!DOCTYPE a>",
    "<!DOCTYPE a [<!ENTITY e \"x\">]>",
    "&e;",
    "&amp;",
    "&#49;",
    "&#x0;",
    "\u{feff}",
    "\r\n",
    "\t",
    " ",
    " Id=\"a\"",
    " xml:id=\"a\"",
    " xml:base=\"http://x.example/\"",
    " xmlns=\"\"",
    " xmlns:ceb=\"http://x.example\"",
    " xmlns:ds=\"http://x.example\"",
    " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"",
    " xmlns:x=\"http://www.w3.org/2000/09/xmldsig#\"",
    " URI=\"\"",
    " URI=\"#a\"",
    " URI=\"#xpointer(/)\"",
    " Algorithm=\"\"",
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
    "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/2000/09/xmldsig#sha1",
    "http://www.w3.org/2000/09/xmldsig#hmac-sha1",
    "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    "http://www.w3.org/2001/04/xmlenc#sha256",
    "<ds:Object xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">",
    "</ds:Object>",
    "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"/>",
    "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\"/>",
    "<x>",
    "</x>",
    "<x/>",
    "ds:Signature",
    "dsig:Signature",
];

/// Most changes of one script; more only make the message unreadable.
const MOST: usize = 12;

/// Reads a script off its bytes.
pub(crate) struct Script<'a> {
    rest: &'a [u8],
}

impl<'a> Script<'a> {
    pub(crate) fn new(rest: &'a [u8]) -> Self {
        Self { rest }
    }

    fn byte(&mut self) -> usize {
        let Some((first, rest)) = self.rest.split_first() else {
            return 0;
        };
        self.rest = rest;
        usize::from(*first)
    }

    fn number(&mut self) -> usize {
        self.byte() << 8 | self.byte()
    }

    /// Some bytes of the script as text, or one of the hostile texts.
    fn payload(&mut self) -> Vec<u8> {
        let length = self.byte();
        if length >= 128 {
            return HOSTILE[length % HOSTILE.len()].as_bytes().to_vec();
        }
        let (payload, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        payload.to_vec()
    }

    /// Changes one of `messages`; elements of the others may be carried over.
    pub(crate) fn apply(mut self, messages: &[Vec<u8>]) -> Vec<u8> {
        let choice = self.byte();
        let mut text = messages[choice % messages.len()].clone();
        for _ in 0..MOST {
            if self.rest.is_empty() {
                break;
            }
            self.change(&mut text, messages);
        }
        text
    }

    fn change(&mut self, text: &mut Vec<u8>, messages: &[Vec<u8>]) {
        match self.byte() % 10 {
            0 => {
                let from = self.number() % (text.len() + 1);
                let end = (from + self.byte()).min(text.len());
                let payload = self.payload();
                text.splice(from..end, payload);
            }
            1 => {
                let at = self.number() % (text.len() + 1);
                let payload = self.payload();
                text.splice(at..at, payload);
            }
            2 => {
                let at = self.tag(text);
                let payload = self.payload();
                text.splice(at..at, payload);
            }
            3 => {
                let element = self.element(text);
                text.splice(element, []);
            }
            4 | 5 => {
                let element = self.element(text);
                let piece = text[element.clone()].to_vec();
                let to = self.tag(text);
                text.splice(to..to, piece.iter().copied());
                if self.byte() % 2 == 1 {
                    // Moved, not copied.
                    let shift = if to <= element.start { piece.len() } else { 0 };
                    if element.contains(&to) {
                        return;
                    }
                    text.splice(element.start + shift..element.end + shift, []);
                }
            }
            6 => {
                let element = self.element(text);
                let name = self.payload();
                let close = [
                    b"</".as_slice(),
                    name.split(|byte| *byte == b' ').next().unwrap_or_default(),
                    b">",
                ]
                .concat();
                text.splice(element.end..element.end, close);
                text.splice(element.start..element.start, [b"<".as_slice(), &name, b">"].concat());
            }
            7 => {
                let other = &messages[self.byte() % messages.len()];
                let piece = other[self.element(other)].to_vec();
                let to = self.tag(text);
                text.splice(to..to, piece);
            }
            8 => {
                let start = self.tag(text);
                let from = start
                    + text[start..]
                        .iter()
                        .position(|byte| *byte == b'>')
                        .map_or(0, |at| at + 1);
                let end = from + text[from..].iter().position(|byte| *byte == b'<').unwrap_or(0);
                let payload = self.payload();
                text.splice(from..end, payload);
            }
            _ => {
                let quotes: Vec<usize> = (0..text.len()).filter(|at| text[*at] == b'"').collect();
                let pair = self.number() % (quotes.len() / 2).max(1) * 2;
                let payload = self.payload();
                if let [from, to, ..] = quotes.get(pair..).unwrap_or_default() {
                    text.splice(from + 1..*to, payload);
                }
            }
        }
    }

    /// Offset of a `<`.
    fn tag(&mut self, text: &[u8]) -> usize {
        let tags: Vec<usize> = (0..text.len()).filter(|at| text[*at] == b'<').collect();
        let number = self.number();
        tags.get(number % tags.len().max(1)).copied().unwrap_or(0)
    }

    /// The text from a start tag to its end tag, as well as that can be said of a damaged text.
    fn element(&mut self, text: &[u8]) -> std::ops::Range<usize> {
        let start = self.tag(text);
        let mut depth = 0_usize;
        let mut at = start;
        while let Some(open) = text[at..].iter().position(|byte| *byte == b'<').map(|found| at + found) {
            let Some(end) = text[open..]
                .iter()
                .position(|byte| *byte == b'>')
                .map(|found| open + found + 1)
            else {
                break;
            };
            match (text.get(open + 1), text.get(end - 2)) {
                (Some(b'/'), _) => depth = depth.saturating_sub(1),
                (Some(b'!' | b'?'), _) | (_, Some(b'/')) => {}
                _ => depth += 1,
            }
            at = end;
            if depth == 0 {
                break;
            }
        }
        start..at.max(start)
    }
}
