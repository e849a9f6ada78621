import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { contactKeys, contacts } from '../../contacts/api';
import type { ContactSettings } from '../../contacts/types';
import { showToast } from '../../shell/toast';
import { useChange } from '../useChange';

export function useSave(onDone: (saved: ContactSettings) => void) {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useChange((change: Partial<ContactSettings>) => contacts.settings(change), {
    onDone: (saved) => {
      client.setQueryData(contactKeys.settings, saved);
      showToast({ tone: 'ac', title: t('settings.saved') });
      onDone(saved);
    },
  });
}
