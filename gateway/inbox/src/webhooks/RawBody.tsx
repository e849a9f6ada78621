import { ActionIcon, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { WebhookDetail } from '../api/types';
import { number } from '../i18n/format';
import css from './log.module.css';
import { isSuspect, layOut, suspects } from './rawJson';

export function RawBody({ entry }: { entry: WebhookDetail }) {
  const { t } = useTranslation();
  const clipboard = useClipboard();
  const lines = useMemo(() => layOut(entry.raw), [entry.raw]);
  const words = suspects(entry.error);
  return (
    <section className={css.raw} aria-label={t('log.raw')}>
      <header>
        <h3>{t('log.raw')}</h3>
        <span>{t('log.bytes', { count: entry.size, size: number(entry.size) })}</span>
        <Tooltip label={clipboard.copied ? t('common.copied') : t('log.copy')}>
          <ActionIcon aria-label={t('log.copy')} onClick={() => clipboard.copy(entry.raw)}>
            {clipboard.copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
          </ActionIcon>
        </Tooltip>
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard. */}
      <ol className={`${css.lines} mono`} dir="ltr" tabIndex={0}>
        {lines.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line is its number.
          <li key={index} data-suspect={isSuspect(line, words) || undefined}>
            <span style={{ paddingInlineStart: `${line.indent * 2}ch` }}>
              {line.tokens.map((token, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: tokens of one line never change places.
                <span key={at} data-kind={token.kind}>
                  {token.text}
                </span>
              ))}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
