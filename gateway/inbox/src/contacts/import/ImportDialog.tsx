import { Modal } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ChooseFile } from './ChooseFile';
import { Columns } from './Columns';
import { Outcome } from './Outcome';
import { Report } from './Report';
import type { Uploaded } from './types';

type Place =
  | { step: 'file' }
  | { step: 'columns'; uploaded: Uploaded }
  | { step: 'report'; uploaded: Uploaded }
  | { step: 'outcome'; id: string };

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
          onOpen={(id) => setPlace({ step: 'outcome', id })}
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
          onStarted={(id) => setPlace({ step: 'outcome', id })}
        />
      )}
      {place.step === 'outcome' && (
        <Outcome id={place.id} onAnother={() => setPlace({ step: 'file' })} onClose={onClose} />
      )}
    </Modal>
  );
}
