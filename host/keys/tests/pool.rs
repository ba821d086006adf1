//! The pool of keys: fail-over, keys that hang, PINs that are never tried again, back-pressure, health.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use cebridge_keys::{Health, KeyPool, PoolError};
use cebridge_signature::{KeyFault, KeyKind, Scheme};
use support::fake::{Act, FakeKey, settings, until, value};

const RSA: Scheme<'static> = Scheme::RsaSha1;
const LONG: Duration = Duration::from_secs(30);
const SHORT: Duration = Duration::from_millis(100);

fn pin() -> KeyFault {
    KeyFault::Pin("CKR_PIN_INCORRECT".to_owned())
}

fn gone() -> KeyFault {
    KeyFault::Unavailable("the token was taken out".to_owned())
}

fn health(pool: &KeyPool) -> Vec<Health> {
    pool.status().into_iter().map(|row| row.health).collect()
}

#[test]
fn a_refused_pin_is_never_sent_again() {
    let (clock, settings) = settings();
    let (a, b) = (
        FakeKey::new("a", [Act::Sign, Act::Fail(pin())], Act::Sign),
        FakeKey::new("b", [], Act::Sign),
    );
    let pool = KeyPool::new(vec![a.open(8, LONG), b.open(8, LONG)], &settings).unwrap();
    for number in 0..200 {
        let message = format!("message {number}");
        let signed = pool.sign(RSA, message.as_bytes()).unwrap();
        assert_eq!(signed.value, value(&signed.key, message.as_bytes()));
        clock.pass(Duration::from_secs(600));
    }
    // Leave time for a test signature, if there were one.
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(a.calls(), 2, "one signature, one refused PIN, and never again");
    assert_eq!(
        b.calls(),
        199,
        "the message whose PIN was refused was signed by the other key"
    );
    let status = pool.status();
    assert_eq!((status[0].health, status[1].health), (Health::Out, Health::Healthy));
    assert!(status[0].reason.as_ref().unwrap().contains("CKR_PIN_INCORRECT"));
    assert_eq!((status[0].signed, status[0].failed, status[0].tests), (1, 1, 0));
}

#[test]
fn without_another_key_the_refused_pin_is_what_everybody_hears() {
    let (clock, settings) = settings();
    for fault in [pin(), KeyFault::Locked("CKR_PIN_LOCKED".to_owned())] {
        let key = FakeKey::new("a", [Act::Fail(fault.clone())], Act::Sign);
        let pool = KeyPool::new(vec![key.open(8, LONG)], &settings).unwrap();
        assert_eq!(pool.sign(RSA, b"1").unwrap_err(), fault);
        for _ in 0..5 {
            clock.pass(Duration::from_secs(600));
            let error = pool.sign(RSA, b"2").unwrap_err();
            assert_eq!(std::mem::discriminant(&error), std::mem::discriminant(&fault));
            assert!(!error.may_retry() && error.to_string().contains("a: "), "{error}");
        }
        assert_eq!(key.calls(), 1);
    }
}

#[test]
fn a_key_that_fails_rests_is_tested_and_comes_back() {
    let (clock, settings) = settings();
    let (a, b) = (
        FakeKey::new("a", [Act::Fail(gone()), Act::Fail(gone())], Act::Sign),
        FakeKey::new("b", [], Act::Sign),
    );
    let pool = KeyPool::new(vec![a.open(8, LONG), b.open(8, LONG)], &settings).unwrap();
    for _ in 0..10 {
        assert_eq!(pool.sign(RSA, b"m").unwrap().key, "b");
    }
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(a.calls(), 1, "it rests");
    assert_eq!(health(&pool), [Health::Suspect, Health::Healthy]);
    let row = &pool.status()[0];
    assert!(row.test_in_ms.is_some_and(|ms| (500..=1000).contains(&ms)), "{row:?}");

    clock.pass(Duration::from_secs(1));
    until("the first test", || pool.status()[0].tests == 1);
    assert_eq!(health(&pool), [Health::Suspect, Health::Healthy]);
    let row = &pool.status()[0];
    assert!(
        row.test_in_ms.is_some_and(|ms| (1000..=2000).contains(&ms)),
        "twice as long: {row:?}"
    );

    clock.pass(Duration::from_secs(2));
    until("the second test", || {
        health(&pool) == [Health::Healthy, Health::Healthy]
    });
    let keys: Vec<_> = (0..4).map(|_| pool.sign(RSA, b"m").unwrap().key).collect();
    assert!(keys.contains(&"a".to_owned()), "{keys:?}");
    assert_eq!(a.calls_for(b"m"), 1 + keys.iter().filter(|key| *key == "a").count());
}

