//! Runs all attacks and judges the answers.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use cebridge_test_fuzz::data_without_signature;

use crate::attack::{Attack, Expect, Hostile};
use crate::measure::{self, Run};
use crate::victim::victim;

/// Most memory one verification may take.
const MEMORY: u64 = 64 << 20;
/// Most processor time one verification may take, by a build with optimisation; others are not held to it.
const TIME: Duration = Duration::from_secs(1);

/// Whether the binary under test is built with optimisation: it is when this program is, or when it was named.
fn optimised() -> bool {
    !cfg!(debug_assertions) || std::env::var_os("CEBRIDGE_BINARY").is_some()
}

/// Runs attacks, several at a time, and reports all that went wrong at once.
#[track_caller]
pub(crate) fn run(attacks: &[Attack]) {
    let only = std::env::var("CEBRIDGE_ATTACK").ok();
    let chosen: Vec<&Attack> = attacks
        .iter()
        .filter(|attack| only.as_ref().is_none_or(|text| attack.name.contains(text)))
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let next = AtomicUsize::new(0);
    let worker = |number: usize| {
        let mut wrong = String::new();
        let paths = [
            folder.path().join(format!("{number}.xml")),
            folder.path().join(format!("{number}.pem")),
        ];
        while let Some(attack) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
            let hostile = (attack.make)(victim());
            let trust = hostile
                .trust
                .clone()
                .unwrap_or_else(|| victim().owner.certificate.to_pem());
            std::fs::write(&paths[0], &hostile.message).unwrap();
            std::fs::write(&paths[1], trust).unwrap();
            let run = measure::verify(&paths[0], &paths[1]);
            if only.is_some() {
                println!(
                    "{}: {:?}, {} MiB: {}",
                    attack.name,
                    run.time,
                    run.peak >> 20,
                    run.verdict
                );
            }
            for fault in faults(attack, &hostile, &run) {
                writeln!(wrong, "{}: {fault}", attack.name).unwrap();
            }
        }
        wrong
    };
    let wrong: String = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|number| scope.spawn(move || worker(number))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "\n{wrong}");
}

fn faults(attack: &Attack, hostile: &Hostile, run: &Run) -> Vec<String> {
    let mut faults = Vec::new();
    let valid = run.verdict["valid"].as_bool();
    let codes = run.codes();
    match (valid, run.code) {
        (Some(true), 0) => {
            let signed = data_without_signature(victim().signed.as_bytes());
            let read = data_without_signature(&hostile.message);
            if read.is_none() || read != signed {
                faults.push("accepted, but the data are not those that were signed".to_owned());
            }
            if !matches!(attack.expect, Expect::Harmless) {
                faults.push("accepted".to_owned());
            }
        }
        (Some(false), 1) => {
            if codes.is_empty() {
                faults.push("refused without a reason".to_owned());
            }
            if let Expect::Refused(expected) = attack.expect
                && !codes.iter().any(|code| expected.contains(code))
            {
                faults.push(format!(
                    "refused for {codes:?} instead of {expected:?}: {}",
                    run.verdict
                ));
            }
        }
        _ => {
            let stderr: String = run.stderr.chars().take(400).collect();
            faults.push(format!("exit code {}, verdict {}: {stderr}", run.code, run.verdict));
        }
    }
    if run.peak > MEMORY {
        faults.push(format!("took {} MiB", run.peak >> 20));
    }
    if optimised() && run.time > TIME {
        faults.push(format!("took {:.1?}", run.time));
    }
    faults
}

/// Without attack the message is accepted: the other tests would prove nothing otherwise.
#[test]
fn the_message_itself_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [folder.path().join("signed.xml"), folder.path().join("trust.pem")];
    std::fs::write(&paths[0], &victim().signed).unwrap();
    std::fs::write(&paths[1], victim().owner.certificate.to_pem()).unwrap();
    let run = measure::verify(&paths[0], &paths[1]);
    assert_eq!(
        (run.code, &run.verdict["valid"], &run.verdict["trusted"]),
        (0, &true.into(), &true.into()),
        "{}",
        run.verdict
    );
    assert!(run.peak > 1 << 20, "memory is measured");
    // And so is one that the forge makes in the accepted form.
    std::fs::write(&paths[0], crate::forge::Form::default().sign(&victim().owner)).unwrap();
    let run = measure::verify(&paths[0], &paths[1]);
    assert_eq!(run.code, 0, "{}", run.verdict);
}
