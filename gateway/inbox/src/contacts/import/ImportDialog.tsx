import { Modal } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Uploaded } from '../types';
import { ChooseFile } from './ChooseFile';
import { Columns } from './Columns';
import { Outcome } from './Outcome';
import { Report } from './Report';

type Place =
  | { step: 'file' }
  | { step: 'columns'; uploaded: Uploaded }
  | { step: 'report'; uploaded: Uploaded }
  | { step: 'outcome'; id: string; rows: number | null };

/** A file of contacts: choose, say what the columns are, look what would happen, bring in; and back again. */
export default function ImportDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [place, setPlace] = useState<Place>({ step: 'file' });
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('contactImport.title')}
      size={760}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      {place.step === 'file' && (
        <ChooseFile
          onUploaded={(uploaded) => setPlace({ step: 'columns', uploaded })}
          onOpen={(id) => setPlace({ step: 'outcome', id, rows: null })}
        />
      )}
      {place.step === 'columns' && (
        <Columns
          uploaded={place.uploaded}
          onMapped={(mapped) => setPlace({ step: 'report', uploaded: { ...place.uploaded, import: mapped } })}
        />
      )}
      {place.step === 'report' && (
        <Report
          known={place.uploaded.import}
          onBack={() => setPlace({ step: 'columns', uploaded: place.uploaded })}
          onStarted={(id, rows) => setPlace({ step: 'outcome', id, rows })}
        />
      )}
      {place.step === 'outcome' && (
        <Outcome
          id={place.id}
          expected={place.rows}
          onAnother={() => setPlace({ step: 'file' })}
          onClose={onClose}
        />
      )}
    </Modal>
  );
}
