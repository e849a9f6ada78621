import { ActionIcon, Button, Drawer, Select } from '@mantine/core';
import { IconDownload, IconX } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../../api/problem';
import { readablePhone } from '../../people/phone';
import { Chip, Loading } from '../../settings/parts';
import { useWhen } from '../../settings/when';
import { useRights } from '../../state/permissions';
import { recipientsCsv, recipientsQuery } from '../api';
import type { Campaign, Lane, RecipientClass, RecipientView } from '../types';
import { CLASSES, classTone } from '../words';
import css from './run.module.css';

type Props = {
  campaign: Campaign;
  lanes: Lane[];
  wanted: RecipientClass | null;
  onWanted: (wanted: RecipientClass | null) => void;
  onClose: () => void;
};

export function RecipientsDrawer({ campaign, lanes, wanted, onWanted, onClose }: Props) {
  const { t } = useTranslation();
  const { exportContacts } = useRights();
  const query = useInfiniteQuery(recipientsQuery(campaign.id, wanted));
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Drawer.Root opened onClose={onClose} size={440} position="right" padding={0}>
      <Drawer.Overlay color="var(--veil)" backgroundOpacity={1} />
      <Drawer.Content aria-label={t('broadcasts.recipients')}>
        <div className={css.drawer}>
          <header className={css.drawerHead}>
            <h2>{t('broadcasts.recipients')}</h2>
            {exportContacts && (
              <Button
                component="a"
                href={recipientsCsv(campaign.id)}
                download
                variant="default"
                leftSection={<IconDownload size={16} />}
              >
                {t('broadcasts.export')}
              </Button>
            )}
            <ActionIcon aria-label={t('common.close')} onClick={onClose}>
              <IconX size={18} />
            </ActionIcon>
          </header>
          <div className={css.drawerFilter}>
            <Select
              aria-label={t('broadcasts.filter')}
              placeholder={t('broadcasts.everybody')}
              clearable
              value={wanted}
              data={CLASSES.map((one) => ({ value: one, label: t(`broadcasts.class.${one}`) }))}
              onChange={(value) => onWanted(value as RecipientClass | null)}
            />
          </div>
          {query.isPending && <Loading />}
          {query.isError && (
            <div className={css.nothing}>
              <p>{asProblem(query.error).detail || t('error.noAnswer')}</p>
              <Button variant="default" onClick={() => void query.refetch()}>
                {t('error.tryAgain')}
              </Button>
            </div>
          )}
          {query.data && rows.length === 0 && <p className={css.nothing}>{t('broadcasts.nobodyHere')}</p>}
          <ul className={css.recipients}>
            {rows.map((row) => (
              <Recipient key={row.no} row={row} lane={lanes[row.lane]?.name ?? null} />
            ))}
          </ul>
          {query.hasNextPage && (
            <div className={css.more}>
              <Button
                variant="default"
                loading={query.isFetchingNextPage}
                onClick={() => void query.fetchNextPage()}
              >
                {t('broadcasts.morePeople')}
              </Button>
            </div>
          )}
        </div>
      </Drawer.Content>
    </Drawer.Root>
  );
}

function Recipient({ row, lane }: { row: RecipientView; lane: string | null }) {
  const { t } = useTranslation();
  const when = useWhen();
  const { readContacts } = useRights();
  const { contact, delivery } = row;
  const phone = contact.phone && readablePhone(contact.phone);
  const name = contact.name ?? phone ?? t('contact.unnamed');
  const { failure } = delivery;
  return (
    <li>
      <span className={css.who}>
        {readContacts ? (
          <Link to="/contacts/$contactId" params={{ contactId: contact.id }} className="link">
            <bdi>{name}</bdi>
          </Link>
        ) : (
          <bdi>{name}</bdi>
        )}
        <span className={css.faint}>
          {contact.name && phone && <bdi dir="ltr">{phone}</bdi>}
          {lane && <bdi>{lane}</bdi>}
          {row.variant && <span>{t('broadcasts.test.message', { variant: row.variant })}</span>}
          {row.is_sample === false && !row.variant && <span>{t('broadcasts.test.waitsForWinner')}</span>}
          {row.replied_at && <span>{t('broadcasts.repliedAt', { when: when(row.replied_at) })}</span>}
          {row.clicked_at && <span>{t('broadcasts.clickedAt', { when: when(row.clicked_at) })}</span>}
          {row.opted_out_at && <span>{t('broadcasts.optedOutAt', { when: when(row.opted_out_at) })}</span>}
        </span>
        {failure && (
          <span className={css.faint}>
            <bdi dir="auto">{failure.text}</bdi>
            {failure.code ? ` (${failure.code})` : ''}
          </span>
        )}
      </span>
      <Chip tone={classTone(row.class)}>{t(`broadcasts.class.${row.class}`)}</Chip>
    </li>
  );
}
