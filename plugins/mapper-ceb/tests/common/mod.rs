//! Sample messages and helpers to inspect the mapped result.

#![allow(dead_code, clippy::unwrap_used)]

use cebridge_mapper_ceb::CebMapper;
use cebridge_plugin_sdk::{Document, Input, Mapped, Mapper};

/// Two return applications, signed long ago, the way many programs write them.
pub(crate) const RETURNS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ceb:CEB625Message guid="CEB62520260301000000000000000000000001" version="1.0" xmlns:ceb="http://www.chinaport.gov.cn/ceb">
  <ceb:InvtRefund>
    <ceb:InvtRefundHead>
      <ceb:guid>4CDE1CFD-EDED-46B1-946C-B8022E42FC94</ceb:guid>
      <ceb:appType>1</ceb:appType><ceb:appTime>20200101000000</ceb:appTime><ceb:appStatus>2</ceb:appStatus>
      <ceb:copNo>R-1</ceb:copNo><ceb:reason>A &amp; B &#x4E0D;<![CDATA[<合>]]></ceb:reason><ceb:note/>
    </ceb:InvtRefundHead>
    <ceb:InvtRefundList><ceb:gnum>1</ceb:gnum><ceb:qty>1.50</ceb:qty></ceb:InvtRefundList>
    <ceb:InvtRefundList><ceb:gnum>2</ceb:gnum><ceb:qty>2</ceb:qty></ceb:InvtRefundList>
  </ceb:InvtRefund>
  <!-- the second one -->
  <ceb:InvtRefund>
    <ceb:InvtRefundHead><ceb:appType>1</ceb:appType><ceb:appTime>20200101000000</ceb:appTime><ceb:copNo>R-2</ceb:copNo></ceb:InvtRefundHead>
  </ceb:InvtRefund>
  <ceb:BaseTransfer><ceb:copCode>1</ceb:copCode></ceb:BaseTransfer>
  <ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:SignedInfo><ds:Reference URI=""/></ds:SignedInfo></ds:Signature>
</ceb:CEB625Message>
"#;

/// The same documents as JSON.
pub(crate) const RETURNS_JSON: &str = r#"{
  "message": "CEB625",
  "documents": [
    {
      "InvtRefundHead": { "guid": "x", "appType": "1", "appTime": "20200101000000", "appStatus": 2, "copNo": "R-1",
                          "reason": "A & B 不<合>", "note": "" },
      "InvtRefundList": [{ "gnum": 1, "qty": 1.50 }, { "gnum": "2", "qty": 2, "note": null }]
    },
    { "InvtRefundHead": { "appType": "1", "appTime": "", "copNo": "R-2" } }
  ]
}"#;

pub(crate) fn run(content: &str, settings: &[(&str, &str)]) -> Result<Mapped, String> {
    CebMapper::map(&Input {
        name: "day.xml".into(),
        content: content.as_bytes().to_vec(),
        settings: settings
            .iter()
            .map(|(name, text)| ((*name).into(), (*text).into()))
            .collect(),
        at: "20260302080000".into(),
    })
}

pub(crate) fn map(content: &str) -> Mapped {
    run(content, &[]).unwrap()
}

pub(crate) fn error(content: &str) -> String {
    run(content, &[]).unwrap_err()
}

/// Group, row, name and text of every value.
pub(crate) fn values(document: &Document) -> Vec<(&str, u32, &str, &str)> {
    document
        .values
        .iter()
        .map(|v| (v.group.as_str(), v.row, v.name.as_str(), v.text.as_str()))
        .collect()
}
