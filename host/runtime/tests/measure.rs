#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(warnings)]
mod support;
use cebridge_message::{Document, Limits};
use cebridge_rule_core::source::compile;
use cebridge_runtime::*;
use std::time::Instant;
fn med(mut f: impl FnMut(), n: usize) -> f64 {
    for _ in 0..n {
        f();
    }
    let mut v: Vec<f64> = (0..30)
        .map(|_| {
            let t = Instant::now();
            for _ in 0..n {
                f();
            }
            t.elapsed().as_secs_f64() * 1e6 / n as f64
        })
        .collect();
    v.sort_by(f64::total_cmp);
    v[15]
}
#[test]
fn measure() {
    let t = Instant::now();
    let sandbox = Sandbox::new(SandboxLimits::default()).unwrap();
    println!("engine {:?} {:?}", t.elapsed(), sandbox.allocation());
    let t = Instant::now();
    let pack = compile(&shipped_sources(), "2022-05").unwrap();
    println!("compile source {:?}", t.elapsed());
    let t = Instant::now();
    let wasm = bake(&sandbox, &pack).unwrap();
    println!("bake first {:?} {} bytes", t.elapsed(), wasm.len());
    let t = Instant::now();
    let _ = bake(&sandbox, &pack).unwrap();
    println!("bake second {:?}", t.elapsed());
    let t = Instant::now();
    let loaded = LoadedPack::load(&sandbox, &wasm).unwrap();
    println!("load {:?}", t.elapsed());
    let t = Instant::now();
    let _ = LoadedPack::load(&sandbox, &wasm).unwrap();
    println!("load again {:?}", t.elapsed());
    let (_, m) = shipped_mappers()[0];
    let t = Instant::now();
    let _ = MapperPlugin::load(&sandbox, m).unwrap();
    println!("mapper load {:?}", t.elapsed());
    println!(
        "instantiate only {:.2} us",
        med(
            || {
                let _ = loaded.instance().unwrap();
            },
            500
        )
    );
    for path in ["2018-113", "2022-05"] {
        for f in std::fs::read_dir(format!("/work/shared/spec/samples/{path}"))
            .unwrap()
            .flatten()
        {
            let bytes = std::fs::read(f.path()).unwrap();
            let Ok(doc) = Document::parse(&bytes, &Limits::default()) else {
                continue;
            };
            if loaded.message_of(&doc).is_none() {
                continue;
            }
            let batch = loaded.bind(&doc);
            let mut inst = loaded.instance().unwrap();
            inst.judge_batch(&batch).unwrap();
            let fuel = inst.fuel_used();
            let n = loaded.judge(&doc).unwrap().len();
            println!(
                "{:?} {} B, {} nodes, {} findings, fuel {} | parse {:.1} bind {:.2} native {:.2} reused {:.2} fresh {:.2} us",
                f.file_name(),
                bytes.len(),
                doc.nodes().len(),
                n,
                fuel,
                med(
                    || {
                        let _ = Document::parse(&bytes, &Limits::default());
                    },
                    20
                ),
                med(
                    || {
                        let _ = loaded.bind(&doc);
                    },
                    50
                ),
                med(
                    || {
                        let _ = loaded.judge_batch_native(&batch);
                    },
                    50
                ),
                med(
                    || {
                        let _ = inst.judge_batch(&batch);
                    },
                    50
                ),
                med(
                    || {
                        let _ = loaded.judge_batch(&batch);
                    },
                    50
                )
            );
        }
    }
}
#[test]
fn inst() {
    let sandbox = Sandbox::new(SandboxLimits::default()).unwrap();
    let pack = compile(&shipped_sources(), "2022-05").unwrap();
    println!("guest bytes {} texts {}", pack.guest().to_bytes().unwrap().len(), pack.to_bytes().unwrap().len());
    let wasm = bake(&sandbox, &pack).unwrap();
    let loaded = LoadedPack::load(&sandbox, &wasm).unwrap();
    let p = cebridge_message::Document::parse(&std::fs::read("/work/shared/spec/samples/2022-05/CEB312Message.xml").or_else(|_| std::fs::read("/work/shared/spec/samples/2018-113/CEB312Message.xml")).unwrap(), &Limits::default()).unwrap();
    let batch = loaded.bind(&p);
    for _ in 0..3 {
    println!("instantiate only {:.2} us, fresh {:.2}", med(|| { let _ = loaded.instance().unwrap(); }, 2000), med(|| { let _ = loaded.judge_batch(&batch).unwrap(); }, 2000));
    }
}
