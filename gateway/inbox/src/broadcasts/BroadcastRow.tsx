import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { number } from '../i18n/format';
import { useWhen } from '../settings/when';
import css from './broadcasts.module.css';
import { handed, percent } from './counts';
import { PhaseChip } from './PhaseChip';
import { StateBar } from './StateBar';
import type { CampaignRow } from './types';

export function BroadcastRow({ row: { campaign, counts } }: { row: CampaignRow }) {
  const { t } = useTranslation();
  const when = useWhen();
  const { approval, launch, phase, plan } = campaign;
  return (
    <li>
      <Link to="/broadcasts/$campaignId" params={{ campaignId: campaign.id }} className={css.row}>
        <span className={css.what}>
          <strong>
            <bdi>{campaign.name}</bdi>
          </strong>
          {plan.template ? (
            <bdi className="mono clip">{plan.template}</bdi>
          ) : (
            <span>{t('broadcasts.noTemplate')}</span>
          )}
        </span>
        <span>
          <PhaseChip phase={phase} />
        </span>
        {phase.kind === 'draft' ? (
          <span className={css.faint}>
            {approval ? t(`broadcasts.approval.row.${approval.kind}`) : t('broadcasts.notStarted')}
          </span>
        ) : launch?.series ? (
          <span className={css.faint}>
            {launch.series.next
              ? t('broadcasts.repeat.next', { when: when(launch.series.next) })
              : t('broadcasts.repeat.over')}
          </span>
        ) : (
          <span className={css.progress}>
            <StateBar counts={counts} thin />
            <span>
              {t('broadcasts.handedOf', {
                handed: number(handed(counts)),

                total: number(counts.total),
              })}
              {counts.failed > 0 && (
                <span className={css.failed}>
                  {t('broadcasts.failedShort', { share: percent(counts.failed, counts.total) })}
                </span>
              )}
            </span>
          </span>
        )}
        <span className={css.end} data-label={t('broadcasts.state.replied')}>
          {phase.kind === 'draft' ? '–' : number(counts.replied)}
        </span>
        <span className={css.when}>
          {launch ? when(launch.at) : when(campaign.created_at)}
          <bdi>{launch?.by.name ?? campaign.author.name}</bdi>
        </span>
      </Link>
    </li>
  );
}
