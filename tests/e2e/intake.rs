//! ERP files: taken whole however slowly they are written, and once whatever happens to them.

use crate::daemon::{Daemon, put};
use crate::support::{Enterprise, eventually, statuses};
use serde_json::Value;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

/// An enterprise that waits a second for files to be still, and two before it sets them aside.
fn quick() -> Enterprise {
    let enterprise = Enterprise::new();
    enterprise.configure("[intake]\nsettle = 1\npatience = 2");
    enterprise
}

/// An ERP file with these of the clean orders.
fn orders(enterprise: &Enterprise, range: std::ops::Range<usize>) -> (String, Vec<String>) {
    let mut erp = enterprise.clean_orders();
    let chosen: Vec<Value> = erp["orders"].as_array().unwrap()[range].to_vec();
    let numbers = chosen
        .iter()
        .map(|order| order["id"].as_str().unwrap().to_owned())
        .collect();
    erp["orders"] = Value::from(chosen);
    (erp.to_string(), numbers)
}

fn inventories(enterprise: &Enterprise) -> Vec<Value> {
    let rows = statuses(enterprise.path());
    rows.into_iter().filter(|row| row["message"] == "CEB621").collect()
}

/// Customs returns the order document of this number.
fn return_order(enterprise: &Enterprise, number: &str, name: &str) {
    let rows = statuses(enterprise.path());
    let order = rows
        .iter()
        .find(|row| row["message"] == "CEB311" && row["key"] == number)
        .unwrap();
    let guid = order["guid"].as_str().unwrap();
    let erp = enterprise.clean_orders();
    let code = |role: &str| erp["shop"][role]["code"].as_str().unwrap().to_owned();
    let xml = format!(
        "<CEB312Message xmlns=\"http://www.chinaport.gov.cn/ceb\" guid=\"{guid}\" version=\"1.0\"><OrderReturn><guid>{guid}</guid>\
         <ebpCode>{}</ebpCode><ebcCode>{}</ebcCode><orderNo>{number}</orderNo><returnStatus>100</returnStatus>\
         <returnTime>20991231235959000</returnTime><returnInfo>退单[{guid}]</returnInfo></OrderReturn></CEB312Message>",
        code("platform"),
        code("seller"),
    );
    put(enterprise, &format!("dxp/in/{name}"), xml);
}

fn times_accepted(enterprise: &Enterprise, number: &str) -> usize {
    let rows = statuses(enterprise.path());
    rows.iter()
        .filter(|row| row["message"] == "CEB311" && row["key"] == number)
        .count()
}

#[test]
fn a_file_that_pauses_while_it_is_written_is_taken_whole() {
    let enterprise = quick();
    let (text, numbers) = orders(&enterprise, 0..6);
    let daemon = Daemon::start(&enterprise);
    let path = enterprise.path().join("intake/slow.json");
    let mut file = File::create(&path).unwrap();
    let (first, rest) = text.as_bytes().split_at(text.len() / 2);
    file.write_all(first).unwrap();
    file.flush().unwrap();
    sleep(Duration::from_millis(1600));
    file.write_all(rest).unwrap();
    drop(file);
    daemon.wait_for("slow.json: ");
    eventually("every order", || inventories(&enterprise).len() == numbers.len());
    assert!(enterprise.files("intake/bad").is_empty());
    eventually("it is done", || enterprise.files("intake/done").len() == 1);
}

#[test]
fn a_receipt_that_pauses_while_it_is_written_is_taken_whole() {
    let enterprise = quick();
    let (text, numbers) = orders(&enterprise, 0..1);
    enterprise.write("one.json", text);
    enterprise.run(&["declare", "one.json", "--mapper", "shop"]).expect(0);
    let daemon = Daemon::start(&enterprise);
    let guid = "A1B2C3D4-0000-4000-8000-00000000000A";
    let xml = format!(
        "<CEB622Message xmlns=\"http://www.chinaport.gov.cn/ceb\" guid=\"{guid}\" version=\"1.0\"><InventoryReturn><guid>{guid}</guid>\
         <customsCode>2244</customsCode><copNo>{}</copNo><preNo>B1</preNo><invtNo>I1</invtNo><returnStatus>800</returnStatus>\
         <returnTime>20261130140000000</returnTime><returnInfo>放行</returnInfo></InventoryReturn></CEB622Message>",
        numbers[0]
    );
    fs::create_dir_all(enterprise.path().join("dxp/in")).unwrap();
    let mut file = File::create(enterprise.path().join("dxp/in/R1.xml")).unwrap();
    let (first, rest) = xml.as_bytes().split_at(xml.len() / 2);
    file.write_all(first).unwrap();
    sleep(Duration::from_millis(2500));
    file.write_all(rest).unwrap();
    drop(file);
    daemon.wait_for("1 applied");
    assert!(enterprise.files("dxp/in/bad").is_empty());
    assert_eq!(inventories(&enterprise)[0]["status"], "released");
}

