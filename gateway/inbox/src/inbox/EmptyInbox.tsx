import { IconInbox, IconMessageCircle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { countsQuery } from '../api/queries';
import type { ViewName } from '../api/types';
import { firstName } from '../people/names';
import { StateCard } from '../shell/StateCard';
import { rightsOf, useMe } from '../state/permissions';
import { FirstSteps } from './FirstSteps';
import css from './inbox.module.css';

/** Beside an empty list it welcomes; beside a full one it only says what to do. */
export function NoConversation({ view }: { view: ViewName }) {
  const { t } = useTranslation();
  const me = useMe();
  const { data: counts } = useQuery(countsQuery);
  // Who sees only their own cannot tell from an empty list that nobody has written yet.
  const { readOthers: seesAll, channels } = rightsOf(me.permissions);
  const nothingYet = seesAll && counts !== undefined && counts.all + counts.closed === 0;
  const nothingHere = counts !== undefined && counts[view] === 0;
  if (nothingYet && channels) {
    return (
      <div className={css.middle} data-scrolls>
        <FirstSteps />
      </div>
    );
  }
  if (nothingYet) {
    const numbers = me.numbers.map((number) => number.display).join(', ');
    return (
      <div className={css.middle}>
        <StateCard
          Icon={IconInbox}
          title={t('empty.welcome', { name: firstName(me.member.name) })}
          text={numbers ? t('empty.firstMessage', { numbers }) : t('empty.noNumber')}
        />
      </div>
    );
  }
  return (
    <div className={css.middle}>
      <StateCard
        Icon={IconMessageCircle}
        title={nothingHere ? t(`empty.${view}.title`) : t('empty.chooseTitle')}
        text={nothingHere ? t(`empty.${view}.text`) : t('empty.chooseText')}
      />
    </div>
  );
}
