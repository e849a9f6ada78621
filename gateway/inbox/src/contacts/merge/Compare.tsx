import { Button, Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../../api/problem';
import { Loading, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useChange } from '../../settings/useChange';
import { showToast } from '../../shell/toast';
import { settingsQuery } from '../api';
import { merges, previewQuery } from './api';
import css from './merge.module.css';
import { isLost, rowsOf } from './rows';

type Props = { keptId: string; otherId: string; onBack: () => void; onDone: () => void };

export function Compare({ keptId, otherId, onBack, onDone }: Props) {
  const { t } = useTranslation();
  const { data: preview, error } = useQuery(previewQuery(keptId, otherId));
  const { data: kept } = useQuery(settingsQuery);
  const merge = useChange(() => merges.merge(keptId, otherId), {
    stale: [['contacts'], ['conversations'], ['segments', 'count']],
    onDone: () => {
      showToast({ tone: 'ac', title: t('contacts.mergedToast'), text: t('contacts.mergedToastText') });
      onDone();
    },
  });
  const rows = preview && kept ? rowsOf(preview, kept.fields, t) : null;
  return (
    <>
      {error && <Refused text={asProblem(error).detail || t('error.noAnswer')} />}
      {!error && !rows && <Loading />}
      {rows && (
        <>
          <Table.ScrollContainer minWidth={300}>
            <Table className={css.compare}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th />
                  <Table.Th>{t('contacts.mergeKept')}</Table.Th>
                  <Table.Th>{t('contacts.mergeOther')}</Table.Th>
                  <Table.Th>{t('contacts.mergeResult')}</Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {rows.map((row) => (
                  <Table.Tr key={row.key} data-lost={isLost(row) || undefined}>
                    <Table.Th scope="row">
                      <bdi>{row.label}</bdi>
                    </Table.Th>
                    {[row.kept, row.other, row.merged].map((text, at) => (
                      // biome-ignore lint/suspicious/noArrayIndexKey: three cells that stay where they are
                      <Table.Td key={at}>
                        <bdi dir="auto">{text || '–'}</bdi>
                      </Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
          {rows.some(isLost) && <p className={css.warn}>{t('contacts.mergeLost')}</p>}
          <p>{t('contacts.mergeMore')}</p>
        </>
      )}
      <Refused text={merge.text} />
      <div className={settings.row}>
        <Button loading={merge.busy} disabled={!rows} onClick={() => merge.run()}>
          {t('contacts.mergeSure')}
        </Button>
        <Button variant="default" onClick={onBack}>
          {t('contacts.mergeBack')}
        </Button>
      </div>
    </>
  );
}
