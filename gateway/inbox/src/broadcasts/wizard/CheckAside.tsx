import { Select } from '@mantine/core';
import { IconFile, IconMapPin, IconPhoto, IconShoppingBag, IconVideo } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Template } from '../../api/types';
import type { Words } from '../../i18n';
import { clockTime } from '../../i18n/format';
import { qualityName, qualityTone } from '../../numbers/words';
import { Chip } from '../../settings/parts';
import { useWhen } from '../../settings/when';
import { useNow } from '../../state/clock';
import { useRights } from '../../state/permissions';
import type { Campaign, Check, Sample } from '../types';
import { rate } from '../words';
import css from './check.module.css';
import { Trial } from './Trial';

const MEDIA = {
  image: IconPhoto,
  video: IconVideo,
  document: IconFile,
  location: IconMapPin,
  product: IconShoppingBag,
};

type Props = { check: Check; campaign: Campaign; template: Template | null; settled: boolean };

export function CheckAside({ check, campaign, template, settled }: Props) {
  const { t } = useTranslation();
  const when = useWhen();
  const rights = useRights();
  const [id, setId] = useState<string | null>(null);
  const sample = check.samples.find((one) => one.contact_id === id) ?? check.samples[0];
  const { start_at: startAt, start_is_local: isLocal } = campaign.plan;
  return (
    <aside className={css.aside} aria-label={t('broadcasts.check.preview')} data-pane tabIndex={-1}>
      {sample ? (
        <>
          <Select
            label={t('broadcasts.check.previewAs')}
            allowDeselect={false}
            value={sample.contact_id}
            data={check.samples.map((one) => ({
              value: one.contact_id,
              label: sampleName(one, t),
            }))}
            onChange={setId}
          />
          <SampleCard
            content={sample.content}
            template={sample.variant === 'A' || sample.variant == null ? template : null}
          />
        </>
      ) : (
        <p className={css.faint}>{t('broadcasts.check.noSample')}</p>
      )}
      {rights.writeBroadcasts && rights.readContacts && sample && (
        <Trial campaign={campaign} settled={settled} variant={sample.variant} />
      )}
      <h2>{t('broadcasts.step.numbers')}</h2>
      <ul className={css.lanes}>
        {check.lanes.map((lane) => (
          <li key={lane.phone_number_id}>
            <bdi className="clip">{lane.name}</bdi>
            <span>{t('broadcasts.perSecond', { rate: rate(lane.per_second) })}</span>
            <Chip tone={qualityTone(lane.quality)}>{qualityName(lane.quality, t)}</Chip>
          </li>
        ))}
      </ul>
      <p className={css.faint}>{t('broadcasts.check.slowsDown')}</p>
      {startAt && (
        <>
          <h2>{t('broadcasts.start.title')}</h2>
          <p>{t(`broadcasts.check.${isLocal ? 'startsLocal' : 'startsAt'}`, { when: when(startAt) })}</p>
        </>
      )}
      <p className={css.asideFoot}>{t('broadcasts.check.foot')}</p>
    </aside>
  );
}

/** Of several messages the one that this person would get. */
function sampleName({ name, variant }: Sample, t: Words): string {
  const who = name ?? t('contact.unnamed');
  return variant ? t('broadcasts.test.personGets', { name: who, variant }) : who;
}

function SampleCard({ content, template }: { content: Sample['content']; template: Template | null }) {
  const now = useNow();
  const kind = template?.header?.kind;
  const Media = kind && kind !== 'text' ? MEDIA[kind] : null;
  return (
    <div className={css.card}>
      {Media && (
        <span className={css.cardMedia}>
          <Media size={28} stroke={1.5} aria-hidden />
        </span>
      )}
      <div className={css.cardBody}>
        {!Media && content.header && <strong dir="auto">{content.header}</strong>}
        <p dir="auto">{content.body}</p>
        {content.cards.map((card, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the cards of a message never change places.
          <p key={index} dir="auto">
            {card.body}
          </p>
        ))}
        {content.footer && <small dir="auto">{content.footer}</small>}
        <time>{clockTime(now)}</time>
      </div>
      {content.buttons.map((button) => (
        <span key={button} className={css.cardButton}>
          <bdi>{button}</bdi>
        </span>
      ))}
    </div>
  );
}
