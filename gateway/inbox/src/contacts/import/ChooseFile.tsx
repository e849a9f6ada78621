import { Button, FileButton } from '@mantine/core';
import { IconFileSpreadsheet, IconUpload } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { number } from '../../i18n/format';
import { Chip, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useChange } from '../../settings/useChange';
import { useWhen } from '../../settings/when';
import type { Uploaded } from '../types';
import { importKeys, imports, importsQuery } from './api';
import css from './import.module.css';

type Props = { onUploaded: (uploaded: Uploaded) => void; onOpen: (id: string) => void };

const WHOLE = 100;

export function ChooseFile({ onUploaded, onOpen }: Props) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const when = useWhen();
  const earlier = useQuery(importsQuery);
  const [share, setShare] = useState(0);
  const cancel = useRef(new AbortController());
  useEffect(() => () => cancel.current.abort(), []);
  const upload = useChange((file: File) => imports.upload(file, setShare, cancel.current.signal), {
    onDone: (uploaded) => {
      void client.invalidateQueries({ queryKey: importKeys.all });
      onUploaded(uploaded);
    },
  });
  // What was uploaded and never brought in did nothing: only what did something is listed.
  const list = earlier.data?.filter((one) => one.stage !== 'uploaded') ?? [];
  return (
    <div className={settings.ask}>
      <div className={css.drop}>
        <IconFileSpreadsheet size={24} stroke={1.6} aria-hidden />
        <p>{t('contactImport.text')}</p>
        <FileButton accept=".csv,text/csv" onChange={(file) => file && upload.run(file)}>
          {(props) => (
            <Button {...props} leftSection={<IconUpload size={16} />} loading={upload.busy}>
              {t('contactImport.choose')}
            </Button>
          )}
        </FileButton>
        {upload.busy && (
          <span role="status">{t('contactImport.uploading', { percent: Math.round(share * WHOLE) })}</span>
        )}
        <Refused text={upload.text} />
      </div>
      {list.length > 0 && (
        <>
          <h3>{t('contactImport.earlier')}</h3>
          <ul className={css.files}>
            {list.map((one) => (
              <li key={one.id}>
                <span className={css.file}>
                  <bdi>{one.file_name}</bdi>
                  <span>{t('contactImport.by', { when: when(one.uploaded_at), name: one.by.name })}</span>
                </span>
                <Chip>{t(`contactImport.stage.${one.stage}`)}</Chip>
                <span>{t('contactImport.rows', { rows: number(one.rows) })}</span>
                <Button
                  variant="default"
                  aria-label={t('contactImport.openFile', { name: one.file_name })}
                  onClick={() => onOpen(one.id)}
                >
                  {t('contactImport.open')}
                </Button>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
