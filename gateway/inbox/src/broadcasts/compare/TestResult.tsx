import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Words } from '../../i18n';
import { number } from '../../i18n/format';
import { Ask, Card, Chip, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useWhen } from '../../settings/when';
import { useRights } from '../../state/permissions';
import { campaigns, isOver } from '../api';
import { percent } from '../counts';
import { useControl } from '../run/useControl';
import type { Campaign, Letter, Progress, TestReport, VariantReport } from '../types';
import css from './compare.module.css';

type Props = { campaign: Campaign; progress: Progress; test: TestReport };

/** How the messages do against each other, and what has been decided. */
export function TestResult({ campaign, progress, test }: Props) {
  const { t } = useTranslation();
  const { controlBroadcasts } = useRights();
  const [choosing, setChoosing] = useState(false);
  const waits = test.waiting > 0 && !isOver(progress.phase);
  return (
    <Card
      title={t('broadcasts.test.resultTitle')}
      aside={
        waits &&
        controlBroadcasts && (
          <Button variant="default" onClick={() => setChoosing(true)}>
            {t('broadcasts.test.choose')}
          </Button>
        )
      }
      flush
    >
      <p className={css.lead} role="status">
        <Standing test={test} over={isOver(progress.phase)} />
      </p>
      <Table test={test} />
      <ul className={css.findings}>
        {test.variants
          .flatMap((one) => findings(one, t))
          .map((text) => (
            <li key={text}>{text}</li>
          ))}
        {test.rest && test.rest.sent > 0 && (
          <li>
            {t('broadcasts.test.rest', {
              people: number(test.rest.sent),
              variant: test.winner?.variant,
              read: percent(test.rest.read, test.rest.sent),
              replied: percent(test.rest.replied, test.rest.sent),
            })}
          </li>
        )}
        {test.held_out > 0 && <li>{t('broadcasts.test.heldOut', { people: number(test.held_out) })}</li>}
      </ul>
      {choosing && (
        <ChooseDialog
          campaign={campaign}
          revision={progress.revision}
          test={test}
          onClose={() => setChoosing(false)}
        />
      )}
    </Card>
  );
}

function Standing({ test, over }: { test: TestReport; over: boolean }) {
  const { t } = useTranslation();
  const when = useWhen();
  const { winner, waiting } = test;
  const people = number(waiting);
  if (winner) {
    const { reason, variant } = winner;
    const by = reason.kind === 'person' ? reason.by.name : '';
    return t(`broadcasts.test.won.${reason.kind}`, { variant, name: by, when: when(winner.at) });
  }
  if (waiting === 0) return t('broadcasts.test.onlyCompared');
  if (over) return t('broadcasts.test.neverDecided', { people });
  if (test.due_at) return t('broadcasts.test.dueAt', { people, when: when(test.due_at) });
  if (test.sampled_at) return t('broadcasts.test.waitsForPerson', { people });
  return t('broadcasts.test.sampling', { people });
}

const COLUMNS = ['people', 'sent', 'delivered', 'read', 'replied', 'failed'] as const;

function Table({ test }: { test: TestReport }) {
  const { t } = useTranslation();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
    <section className={settings.tableBox} tabIndex={0} aria-label={t('broadcasts.test.resultTitle')}>
      <table className={settings.table}>
        <thead>
          <tr>
            <th scope="col">{t('broadcasts.test.column.message')}</th>
            {COLUMNS.map((one) => (
              <th key={one} scope="col" className={settings.num}>
                {t(`broadcasts.test.column.${one}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {test.variants.map((one) => (
            <Line key={one.variant} report={one} won={test.winner?.variant === one.variant} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Line({ report, won }: { report: VariantReport; won: boolean }) {
  const { t } = useTranslation();
  const { figures, read, replied } = report;
  return (
    <tr>
      <td>
        <strong>{report.variant}</strong> <bdi>{report.template}</bdi>{' '}
        {won && <Chip tone="grn">{t('broadcasts.test.winnerChip')}</Chip>}
      </td>
      <td className={settings.num}>{number(figures.people)}</td>
      <td className={settings.num}>{number(figures.sent)}</td>
      <td className={settings.num}>{percent(figures.delivered, figures.sent)}</td>
      <td className={settings.num}>{rate(read.rate)}</td>
      <td className={settings.num}>{rate(replied.rate)}</td>
      <td className={settings.num}>{number(figures.failed)}</td>
    </tr>
  );
}

/** 0 to 1. */
const rate = (share: number) => percent(Math.round(share * 1000), 1000);

/** How far a message is behind the best, in words that say whether it means something. */
function findings(report: VariantReport, t: Words): string[] {
  return (['read', 'replied'] as const).flatMap((measure) => {
    const gap = report[measure].behind;
    if (!gap) return [];
    const said = { variant: report.variant, points: number(Math.round(gap.rate * 1000) / 10) };
    const what = t(`broadcasts.test.behind.${measure}`, said);
    return [`${what} ${t(`broadcasts.test.evidence.${gap.evidence}`)}`];
  });
}

type ChooseProps = { campaign: Campaign; revision: number; test: TestReport; onClose: () => void };

function ChooseDialog({ campaign, revision, test, onClose }: ChooseProps) {
  const { t } = useTranslation();
  const choose = useControl(
    campaign.id,
    (variant: Letter) => campaigns.winner(campaign.id, revision, variant),
    {
      done: onClose,
    },
  );
  return (
    <Ask title={t('broadcasts.test.chooseTitle')} onClose={onClose}>
      <p>{t('broadcasts.test.chooseText', { people: number(test.waiting) })}</p>
      <Refused text={choose.text} />
      <div className={settings.row}>
        {test.variants.map(({ variant }) => (
          <Button key={variant} variant="outline" loading={choose.busy} onClick={() => choose.run(variant)}>
            {t('broadcasts.test.send', { variant })}
          </Button>
        ))}
        <Button variant="default" onClick={onClose}>
          {t('settings.cancel')}
        </Button>
      </div>
    </Ask>
  );
}
