import { UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { logSummaryQuery } from '../api/queries';
import type { WebhookOutcome } from '../api/types';
import { number } from '../i18n/format';
import css from './log.module.css';

const FOLLOW_MS = 3_000;
const FILTERS: (WebhookOutcome | null)[] = [null, 'processed', 'stored', 'duplicate', 'quarantined'];

export function SummaryTiles({ outcome }: { outcome: WebhookOutcome | null }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { data } = useQuery({ ...logSummaryQuery, refetchInterval: FOLLOW_MS });
  const share = data && data.received > 0 ? (data.processed / data.received) * 100 : null;
  const shown = (value: number | undefined) => (value === undefined ? '–' : number(value));
  return (
    <>
      <dl className={css.tiles}>
        <Tile label={t('log.received')} value={shown(data?.received)} note={t('log.sinceMidnight')} />
        <Tile
          label={t('outcome.processed')}
          value={shown(data?.processed)}
          note={share === null ? '' : t('log.share', { percent: cut(share) })}
        />
        <Tile
          label={t('outcome.quarantined')}
          value={shown(data?.quarantined)}
          note={t('log.kept')}
          tone={data && data.quarantined > 0 ? 'amb' : undefined}
        />
        <Tile label={t('outcome.refused')} value={shown(data?.refused)} note={t('log.badSignature')} />
      </dl>
      <fieldset className={css.filters} aria-label={t('log.filter')}>
        {FILTERS.map((filter) => (
          <UnstyledButton
            key={filter ?? 'all'}
            className={css.filter}
            aria-pressed={outcome === filter}
            onClick={() => void navigate({ to: '/webhook-log', search: filter ? { outcome: filter } : {} })}
          >
            {filter ? t(`outcome.${filter}`) : t('log.all')}
          </UnstyledButton>
        ))}
      </fieldset>
    </>
  );
}

/** Cut, never rounded up: 100 % is said only when it is true. */
const cut = (percent: number) => String(Math.floor(percent * 10_000) / 10_000);

type TileProps = { label: string; value: string; note: string; tone?: 'amb' };

function Tile({ label, value, note, tone }: TileProps) {
  return (
    <div className={css.tile}>
      <dt>{label}</dt>
      <dd data-tone={tone}>{value}</dd>
      <dd className={css.tileNote}>{note}</dd>
    </div>
  );
}
