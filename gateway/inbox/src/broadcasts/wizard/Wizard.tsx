import { ActionIcon, Button, Menu } from '@mantine/core';
import { IconArrowRight, IconDots, IconTrash } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { clockTime } from '../../i18n/format';
import settings from '../../settings/settings.module.css';
import { showToast } from '../../shell/toast';
import { refusal } from '../../signin/refusal';
import { useMe } from '../../state/permissions';
import { useTemplates } from '../../templates/useTemplates';
import { BroadcastHead } from '../BroadcastHead';
import { canBeKept, emptyDraft, firstOpen, offerOf, problems } from '../plan';
import { STEPS, type Step } from '../steps';
import type { Campaign } from '../types';
import { AudienceStep } from './AudienceStep';
import { CheckStep } from './CheckStep';
import { ConflictBox } from './ConflictBox';
import { DeleteDialog } from './DeleteDialog';
import { MessageStep } from './MessageStep';
import { NumbersStep } from './NumbersStep';
import { StartAction } from './StartAction';
import { Steps } from './Steps';
import { type DraftState, useDraft } from './useDraft';
import css from './wizard.module.css';

type Props = {
  campaign: Campaign | null;
  /** Whom a new one is for, where that is known already. */
  segment?: string | null;
};

export function Wizard({ campaign, segment = null }: Props) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { numbers } = useMe();
  const search = useSearch({ strict: false }) as { step?: Step };
  const state = useDraft(campaign, emptyDraft(numbers, segment));
  const [shown, setShown] = useState<Step | null>(null);
  const [deleting, setDeleting] = useState(false);
  const templates = useTemplates();
  const { draft, change, saved } = state;
  const offer = offerOf(templates.offers, draft.plan);
  const open = firstOpen(draft, offer?.template ?? null);
  const step = reachable(saved ? (search.step ?? open) : 'audience', open);
  const found = problems(step, draft, offer?.template ?? null);
  // What is missing is said after the step was to be left, not while it is being filled in.
  const told = shown === step ? found : {};

  const go = async (to: Step) => {
    const kept = await state.save();
    if (!kept) return;
    setShown(null);
    void navigate({
      to: '/broadcasts/$campaignId',
      params: { campaignId: kept.id },
      search: { step: to },
      replace: campaign === null,
    });
  };
  const next = () => {
    if (Object.keys(found).length > 0) setShown(step);
    else void go(STEPS[STEPS.indexOf(step) + 1] ?? 'check');
  };
  const close = async () => {
    if (!canBeKept(draft)) setShown(step);
    else if (await state.save()) void navigate({ to: '/broadcasts' });
  };
  return (
    <main className={settings.page} data-pane tabIndex={-1}>
      <BroadcastHead name={draft.name.trim() || t('broadcasts.new')}>
        {saved && (
          <Button variant="subtle" className={css.saveClose} onClick={() => void close()}>
            {t('broadcasts.saveAndClose')}
          </Button>
        )}
        {saved && <MoreMenu onDelete={() => setDeleting(true)} />}
        {step !== 'check' && (
          <Button rightSection={<IconArrowRight size={16} className={css.mirrored} />} onClick={next}>
            {t('broadcasts.next')}
          </Button>
        )}
        {step === 'check' && saved && (
          <StartAction campaign={saved} settled={state.settled} onConflict={state.refused} />
        )}
      </BroadcastHead>
      <Steps now={step} open={saved ? open : 'audience'} onGo={(to) => void go(to)}>
        <SavedLine state={state} />
      </Steps>
      {state.conflict && <ConflictBox onTheirs={state.takeTheirs} onMine={state.keepMine} />}
      {state.problem && !state.conflict && (
        <p role="alert" className={css.notSaved}>
          {t('broadcasts.notSaved', { reason: refusal(state.problem, t) })}
        </p>
      )}
      {step === 'audience' && <AudienceStep draft={draft} onChange={change} problems={told} onNext={next} />}
      {step === 'message' && (
        <MessageStep
          plan={draft.plan}
          onChange={(plan) => change({ ...draft, plan })}
          problems={told}
          templates={templates}
        />
      )}
      {step === 'numbers' && (
        <NumbersStep
          plan={draft.plan}
          offer={offer}
          onChange={(plan) => change({ ...draft, plan })}
          problems={told}
        />
      )}
      {step === 'check' && saved && (
        <CheckStep
          campaign={saved}
          template={offer?.template ?? null}
          onGo={(to) => void go(to)}
          settled={state.settled}
          onApproval={state.adopt}
        />
      )}
      {deleting && (
        <DeleteDialog
          name={draft.name}
          onClose={() => setDeleting(false)}
          onDelete={async () => {
            await state.remove();
            showToast({ tone: 'ac', title: t('broadcasts.deleted', { name: draft.name }) });
            await navigate({ to: '/broadcasts' });
          }}
        />
      )}
    </main>
  );
}

function reachable(wanted: Step, open: Step): Step {
  return STEPS.indexOf(wanted) <= STEPS.indexOf(open) ? wanted : open;
}

function SavedLine({ state: { draft, saved, savedAt } }: { state: DraftState }) {
  const { t } = useTranslation();
  if (saved && !canBeKept(draft)) return <span className={css.unsaved}>{t('broadcasts.unsaved')}</span>;
  if (!saved) return <span className={css.savedLine}>{t('broadcasts.savedWithNext')}</span>;
  return (
    <span className={css.savedLine}>
      {savedAt ? t('broadcasts.savedAt', { time: clockTime(savedAt) }) : t('broadcasts.savedDraft')}
    </span>
  );
}

function MoreMenu({ onDelete }: { onDelete: () => void }) {
  const { t } = useTranslation();
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon aria-label={t('broadcasts.more')}>
          <IconDots size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconTrash size={16} />} onClick={onDelete}>
          {t('broadcasts.deleteDraft')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
