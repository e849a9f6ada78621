//! The edge of Jetto: command line, HTTP, live connections, the webhook, Meta's dialect, and the embedded web app.

pub mod admin;
pub mod api;
pub mod app;
pub mod audit_check;
pub mod auth;
pub mod checks;
pub mod clerk;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod handover;
pub mod health;
pub mod households;
pub mod http;
pub mod inbox;
pub mod keys;
pub mod live;
pub mod mail;
pub mod masking;
pub mod meta;
pub mod metric;
pub mod routing;
pub mod server;
pub mod shell;
pub mod templates;
pub mod webhook;
