import { Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { countQuery, EVERYBODY, segmentsQuery } from '../../contacts/segment/api';
import { Reached } from '../../contacts/segment/Reached';
import type { Node } from '../../contacts/types';
import { Refused } from '../../settings/parts';
import css from './wizard.module.css';

type Props = { id: string; onChoose: (id: string) => void };

/** A saved segment, with how many it is now: who gets it is found out again when it starts. */
export function SegmentChoice({ id, onChoose }: Props) {
  const { t } = useTranslation();
  const { data: segments } = useQuery(segmentsQuery);
  const chosen = segments?.find((one) => one.id === id);
  if (segments?.length === 0 && id === '')
    return (
      <p className={css.faint}>
        {t('broadcasts.audience.noSegments')} <Link to="/contacts">{t('nav.contacts')}</Link>
      </p>
    );
  return (
    <div className={css.segment}>
      <Select
        label={t('broadcasts.audience.whichSegment')}
        placeholder={t('broadcasts.audience.chooseSegment')}
        allowDeselect={false}
        searchable
        value={chosen ? id : null}
        data={segments?.map((one) => ({ value: one.id, label: one.name })) ?? []}
        onChange={(next) => onChoose(next ?? '')}
      />
      <Refused text={segments && id !== '' && !chosen ? t('broadcasts.audience.segmentGone') : null} />
      {chosen && <Count tree={chosen.tree} />}
    </div>
  );
}

export function EverybodyReached() {
  return (
    <div className={css.segment}>
      <Count tree={EVERYBODY} />
    </div>
  );
}

function Count({ tree }: { tree: Node }) {
  const { data = null, error, isPlaceholderData, isFetching } = useQuery(countQuery(tree));
  return <Reached count={isPlaceholderData ? null : data} error={error} busy={isFetching} />;
}
