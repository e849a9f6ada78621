import { IconAlertTriangle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { ContentOf } from '../../../api/types';
import css from './contents.module.css';

export function UnsupportedContent({
  content,
  meta,
}: {
  content: ContentOf<'unsupported'>;
  meta: ReactNode;
}) {
  const { t } = useTranslation();
  const code = content.code ? ` (${content.code})` : '';
  return (
    <>
      <span className={css.kindLine}>
        <IconAlertTriangle size={13} aria-hidden /> {t('kind.unsupported')}
        {content.kind && <bdi className="mono">{content.kind}</bdi>}
      </span>
      <span>{content.detail ? `${content.detail}${code}` : t('message.unsupported')}</span>
      {meta}
    </>
  );
}
