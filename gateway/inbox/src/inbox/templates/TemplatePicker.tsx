import { Button, CloseButton, Modal } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '../../api/problem';
import { templatesQuery } from '../../api/queries';
import type { Conversation, Template } from '../../api/types';
import { useSession } from '../../live/context';
import { enqueue } from '../../live/outbox';
import { contactName } from '../../people/names';
import { useScreen } from '../../shell/useScreen';
import { newKey } from '../../state/local';
import { WindowChip } from '../composer/WindowChip';
import css from './picker.module.css';
import { TemplateForm } from './TemplateForm';
import { TemplateList } from './TemplateList';
import { TemplatePreview } from './TemplatePreview';
import { fill, isOffered, offered, plain, type Values, valuesOf } from './templateText';

type Props = { conversation: Conversation; onClose: () => void };

export default function TemplatePicker({ conversation, onClose }: Props) {
  const { t } = useTranslation();
  const { listBeside } = useScreen();
  const { contact, number } = conversation;
  const query = useQuery(templatesQuery(number.phone_number_id));
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<Template | null>(null);
  const [values, setValues] = useState<Values>({});
  const shown = offered(query.data ?? [], contact.country, search);
  const template = chosen ?? shown[0] ?? null;
  const name = contactName(contact, t('contact.unnamed'));
  const send = useSendTemplate(conversation);
  const choose = (next: Template) => {
    setChosen(next);
    setValues({});
  };
  return (
    <Modal.Root
      opened
      onClose={onClose}
      size={1080}
      padding={0}
      fullScreen={!listBeside}
      radius={listBeside ? 10 : 0}
      centered
      classNames={{ content: css.content }}
    >
      <Modal.Overlay color="var(--veil)" backgroundOpacity={1} />
      <Modal.Content aria-label={t('picker.title', { name })}>
        <header className={css.head}>
          <Modal.Title>{t('picker.title', { name })}</Modal.Title>
          <span className={css.spring} />
          <WindowChip until={conversation.window_until} />
          <CloseButton aria-label={t('common.close')} onClick={onClose} />
        </header>
        <div className={css.columns}>
          <TemplateList
            templates={shown}
            total={query.data?.filter(isOffered).length ?? 0}
            hidden={query.data?.filter((one) => !isOffered(one)) ?? []}
            chosen={template}
            search={search}
            onSearch={setSearch}
            onChoose={choose}
          />
          {query.isError && (
            <div className={css.failed}>
              <p>{asProblem(query.error).detail || t('picker.failed')}</p>
              <Button onClick={() => void query.refetch()}>{t('error.tryAgain')}</Button>
            </div>
          )}
          {query.data && !template && <p className={css.failed}>{t('picker.none')}</p>}
          {template && (
            <>
              <TemplateForm
                key={`${template.name}/${template.language}`}
                template={template}
                values={values}
                number={number}
                onChange={setValues}
                onSend={() => {
                  send(template, values);
                  onClose();
                }}
              />
              <TemplatePreview template={template} values={values} business={number.name} />
            </>
          )}
        </div>
      </Modal.Content>
    </Modal.Root>
  );
}

function useSendTemplate(conversation: Conversation) {
  const { t } = useTranslation();
  const { sender } = useSession();
  return (template: Template, values: Values) => {
    enqueue({
      key: newKey(),
      conversation_id: conversation.id,
      to: contactName(conversation.contact, t('contact.unnamed')),
      content: {
        type: 'template',
        name: template.name,
        language: template.language,
        variables: valuesOf(template, values),
      },
      shown: plain(fill(template.body, 'body', null, values)),
      reply_to: null,
      at: Date.now(),
      refused: null,
    });
    void sender.flush();
  };
}
