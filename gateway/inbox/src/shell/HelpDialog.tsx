import { Kbd, Modal, Switch } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { preferSingleKeys } from '../state/account';
import { useRights } from '../state/permissions';
import { usePreferences } from '../state/preferences';
import css from './shell.module.css';

type Row = { keys: string; label: string; shown?: boolean };

export default function HelpDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const rights = useRights();
  const singleKeys = usePreferences((state) => state.singleKeys);
  const rows: Row[] = [
    { keys: 'J', label: 'keys.next' },
    { keys: 'K', label: 'keys.previous' },
    { keys: 'Enter', label: 'keys.open' },
    { keys: 'Esc', label: 'keys.back' },
    { keys: 'R', label: 'keys.reply', shown: rights.reply },
    { keys: 'Ctrl Enter', label: 'keys.send', shown: rights.reply },
    { keys: 'T', label: 'keys.template', shown: rights.sendTemplate },
    { keys: 'E', label: 'keys.close', shown: rights.update },
    { keys: 'A', label: 'keys.assign', shown: rights.assign },
    { keys: 'A M', label: 'keys.assignMe', shown: rights.assign },
    { keys: 'A U', label: 'keys.unassign', shown: rights.assign },
    { keys: 'Ctrl Z', label: 'keys.undo', shown: rights.update || rights.assign },
    { keys: 'I', label: 'keys.panel' },
    { keys: 'G I', label: 'keys.goInbox' },
    { keys: 'G C', label: 'keys.goContacts', shown: rights.readContacts },
    { keys: 'G B', label: 'keys.goBroadcasts', shown: rights.readBroadcasts },
    { keys: 'G T', label: 'keys.goTemplates', shown: rights.readTemplates },
    { keys: 'G W', label: 'keys.goLog', shown: rights.readLog },
    { keys: 'G N', label: 'keys.goNumbers', shown: rights.channels },
    { keys: 'G R', label: 'keys.goRoles' },
    { keys: 'G S', label: 'keys.goSettings' },
    { keys: 'F6', label: 'keys.panes' },
    { keys: '?', label: 'keys.help' },
  ];
  return (
    <Modal
      opened
      onClose={onClose}
      title={t('keys.title')}
      size={640}
      closeButtonProps={{ 'aria-label': t('common.close') }}
    >
      <dl className={css.keys}>
        {rows
          .filter((row) => row.shown !== false)
          .map((row) => (
            <div key={row.keys} className={css.keyRow}>
              <dt>{t(row.label)}</dt>
              <dd dir="ltr">
                {row.keys.split(' ').map((key) => (
                  <Kbd key={key}>{key}</Kbd>
                ))}
              </dd>
            </div>
          ))}
      </dl>
      <Switch
        mt={16}
        checked={singleKeys}
        onChange={(event) => preferSingleKeys(event.currentTarget.checked)}
        label={t('keys.single')}
        description={t('keys.singleWhy')}
      />
    </Modal>
  );
}
