//! Two at once on one ledger. Whenever one looks at the clock, between what it has read and what it
//! writes, the other may do all its work: each such moment is tried.

use super::interactions::with_bot_and;
use super::*;
use crate::incident::{Action, Scope};
use crate::{Acknowledgement, Incident, Silence};

/// Work of somebody else.
type Work = Box<dyn Fn()>;

/// What somebody else does when this engine looks at its clock for the nth time.
#[derive(Clone, Default)]
struct Interruption {
    looks: Rc<Cell<u32>>,
    at: Rc<Cell<u32>>,
    what: Rc<RefCell<Option<Work>>>,
}

impl Interruption {
    fn looked(&self) {
        self.looks.set(self.looks.get() + 1);
        if self.looks.get() == self.at.get() {
            let what = self.what.borrow_mut().take();
            if let Some(what) = what {
                what();
            }
        }
    }
}

/// Runs `first` in a world once for each moment at which `second` may come in between, and checks what is
/// left. `before` is what happened earlier.
fn each_moment<K: Clock + 'static>(
    world: impl Fn(Interruption) -> World<K>,
    before: impl Fn(&World<K>),
    first: impl Fn(&World<K>),
    second: impl Fn(&World<K>) + Copy + 'static,
    check: impl Fn(&World<K>, u32),
) {
    for moment in 1.. {
        let interruption = Interruption::default();
        let world = Rc::new(world(interruption.clone()));
        before(&world);
        let other = Rc::clone(&world);
        *interruption.what.borrow_mut() = Some(Box::new(move || second(&other)));
        interruption.looks.set(0);
        interruption.at.set(moment);
        first(&world);
        let came = interruption.what.borrow().is_none();
        // The world holds what holds the world.
        interruption.what.borrow_mut().take();
        if !came {
            assert!(moment > 3, "there is something to come in between");
            return;
        }
        check(&world, moment);
    }
}

fn interrupted(interruption: Interruption) -> World<impl Clock> {
    world_with(Rules::built_in(), move |_| interruption.looked())
}

fn one_opening<K: Clock>(world: &World<K>, moment: u32) {
    let incidents = world.incidents();
    assert_eq!(incidents.len(), 1, "at look {moment}");
    assert_eq!((incidents[0].seq, world.slack_messages()), (1, 1), "at look {moment}");
}

#[test]
fn two_who_cross_the_threshold_together_open_one_incident() {
    let more = || payload(&timeouts(9, START + 100));
    each_moment(
        interrupted,
        |_| {},
        |world| drop(world.ingest(&outage())),
        move |world| drop(world.ingest(&more())),
        one_opening,
    );
    // The threshold is crossed by the sum of both.
    let few = |count| payload(&[timeouts(count, START), healthy(20, START)].concat());
    each_moment(
        interrupted,
        |_| {},
        move |world| drop(world.ingest(&few(3))),
        move |world| drop(world.ingest(&few(4))),
        one_opening,
    );
    each_moment(
        interrupted,
        |_| {},
        |world| drop(world.ingest(&outage())),
        |world| drop(world.sweep()),
        one_opening,
    );
}

#[test]
fn two_sweeps_at_once_tell_each_thing_once() {
    // Something to update, and something to resolve.
    let grow = |world: &World<_>| {
        world.minute(10, 20);
        world.ingest(&payload(&timeouts(200, START + MINUTE)));
        world.advance(6 * MINUTE);
    };
    let notified_twice = |world: &World<_>, moment: u32| {
        assert_eq!((world.incidents()[0].seq, world.slack_messages()), (2, 2), "at {moment}");
    };
    each_moment(
        interrupted,
        grow,
        |world| drop(world.sweep()),
        |world| drop(world.sweep()),
        notified_twice,
    );
    each_moment(
        interrupted,
        |world| {
            world.minute(10, 20);
            world.advance(15 * MINUTE);
        },
        |world| drop(world.sweep()),
        |world| drop(world.sweep()),
        notified_twice,
    );
}

#[test]
fn an_acknowledgement_and_a_resolution_at_once_leave_one_story() {
    let known = |world: &World<_>| -> Incident { world.incidents().remove(0) };
    let acknowledge = move |world: &World<_>| -> Acknowledgement {
        ready(world.engine.acknowledge(&source(), &known(world).id, "ann")).unwrap()
    };
    let resolved = |world: &World<_>, moment: u32| {
        let incident = world.incidents().remove(0);
        assert!(!incident.is_open(), "at {moment}");
        assert_eq!(world.slack_messages(), 2, "at {moment}");
    };
    let quiet = |world: &World<_>| {
        world.minute(10, 20);
        world.advance(15 * MINUTE);
    };
    each_moment(
        interrupted,
        quiet,
        |world| drop(world.sweep()),
        move |world| drop(acknowledge(world)),
        resolved,
    );
}

#[test]
fn a_press_at_the_moment_of_the_resolution_does_not_hide_it() {
    for action in Action::ALL {
        each_moment(
            |interruption| with_bot_and(move || interruption.looked()),
            |world| drop(world.ingest(&outage())),
            move |world| drop(world.press(action, "ann")),
            |world| {
                world.slack.failing.set(true);
                world.sweep_minutes(20);
                world.slack.failing.set(false);
            },
            |world, moment| {
                world.sweep_minutes(20);
                let replies = world.living().into_iter().filter_map(|(_, reply)| reply);
                let ends = replies.filter(|reply| reply.contains("Resolved")).count();
                assert_eq!(ends, 1, "{action:?} at look {moment}");
            },
        );
    }
}

#[test]
fn of_two_who_acknowledge_at_once_both_see_one_name() {
    let interruption = Interruption::default();
    let world = Rc::new(interrupted(interruption.clone()));
    world.ingest(&outage());
    let id = world.incidents()[0].id.clone();
    let other = (Rc::clone(&world), id.clone(), Rc::new(RefCell::new(None)));
    let theirs = Rc::clone(&other.2);
    *interruption.what.borrow_mut() = Some(Box::new(move || {
        let (world, id, seen) = &other;
        let outcome = ready(world.engine.acknowledge(&source(), id, "bob")).unwrap();
        *seen.borrow_mut() = Some(outcome);
    }));
    interruption.looks.set(0);
    interruption.at.set(1);
    let ours = ready(world.engine.acknowledge(&source(), &id, "ann")).unwrap();
    let Some(Acknowledgement::Done(by_bob)) = theirs.borrow_mut().take() else {
        panic!("bob was first")
    };
    assert_eq!(ours, Acknowledgement::Already(by_bob));
    let state = ready(world.engine.ledger().state(&source())).unwrap();
    assert_eq!(state.incidents[0].history.acknowledged.as_ref().unwrap().by, "bob");
}

#[test]
fn a_silence_that_begins_in_between_loses_nothing() {
    each_moment(
        interrupted,
        |_| {},
        |world| drop(world.ingest(&outage())),
        |world| {
            let now = Timestamp::from_millis(START);
            let silence =
                Silence::new(Scope::default(), now, now.plus_millis(5 * MINUTE), "ann").unwrap();
            ready(world.engine.silence(&silence)).unwrap();
        },
        |world, moment| {
            // Told at once or when the silence ends, and once.
            world.sweep_minutes(6);
            one_opening(world, moment);
        },
    );
}
