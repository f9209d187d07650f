//! The files of servers and supervisors that name what these read and run.

pub mod apache;
pub mod cron;
pub mod execline;
pub mod haproxy;
pub mod nginx;
pub mod supervisor;
