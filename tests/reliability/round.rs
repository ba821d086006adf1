//! A round: files are dropped, the daemon runs, something happens to it.

use crate::deposit::Way;
use crate::dice::Dice;
use crate::enterprise::Enterprise;
use crate::erp::Shop;
use crate::faults::{Fault, Kind};
use crate::manner::Manner;
use crate::product::{Daemon, Exit, Product, Running};
use crate::report::{Category, Violation};
use std::fmt;
use std::fs;
use std::time::{Duration, Instant};

/// Longest wait for the daemon to begin its work, in milliseconds; longer on a busy machine.
const STARTING: u64 = 2400;

/// What happens in a round. It follows from the seed and the number of the round.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) round: u64,
    pub(crate) fault: Fault,
    manner: Manner,
    acts: Vec<(u64, Act)>,
    /// Milliseconds from the daemon's first work to the end of the round; from its start when it is killed early.
    lasts: u64,
}

#[derive(Debug, Clone)]
struct Act {
    what: What,
    name: String,
    dice: Dice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    /// A file of new orders.
    New,
    /// A file of new orders, at least one of which customs returns.
    Returned,
    /// The bytes of an earlier file again.
    Again,
    /// An earlier file under its old name, with more orders.
    Grown,
    /// New orders, through the command `declare` and the intake folder at the same time.
    Declare,
}

/// The result of a round.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// How the daemon was killed; `None` when it ended otherwise.
    pub(crate) killed: Option<Kind>,
    /// Whether an error was really injected.
    pub(crate) errors: bool,
    pub(crate) troubles: Vec<Violation>,
    pub(crate) took: Duration,
}

impl Plan {
    pub(crate) fn new(seed: u64, round: u64, strace: bool) -> Self {
        let mut dice = Dice::new(&[seed, round]);
        let first = format!("f{round}-0.json");
        let fault = Fault::of(round, &first, strace, &mut dice);
        let mut manner = Manner::any(&mut dice);
        let mut acts = Vec::new();
        for number in 0..dice.between(1, 4) {
            let what = match (number, dice.between(0, 9)) {
                (0, _) if fault.keeps_input() => What::Returned,
                (0, _) | (_, 0..=3) => What::New,
                (_, 4..=6) => What::Again,
                (_, 7 | 8) => What::Grown,
                _ if fault.kind() == Kind::Kill => What::Declare,
                _ => What::New,
            };
            // Some are dropped before the daemon starts.
            let at = if dice.percent(40) { 0 } else { dice.between(10, 900) };
            let act = Act {
                what,
                name: format!("f{round}-{number}.json"),
                dice: Dice::new(&[seed, round, number]),
            };
            acts.push((at, act));
        }
        let lasts = match fault {
            Fault::Kill { early: true } => dice.between(20, 1500),
            Fault::Kill { .. } => dice.between(0, 1500),
            // Long enough for customs to return something.
            _ if fault.keeps_input() => 1500,
            _ => dice.between(1000, 1500),
        };
        if fault.keeps_input() {
            manner = Manner::CALM;
        }
        acts.sort_by_key(|(at, _)| *at);
        Self {
            round,
            fault,
            manner,
            acts,
            lasts,
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "round {}: {}; {}; files", self.round, self.fault, self.manner)?;
        for (_, act) in &self.acts {
            let what = match act.what {
                What::New => "new",
                What::Returned => "new, returned",
                What::Again => "again",
                What::Grown => "grown",
                What::Declare => "by command too",
            };
            write!(f, " ({what})")?;
        }
        write!(f, "; {} ms", self.lasts)
    }
}