#[test]
fn a_test_that_meets_a_refused_pin_is_the_last_one() {
    let (clock, settings) = settings();
    let key = FakeKey::new("a", [Act::Fail(gone()), Act::Fail(pin())], Act::Sign);
    let pool = KeyPool::new(vec![key.open(8, LONG)], &settings).unwrap();
    assert_eq!(pool.sign(RSA, b"m").unwrap_err(), gone());
    let error = pool.sign(RSA, b"m").unwrap_err();
    assert!(
        matches!(error, KeyFault::Unavailable(_)) && error.may_retry(),
        "{error}"
    );
    clock.pass(Duration::from_secs(1));
    until("the test", || health(&pool) == [Health::Out]);
    clock.pass(Duration::from_secs(3600));
    std::thread::sleep(Duration::from_millis(100));
    assert!(matches!(pool.sign(RSA, b"m"), Err(KeyFault::Pin(_))));
    assert_eq!(key.calls(), 2);
}

#[test]
fn a_key_that_hangs_loses_its_jobs_and_its_late_answer_is_dropped() {
    let (clock, settings) = settings();
    let (a, b) = (
        FakeKey::new("a", [Act::Hang], Act::Sign),
        FakeKey::new("b", [], Act::Slow(Duration::from_millis(2))),
    );
    let pool = Arc::new(KeyPool::new(vec![a.open(64, SHORT), b.open(64, LONG)], &settings).unwrap());
    let started = Instant::now();
    let jobs: Vec<_> = (0..20)
        .map(|number| {
            let pool = Arc::clone(&pool);
            std::thread::spawn(move || pool.sign(RSA, format!("message {number}").as_bytes()).unwrap())
        })
        .collect();
    for (number, job) in jobs.into_iter().enumerate() {
        let signed = job.join().unwrap();
        assert_eq!(signed.value, value("b", format!("message {number}").as_bytes()));
    }
    assert!(
        started.elapsed() < Duration::from_secs(2),
        "those in its queue do not wait one timeout each"
    );
    let row = pool.status().remove(0);
    assert_eq!((row.health, row.timeouts, row.signed), (Health::Suspect, 1, 0));
    clock.pass(Duration::from_secs(5));
    std::thread::sleep(SHORT);
    assert_eq!(a.calls(), 1, "a key that still hangs is not called");

    a.release();
    until("the test after the late answer", || health(&pool)[0] == Health::Healthy);
    let row = pool.status().remove(0);
    assert_eq!((row.late, row.signed, row.tests), (1, 0, 1));
    assert_eq!(pool.status()[1].signed, 20);
}

#[test]
fn full_queues_push_back() {
    let (_, settings) = settings();
    let key = FakeKey::new("a", [Act::Hang], Act::Sign);
    let pool = Arc::new(KeyPool::new(vec![key.open(3, LONG)], &settings).unwrap());
    let jobs: Vec<_> = (0..3)
        .map(|_| {
            let pool = Arc::clone(&pool);
            std::thread::spawn(move || pool.sign(RSA, b"m").unwrap())
        })
        .collect();
    until("a full queue", || pool.status()[0].waiting == 3);
    let error = pool.sign(RSA, b"one too many").unwrap_err();
    assert_eq!(error, KeyFault::Busy { waiting: 3 });
    assert!(error.may_retry());
    assert_eq!(health(&pool), [Health::Healthy], "a full queue is no illness");
    key.release();
    for job in jobs {
        job.join().unwrap();
    }
    assert_eq!(pool.status()[0].waiting, 0);
    pool.sign(RSA, b"one too many").unwrap();
}

#[test]
fn the_faster_key_gets_more_work() {
    let (_, settings) = settings();
    let (slow, fast) = (
        FakeKey::new("slow", [], Act::Slow(Duration::from_millis(40))),
        FakeKey::new("fast", [], Act::Slow(Duration::from_millis(2))),
    );
    let pool = Arc::new(KeyPool::new(vec![slow.open(64, LONG), fast.open(64, LONG)], &settings).unwrap());
    let jobs: Vec<_> = (0..8)
        .map(|_| {
            let pool = Arc::clone(&pool);
            std::thread::spawn(move || {
                for _ in 0..25 {
                    pool.sign(RSA, b"m").unwrap();
                }
            })
        })
        .collect();
    for job in jobs {
        job.join().unwrap();
    }
    let (slow, fast) = (slow.calls(), fast.calls());
    assert_eq!(slow + fast, 200);
    assert!(slow >= 1 && fast > 4 * slow, "slow {slow}, fast {fast}");
    let status = pool.status();
    assert_eq!(status[0].per_minute as usize, slow);
    assert!(status[0].mean_micros.is_some_and(|mean| mean >= 40_000));
    assert!(status[0].capacity_per_minute.is_some_and(|rate| rate <= 1500));
    assert!(
        status[1]
            .mean_micros
            .is_some_and(|mean| (2_000..40_000).contains(&mean))
    );
}

