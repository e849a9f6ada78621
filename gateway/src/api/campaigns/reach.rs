//! How many people a broadcast may begin to write to in a day, by the limits of the business portfolios that it is sent from.

use std::collections::BTreeMap;

use actors::Room;
use engine::directory::Number;
use engine::id::TenantId;

use super::check::Finding;
use crate::app::App;
use crate::http::problem::Problem;

/// Of all its portfolios together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// People of the audience who wait for a later day.
    pub over: u64,
    /// In 24 hours, of all people together. `None`: no portfolio of it has a limit.
    pub a_day: Option<u64>,
}

/// As if nobody of the audience had a place or an open window: it is never later than this says.
pub async fn reach(app: &App, tenant: TenantId, numbers: &[Number], count: u64) -> Result<Reach, Problem> {
    let mut portfolios: BTreeMap<&str, (u64, Option<Room>)> = BTreeMap::new();
    for number in numbers {
        if let Some((lanes, _)) = portfolios.get_mut(number.portfolio.as_str()) {
            *lanes += 1;
            continue;
        }
        portfolios.insert(&number.portfolio, (1, app.actors.outreach_room(tenant, number).await?));
    }
    Ok(of(portfolios.into_values(), numbers.len() as u64, count))
}

/// `portfolios`: each with how many of the lanes are its.
fn of(portfolios: impl Iterator<Item = (u64, Option<Room>)>, lanes: u64, count: u64) -> Reach {
    let mut reach = Reach { over: 0, a_day: None };
    for (own, room) in portfolios {
        let Some(room) = room else { continue };
        // Lanes share the people out equally, and the one with the least room is the last to end.
        let share = (count * own).div_ceil(lanes.max(1));
        reach.over += share.saturating_sub(room.free);
        let together = room.limit * lanes / own.max(1);
        reach.a_day = Some(reach.a_day.map_or(together, |known| known.min(together)));
    }
    reach
}

impl Reach {
    /// More people than WhatsApp allows now: they are held, not dropped.
    pub fn finding(self) -> Option<Finding> {
        let Self { over, a_day } = self;
        let a_day = a_day.filter(|_| over > 0)?;
        let text = format!(
            "WhatsApp lets these numbers begin to write to {a_day} people in 24 hours. {over} people wait for the next \
             day."
        );
        Some(Finding::look_at("tier", text).with("a_day", &a_day).with("over", &over))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(limit: u64, free: u64) -> Room {
        Room { limit, free, full_until: None }
    }

    #[test]
    fn who_has_no_place_today_waits_and_portfolios_share_the_people_out() {
        let alone = |room, count| of([(1, room)].into_iter(), 1, count);
        assert_eq!(alone(None, 9_000), Reach { over: 0, a_day: None });
        assert_eq!(alone(Some(room(250, 250)), 250), Reach { over: 0, a_day: Some(250) });
        assert_eq!(alone(Some(room(250, 100)), 300), Reach { over: 200, a_day: Some(250) });
        // Two lanes of one portfolio, one of another that has no limit: a third of the people is the latter's.
        assert_eq!(
            of([(2, Some(room(1_000, 1_000))), (1, None)].into_iter(), 3, 3_000),
            Reach { over: 1_000, a_day: Some(1_500) }
        );
        let two = of([(1, Some(room(250, 250))), (1, Some(room(2_000, 2_000)))].into_iter(), 2, 1_000);
        assert_eq!(two, Reach { over: 250, a_day: Some(500) });
        assert_eq!(alone(Some(room(250, 250)), 250).finding().map(|finding| finding.key), None);
        assert!(two.finding().unwrap().text.contains("500 people in 24 hours. 250 people"));
    }
}
