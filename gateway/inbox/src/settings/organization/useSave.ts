import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { Organization } from '../../api/administration';
import { administration } from '../../api/administrationQueries';
import { api } from '../../api/client';
import { keys } from '../../api/queries';
import { showToast } from '../../shell/toast';
import { useChange } from '../useChange';

type Change = Partial<Omit<Organization, 'id'>>;

export function useSave() {
  const { t } = useTranslation();
  const client = useQueryClient();
  return useChange((change: Change) => api.patch<Organization>('/organization', change), {
    onDone: (saved) => {
      client.setQueryData(administration.organization, saved);
      // Masking and the second factor are part of what everybody's own page says.
      void client.invalidateQueries({ queryKey: keys.me });
      void client.invalidateQueries({ queryKey: ['contacts'] });
      void client.invalidateQueries({ queryKey: ['conversations'] });
      showToast({ tone: 'ac', title: t('settings.saved') });
    },
  });
}
