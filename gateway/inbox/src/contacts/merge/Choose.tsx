import { TextInput, UnstyledButton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../../api/problem';
import type { Contact } from '../../api/types';
import { Face } from '../../people/Face';
import { contactName } from '../../people/names';
import { readablePhone } from '../../people/phone';
import { Refused } from '../../settings/parts';
import { choicesQuery } from './api';
import css from './merge.module.css';

const PAUSE_MS = 300;
const TEXT_MAX = 100;

export function Choose({ contact, onChoose }: { contact: Contact; onChoose: (id: string) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const [asked] = useDebouncedValue(text.trim(), PAUSE_MS);
  const { data, error } = useQuery(choicesQuery(asked));
  const found = data?.filter(({ id }) => id !== contact.id);
  return (
    <>
      <p>{t('contacts.mergeText')}</p>
      <TextInput
        type="search"
        leftSection={<IconSearch size={16} />}
        label={t('contacts.mergeWith')}
        placeholder={t('contacts.search')}
        dir="auto"
        maxLength={TEXT_MAX}
        data-autofocus
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
      />
      <Refused text={error ? asProblem(error).detail || t('error.noAnswer') : null} />
      {found && (
        <ul className={css.choices} aria-label={t('contacts.mergeWith')}>
          {found.map((one) => {
            const name = contactName(one, t('contact.unnamed'));
            return (
              <li key={one.id}>
                <UnstyledButton className={css.choice} onClick={() => onChoose(one.id)}>
                  <Face id={one.id} name={name} size={28} />
                  <bdi className="clip">{name}</bdi>
                  <bdi dir="ltr" className={css.reached}>
                    {one.phone ? readablePhone(one.phone) : one.username ? `@${one.username}` : one.bsuid}
                  </bdi>
                </UnstyledButton>
              </li>
            );
          })}
        </ul>
      )}
      {found?.length === 0 && <p className={css.faint}>{t('contacts.nobodyFound')}</p>}
    </>
  );
}
