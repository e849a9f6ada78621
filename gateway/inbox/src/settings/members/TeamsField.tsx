import { MultiSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { teamsQuery } from '../../api/administrationQueries';

type Props = { value: string[]; onChange: (ids: string[]) => void; disabled?: boolean };

export function TeamsField({ value, onChange, disabled = false }: Props) {
  const { t } = useTranslation();
  const { data: teams } = useQuery(teamsQuery);
  const none = teams?.length === 0;
  return (
    <MultiSelect
      label={t('settings.teams')}
      placeholder={value.length > 0 ? undefined : t(none ? 'teams.emptyTitle' : 'members.noTeam')}
      disabled={disabled || none}
      value={value}
      onChange={onChange}
      data={teams?.map((team) => ({ value: team.id, label: team.name })) ?? []}
    />
  );
}
