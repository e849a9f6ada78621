import { ActionIcon, Button, FileButton, Popover, Textarea, Tooltip } from '@mantine/core';
import { useMergedRef } from '@mantine/hooks';
import { IconMoodSmile, IconPaperclip, IconPlus, IconSend2, IconTemplate } from '@tabler/icons-react';
import { lazy, Suspense, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Face } from '../../people/Face';
import { firstName } from '../../people/names';
import { useHealth } from '../../shell/LiveDot';
import { TipWithKeys } from '../../shell/Rail';
import { useScreen } from '../../shell/useScreen';
import { setDraft, useDrafts } from '../../state/drafts';
import { useThread } from '../thread/context';
import { useViewers } from '../thread/Viewers';
import { AttachmentRow } from './AttachmentRow';
import type { ComposerProps } from './Composer';
import css from './composer.module.css';
import { ReplyTo } from './ReplyTo';
import { useAttachments } from './useAttachments';
import { useSend } from './useSend';
import { useTyping } from './useTyping';
import { WindowChip } from './WindowChip';

const EmojiPicker = lazy(() => import('./EmojiPicker'));
const MAX_LINES = 8;

export function ReplyBox({ ref, conversation, autoFocus, items }: ComposerProps) {
  const { t } = useTranslation();
  const { listBeside } = useScreen();
  const draft = useDrafts((state) => state.drafts[conversation.id]);
  const text = draft?.text ?? '';
  const replyTo = draft?.reply_to ?? null;
  const box = useRef<HTMLTextAreaElement>(null);
  const mergedRef = useMergedRef(ref, box);
  const files = useAttachments();
  const typing = useTyping(conversation.id);
  const uploading = files.attachments.some((file) => !file.media);
  const send = useSend(conversation);
  const maySend = !uploading && (text.trim() !== '' || files.attachments.length > 0);
  const [dropping, setDropping] = useState(false);

  useEffect(() => {
    if (autoFocus) box.current?.focus();
  }, [autoFocus]);

  const sendNow = () => {
    if (!maySend) return;
    send(text.trim(), files.attachments, replyTo);
    typing.stop();
    files.clear();
    setDraft(conversation.id, '', null);
  };
  const insert = (words: string) => {
    const at = box.current?.selectionStart ?? text.length;
    setDraft(
      conversation.id,
      text.slice(0, at) + words + text.slice(box.current?.selectionEnd ?? at),
      replyTo,
    );
    box.current?.focus();
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    sendNow();
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: files can be dropped anywhere on the box; the button does the same.
    <div
      className={css.box}
      data-dropping={dropping || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setDropping(true);
      }}
      onDragLeave={() => setDropping(false)}
      onDrop={(event) => {
        event.preventDefault();
        setDropping(false);
        files.add(event.dataTransfer.files);
      }}
    >
      {listBeside && (
        <div className={css.top}>
          <span className={css.tab}>{t('composer.reply')}</span>
          <span className={css.spring} />
          <TypingWords conversationId={conversation.id} />
          <WindowChip until={conversation.window_until} />
        </div>
      )}
      {replyTo && (
        <ReplyTo messageId={replyTo} items={items} onDrop={() => setDraft(conversation.id, text, null)} />
      )}
      {files.attachments.map((file) => (
        <AttachmentRow
          key={file.key}
          attachment={file}
          onRetry={() => files.retry(file)}
          onRemove={() => files.remove(file)}
        />
      ))}
      <Textarea
        ref={mergedRef}
        data-composer
        className={css.field}
        rightSection={listBeside ? null : <TemplateButton />}
        variant="unstyled"
        autosize
        minRows={1}
        maxRows={MAX_LINES}
        dir="auto"
        value={text}
        aria-label={t('composer.label')}
        placeholder={t('composer.placeholder')}
        onChange={(event) => {
          setDraft(conversation.id, event.currentTarget.value, replyTo);
          typing.typed();
        }}
        onPaste={(event) => {
          if (event.clipboardData.files.length > 0) files.add(event.clipboardData.files);
        }}
        onKeyDown={onKeyDown}
      />
      <div className={css.tools}>
        <FileButton multiple onChange={(chosen) => files.add(chosen)}>
          {(props) => (
            <Tooltip label={t('composer.attach')}>
              <ActionIcon {...props} aria-label={t('composer.attach')}>
                {listBeside ? <IconPaperclip size={18} /> : <IconPlus size={22} />}
              </ActionIcon>
            </Tooltip>
          )}
        </FileButton>
        {listBeside && <EmojiButton onPick={insert} />}
        {listBeside && <TemplateButton />}
        <span className={css.spring} />
        <SavedHere />
        <Tooltip label={<TipWithKeys label={t('composer.send')} keys="Ctrl Enter" />}>
          <Button
            rightSection={<IconSend2 size={16} className={css.mirrored} />}
            aria-disabled={!maySend}
            data-idle={!maySend || undefined}
            className={css.send}
            aria-label={t('composer.send')}
            onClick={sendNow}
          >
            <span className={css.sendLabel}>{t('composer.send')}</span>
          </Button>
        </Tooltip>
      </div>
    </div>
  );
}

function TemplateButton() {
  const { t } = useTranslation();
  const { chooseTemplate } = useThread();
  if (!chooseTemplate) return null;
  return (
    <Tooltip label={<TipWithKeys label={t('composer.template')} keys="T" />}>
      <ActionIcon aria-label={t('composer.template')} onClick={chooseTemplate}>
        <IconTemplate size={18} />
      </ActionIcon>
    </Tooltip>
  );
}

function EmojiButton({ onPick }: { onPick: (emoji: string) => void }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  return (
    <Popover opened={opened} onChange={setOpened} position="top-start" trapFocus>
      <Popover.Target>
        <ActionIcon aria-label={t('composer.emoji')} onClick={() => setOpened(!opened)}>
          <IconMoodSmile size={18} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <Suspense>
          {opened && (
            <EmojiPicker
              onPick={(emoji) => {
                setOpened(false);
                onPick(emoji);
              }}
            />
          )}
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  );
}

function TypingWords({ conversationId }: { conversationId: string }) {
  const { t } = useTranslation();
  const typing = useViewers(conversationId).find((person) => person.typing);
  if (!typing) return null;
  return (
    <span className={css.typing}>
      <Face id={typing.id} name={typing.name} size={16} solid />
      {t('thread.typing', { name: firstName(typing.name) })}
    </span>
  );
}

function SavedHere() {
  const { t } = useTranslation();
  const { since } = useHealth();
  return since === null ? null : <span className={css.typing}>{t('composer.savedHere')}</span>;
}
