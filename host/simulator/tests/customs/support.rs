//! An enterprise with a key, a customs side over folders, and a clock that advances when it is read.

use crate::samples::Samples;
use cebridge_clock::Clock;
use cebridge_message::{Document, Element, Envelope, Layout, Limits, unwrap, wrap, write};
use cebridge_runtime::{Baker, LoadedPack, Sandbox, SandboxLimits};
use cebridge_signature::{KeyKind, Place, Profile, Signer, generate_dated_identity};
use cebridge_simulator::{Customs, Faults};
use cebridge_transport::DirectoryTransport;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};

/// The import inventory of the samples gets this number.
pub(crate) const INVENTORY: &str = "22442026I000000001";

/// A document as the samples give it.
pub(crate) type Fields = Map<String, Value>;

struct Shared {
    pack: Arc<LoadedPack>,
    samples: Samples,
    signer: Signer,
}

fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        let samples = Samples::of("2022-05", "2026");
        let baker = Baker::new(&Sandbox::new(SandboxLimits::default()).unwrap());
        let pack = LoadedPack::load(&baker, &baker.bake(&samples.pack).unwrap()).unwrap();
        let (key, certificate, _) =
            generate_dated_identity("CN=Sample,O=Invented", KeyKind::Sm2, "2024-01-01", "2049-12-31").unwrap();
        Shared {
            pack: Arc::new(pack),
            samples,
            signer: Signer::new(key, Some(certificate)).unwrap(),
        }
    })
}

/// A sample document of a message.
pub(crate) fn document(code: &str) -> Fields {
    shared().samples.document(code)
}

/// The sample document with other values in some fields, wherever they occur in it.
pub(crate) fn with(code: &str, changes: &[(&str, &str)]) -> Fields {
    let mut fields = document(code);
    for (name, text) in changes {
        assert!(set(&mut fields, name, text), "{code} has no {name}");
    }
    fields
}

fn set(fields: &mut Fields, name: &str, text: &str) -> bool {
    if let Some(value) = fields.get_mut(name) {
        *value = text.into();
        return true;
    }
    fields.values_mut().any(|value| match value {
        Value::Object(inner) => set(inner, name, text),
        Value::Array(items) => {
            let mut groups = items.iter_mut().filter_map(Value::as_object_mut);
            groups.any(|inner| set(inner, name, text))
        }
        _ => false,
    })
}

/// A receipt: message code, `returnStatus`, and its other fields.
#[derive(Debug)]
pub(crate) struct Receipt {
    pub(crate) code: String,
    pub(crate) status: String,
    pub(crate) element: Element,
}

impl Receipt {
    pub(crate) fn text(&self, name: &str) -> &str {
        self.element.text_at(name).unwrap_or_default()
    }
}

/// A clock that shows a millisecond more each time, so that nothing happens at the same time.
#[derive(Debug)]
pub(crate) struct Ticking(pub(crate) AtomicI64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.fetch_add(1, Ordering::Relaxed)).unwrap()
    }

    fn steady(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }
}

/// Messages with one document each, and the folders between both sides.
pub(crate) struct World {
    folder: tempfile::TempDir,
    /// Milliseconds since 1970; every reading advances it by one.
    clock: Arc<Ticking>,
    pub(crate) customs: Option<Customs>,
}

impl World {
    /// A customs side without memory or faults.
    pub(crate) fn new() -> Self {
        let mut world = Self::empty();
        world.open(Faults::default(), |customs| customs);
        world
    }

