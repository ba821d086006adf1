//! Benchmarks reading: `cargo bench -p cebridge-message [-- FILE]`.
#![allow(clippy::unwrap_used, missing_docs)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use cebridge_message::{Document, Limits};
use cebridge_xml::{Item, Reader};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --benches` runs this too, without `--bench`; that only checks that it builds.
    if !arguments.iter().any(|argument| argument == "--bench") {
        return;
    }
    let bytes = match arguments.iter().find(|argument| !argument.starts_with("--")) {
        Some(path) => std::fs::read(path).unwrap(),
        None => invented(),
    };
    println!("message of {} bytes", bytes.len());
    let limits = Limits::MESSAGE;
    report("reader alone", bytes.len(), || {
        let mut reader = Reader::new(std::str::from_utf8(&bytes).unwrap(), &limits).unwrap();
        let mut items = 0;
        while !matches!(reader.read().unwrap(), Item::Eof) {
            items += 1;
        }
        black_box(items);
    });
    report("Document::parse", bytes.len(), || {
        black_box(Document::parse(&bytes, &limits).unwrap());
    });
}

/// Prints the best and the median time of one run.
fn report(what: &str, bytes: usize, mut run: impl FnMut()) {
    let mut times: Vec<Duration> = (0..500)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    let (best, median) = (times[0], times[times.len() / 2]);
    let rate = bytes as f64 / median.as_secs_f64() / 1e6;
    println!("{what:20} best {best:>10.1?}  median {median:>10.1?}  {rate:8.0} MB/s");
}

/// An order message of about 40 KB.
fn invented() -> Vec<u8> {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ceb:CEB311Message xmlns:ceb=\"urn:x\">\n");
    for order in 0..40 {
        out.push_str("\t<ceb:Order>\n\t\t<ceb:OrderHead>\n");
        for field in [
            "guid",
            "appType",
            "orderNo",
            "goodsValue",
            "buyerName",
            "consigneeAddress",
            "note",
        ] {
            out.push_str(&format!("\t\t\t<ceb:{field}>测试 {field} {order}</ceb:{field}>\n"));
        }
        out.push_str("\t\t</ceb:OrderHead>\n\t\t<ceb:OrderList>\n");
        for field in [
            "gnum",
            "itemNo",
            "itemName",
            "unit",
            "qty",
            "price",
            "totalPrice",
            "currency",
            "note",
        ] {
            out.push_str(&format!("\t\t\t<ceb:{field}>{order}</ceb:{field}>\n"));
        }
        out.push_str("\t\t</ceb:OrderList>\n\t</ceb:Order>\n");
    }
    out.push_str("</ceb:CEB311Message>\n");
    out.into_bytes()
}
