import { ActionIcon } from '@mantine/core';
import { IconAlertTriangle, IconX } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { Template } from '../api/types';
import { languageName } from '../i18n/format';
import { TemplatePreview } from '../inbox/templates/TemplatePreview';
import { type Values, variableKey } from '../inbox/templates/templateText';
import { categoryName } from '../inbox/thread/contents/TemplateContent';
import { useShortcuts } from '../keyboard/shortcuts';
import { qualityName, qualityTone } from '../numbers/words';
import settings from '../settings/settings.module.css';
import { StatusChip } from './TemplateTable';
import css from './templates.module.css';
import type { Offer } from './useTemplates';

export function TemplateDetail({ offer, onClose }: { offer: Offer; onClose: () => void }) {
  const { t } = useTranslation();
  const { template, numbers } = offer;
  useShortcuts({ escape: onClose });
  return (
    <aside className={css.detail} aria-label={t('templates.detail')} data-pane tabIndex={-1}>
      <header className={css.detailHead}>
        <h2>
          <bdi dir="ltr">{template.name}</bdi>
        </h2>
        <StatusChip status={template.status} />
        <ActionIcon aria-label={t('common.close')} onClick={onClose}>
          <IconX size={18} />
        </ActionIcon>
      </header>
      {template.unsendable_reason && (
        <p className={`${settings.box} ${css.why}`}>
          <IconAlertTriangle size={16} aria-hidden />
          <span>{t('templates.why', { reason: template.unsendable_reason })}</span>
        </p>
      )}
      <dl className={css.facts}>
        <dt>{t('templates.category')}</dt>
        <dd>{categoryName(template.category, t)}</dd>
        <dt>{t('templates.language')}</dt>
        <dd>
          {languageName(template.language)} <bdi className="mono">{template.language}</bdi>
        </dd>
        <dt>{t('templates.quality')}</dt>
        <dd>{qualityTone(template.quality) ? qualityName(template.quality, t) : t('templates.noQuality')}</dd>
        <dt>{t('templates.of')}</dt>
        <dd>
          {numbers.map((one) => (
            <bdi key={one.phone_number_id}>{one.name}</bdi>
          ))}
        </dd>
        <dt>{t('templates.variables')}</dt>
        <dd>
          {template.variables.length === 0 && t('templates.noVariables')}
          {template.variables.map((one) => (
            <span key={variableKey(one)}>
              <bdi dir="ltr" className="mono">{`{{${one.name}}}`}</bdi> {t(`picker.place.${one.place}`)}
            </span>
          ))}
        </dd>
      </dl>
      <div className={css.preview}>
        <TemplatePreview
          template={template}
          values={examples(template)}
          business={numbers[0]?.name ?? template.name}
        />
      </div>
    </aside>
  );
}

/** The examples that WhatsApp was given when it looked at the template. */
const examples = (template: Template): Values =>
  Object.fromEntries(template.variables.map((one) => [variableKey(one), one.example ?? '']));