    /// Folders only; `open` adds customs.
    pub(crate) fn empty() -> Self {
        let start: Timestamp = "2026-06-01T02:00:00Z".parse().unwrap();
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock: Arc::new(Ticking(AtomicI64::new(start.as_millisecond()))),
            customs: None,
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Ends the customs side, as a kill would, and starts another one.
    pub(crate) fn open(&mut self, faults: Faults, settings: impl FnOnce(Customs) -> Customs) {
        self.customs = None;
        let (from, to) = (self.path("out"), self.path("in"));
        let rules = cebridge_transport::InboxRules {
            settle: std::time::Duration::ZERO,
            ..cebridge_transport::InboxRules::default()
        };
        let transport = DirectoryTransport::new(to, from.clone(), from.join("done"), from.join("bad"), rules);
        let pack_of = |_: &str| Some(Arc::clone(&shared().pack));
        let customs = Customs::new(Box::new(pack_of), Box::new(transport), Vec::new(), faults);
        self.customs = Some(settings(customs.with_clock(self.clock.clone())));
    }

    /// The same with a memory in the folder `state`.
    pub(crate) fn open_kept(&mut self) {
        let state = self.path("state");
        self.open(Faults::default(), |customs| customs.with_state(&state).unwrap());
    }

    pub(crate) fn pass(&self, milliseconds: i64) {
        self.clock.0.fetch_add(milliseconds, Ordering::Relaxed);
    }

    /// Runs one round.
    pub(crate) fn round(&mut self) {
        self.customs.as_mut().unwrap().round().unwrap();
    }

    /// Runs rounds until customs is idle, and returns the receipts of all of them.
    pub(crate) fn settle(&mut self) -> Vec<Receipt> {
        for _ in 0..20 {
            self.round();
            if self.customs.as_ref().unwrap().idle() {
                return self.receipts();
            }
        }
        panic!("customs never comes to rest");
    }

    /// Sends documents in the order given, all before customs runs, and returns the receipts.
    pub(crate) fn declare(&mut self, documents: &[(&str, Fields)]) -> Vec<Receipt> {
        for (code, fields) in documents {
            self.send(&Sent::new(code, fields));
        }
        self.settle()
    }

    pub(crate) fn send(&self, sent: &Sent) {
        let out = self.path("out");
        std::fs::create_dir_all(&out).unwrap();
        let name = format!("{:06}.xml", std::fs::read_dir(&out).unwrap().count());
        std::fs::write(out.join(name), sent.bytes()).unwrap();
    }

    /// Takes the receipts out of the folder, in the order of codes and states.
    pub(crate) fn receipts(&self) -> Vec<Receipt> {
        let mut out: Vec<Receipt> = Vec::new();
        for (_, bytes) in self.taken() {
            let data = unwrap(&bytes, &Limits::ENVELOPE).unwrap().data;
            out.extend(records(&data));
        }
        out.sort_by(|a, b| (&a.code, rank(&a.status)).cmp(&(&b.code, rank(&b.status))));
        out
    }

    /// Takes the files out of the folder of receipts, sorted by name.
    pub(crate) fn taken(&self) -> Vec<(String, Vec<u8>)> {
        let mut out: Vec<(String, Vec<u8>)> = files(&self.path("in"))
            .into_iter()
            .map(|path| {
                let bytes = std::fs::read(&path).unwrap();
                std::fs::remove_file(&path).unwrap();
                (path.file_name().unwrap().to_string_lossy().into_owned(), bytes)
            })
            .collect();
        out.sort();
        out
    }
}

/// The receipt records of a message.
pub(crate) fn records(data: &[u8]) -> Vec<Receipt> {
    let document = Document::parse(data, &Limits::MESSAGE).unwrap();
    let code = document.root_name().local.strip_suffix("Message").unwrap().to_owned();
    let elements = document
        .children(0)
        .map(|child| Element::from_document(&document, child));
    elements
        .filter_map(|element| {
            Some(Receipt {
                code: code.clone(),
                status: element.text_at("returnStatus")?.trim().to_owned(),
                element,
            })
        })
        .collect()
}

fn rank(status: &str) -> i64 {
    let number: i64 = status.parse().unwrap();
    if number < 0 { 10_000_000 - number } else { number }
}

/// Visible files of a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path()).filter(|path| path.is_file());
    paths
        .filter(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.'))
        .collect()
}

/// The states of one receipt message, in their order.
pub(crate) fn states<'r>(receipts: &'r [Receipt], code: &str) -> Vec<&'r str> {
    let own = receipts.iter().filter(|receipt| receipt.code == code);
    own.map(|receipt| receipt.status.as_str()).collect()
}