#[test]
fn a_file_that_cannot_be_moved_away_is_declared_once() {
    let enterprise = quick();
    let (text, numbers) = orders(&enterprise, 0..2);
    enterprise.write("intake/done", "a file in place of the folder");
    let daemon = Daemon::start(&enterprise);
    put(&enterprise, "intake/stays.json", text);
    daemon.wait_for("stays.json: 8 documents, 8 accepted");
    daemon.wait_for("can't be moved away");
    return_order(&enterprise, &numbers[0], "R1.xml");
    eventually("it is returned", || {
        statuses(enterprise.path())
            .iter()
            .any(|row| row["status"] == "returned")
    });
    sleep(Duration::from_secs(3));
    assert_eq!(times_accepted(&enterprise, &numbers[0]), 1);
    assert_eq!(daemon.terminate(), 0);
    // Nor by the next process, which moves it when it can.
    let daemon = Daemon::start(&enterprise);
    sleep(Duration::from_secs(2));
    assert_eq!(times_accepted(&enterprise, &numbers[0]), 1);
    assert_eq!(daemon.terminate(), 0);
    for _ in 0..2 {
        let left = enterprise.run(&["run", "--once"]).expect(1);
        assert!(left.stderr.contains("left: stays.json: "), "{}", left.stderr);
    }
    fs::remove_file(enterprise.path().join("intake/done")).unwrap();
    let daemon = Daemon::start(&enterprise);
    eventually("it is moved", || enterprise.files("intake/done").len() == 1);
    assert_eq!(times_accepted(&enterprise, &numbers[0]), 1);
    // The same bytes handed over anew are a person's act: what customs returned is declared again, and nothing else.
    let text = fs::read(enterprise.path().join("intake/done/stays.json")).unwrap();
    put(&enterprise, "intake/stays.json", text);
    daemon.wait_for("1 accepted, 0 refused, 7 known before");
    assert_eq!(times_accepted(&enterprise, &numbers[0]), 2);
    assert_eq!(times_accepted(&enterprise, &numbers[1]), 1);
}

#[test]
fn a_file_that_grows_after_it_was_taken_does_not_declare_its_beginning_again() {
    let enterprise = quick();
    let (text, numbers) = orders(&enterprise, 0..2);
    let daemon = Daemon::start(&enterprise);
    // Its writer still holds the file when it is moved away.
    let mut file = File::create(enterprise.path().join("intake/grows.json")).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    daemon.wait_for("grows.json: 8 documents, 8 accepted");
    eventually("it is moved", || enterprise.files("intake/done").len() == 1);
    return_order(&enterprise, &numbers[0], "R1.xml");
    eventually("it is returned", || {
        statuses(enterprise.path())
            .iter()
            .any(|row| row["status"] == "returned")
    });
    file.write_all(b"\n\n").unwrap();
    drop(file);
    daemon.wait_for("written to after it was taken");
    daemon.wait_for("0 accepted, 0 refused, 8 known before");
    assert_eq!(times_accepted(&enterprise, &numbers[0]), 1);
}

#[test]
fn unfinished_names_are_left_alone_and_a_time_in_the_future_hides_nothing() {
    let enterprise = quick();
    let daemon = Daemon::start(&enterprise);
    let (text, _) = orders(&enterprise, 0..1);
    for name in [
        "a.json.tmp",
        "b.json.uploading",
        "c.json~",
        ".d.json",
        "e.json.writing",
        "f.json.FILEPART",
    ] {
        enterprise.write(&format!("intake/{name}"), "{ half of it");
    }
    let path = enterprise.write("intake/later.json", text);
    let tomorrow = SystemTime::now() + Duration::from_secs(86_400);
    OpenOptions::new()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(tomorrow)
        .unwrap();
    daemon.wait_for("later.json: 4 documents, 4 accepted");
    sleep(Duration::from_secs(3));
    assert!(enterprise.files("intake/bad").is_empty());
    assert_eq!(enterprise.files("intake").len(), 5, "besides the hidden one");
}

#[test]
fn a_folder_of_no_mapper_and_a_broken_file_hold_up_no_other() {
    let enterprise = quick();
    let daemon = Daemon::start(&enterprise);
    put(&enterprise, "intake/archive/old.json", "{}");
    put(&enterprise, "intake/a-broken.json", "{ not json");
    let (text, _) = orders(&enterprise, 0..1);
    put(&enterprise, "intake/shop/good.json", text);
    daemon.wait_for("good.json: 4 documents, 4 accepted");
    daemon.wait_for("a-broken.json set aside");
    daemon.wait_for("archive");
    assert_eq!(daemon.terminate(), 0);
    let left = enterprise.run(&["run", "--once"]).expect(1);
    assert!(left.stderr.contains("left: old.json"), "{}", left.stderr);
}

#[test]
fn a_file_that_grew_and_is_dropped_again_is_a_persons_act_and_a_restart_is_none() {
    let enterprise = quick();
    let (short, _) = orders(&enterprise, 0..2);
    let (long, numbers) = orders(&enterprise, 0..3);
    let daemon = Daemon::start(&enterprise);
    put(&enterprise, "intake/grows.json", &short);
    daemon.wait_for("grows.json: 8 documents, 8 accepted");
    eventually("it is moved", || enterprise.files("intake/done").len() == 1);
    // Its writer goes on in the file that was moved away.
    let moved = enterprise.files("intake/done").remove(0);
    fs::write(&moved, &long).unwrap();
    daemon.wait_for("grows.json: 12 documents, 4 accepted, 0 refused, 8 known before");
    drop(daemon);
    return_order(&enterprise, &numbers[0], "returned.xml");
    let daemon = Daemon::start(&enterprise);
    daemon.wait_for("receipts: 1 applied");
    // The file as it is was taken: the next daemon brings nothing back.
    sleep(Duration::from_secs(4));
    assert_eq!(times_accepted(&enterprise, &numbers[0]), 1);
    assert_eq!(daemon.count("grows.json"), 0);
    // Dropped again, what was returned is declared again.
    put(&enterprise, "intake/grows.json", &long);
    daemon.wait_for("grows.json: 12 documents");
    eventually("it is declared again", || times_accepted(&enterprise, &numbers[0]) == 2);
}
