import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { number } from '../i18n/format';
import { Card } from '../settings/parts';
import settings from '../settings/settings.module.css';
import { useWhen } from '../settings/when';
import { useMe, useRights } from '../state/permissions';
import { keys } from './api';
import { BroadcastHead } from './BroadcastHead';
import css from './broadcasts.module.css';
import { PhaseChip } from './PhaseChip';
import type { Campaign, CampaignRow } from './types';
import { ApprovalCard } from './wizard/ApprovalCard';
import { CheckStep } from './wizard/CheckStep';

/** For those who see broadcasts and do not write them. */
export function DraftView({ campaign }: { campaign: Campaign }) {
  const { t } = useTranslation();
  const when = useWhen();
  const client = useQueryClient();
  const { numbers } = useMe();
  const { approveBroadcasts } = useRights();
  const { plan } = campaign;
  const approved = (next: Campaign) =>
    client.setQueryData<CampaignRow>(keys.one(next.id), (old) => old && { ...old, campaign: next });
  const from = numbers.filter((one) => plan.numbers.includes(one.phone_number_id));
  return (
    <main className={settings.page} data-pane tabIndex={-1}>
      <BroadcastHead name={campaign.name} chip={<PhaseChip phase={campaign.phase} />} />
      <div className={settings.scroll}>
        <div className={settings.column}>
          <Card
            title={t('broadcasts.draft.title')}
            text={t('broadcasts.draft.text', { name: campaign.author.name, when: when(campaign.created_at) })}
          >
            <dl className={css.facts}>
              <dt>{t('broadcasts.step.audience')}</dt>
              <dd>
                {plan.audience.kind === 'contacts'
                  ? t('broadcasts.people', {
                      count: plan.audience.ids.length,
                      people: number(plan.audience.ids.length),
                    })
                  : t(`broadcasts.audience.${plan.audience.kind}`)}
              </dd>
              <dt>{t('broadcasts.step.message')}</dt>
              <dd>
                <bdi className="mono">{plan.template || '–'}</bdi>
              </dd>
              <dt>{t('broadcasts.step.numbers')}</dt>
              <dd>
                {from.map((one) => (
                  <span key={one.phone_number_id}>
                    <bdi>{one.name}</bdi> <bdi dir="ltr">{one.display}</bdi>
                  </span>
                ))}
              </dd>
            </dl>
          </Card>
          {!approveBroadcasts && <ApprovalCard campaign={campaign} settled onDone={approved} />}
        </div>
        {approveBroadcasts && <CheckStep campaign={campaign} template={null} settled onApproval={approved} />}
      </div>
    </main>
  );
}
