import { Button, Select } from '@mantine/core';
import { IconSend2 } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { contactsQuery } from '../../api/queries';
import { contactName } from '../../people/names';
import { Refused } from '../../settings/parts';
import { useChange } from '../../settings/useChange';
import { showToast } from '../../shell/toast';
import { newKey } from '../../state/local';
import { campaigns } from '../api';
import type { Campaign, Letter } from '../types';
import css from './check.module.css';

type Props = { campaign: Campaign; settled: boolean; variant: Letter | null };

/** One person gets it before all do; nobody is chosen by itself. */
export function Trial({ campaign, settled, variant }: Props) {
  const { t } = useTranslation();
  const [to, setTo] = useState<string | null>(null);
  const query = useInfiniteQuery(contactsQuery);
  const contacts = query.data?.pages.flatMap((page) => page.items) ?? [];
  const unnamed = t('contact.unnamed');
  const person = contacts.find((one) => one.id === to);
  const send = useChange((id: string) => campaigns.tryOut(campaign.id, id, variant, newKey()), {
    onDone: () =>
      showToast({
        tone: 'ac',
        title: t('broadcasts.trial.sent', { name: person ? contactName(person, unnamed) : unnamed }),
      }),
  });
  return (
    <>
      <h2>{t('broadcasts.trial.title')}</h2>
      <p className={css.faint}>{t('broadcasts.trial.text')}</p>
      <Select
        label={t('broadcasts.trial.to')}
        searchable
        value={to}
        data={contacts.map((one) => ({ value: one.id, label: contactName(one, unnamed) }))}
        onChange={setTo}
      />
      <Refused text={send.text} />
      <Button
        variant="default"
        leftSection={<IconSend2 size={16} />}
        disabled={!to || !settled}
        loading={send.busy}
        onClick={() => to && send.run(to)}
      >
        {variant ? t('broadcasts.trial.sendVariant', { variant }) : t('broadcasts.trial.send')}
      </Button>
    </>
  );
}
