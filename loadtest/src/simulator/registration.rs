//! Whether a number is registered for the Cloud API, its PIN, and how often that may change (§7).

use std::collections::VecDeque;

use super::graph_error::GraphError;

const SPAN_MS: u64 = 72 * 3_600_000;
/// Registrations and deregistrations together that a number takes in that time.
const CHANGES_MAX: usize = 10;

#[derive(Debug)]
pub(crate) struct Registration {
    is_registered: bool,
    /// Of the two-step verification: set by the first registration.
    pin: Option<String>,
    changes: VecDeque<u64>,
    locked_until_ms: u64,
}

impl Registration {
    /// As a number is when its owner has set it up.
    pub(crate) fn complete() -> Self {
        Self { is_registered: true, pin: None, changes: VecDeque::new(), locked_until_ms: 0 }
    }

    pub(crate) fn is_registered(&self) -> bool {
        self.is_registered
    }

    pub(crate) fn register(&mut self, pin: &str, now_ms: u64) -> Result<(), GraphError> {
        check_pin(pin)?;
        self.note_change(now_ms)?;
        if self.pin.as_deref().is_some_and(|known| known != pin) {
            return Err(GraphError::new(133_005, "The two-step verification PIN is not the one that was set."));
        }
        self.pin = Some(pin.to_owned());
        self.is_registered = true;
        Ok(())
    }

    pub(crate) fn deregister(&mut self, now_ms: u64) -> Result<(), GraphError> {
        self.note_change(now_ms)?;
        self.is_registered = false;
        Ok(())
    }

    pub(crate) fn change_pin(&mut self, pin: &str) -> Result<(), GraphError> {
        check_pin(pin)?;
        self.pin = Some(pin.to_owned());
        Ok(())
    }

    /// One too many locks the number for the whole time again.
    fn note_change(&mut self, now_ms: u64) -> Result<(), GraphError> {
        while self.changes.front().is_some_and(|at| at + SPAN_MS <= now_ms) {
            self.changes.pop_front();
        }
        if now_ms >= self.locked_until_ms && self.changes.len() < CHANGES_MAX {
            self.changes.push_back(now_ms);
            return Ok(());
        }
        if now_ms >= self.locked_until_ms {
            self.locked_until_ms = now_ms + SPAN_MS;
        }
        let details = "There were too many attempts to register or deregister this number. Try again in 72 hours.";
        Err(GraphError::new(133_016, details))
    }
}

fn check_pin(pin: &str) -> Result<(), GraphError> {
    let is_pin = pin.len() == 6 && pin.bytes().all(|byte| byte.is_ascii_digit());
    if is_pin { Ok(()) } else { Err(GraphError::new(100, "Param pin must be six digits.")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_changes_in_72_hours_and_one_more_locks_for_as_long() {
        let mut registration = Registration::complete();
        for _ in 0..5 {
            registration.deregister(0).unwrap();
            registration.register("123456", 0).unwrap();
        }
        let late = SPAN_MS - 1;
        assert_eq!(registration.deregister(late).unwrap_err().code, 133_016);
        assert_eq!(registration.deregister(late + SPAN_MS - 1).unwrap_err().code, 133_016, "still locked");
        assert!(registration.is_registered());
        registration.deregister(late + SPAN_MS).unwrap();
    }

    #[test]
    fn another_pin_than_the_first_is_refused() {
        let mut registration = Registration::complete();
        registration.register("123456", 0).unwrap();
        assert_eq!(registration.register("654321", 0).unwrap_err().code, 133_005);
        registration.change_pin("654321").unwrap();
        registration.register("654321", 0).unwrap();
        assert_eq!(registration.register("12345", 0).unwrap_err().code, 100);
    }
}
