import { Button, Modal, TextInput } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCloudOff, IconCopy } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../api/problem';
import { StateCard } from '../shell/StateCard';
import css from './settings.module.css';

type FrameProps = { title: string; actions?: ReactNode; wide?: boolean; children: ReactNode };

export function Frame({ title, actions, wide = false, children }: FrameProps) {
  return (
    <main className={css.page} data-pane tabIndex={-1}>
      <PageHead title={title} actions={actions} />
      <div className={css.scroll}>
        <div className={css.column} data-wide={wide || undefined}>
          {children}
        </div>
      </div>
    </main>
  );
}

export function PageHead({ title, actions }: { title: string; actions?: ReactNode }) {
  const { t } = useTranslation();
  return (
    <header className={css.head}>
      <p className={css.crumbs}>
        <Link to="/settings">{t('nav.settings')}</Link>
        <span aria-hidden>/</span>
      </p>
      <h1>{title}</h1>
      <span className={css.spring} />
      {actions}
    </header>
  );
}

type CardProps = {
  title: string;
  text?: ReactNode;
  aside?: ReactNode;
  flush?: boolean;
  children?: ReactNode;
};

/** `flush` for tables and lists that reach the border. */
export function Card({ title, text, aside, flush = false, children }: CardProps) {
  return (
    <section className={css.card}>
      <header className={css.cardHead}>
        <div>
          <h2>{title}</h2>
          {text && <p>{text}</p>}
        </div>
        {aside}
      </header>
      {children && <div className={flush ? undefined : css.cardBody}>{children}</div>}
    </section>
  );
}

export function Refused({ text }: { text: string | null }) {
  return text ? (
    <p role="alert" className={css.refused}>
      {text}
    </p>
  ) : null;
}

type Tone = 'grn' | 'amb' | 'red' | 'blu' | 'ac' | 'vio';

export function Chip({ tone, children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className={css.chip} data-tone={tone}>
      {children}
    </span>
  );
}

export function Failed({ error, retry }: { error: unknown; retry: () => void }) {
  const { t } = useTranslation();
  return (
    <div className={css.middle}>
      <StateCard
        Icon={IconCloudOff}
        title={t('settings.failed')}
        text={asProblem(error).detail || t('error.safe')}
      >
        <Button onClick={retry}>{t('error.tryAgain')}</Button>
      </StateCard>
    </div>
  );
}

/** Shows only where an answer takes a moment: nothing flickers where it is there at once. */
export function Loading() {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t('common.loading')} className={css.loading}>
      <span />
      <span />
      <span />
    </div>
  );
}

type CopyProps = { label: string; value: string; text?: string };

/** For what is made to be taken elsewhere: a link, a key, an address. */
export function CopyField({ label, value, text }: CopyProps) {
  const { t } = useTranslation();
  const clipboard = useClipboard({ timeout: 2_000 });
  return (
    <div className={css.copy}>
      <TextInput
        label={label}
        description={text}
        value={value}
        readOnly
        dir="ltr"
        className={css.copyInput}
        onFocus={(event) => event.currentTarget.select()}
      />
      <Button
        variant="default"
        leftSection={clipboard.copied ? <IconCheck size={16} /> : <IconCopy size={16} />}
        onClick={() => clipboard.copy(value)}
      >
        {clipboard.copied ? t('common.copied') : t('common.copy')}
      </Button>
    </div>
  );
}

type AskProps = { title: string; onClose: () => void; size?: number; children: ReactNode };

export function Ask({ title, onClose, size = 480, children }: AskProps) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size={size}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <div className={css.ask}>{children}</div>
    </Modal>
  );
}
