import { ActionIcon, Button, Tooltip } from '@mantine/core';
import {
  IconArrowBackUp,
  IconCheck,
  IconChevronLeft,
  IconDeviceMobile,
  IconLayoutSidebarRight,
} from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Conversation } from '../../api/types';
import { useShortcuts } from '../../keyboard/shortcuts';
import { Face } from '../../people/Face';
import { contactName, firstName } from '../../people/names';
import { readablePhone } from '../../people/phone';
import { TipWithKeys } from '../../shell/Rail';
import { useScreen } from '../../shell/useScreen';
import { useRights } from '../../state/permissions';
import { WindowChip } from '../composer/WindowChip';
import { nextAfter } from '../neighbours';
import { useConversationActions } from '../useConversationActions';
import { AssigneeMenu } from './AssigneeMenu';
import css from './head.module.css';
import { useViewers, Viewers } from './Viewers';

type Props = {
  conversation: Conversation;
  onBack: (() => void) | null;
  onTogglePanel: () => void;
  panelShown: boolean;
  onClosed: (next: string | null) => void;
};

export function ThreadHead({ conversation, onBack, onTogglePanel, panelShown, onClosed }: Props) {
  const { t } = useTranslation();
  const { listBeside } = useScreen();
  const name = contactName(conversation.contact, t('contact.unnamed'));
  return (
    <>
      <header className={css.head}>
        {onBack && (
          <ActionIcon aria-label={t('thread.back')} onClick={onBack}>
            <IconChevronLeft size={22} className={css.mirrored} />
          </ActionIcon>
        )}
        {!listBeside && <Face id={conversation.contact.id} name={name} size={36} />}
        <div className={css.title}>
          <h2 className={css.name}>
            <bdi>{name}</bdi>
            {listBeside && <Handle conversation={conversation} />}
          </h2>
          <p className={css.number}>
            {listBeside ? (
              <>
                <IconDeviceMobile size={13} aria-hidden />
                <bdi>{conversation.number.name}</bdi> · <bdi dir="ltr">{conversation.number.display}</bdi>
              </>
            ) : (
              <PhoneSubtitle conversation={conversation} />
            )}
          </p>
        </div>
        {listBeside && <Viewers conversationId={conversation.id} />}
        {listBeside && <AssigneeMenu conversation={conversation} />}
        <CloseButton conversation={conversation} onClosed={onClosed} />
        {!panelShown && (
          <Tooltip label={<TipWithKeys label={t('panel.show')} keys="I" />}>
            <ActionIcon aria-label={t('panel.show')} onClick={onTogglePanel}>
              <IconLayoutSidebarRight size={18} className={css.mirrored} />
            </ActionIcon>
          </Tooltip>
        )}
      </header>
      {!listBeside && (
        <div className={css.phoneStrip}>
          <AssigneeMenu conversation={conversation} />
          <WindowChip until={conversation.window_until} plain />
        </div>
      )}
    </>
  );
}

/** Never the number where the person goes by a username and did not share it. */
function Handle({ conversation: { contact } }: { conversation: Conversation }) {
  const handle = contact.username ? `@${contact.username}` : contact.phone && readablePhone(contact.phone);
  const alreadyTheName = !contact.name;
  if (!handle || alreadyTheName) return null;
  return (
    <bdi className={css.handle} dir="ltr">
      {handle}
    </bdi>
  );
}

function PhoneSubtitle({ conversation }: { conversation: Conversation }) {
  const { t } = useTranslation();
  const people = useViewers(conversation.id);
  const typing = people.find((person) => person.typing);
  const here = people.find((person) => !person.typing);
  if (!typing && !here) return <bdi>{conversation.number.name}</bdi>;
  return (
    <>
      {typing && <span className={css.typing}>{t('thread.typing', { name: firstName(typing.name) })}</span>}
      {typing && here && <span aria-hidden>·</span>}
      {here && <span>{t('thread.isHere', { name: firstName(here.name) })}</span>}
    </>
  );
}

function CloseButton({ conversation, onClosed }: Pick<Props, 'conversation' | 'onClosed'>) {
  const { t } = useTranslation();
  const rights = useRights();
  const { listBeside } = useScreen();
  const { close, reopen } = useConversationActions();
  const closed = conversation.status === 'closed';
  const run = () => {
    if (closed) {
      void reopen(conversation);
      return;
    }
    const next = nextAfter(conversation.id);
    void close(conversation);
    onClosed(next);
  };
  useShortcuts({ ...(rights.update && { e: run }) });
  if (!rights.update) return null;
  const label = closed ? t('thread.reopen') : t('thread.close');
  const CloseIcon = closed ? IconArrowBackUp : IconCheck;
  if (!listBeside) {
    return (
      <ActionIcon aria-label={label} onClick={run}>
        <CloseIcon size={22} />
      </ActionIcon>
    );
  }
  return (
    <Tooltip label={<TipWithKeys label={label} keys="E" />}>
      <Button variant="default" leftSection={<CloseIcon size={16} />} onClick={run}>
        {label}
      </Button>
    </Tooltip>
  );
}
