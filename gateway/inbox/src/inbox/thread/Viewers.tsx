import { useTranslation } from 'react-i18next';
import type { Viewer } from '../../api/types';
import { useLive } from '../../live/store';
import { Face } from '../../people/Face';
import { useMe } from '../../state/permissions';
import css from './head.module.css';

const SHOWN = 3;
const NOBODY: Viewer[] = [];

/** Colleagues on the same conversation, without oneself. */
export function useViewers(conversationId: string): Viewer[] {
  const me = useMe();
  const people = useLive((store) => store.presence[conversationId] ?? NOBODY);
  return people.filter((person) => person.id !== me.member.id);
}

export function Viewers({ conversationId }: { conversationId: string }) {
  const { t } = useTranslation();
  const people = useViewers(conversationId);
  const more = people.length - SHOWN;
  return (
    <span className={css.viewers}>
      {people.slice(0, SHOWN).map((person) => (
        <Face
          key={person.id}
          id={person.id}
          name={person.name}
          size={24}
          solid
          label={t('thread.isHere', { name: person.name })}
        />
      ))}
      {more > 0 && <span className={css.moreViewers}>+{more}</span>}
    </span>
  );
}
