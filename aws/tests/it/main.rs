//! The AWS backends against real servers: the contracts of their seams, and bad weather.

mod kms;
mod kms_weather;
mod s3;
mod s3_weather;
mod support;
mod vault;
