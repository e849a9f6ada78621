import { ActionIcon, Progress } from '@mantine/core';
import { IconFile, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { fileSize } from '../../i18n/format';
import css from './composer.module.css';
import type { Attachment } from './useAttachments';

type Props = { attachment: Attachment; onRetry: () => void; onRemove: () => void };

export function AttachmentRow({ attachment, onRetry, onRemove }: Props) {
  const { t } = useTranslation();
  const { file, share, media, problem } = attachment;
  const percent = Math.round(share * 100);
  return (
    <div className={css.attachment}>
      <IconFile size={18} aria-hidden />
      <span className={css.attachmentText}>
        <bdi className="clip">{file.name}</bdi>
        {problem ? (
          <span className={css.attachmentProblem}>
            {problem.detail || t('composer.uploadStopped', { percent })}{' '}
            {problem.mayRepeat && (
              <button type="button" className="link" onClick={onRetry}>
                {t('outbox.tryNow')}
              </button>
            )}
          </span>
        ) : media ? (
          <span dir="ltr">{fileSize(file.size)}</span>
        ) : (
          <Progress value={percent} size={4} aria-label={t('composer.uploading', { percent })} />
        )}
      </span>
      <ActionIcon aria-label={t('composer.removeFile', { name: file.name })} onClick={onRemove}>
        <IconX size={16} />
      </ActionIcon>
    </div>
  );
}
