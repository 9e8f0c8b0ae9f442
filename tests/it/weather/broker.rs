//! RabbitMQ in bad weather.

use std::time::{Duration, Instant};

use super::{Trip, again_and_again};
use crate::support::sky::Weather;
use crate::support::wait::until;

/// How long it is away.
const AWAY: Duration = Duration::from_secs(20);

#[test]
fn a_broker_that_is_away_holds_no_door_up() {
    let trip = Trip::start(20_100);
    trip.blows(20_101, 3, |trip| {
        let began = Instant::now();
        trip.sky.queues.set(Weather::Cut);
        trip.is_told_away("queues");
        until("every file at its door", || (trip.acknowledged() == 7).then_some(()));
        std::thread::sleep(AWAY.saturating_sub(began.elapsed()));
        trip.sky.queues.set(Weather::Fair);
    });
    trip.holds();
}

#[test]
fn a_broker_that_is_cut_again_and_again() {
    let trip = Trip::start(20_200);
    trip.blows(20_201, 4, |trip| {
        for weather in [Weather::Cut, Weather::HalfClosed, Weather::CutAfter(2_000)] {
            again_and_again(4, Duration::from_millis(400), || {
                trip.sky.queues.set(weather);
                std::thread::sleep(Duration::from_millis(100));
                trip.sky.queues.set(Weather::Fair);
            });
        }
        trip.is_logged("RabbitMQ");
    });
    trip.holds();
}
