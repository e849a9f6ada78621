import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { number } from '../../i18n/format';
import { Card, Chip } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import type { Progress, RecipientClass } from '../types';
import { classTone } from '../words';
import { type FailureLine, failureLines, notOut } from './failures';
import css from './run.module.css';

type Props = { progress: Progress; onList: (wanted: RecipientClass) => void };

/** By what can be done about it. */
export function Failures({ progress, onList }: Props) {
  const { t } = useTranslation();
  const lines = failureLines(progress);
  const people = notOut(lines);
  return (
    <Card
      title={t('broadcasts.failures.title')}
      aside={
        <span className={css.faint}>{t('broadcasts.people', { count: people, people: number(people) })}</span>
      }
      flush
    >
      {lines.length === 0 ? (
        <p className={css.nothing}>{t('broadcasts.failures.nothing')}</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard.
        <section className={settings.tableBox} tabIndex={0} aria-label={t('broadcasts.failures.title')}>
          <table className={`${settings.table} ${css.failures}`}>
            <thead>
              <tr>
                <th scope="col">{t('broadcasts.failures.class')}</th>
                <th scope="col">{t('broadcasts.failures.what')}</th>
                <th scope="col" className={settings.num}>
                  {t('broadcasts.failures.people')}
                </th>
                <th scope="col">{t('broadcasts.failures.again')}</th>
                <th scope="col" className={settings.num}>
                  {t('broadcasts.failures.can')}
                </th>
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => (
                <Row key={line.class} line={line} onList={onList} />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Card>
  );
}

function Row({ line, onList }: { line: FailureLine; onList: Props['onList'] }) {
  const { t } = useTranslation();
  const name = t(`broadcasts.class.${line.kind}`);
  return (
    <tr>
      <td>
        <Chip tone={classTone(line.class)}>{name}</Chip>
      </td>
      <td>
        <bdi dir="auto">
          {line.text === null
            ? t(`broadcasts.failures.text.${line.kind}`)
            : line.text || t('message.noReason')}
        </bdi>
      </td>
      <td className={settings.num}>
        <strong>{number(line.people)}</strong>
      </td>
      <td>{t(`broadcasts.failures.retry.${line.kind}`)}</td>
      <td className={settings.num}>
        <Button
          variant="default"
          aria-label={t('broadcasts.failures.seeListOf', { name })}
          onClick={() => onList(line.class)}
        >
          {t('broadcasts.failures.seeList')}
        </Button>
      </td>
    </tr>
  );
}
