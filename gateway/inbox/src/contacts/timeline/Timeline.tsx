import { Button } from '@mantine/core';
import {
  IconAddressBook,
  IconArrowMerge,
  IconBell,
  IconEdit,
  IconFileImport,
  IconNote,
  IconSpeakerphone,
} from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../../api/problem';
import { Loading, Refused } from '../../settings/parts';
import { useWhen } from '../../settings/when';
import type { Happening, What } from '../types';
import { timelineQuery } from './api';
import css from './timeline.module.css';
import { told } from './words';

const ICONS = {
  created: IconAddressBook,
  imported: IconFileImport,
  consent: IconBell,
  note: IconNote,
  merged: IconArrowMerge,
  edited: IconEdit,
  campaign: IconSpeakerphone,
} as const satisfies Record<What['kind'], object>;

/** What happened with somebody, the newest first. */
export default function Timeline({ contactId }: { contactId: string }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(timelineQuery(contactId));
  const all = query.data?.pages.flatMap((page) => page.items);
  if (query.error) return <Refused text={asProblem(query.error).detail || t('error.noAnswer')} />;
  if (!all) return <Loading />;
  return (
    <div className={css.pane}>
      <ol className={css.timeline} aria-label={t('contacts.timeline')}>
        {all.map((happening, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: nothing on it has an id of its own, and it only grows
          <Line key={at} happening={happening} />
        ))}
      </ol>
      {all.length === 0 && <p className={css.faint}>{t('contacts.nothingHappened')}</p>}
      {query.hasNextPage && (
        <Button variant="light" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('contacts.earlier')}
        </Button>
      )}
    </div>
  );
}

function Line({ happening }: { happening: Happening }) {
  const { t } = useTranslation();
  const when = useWhen();
  const Icon = ICONS[happening.what.kind];
  const { title, text } = told(happening.what, t);
  return (
    <li>
      <Icon size={16} aria-hidden />
      <div>
        <p dir="auto">{title}</p>
        {text && (
          <p className={css.text}>
            <bdi dir="auto">{text}</bdi>
          </p>
        )}
        <p className={css.faint}>{when(happening.at)}</p>
      </div>
    </li>
  );
}
