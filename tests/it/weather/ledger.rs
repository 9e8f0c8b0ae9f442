//! PostgreSQL in bad weather.

use std::time::Duration;

use super::{Trip, again_and_again};
use crate::support::sky::Weather;

#[test]
fn a_black_hole_before_the_ledger() {
    let trip = Trip::start(21_100);
    trip.blows(21_101, 3, |trip| {
        trip.sky.ledger.set(Weather::BlackHole);
        trip.is_told_away("ledger");
        std::thread::sleep(Duration::from_secs(8));
        trip.sky.ledger.set(Weather::Fair);
    });
    trip.holds();
}

#[test]
fn a_ledger_that_is_cut_in_mid_transaction_again_and_again() {
    let trip = Trip::start(21_200);
    trip.blows(21_201, 4, |trip| {
        for weather in [Weather::Cut, Weather::CutAfter(1_500), Weather::HalfClosed] {
            again_and_again(6, Duration::from_millis(250), || {
                trip.sky.ledger.set(weather);
                std::thread::sleep(Duration::from_millis(150));
                trip.sky.ledger.set(Weather::Fair);
            });
        }
    });
    trip.holds();
}
