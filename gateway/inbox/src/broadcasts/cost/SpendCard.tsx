import { useTranslation } from 'react-i18next';
import { Card } from '../../settings/parts';
import type { Plan } from '../types';
import { SpendFields } from './SpendFields';

export function SpendCard({ plan, onChange }: { plan: Plan; onChange: (plan: Plan) => void }) {
  const { t } = useTranslation();
  return (
    <Card title={t('broadcasts.limit.title')} text={t('broadcasts.limit.text')}>
      <SpendFields
        limit={plan.spend_max ?? null}
        onChange={(limit) => onChange({ ...plan, spend_max: limit })}
      />
    </Card>
  );
}
