import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Team } from '../api/administration';
import { api } from '../api/client';
import { asProblem } from '../api/problem';
import { keys } from '../api/queries';
import type { Conversation, Person } from '../api/types';
import { applyConversation } from '../live/apply';
import { contactName } from '../people/names';
import { showToast } from '../shell/toast';

type Change = { status?: 'open' | 'closed'; assignee?: Person | null; team?: string | null };

/** What Ctrl+Z takes back: the last assignment or close of this session. */
let lastUndo: (() => void) | null = null;

export function undoLast() {
  lastUndo?.();
  lastUndo = null;
}

export function useConversationActions() {
  const { t } = useTranslation();
  const client = useQueryClient();

  /** Shown at once, taken back if the server refuses. */
  const change = async (row: Conversation, wanted: Change): Promise<boolean> => {
    applyConversation(client, {
      ...row,
      ...(wanted.status && { status: wanted.status }),
      ...(wanted.assignee !== undefined && { assignee: wanted.assignee }),
      ...(wanted.team !== undefined && { team: wanted.team }),
    });
    try {
      const saved = await api.patch<Conversation>(`/conversations/${row.id}`, {
        ...(wanted.status && { status: wanted.status }),
        ...(wanted.assignee !== undefined && { assignee_id: wanted.assignee?.id ?? null }),
        ...(wanted.team !== undefined && { team_id: wanted.team }),
      });
      applyConversation(client, saved);
      return true;
    } catch (error) {
      applyConversation(client, row);
      void client.invalidateQueries({ queryKey: keys.conversation(row.id) });
      showToast({
        tone: 'red',
        title: t('error.change', { name: contactName(row.contact, t('contact.unnamed')) }),
        text: asProblem(error).detail || t('error.noAnswer'),
      });
      return false;
    }
  };

  const undoable = async (row: Conversation, wanted: Change, back: Change, title: string) => {
    const undo = () => {
      const current = client.getQueryData<Conversation>(keys.conversation(row.id)) ?? row;
      void change(current, back);
    };
    lastUndo = undo;
    if (await change(row, wanted))
      showToast({ tone: 'ac', title, action: { label: t('common.undo'), run: undo } });
  };

  return {
    close: (row: Conversation) => {
      const name = contactName(row.contact, t('contact.unnamed'));
      return undoable(row, { status: 'closed' }, { status: 'open' }, t('thread.closed', { name }));
    },
    reopen: (row: Conversation) => change(row, { status: 'open' }),
    assign: (row: Conversation, assignee: Person | null) =>
      undoable(
        row,
        { assignee },
        { assignee: row.assignee ?? null },
        assignee ? t('thread.assignedTo', { name: assignee.name }) : t('thread.unassigned'),
      ),
    /** Who has it and is not in that team gives it away; who is in it keeps it. */
    giveToTeam: (row: Conversation, team: Team | null) => {
      const leaves = team !== null && row.assignee && !team.members.includes(row.assignee.id);
      return undoable(
        row,
        { team: team?.id ?? null, ...(leaves && { assignee: null }) },
        { team: row.team ?? null, ...(leaves && { assignee: row.assignee }) },
        team ? t('thread.givenTo', { team: team.name }) : t('thread.offTeam'),
      );
    },
  };
}