/// Runs a round. After a kill between hand-over and note, customs works alone for `rest` before the next round.
pub(crate) fn run_round(
    enterprise: &mut Enterprise,
    product: &Product,
    shop: &Shop,
    plan: &Plan,
    rest: Duration,
) -> Outcome {
    let begun = Instant::now();
    {
        let mut sides = enterprise.world.lock();
        sides.customs.manner = plan.manner.clone();
        sides.customs.round = plan.round;
    }
    let mut commands = Vec::new();
    let mut acts = plan.acts.iter().peekable();
    while let Some((_, act)) = acts.next_if(|(at, _)| *at == 0) {
        act.perform(enterprise, product, shop, plan.round, &mut commands);
    }
    let trace = enterprise.folder.join(format!("strace-{}.log", plan.round));
    let strace = plan.fault.strace(&enterprise.folder, &trace);
    let mut daemon = Daemon::start(product, &enterprise.folder, strace.as_deref());
    let mut ended = None;
    let started = Instant::now();
    let early = matches!(plan.fault, Fault::Kill { early: true });
    let longest = Duration::from_millis(STARTING * busyness());
    while !early && ended.is_none() && started.elapsed() < longest && !has_begun(&daemon, enterprise) {
        ended = daemon.poll();
        std::thread::sleep(Duration::from_millis(10));
    }
    let started = Instant::now();
    while ended.is_none() && started.elapsed() < Duration::from_millis(plan.lasts) {
        ended = daemon.poll();
        let now = started.elapsed().as_millis() as u64;
        while let Some((_, act)) = acts.next_if(|(at, _)| *at <= now) {
            act.perform(enterprise, product, shop, plan.round, &mut commands);
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut outcome = Outcome::default();
    let terminate = matches!(plan.fault, Fault::Errors { terminate: true, .. });
    let fired = ended.is_some();
    let exit = match ended {
        Some(exit) => exit,
        None if terminate => daemon.terminate(Duration::from_secs(1)).unwrap_or(Exit::Signal(9)),
        None => daemon.kill(),
    };
    let kind = plan.fault.kind();
    outcome.killed = (exit == Exit::Signal(9)).then_some(if fired || kind == Kind::Errors {
        kind
    } else {
        Kind::Kill
    });
    let log = daemon.log();
    let mut unreal = false;
    if kind == Kind::Errors {
        let trace = fs::read_to_string(&trace).unwrap_or_default();
        let mut injected = trace.lines().filter(|line| line.contains("(INJECTED)"));
        outcome.errors = injected.clone().next().is_some();
        // The eventfd that wakes a thread never fails in reality.
        unreal = injected.any(|line| line.contains(r#""\1\0\0\0\0\0\0\0", 8)"#));
        enterprise.errors |= outcome.errors;
    }
    // An injected error may prevent the start. Nothing may cause a panic, and nothing else may end the daemon.
    let may_refuse = outcome.errors && matches!(exit, Exit::Code(1 | 2));
    let well = exit == Exit::Signal(9) || exit == Exit::Code(0) && terminate || may_refuse;
    if !unreal && (!well || log.contains("panicked at")) {
        outcome.troubles.push(Violation::new(
            Category::Broken,
            format!("the daemon ended with {exit:?}: {}", tail(&log)),
        ));
    }
    drop(daemon);
    for (index, command) in commands {
        let ran = command.end(Duration::from_secs(20));
        enterprise.world.lock().intake.drops[index].whole = Some(Instant::now());
        enterprise.world.lock().intake.drops[index].left = Some(Instant::now());
        if !matches!(ran.code, Some(0 | 1)) {
            let text = format!(
                "`declare` beside the daemon ended with {}: {}",
                ran.ended(),
                tail(&ran.stderr)
            );
            outcome.troubles.push(Violation::new(Category::Broken, text));
        }
    }
    // The ERP drops its files whether or not the daemon is alive.
    for (_, act) in acts.filter(|(_, act)| act.what != What::Declare) {
        act.perform(enterprise, product, shop, plan.round, &mut Vec::new());
    }
    outcome.took = begun.elapsed();
    if kind == Kind::KillAtHandOver && fired {
        std::thread::sleep(rest);
    }
    outcome
}

impl Act {
    fn perform(
        &self,
        enterprise: &mut Enterprise,
        product: &Product,
        shop: &Shop,
        round: u64,
        commands: &mut Vec<(usize, Running)>,
    ) {
        let mut dice = self.dice.clone();
        match self.what {
            What::Again | What::Grown if !enterprise.files.is_empty() => {
                let index = dice.between(0, enterprise.files.len() as u64 - 1) as usize;
                let (name, orders) = enterprise.files[index].clone();
                let grown = self.what == What::Grown;
                let (lies, busy) = {
                    let sides = enterprise.world.lock();
                    (sides.intake.holds(&name), sides.intake.busy_with(&name))
                };
                if busy {
                    return;
                }
                if grown {
                    let mut more = orders.clone();
                    let count = dice.between(1, 3);
                    more.extend(enterprise.orders(count, shop, &mut dice));
                    let way = Way::any(&mut dice, false);
                    enterprise
                        .world
                        .lock()
                        .intake
                        .put(round, &name, &more, orders.len(), way, shop);
                    enterprise.files[index].1 = more;
                } else {
                    let name = if lies || dice.percent(50) {
                        self.name.clone()
                    } else {
                        name
                    };
                    let way = Way::any(&mut dice, false);
                    enterprise.world.lock().intake.put(round, &name, &orders, 0, way, shop);
                }
            }
            What::Declare => {
                let count = dice.between(1, 4);
                let orders = enterprise.orders(count, shop, &mut dice);
                let path = enterprise.folder.join("erp").join(&self.name);
                fs::write(&path, shop.file(&orders)).unwrap();
                let index = {
                    let mut sides = enterprise.world.lock();
                    sides.intake.put(round, &self.name, &orders, 0, Way::Rename, shop);
                    sides.intake.note(round, &self.name, &orders)
                };
                let path = path.display().to_string();
                let args = ["declare", &path, "--mapper", "shop"];
                commands.push((index, Running::start(&product.binary, &enterprise.folder, &args)));
                enterprise.files.push((self.name.clone(), orders));
            }
            _ => {
                let count = dice.between(1, 6);
                let mut orders = enterprise.orders(count, shop, &mut dice);
                while self.what == What::Returned && !orders.iter().any(|one| one.is_returned() && !one.faulty) {
                    orders.pop();
                    orders.extend(enterprise.orders(1, shop, &mut dice));
                }
                let way = if self.what == What::Returned {
                    Way::Rename
                } else {
                    Way::any(&mut dice, count > 1)
                };
                enterprise
                    .world
                    .lock()
                    .intake
                    .put(round, &self.name, &orders, 0, way, shop);
                enterprise.files.push((self.name.clone(), orders));
            }
        }
    }
}

/// Whether the daemon is at work: it has logged something after `ready`, or is ready and there is nothing to do.
fn has_begun(daemon: &Daemon, enterprise: &Enterprise) -> bool {
    let log = daemon.log();
    log.lines().filter(|line| line.contains("\"event\"")).count() > 1
        || log.contains("\"ready\"") && enterprise.world.lock().intake.is_empty()
}

/// How many processes compete for each processor, from 1 to 4.
fn busyness() -> u64 {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load
        .split(['.', ' '])
        .next()
        .and_then(|whole| whole.parse::<u64>().ok());
    let processors = std::thread::available_parallelism().map_or(1, |count| count.get() as u64);
    (load.unwrap_or_default() / processors).clamp(1, 4)
}

/// The last lines of a log, for a report.
fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().rev().take(3).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join(" / ")
}
