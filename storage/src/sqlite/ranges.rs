//! Which stretches of which index make up a list of conversations. Each is read in its order and only as far as the
//! page goes, so that a page costs the same however many conversations there are.

use engine::access::Visibility;
use engine::id::{MemberId, TeamId, TenantId};
use engine::ports::View;
use rusqlite::{Connection, OptionalExtension, params};

use super::fault::Outcome;

/// Whose conversations: one range of an index each.
#[derive(Clone, Copy)]
enum Whose {
    Everybodys,
    Of(MemberId),
    /// A member's in a team: their range, filtered.
    OfIn(MemberId, TeamId),
    /// Nobody has them; the team can take them.
    Nobodys(Option<TeamId>),
    /// The team's, somebody has them.
    OfTeam(TeamId),
}

/// One stretch of a list.
pub(super) struct Range {
    pub(super) tenant: TenantId,
    pub(super) closed: bool,
    pub(super) unread: bool,
    /// Time and key of what it starts after.
    pub(super) before: (i64, i64),
    pub(super) limit: u32,
}

impl Range {
    /// Times and keys, newest first. One more than the limit, if there is one.
    pub(super) fn list(
        &self,
        connection: &Connection,
        view: View,
        visibility: &Visibility,
    ) -> Outcome<Vec<(i64, i64)>> {
        let mut places = Vec::new();
        for whose in self.whose(connection, view, visibility)? {
            self.read(connection, whose, &mut places)?;
        }
        places.sort_unstable_by_key(|place| std::cmp::Reverse(*place));
        // What is mine in one of my teams lies in two ranges.
        places.dedup();
        places.truncate(self.limit as usize + 1);
        Ok(places)
    }

    fn whose(&self, connection: &Connection, view: View, visibility: &Visibility) -> Outcome<Vec<Whose>> {
        let pools = |teams: &[TeamId]| {
            let pools = teams.iter().map(|team| Whose::Nobodys(Some(*team)));
            std::iter::once(Whose::Nobodys(None)).chain(pools).collect::<Vec<_>>()
        };
        Ok(match (view, visibility) {
            (View::All | View::Closed, Visibility::All) => vec![Whose::Everybodys],
            (View::All | View::Closed, Visibility::Team { me, teams }) => {
                let of_teams = teams.iter().map(|team| Whose::OfTeam(*team));
                pools(teams).into_iter().chain([Whose::Of(*me)]).chain(of_teams).collect()
            }
            (View::All | View::Closed, Visibility::Assigned(me)) => vec![Whose::Of(*me)],
            (View::Mine(member), Visibility::All) => vec![Whose::Of(member)],
            (View::Mine(member), Visibility::Team { me, .. } | Visibility::Assigned(me)) if member == *me => {
                vec![Whose::Of(member)]
            }
            (View::Mine(member), Visibility::Team { teams, .. }) => {
                teams.iter().map(|team| Whose::OfIn(member, *team)).collect()
            }
            (View::Unassigned, Visibility::All) => pools(&self.teams_with_a_pool(connection)?),
            (View::Unassigned, Visibility::Team { teams, .. }) => pools(teams),
            (_, Visibility::Nothing) | (View::Mine(_) | View::Unassigned, Visibility::Assigned(_)) => Vec::new(),
        })
    }

    /// Found by leaps: a look at the index per team, not per conversation.
    fn teams_with_a_pool(&self, connection: &Connection) -> Outcome<Vec<TeamId>> {
        let sql = "SELECT pool FROM conversation INDEXED BY conversation_desk
             WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND closed = ?2 AND assignee IS NULL AND pool > ?3
             ORDER BY pool LIMIT 1";
        let mut statement = connection.prepare_cached(sql)?;
        let mut teams: Vec<TeamId> = Vec::new();
        loop {
            let after = teams.last().map_or(&[][..], |team| team.as_bytes());
            let next = statement.query_row(params![self.tenant.as_bytes(), self.closed, after], |row| row.get(0));
            match next.optional()? {
                Some(team) => teams.push(TeamId::from_bytes(team)),
                None => return Ok(teams),
            }
        }
    }

    fn read(&self, connection: &Connection, whose: Whose, places: &mut Vec<(i64, i64)>) -> Outcome<()> {
        // The index is named: the planner would have to guess which filter is the rare one.
        macro_rules! page {
            ($index:literal, $filter:literal) => {
                if self.unread {
                    page!(@sql $index, "_unread", $filter, " AND unread = 1")
                } else {
                    page!(@sql $index, "", $filter, "")
                }
            };
            (@sql $index:literal, $suffix:literal, $filter:literal, $unread:literal) => {
                concat!(
                    "SELECT last_activity_at, key FROM conversation INDEXED BY ",
                    $index,
                    $suffix,
                    " WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND closed = ?2",
                    " AND (last_activity_at, key) < (?3, ?4)",
                    $unread,
                    $filter,
                    " ORDER BY last_activity_at DESC, key DESC LIMIT ?5"
                )
            };
        }
        let (sql, ids): (_, [Option<[u8; 16]>; 2]) = match whose {
            Whose::Everybodys => (page!("conversation_list", ""), [None, None]),
            Whose::Of(member) => {
                (page!("conversation_desk", " AND assignee = ?6 AND pool IS NULL"), [Some(*member.as_bytes()), None])
            }
            Whose::OfIn(member, team) => (
                page!("conversation_desk", " AND assignee = ?6 AND pool IS NULL AND team = ?7"),
                [Some(*member.as_bytes()), Some(*team.as_bytes())],
            ),
            Whose::Nobodys(None) => {
                (page!("conversation_desk", " AND assignee IS NULL AND pool IS NULL"), [None, None])
            }
            Whose::Nobodys(Some(team)) => {
                (page!("conversation_desk", " AND assignee IS NULL AND pool = ?6"), [Some(*team.as_bytes()), None])
            }
            Whose::OfTeam(team) => {
                (page!("conversation_team", " AND team = ?6 AND assignee IS NOT NULL"), [Some(*team.as_bytes()), None])
            }
        };
        let mut statement = connection.prepare_cached(sql)?;
        let (at, key) = self.before;
        for (index, value) in (1..).zip(params![self.tenant.as_bytes(), self.closed, at, key, self.limit + 1]) {
            statement.raw_bind_parameter(index, value)?;
        }
        for (index, id) in (6..).zip(ids.iter().flatten()) {
            statement.raw_bind_parameter(index, id)?;
        }
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            places.push((row.get(0)?, row.get(1)?));
        }
        Ok(())
    }
}
