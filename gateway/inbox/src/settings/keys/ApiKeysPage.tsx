import { Button, Checkbox, Select, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconKey, IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiKey } from '../../api/administration';
import { administration, apiKeysQuery, permissionsQuery } from '../../api/administrationQueries';
import { api } from '../../api/client';
import { StateCard } from '../../shell/StateCard';
import { showToast } from '../../shell/toast';
import { useNow } from '../../state/clock';
import { useMe } from '../../state/permissions';
import { Ask, Card, Chip, CopyField, Failed, Frame, Loading, Refused } from '../parts';
import { GROUPS, groupOf, toggled } from '../roles/matrix';
import { permissionName } from '../roles/sentences';
import css from '../settings.module.css';
import { useChange } from '../useChange';
import { useDay, useWhen } from '../when';
import shape from './keys.module.css';

const DAY_MS = 86_400_000;
const SOON_MS = 14 * DAY_MS;

export function Page() {
  const { t } = useTranslation();
  const list = useQuery(apiKeysQuery);
  const [making, setMaking] = useState(false);
  const [ending, setEnding] = useState<ApiKey | null>(null);
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
      {t('apiKeys.new')}
    </Button>
  );
  return (
    <Frame title={t('settings.apiKeys')} actions={list.data?.length !== 0 && add} wide>
      {list.isError && <Failed error={list.error} retry={() => void list.refetch()} />}
      {list.isPending && <Loading />}
      {list.data?.length === 0 && (
        <div className={css.middle}>
          <StateCard Icon={IconKey} title={t('apiKeys.emptyTitle')} text={t('apiKeys.emptyText')}>
            {add}
          </StateCard>
        </div>
      )}
      {list.data && list.data.length > 0 && (
        <Card title={t('apiKeys.count', { count: list.data.length })} text={t('apiKeys.text')} flush>
          <ul className={css.list}>
            {list.data.map((one) => (
              <KeyRow key={one.id} apiKey={one} onEnd={() => setEnding(one)} />
            ))}
          </ul>
        </Card>
      )}
      {making && <MakeDialog onClose={() => setMaking(false)} />}
      {ending && <EndDialog apiKey={ending} onClose={() => setEnding(null)} />}
    </Frame>
  );
}

function KeyRow({ apiKey, onEnd }: { apiKey: ApiKey; onEnd: () => void }) {
  const { t } = useTranslation();
  const when = useWhen();
  const day = useDay();
  const now = useNow();
  const { expires_at: expires } = apiKey;
  const over = expires !== null && expires < now;
  const soon = expires !== null && !over && expires - now < SOON_MS;
  return (
    <li>
      <IconKey size={20} aria-hidden />
      <div className={css.main}>
        <span>
          <bdi>{apiKey.name}</bdi> {over && <Chip tone="red">{t('apiKeys.over')}</Chip>}
          {soon && <Chip tone="amb">{t('apiKeys.soon', { day: day(expires) })}</Chip>}
        </span>
        <span className={css.faint}>
          {apiKey.last_used_at
            ? t('apiKeys.used', { when: when(apiKey.last_used_at) })
            : t('apiKeys.neverUsed')}{' '}
          · {t('apiKeys.made', { by: apiKey.created_by, day: day(apiKey.created_at) })} ·{' '}
          {expires === null ? t('apiKeys.noEnd') : t('apiKeys.ends', { day: day(expires) })}
        </span>
        <span className={shape.scopes}>
          {apiKey.permissions.map((key) => (
            <Chip key={key}>{permissionName(key, t)}</Chip>
          ))}
        </span>
      </div>
      <Button variant="outline" aria-label={t('apiKeys.deleteTitle', { name: apiKey.name })} onClick={onEnd}>
        {t('apiKeys.delete')}
      </Button>
    </li>
  );
}

const LASTS = ['30', '90', '365', 'never'] as const;

function MakeDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const { data: all } = useQuery(permissionsQuery);
  const [name, setName] = useState('');
  const [lasts, setLasts] = useState<string>('90');
  const [scopes, setScopes] = useState<string[]>([]);
  const [made, setMade] = useState<ApiKey | null>(null);
  const make = useChange(
    () =>
      api.post<ApiKey>('/api-keys', {
        name: name.trim(),
        permissions: scopes,
        ...(lasts !== 'never' && { expires_at: Date.now() + Number(lasts) * DAY_MS }),
      }),
    { stale: [administration.apiKeys], onDone: setMade },
  );
  if (made?.key) {
    return (
      <Ask title={t('apiKeys.madeTitle', { name: made.name })} onClose={onClose} size={600}>
        <div className={css.box}>
          <IconAlertTriangle size={16} aria-hidden />
          {t('apiKeys.once')}
        </div>
        <CopyField label={t('apiKeys.key')} value={made.key} text={t('apiKeys.header')} />
        <div className={css.row}>
          <Button onClick={onClose}>{t('apiKeys.kept')}</Button>
        </div>
      </Ask>
    );
  }
  return (
    <Ask title={t('apiKeys.new')} onClose={onClose} size={600}>
      <form
        className={css.ask}
        onSubmit={(event) => {
          event.preventDefault();
          make.run();
        }}
      >
        <div className={css.pair}>
          <TextInput
            label={t('apiKeys.name')}
            placeholder={t('apiKeys.namePlaceholder')}
            value={name}
            required
            withAsterisk={false}
            maxLength={60}
            data-autofocus
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Select
            label={t('apiKeys.lasts')}
            allowDeselect={false}
            value={lasts}
            onChange={(value) => setLasts(value ?? lasts)}
            data={LASTS.map((value) => ({
              value,
              label: value === 'never' ? t('apiKeys.noEnd') : t('apiKeys.days', { count: Number(value) }),
            }))}
          />
        </div>
        <p>{t('apiKeys.scopes')}</p>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard. */}
        <section className={shape.choices} tabIndex={0} aria-label={t('apiKeys.scopes')}>
          <div className={shape.groups}>
            {GROUPS.map(([group]) => {
              const part = all?.filter(
                (one) => groupOf(one.key) === group && me.permissions.includes(one.key),
              );
              if (!part || part.length === 0) return null;
              return (
                <fieldset key={group}>
                  <legend>{t(`roles.groups.${group}`)}</legend>
                  {part.map((one) => (
                    <Checkbox
                      key={one.key}
                      classNames={{ body: shape.choice, labelWrapper: shape.choiceLabel }}
                      label={permissionName(one.key, t)}
                      checked={scopes.includes(one.key)}
                      onChange={() => setScopes(toggled(scopes, one.key))}
                    />
                  ))}
                </fieldset>
              );
            })}
          </div>
        </section>
        <Refused text={make.text} />
        <div className={css.row}>
          <Button type="submit" loading={make.busy} disabled={scopes.length === 0}>
            {t('apiKeys.make', { count: scopes.length })}
          </Button>
        </div>
      </form>
    </Ask>
  );
}

function EndDialog({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const { t } = useTranslation();
  const end = useChange(() => api.remove(`/api-keys/${apiKey.id}`), {
    stale: [administration.apiKeys],
    onDone: () => {
      showToast({ tone: 'ac', title: t('apiKeys.deleted', { name: apiKey.name }) });
      onClose();
    },
  });
  return (
    <Ask title={t('apiKeys.deleteTitle', { name: apiKey.name })} onClose={onClose}>
      <p>{t('apiKeys.deleteText')}</p>
      <Refused text={end.text} />
      <div className={css.row}>
        <Button variant="outline" loading={end.busy} onClick={() => end.run()}>
          {t('apiKeys.delete')}
        </Button>
        <Button variant="default" onClick={onClose}>
          {t('settings.cancel')}
        </Button>
      </div>
    </Ask>
  );
}
