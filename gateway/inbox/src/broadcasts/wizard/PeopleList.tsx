import { Button, Checkbox, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../../api/problem';
import { contactsQuery } from '../../api/queries';
import { EVERYBODY, peopleQuery } from '../../contacts/segment/api';
import { countryName, number } from '../../i18n/format';
import { contactName } from '../../people/names';
import { Refused } from '../../settings/parts';
import css from './wizard.module.css';

const PAUSE_MS = 300;
const TEXT_MAX = 100;

type Props = { chosen: string[]; onChoose: (ids: string[]) => void };

/** Found by the server, whatever was loaded before. */
export function PeopleList({ chosen, onChoose }: Props) {
  const { t } = useTranslation();
  const [search, setSearch] = useState('');
  const [words] = useDebouncedValue(search.trim(), PAUSE_MS);
  const everybody = useInfiniteQuery({ ...contactsQuery, enabled: words === '' });
  const found = useInfiniteQuery({ ...peopleQuery(EVERYBODY, words), enabled: words !== '' });
  const query = words === '' ? everybody : found;
  const shown = query.data?.pages.flatMap((page) => page.items) ?? [];
  const unnamed = t('contact.unnamed');
  const has = new Set(chosen);
  const toggle = (id: string) => onChoose(has.has(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  const all = shown.length > 0 && shown.every((one) => has.has(one.id));
  const toggleAll = () => {
    const ids = new Set(shown.map((one) => one.id));
    onChoose(all ? chosen.filter((id) => !ids.has(id)) : [...new Set([...chosen, ...ids])]);
  };
  return (
    <fieldset className={css.people} aria-label={t('broadcasts.audience.chosen')}>
      <div className={css.peopleHead}>
        <TextInput
          leftSection={<IconSearch size={16} />}
          aria-label={t('broadcasts.audience.search')}
          placeholder={t('broadcasts.audience.search')}
          maxLength={TEXT_MAX}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          // The form around it would go to the next step.
          onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
        />
        <span role="status">
          {t('broadcasts.audience.chosenCount', { count: chosen.length, people: number(chosen.length) })}
        </span>
      </div>
      <Refused text={query.isError ? asProblem(query.error).detail || t('error.noAnswer') : null} />
      {shown.length > 0 && (
        <Checkbox
          className={css.person}
          checked={all}
          indeterminate={!all && shown.some((one) => has.has(one.id))}
          onChange={toggleAll}
          label={t('broadcasts.audience.all', { count: shown.length, people: number(shown.length) })}
        />
      )}
      <ul
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
        tabIndex={0}
        aria-label={t('nav.contacts')}
      >
        {shown.map((one) => (
          <li key={one.id}>
            <Checkbox
              className={css.person}
              checked={has.has(one.id)}
              onChange={() => toggle(one.id)}
              label={
                <>
                  <bdi>{contactName(one, unnamed)}</bdi>
                  <span>{one.country ? countryName(one.country) : ''}</span>
                </>
              }
            />
          </li>
        ))}
      </ul>
      {query.data && shown.length === 0 && <p className={css.faint}>{t('broadcasts.audience.noMatch')}</p>}
      {query.hasNextPage && (
        <Button
          variant="default"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {t('broadcasts.audience.more')}
        </Button>
      )}
    </fieldset>
  );
}
