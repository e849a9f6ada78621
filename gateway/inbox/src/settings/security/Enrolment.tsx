import { Button, TextInput } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconAlertTriangle, IconCheck, IconCopy, IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RecoveryCodes, Enrolment as Secret } from '../../api/administration';
import { api } from '../../api/client';
import { CopyField, Failed, Refused } from '../parts';
import css from '../settings.module.css';
import { useChange } from '../useChange';
import shape from './security.module.css';

/** Scan, type the first code, keep the recovery codes. Nothing is on until the first code was right. */
export function Enrolment({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const [code, setCode] = useState('');
  const [recovery, setRecovery] = useState<string[] | null>(null);
  const start = useQuery({
    queryKey: ['second-factor', 'start'],
    queryFn: () => api.post<Secret>('/me/second-factor'),
    // A second secret would make the first, perhaps already scanned, worthless.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
  });
  const confirm = useChange(
    () => api.post<RecoveryCodes>('/me/second-factor/confirm', { code: code.replace(/\s/g, '') }),
    { onDone: (answer) => setRecovery(answer.recovery_codes) },
  );
  if (recovery) return <Codes codes={recovery} onDone={onDone} />;
  if (start.isError) return <Failed error={start.error} retry={() => void start.refetch()} />;
  if (!start.data) return null;
  return (
    <div className={shape.enrolment}>
      <img
        className={shape.qr}
        alt={t('factor.qr')}
        width={168}
        height={168}
        src={`data:image/svg+xml;charset=utf-8,${encodeURIComponent(start.data.qr_svg)}`}
      />
      <form
        className={css.form}
        onSubmit={(event) => {
          event.preventDefault();
          confirm.run();
        }}
      >
        <ol className={shape.steps}>
          <li>{t('factor.scan')}</li>
          <li>{t('factor.type')}</li>
        </ol>
        <CopyField label={t('factor.secret')} value={start.data.secret} />
        <TextInput
          label={t('factor.code')}
          value={code}
          dir="ltr"
          required
          withAsterisk={false}
          autoFocus
          inputMode="numeric"
          autoComplete="one-time-code"
          maxLength={10}
          onChange={(event) => setCode(event.currentTarget.value)}
        />
        <Refused text={confirm.text} />
        <Button type="submit" loading={confirm.busy}>
          {t('factor.confirm')}
        </Button>
      </form>
    </div>
  );
}

/** Shown this once: the server keeps only their hashes. */
export function Codes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const { t } = useTranslation();
  const clipboard = useClipboard();
  const text = codes.join('\n');
  const file = `data:text/plain;charset=utf-8,${encodeURIComponent(`${text}\n`)}`;
  return (
    <div className={shape.codes}>
      <p className={css.box}>
        <IconAlertTriangle size={16} aria-hidden />
        {t('factor.keep')}
      </p>
      <ul className={`${shape.codeList} mono`} aria-label={t('factor.codes')}>
        {codes.map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
      <div className={css.row}>
        <Button
          variant="default"
          leftSection={clipboard.copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
          onClick={() => clipboard.copy(text)}
        >
          {clipboard.copied ? t('common.copied') : t('factor.copy')}
        </Button>
        <Button
          component="a"
          href={file}
          download="jetto-recovery-codes.txt"
          variant="default"
          leftSection={<IconDownload size={16} />}
        >
          {t('factor.download')}
        </Button>
        <Button onClick={onDone}>{t('factor.kept')}</Button>
      </div>
    </div>
  );
}