/// An envelope on its way to customs.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) envelope: Envelope,
}

impl Sent {
    /// A signed message with one document, with its own guid and `CopMsgId`.
    pub(crate) fn new(code: &str, fields: &Fields) -> Self {
        Self::made(code, fields, true)
    }

    /// The same without a signature.
    pub(crate) fn unsigned(code: &str, fields: &Fields) -> Self {
        Self::made(code, fields, false)
    }

    fn made(code: &str, fields: &Fields, signed: bool) -> Self {
        let shared = shared();
        let layout = shared.pack.rules().layout(code).unwrap();
        let model = &shared.samples.pack;
        let name = model.document_name(model.message(code).unwrap()).unwrap();
        let mut document = tree(name, &Value::Object(fields.clone())).remove(0);
        assert!(add_guid(&layout, &mut document), "{code}");
        let mut root = Element::new(format!("{code}Message"));
        root.attributes = vec![("guid".to_owned(), guid()), ("version".to_owned(), "1.0".to_owned())];
        let mut transfer = Element::new("BaseTransfer");
        for (field, text) in [
            ("copCode", "4403960DM1"),
            ("copName", "示例跨境电商服务有限公司"),
            ("dxpMode", "DXP"),
            ("dxpId", "DXPENT0000099901"),
        ] {
            transfer.children.push(Element::leaf(field, text));
        }
        root.children = vec![document, transfer];
        let xml = write(&layout, &root).unwrap();
        let profile = Profile::official("sm2-sm3").unwrap();
        let data = if signed {
            shared.signer.sign(&xml, &profile, Place::Last).unwrap()
        } else {
            xml
        };
        let customs = match shared.samples.about(code).0 {
            "export" => "DXPEDCCEB0000003",
            _ => "DXPEDCCEB0000002",
        };
        Self {
            envelope: Envelope {
                cop_msg_id: guid(),
                sender_id: "DXPENT0000099901".to_owned(),
                receiver_ids: vec![customs.to_owned()],
                creat_time: "2026-06-01T10:00:00".to_owned(),
                msg_type: format!("{code}Message"),
                data,
                ..Envelope::default()
            },
        }
    }

    /// The same message in another envelope.
    pub(crate) fn at(mut self, creat_time: &str) -> Self {
        self.envelope.cop_msg_id = guid();
        creat_time.clone_into(&mut self.envelope.creat_time);
        self
    }

    fn bytes(&self) -> Vec<u8> {
        wrap(&self.envelope).unwrap()
    }
}

fn guid() -> String {
    uuid::Uuid::new_v4().to_string().to_uppercase()
}

fn tree(name: &str, value: &Value) -> Vec<Element> {
    match value {
        Value::Array(items) => items.iter().flat_map(|item| tree(name, item)).collect(),
        Value::Object(fields) => {
            let mut element = Element::new(name);
            element.children = fields.iter().flat_map(|(name, value)| tree(name, value)).collect();
            vec![element]
        }
        value => vec![Element::leaf(name, value.as_str().unwrap())],
    }
}

/// Gives the document its guid, if its layout has one.
fn add_guid(layout: &Layout, element: &mut Element) -> bool {
    let has_guid = layout.elements.iter().any(|spec| {
        let mut children = spec.children.iter().map(|&child| &layout.elements[child]);
        spec.local == element.name && children.any(|child| child.local == "guid")
    });
    if has_guid {
        element.children.push(Element::leaf("guid", guid()));
        return true;
    }
    element.children.iter_mut().any(|child| add_guid(layout, child))
}
