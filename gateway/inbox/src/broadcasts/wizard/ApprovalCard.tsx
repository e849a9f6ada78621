import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Card, Refused } from '../../settings/parts';
import settings from '../../settings/settings.module.css';
import { useChange } from '../../settings/useChange';
import { useWhen } from '../../settings/when';
import { useMe, useRights } from '../../state/permissions';
import { campaigns, keys } from '../api';
import type { Campaign } from '../types';
import { mayAnswer } from './approval';
import css from './check.module.css';

type Props = { campaign: Campaign; settled: boolean; onDone: (campaign: Campaign) => void };

/** Four eyes: shown where the organization wants them, or somebody has asked for them. */
export function ApprovalCard(props: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const rights = useRights();
  const { campaign } = props;
  const { approval } = campaign;
  if (!me.organization.approve_broadcasts && !approval) return null;
  const isOpen = !approval || approval.kind === 'sent_back';
  return (
    <Card title={t('broadcasts.approval.title')}>
      <Standing approval={approval ?? null} />
      {isOpen && rights.writeBroadcasts && <Asking {...props} />}
      {approval?.kind === 'asked' && mayAnswer(campaign, me.member.id) && rights.approveBroadcasts && (
        <Answering {...props} />
      )}
    </Card>
  );
}

function Standing({ approval }: { approval: Campaign['approval'] | null }) {
  const { t } = useTranslation();
  const when = useWhen();
  if (!approval) return <p>{t('broadcasts.approval.none')}</p>;
  const said = { name: approval.by.name, when: when(approval.at) };
  return (
    <>
      <p>{t(`broadcasts.approval.${approval.kind}`, said)}</p>
      {approval.kind === 'sent_back' && (
        <blockquote className={css.note} dir="auto">
          {approval.note}
        </blockquote>
      )}
    </>
  );
}

function Asking({ campaign, settled, onDone }: Props) {
  const { t } = useTranslation();
  const ask = useChange(() => campaigns.submit(campaign), { stale: [keys.list], onDone });
  return (
    <>
      <Refused text={ask.text} />
      <Button variant="default" disabled={!settled} loading={ask.busy} onClick={() => ask.run()}>
        {t('broadcasts.approval.ask')}
      </Button>
    </>
  );
}

function Answering({ campaign, settled, onDone }: Props) {
  const { t } = useTranslation();
  const [note, setNote] = useState('');
  const approve = useChange(() => campaigns.approve(campaign), { stale: [keys.list], onDone });
  const sendBack = useChange(() => campaigns.sendBack(campaign, note), { stale: [keys.list], onDone });
  return (
    <>
      <Textarea
        label={t('broadcasts.approval.note')}
        value={note}
        maxLength={1_000}
        autosize
        minRows={2}
        dir="auto"
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <Refused text={approve.text ?? sendBack.text} />
      <div className={settings.row}>
        <Button disabled={!settled} loading={approve.busy} onClick={() => approve.run()}>
          {t('broadcasts.approval.approve')}
        </Button>
        <Button
          variant="default"
          disabled={!settled || note.trim() === ''}
          loading={sendBack.busy}
          onClick={() => sendBack.run()}
        >
          {t('broadcasts.approval.sendBack')}
        </Button>
      </div>
    </>
  );
}
