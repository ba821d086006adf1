//! The layout of DxpMsg.

use std::sync::LazyLock;

use super::DXP_NAMESPACE;
use crate::write::{Layout, LayoutElement};

/// Elements of a DxpMsg in schema order: name, attributes, children.
const ELEMENTS: [(&str, &[&str], &[usize]); 13] = [
    ("DxpMsg", &["ver"], &[1, 7, 8]),
    ("TransInfo", &[], &[2, 3, 4, 5, 6]),
    ("CopMsgId", &[], &[]),
    ("SenderId", &[], &[]),
    ("ReceiverIds", &[], &[12]),
    ("CreatTime", &[], &[]),
    ("MsgType", &[], &[]),
    ("Data", &[], &[]),
    ("AddInfo", &[], &[9, 10]),
    ("FileName", &[], &[]),
    ("BizKey", &[], &[11]),
    ("Key", &["name"], &[]),
    ("ReceiverId", &[], &[]),
];

/// The layout of DxpMsg, in the default namespace.
pub(super) fn dxp_msg() -> &'static Layout {
    static LAYOUT: LazyLock<Layout> = LazyLock::new(|| Layout {
        prefixes: vec![(String::new(), DXP_NAMESPACE.to_owned())],
        elements: ELEMENTS
            .iter()
            .map(|(local, attributes, children)| LayoutElement {
                local: (*local).to_owned(),
                namespace: 0,
                attributes: attributes.iter().map(|&name| name.to_owned()).collect(),
                children: children.to_vec(),
            })
            .collect(),
        root: 0,
    });
    &LAYOUT
}
