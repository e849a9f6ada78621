import { Select } from '@mantine/core';
import { IconCheck, IconMinus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { accessQuery, peopleQuery } from '../../api/administrationQueries';
import { i18next, type Words } from '../../i18n';
import { Ask, Failed } from '../parts';
import css from '../settings.module.css';
import { GROUPS, groupOf } from './matrix';
import shape from './roles.module.css';
import { permissionName } from './sentences';

/** The server says keys, people read names. */
const reason = (because: string, t: Words) =>
  because.replace(/\b[a-z_]+\.[a-z_]+\b/g, (key) =>
    i18next.exists(`permission.${key}`) ? `“${permissionName(key, t)}”` : key,
  );

/** “What can this person do, and why.” */
export function AccessDialog({ memberId, onClose }: { memberId?: string; onClose: () => void }) {
  const { t } = useTranslation();
  const people = useQuery(peopleQuery);
  const [chosen, setChosen] = useState<string | null>(memberId ?? null);
  return (
    <Ask title={t('access.title')} onClose={onClose} size={680}>
      <Select
        label={t('access.person')}
        searchable
        openOnFocus={false}
        allowDeselect={false}
        data-autofocus
        value={chosen}
        onChange={setChosen}
        data={people.data?.map((one) => ({ value: one.id, label: one.name })) ?? []}
      />
      {chosen && <AccessList id={chosen} />}
    </Ask>
  );
}

function AccessList({ id }: { id: string }) {
  const { t } = useTranslation();
  const access = useQuery(accessQuery(id));
  if (access.isError) return <Failed error={access.error} retry={() => void access.refetch()} />;
  if (!access.data) return null;
  const allowed = access.data.filter((one) => one.allowed).length;
  return (
    <>
      <p className={css.faint}>{t('access.count', { count: allowed, all: access.data.length })}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard. */}
      <section className={shape.access} tabIndex={0} aria-label={t('access.title')}>
        {GROUPS.map(([group]) => (
          <div key={group}>
            <h3>{t(`roles.groups.${group}`)}</h3>
            <ul>
              {access.data
                .filter((one) => groupOf(one.permission) === group)
                .map((one) => (
                  <li key={one.permission} data-allowed={one.allowed || undefined}>
                    {one.allowed ? (
                      <IconCheck size={16} role="img" aria-label={t('roles.allowed')} />
                    ) : (
                      <IconMinus size={16} role="img" aria-label={t('roles.notAllowed')} />
                    )}
                    <span>{permissionName(one.permission, t)}</span>
                    <span className={css.faint}>
                      <bdi>{reason(one.because, t)}</bdi>
                    </span>
                  </li>
                ))}
            </ul>
          </div>
        ))}
      </section>
    </>
  );
}