#[test]
fn only_keys_that_are_admitted_are_used() {
    let (_, settings) = settings();
    let (rsa, sm2) = (
        FakeKey::new("rsa", [], Act::Sign),
        FakeKey::of_kind("sm2", KeyKind::Sm2, [], Act::Fail(gone())),
    );
    let pool = KeyPool::new(vec![rsa.open(8, LONG), sm2.open(8, LONG)], &settings).unwrap();
    assert_eq!(pool.sign(RSA, b"m").unwrap().key, "rsa");
    let error = pool.sign(Scheme::Sm2Sm3 { user_id: "1" }, b"m").unwrap_err();
    assert_eq!(error, gone(), "an RSA key does not stand in for an SM2 key");
    assert_eq!(rsa.calls(), 1);

    let none: Result<(), KeyFault> = pool.with_key(|key| key.name() == "other", |_| Ok(()));
    let text = none.unwrap_err().to_string();
    assert!(text.contains("RSA-2048, SM2"), "{text}");
}

/// A job's error, as a caller might define it.
#[derive(Debug, PartialEq)]
enum JobError {
    Key(KeyFault),
    Message,
}

impl From<KeyFault> for JobError {
    fn from(fault: KeyFault) -> JobError {
        JobError::Key(fault)
    }
}

#[test]
fn errors_of_the_job_itself_are_not_repeated() {
    let (_, settings) = settings();
    let keys = [FakeKey::new("a", [], Act::Sign), FakeKey::new("b", [], Act::Sign)];
    let pool = KeyPool::new(keys.iter().map(|key| key.open(8, LONG)).collect(), &settings).unwrap();
    let runs = AtomicUsize::new(0);
    let result: Result<(), JobError> = pool.with_key(
        |_| true,
        |lease| {
            runs.fetch_add(1, Ordering::SeqCst);
            lease.signing_key().sign(RSA, b"m")?;
            Err(JobError::Message)
        },
    );
    assert_eq!(result, Err(JobError::Message));
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    let wrong: Result<(), JobError> = pool.with_key(
        |_| true,
        |lease| {
            Ok(lease
                .signing_key()
                .sign(Scheme::Sm2Sm3 { user_id: "1" }, b"m")
                .map(|_| ())?)
        },
    );
    assert!(
        matches!(wrong, Err(JobError::Key(KeyFault::WrongKind { .. }))),
        "{wrong:?}"
    );
    assert_eq!(health(&pool), [Health::Healthy, Health::Healthy]);
    assert!(
        pool.status().iter().all(|row| row.waiting == 0),
        "places are given back"
    );
}

#[test]
fn a_driver_that_crashes_takes_nobody_with_it() {
    let (_, settings) = settings();
    let (a, b) = (
        FakeKey::new("a", [Act::Panic], Act::Sign),
        FakeKey::new("b", [], Act::Sign),
    );
    let pool = KeyPool::new(vec![a.open(8, LONG), b.open(8, LONG)], &settings).unwrap();
    for _ in 0..4 {
        assert_eq!(pool.sign(RSA, b"m").unwrap().key, "b");
    }
    assert_eq!(health(&pool), [Health::Suspect, Health::Healthy]);
}

#[test]
fn a_pool_with_a_key_that_hangs_ends_at_once() {
    let (_, settings) = settings();
    let key = FakeKey::new("a", [], Act::Hang);
    let pool = KeyPool::new(vec![key.open(8, SHORT)], &settings).unwrap();
    assert_eq!(pool.sign(RSA, b"m").unwrap_err(), KeyFault::Timeout(SHORT));
    let started = Instant::now();
    drop(pool);
    assert!(started.elapsed() < Duration::from_secs(1));
    key.release();
}

#[test]
fn a_pool_needs_keys_with_names_of_their_own() {
    let (_, settings) = settings();
    let key = FakeKey::new("a", [], Act::Sign);
    assert_eq!(KeyPool::new(Vec::new(), &settings).unwrap_err(), PoolError::Empty);
    let twice = vec![key.open(1, LONG), key.open(1, LONG)];
    assert_eq!(
        KeyPool::new(twice, &settings).unwrap_err(),
        PoolError::SameName("a".to_owned())
    );
}

#[test]
fn the_status_is_data() {
    let (_, settings) = settings();
    let key = FakeKey::new("a", [], Act::Fail(gone()));
    let pool = KeyPool::new(vec![key.open(8, LONG)], &settings).unwrap();
    let _ = pool.sign(RSA, b"m");
    let row = serde_json::to_value(pool.status()).unwrap().as_array().unwrap()[0].clone();
    for (field, expected) in [
        ("name", serde_json::json!("a")),
        ("kind", serde_json::json!("RSA-2048")),
        ("health", serde_json::json!("suspect")),
        ("max_waiting", serde_json::json!(8)),
        ("failed", serde_json::json!(1)),
        ("signed", serde_json::json!(0)),
        ("serial", serde_json::Value::Null),
    ] {
        assert_eq!(row[field], expected, "{field}");
    }
    assert!(row["reason"].as_str().unwrap().contains("taken out"));
}
