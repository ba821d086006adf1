mod support;
use support::*;
#[test]
fn dbg() {
    let pack = toy_pack();
    let (clean, bad) = (pack.bind(&document(CLEAN)), pack.bind(&changed("A-1", "")));
    println!("{} {}", clean.len(), bad.len());
    for order in ["ccccc", "bbbbb", "cbcbc"] {
        let mut i = pack.instance().unwrap();
        for c in order.chars() {
            println!("{order} {c} {:?}", i.judge_batch(if c == 'c' { &clean } else { &bad }));
        }
    }
}
