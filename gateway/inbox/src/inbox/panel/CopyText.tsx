import { ActionIcon, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import css from './panel.module.css';

type Props = {
  text: string /** What is read, where it differs from what is copied. */;
  shown?: string;
  label: string;
  mono?: boolean;
};

export function CopyText({ text, shown = text, label, mono = false }: Props) {
  const { t } = useTranslation();
  const clipboard = useClipboard({ timeout: 1_500 });
  return (
    <span className={css.copy}>
      <bdi dir="ltr" className={mono ? `mono ${css.clipped}` : css.clipped} title={text}>
        {shown}
      </bdi>
      <Tooltip label={clipboard.copied ? t('common.copied') : label}>
        <ActionIcon size={24} aria-label={label} onClick={() => clipboard.copy(text)}>
          {clipboard.copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        </ActionIcon>
      </Tooltip>
    </span>
  );
}
