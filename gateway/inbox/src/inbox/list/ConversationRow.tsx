import { IconUserPlus } from '@tabler/icons-react';
import { memo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '../../api/types';
import { listTime } from '../../i18n/format';
import { Face } from '../../people/Face';
import { contactName } from '../../people/names';
import { useDrafts } from '../../state/drafts';
import type { OpenBy } from '../InboxPage';
import css from './list.module.css';
import { RowWindow } from './RowWindow';
import { Snippet } from './Snippet';

type Props = {
  row: Conversation;
  me: string;
  now: number;
  offset: number;
  position: number;
  total: number;
  selected: boolean;
  cursor: boolean;
  onOpen: (id: string, by: OpenBy) => void;
};

export const ConversationRow = memo(function ConversationRow(props: Props) {
  const { row, now, selected } = props;
  const { t } = useTranslation();
  const draft = useDrafts((state) => (selected ? undefined : state.drafts[row.id]));
  const name = contactName(row.contact, t('contact.unnamed'));
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the listbox has the focus and names its active option.
    // biome-ignore lint/a11y/useKeyWithClickEvents: J, K and Enter work on the listbox.
    <div
      id={`row-${row.id}`}
      role="option"
      aria-selected={selected}
      aria-posinset={props.position}
      aria-setsize={props.total}
      className={css.row}
      data-unread={row.unread > 0 || undefined}
      data-cursor={props.cursor || undefined}
      style={{ transform: `translateY(${props.offset}px)` }}
      onClick={() => props.onOpen(row.id, 'pointer')}
    >
      <Face id={row.contact.id} name={name} size={32} />
      <div className={css.rowText}>
        <div className={css.rowLine}>
          <bdi className={css.name} dir="auto">
            {name}
          </bdi>
          <time className={css.time}>{listTime(row.last_activity_at, now, t('day.yesterday'))}</time>
        </div>
        <div className={css.rowLine}>
          <Snippet preview={row.preview} draft={draft?.text} />
          {row.unread > 0 && (
            <span className={css.unread} role="img" aria-label={t('list.unreadCount', { count: row.unread })}>
              {row.unread > 99 ? '99+' : row.unread}
            </span>
          )}
        </div>
        <div className={css.rowLine}>
          <RowWindow until={row.window_until} now={now} />
          <Assignee row={row} me={props.me} />
        </div>
      </div>
    </div>
  );
});

function Assignee({ row, me }: { row: Conversation; me: string }) {
  const { t } = useTranslation();
  if (row.assignee) {
    const label =
      row.assignee.id === me ? t('list.assignedMe') : t('list.assigned', { name: row.assignee.name });
    return <Face id={row.assignee.id} name={row.assignee.name} size={16} solid label={label} />;
  }
  if (row.status === 'closed') return null;
  return <IconUserPlus size={14} className={css.nobody} role="img" aria-label={t('list.unassigned')} />;
}
