import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { settingsQuery } from '../../contacts/api';
import { Failed, Frame, Loading } from '../parts';
import { ConfirmationsCard } from './ConfirmationsCard';
import { FieldsCard } from './FieldsCard';

/** What is kept of contacts, and what who opts out is answered. */
export function Page() {
  const { t } = useTranslation();
  const { data, error, refetch } = useQuery(settingsQuery);
  return (
    <Frame title={t('settings.contacts')}>
      {error && !data && <Failed error={error} retry={() => void refetch()} />}
      {!data && !error && <Loading />}
      {data && (
        <>
          <FieldsCard known={data.fields} />
          <ConfirmationsCard known={data.confirmations} />
        </>
      )}
    </Frame>
  );
}
