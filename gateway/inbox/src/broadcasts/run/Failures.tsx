import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { number } from '../../i18n/format';
import { Card, Chip } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import type { FailureClass, Progress, RecipientClass } from '../types';
import { classTone } from '../words';
import { canBeTriedAgain, type FailureLine, failureLines, notOut } from './failures';
import css from './run.module.css';

type Props = {
  progress: Progress;
  onList: (wanted: RecipientClass) => void;
  /** Only of what has finished. */
  onAgain?: (failed: FailureClass) => void;
};

/** By what can be done about it. */
export function Failures({ progress, onList, onAgain }: Props) {
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
                <Row key={line.class} line={line} onList={onList} onAgain={onAgain} />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Card>
  );
}

type RowProps = Pick<Props, 'onList' | 'onAgain'> & { line: FailureLine };

function Row({ line, onList, onAgain }: RowProps) {
  const { t } = useTranslation();
  const name = t(`broadcasts.class.${line.kind}`);
  const failed = canBeTriedAgain(line.kind) ? line.kind : null;
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
        {failed && onAgain && (
          <Button
            variant="light"
            aria-label={t('broadcasts.failures.writeAgainTo', { name })}
            onClick={() => onAgain(failed)}
          >
            {t('broadcasts.failures.writeAgain')}
          </Button>
        )}{' '}
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
