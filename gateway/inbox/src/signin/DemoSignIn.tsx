import { UnstyledButton } from '@mantine/core';
import { IconArrowRight } from '@tabler/icons-react';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { door } from '../api/client';
import { asProblem } from '../api/problem';
import type { Demo, DemoPerson, Me } from '../api/types';
import { Face } from '../people/Face';
import { initials, toneOf } from '../people/names';
import { Mark } from '../shell/Mark';
import { SignInFoot } from './SignInFoot';
import css from './signin.module.css';
import { WhatIsReal } from './WhatIsReal';

export function DemoSignIn({ demo, onSignedIn }: { demo: Demo; onSignedIn: (me: Me) => void }) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState(demo.organizations[0]?.id);
  const [problem, setProblem] = useState<string | null>(null);
  const enter = async (person: DemoPerson) => {
    setProblem(null);
    try {
      onSignedIn(await door.post<Me>('/demo/sessions', { member_id: person.member_id }));
    } catch (error) {
      setProblem(asProblem(error).detail || t('signIn.noServer'));
    }
  };
  return (
    <main className={css.demo}>
      <div className={css.demoMain}>
        <header className={css.demoHead}>
          <Mark size={36} />
          <div>
            <h1>{t('demo.title')}</h1>
            <p>{t('demo.about')}</p>
          </div>
        </header>
        <div className={css.grid} role="radiogroup" aria-label={t('demo.organization')}>
          {demo.organizations.map((organization) => (
            <label key={organization.id} className={css.organization}>
              <input
                type="radio"
                name="organization"
                checked={organization.id === chosen}
                onChange={() => setChosen(organization.id)}
              />
              <span className={css.tile} data-tone={toneOf(organization.id)} aria-hidden>
                {initials(organization.name).slice(0, 1)}
              </span>
              <span>
                <strong>
                  <bdi>{organization.name}</bdi>
                </strong>
                <bdi className={css.about}>{organization.about}</bdi>
              </span>
            </label>
          ))}
        </div>
        {problem && (
          <p role="alert" className={css.problem}>
            {problem}
          </p>
        )}
        <div className={css.grid}>
          {demo.people
            .filter((person) => person.organization_id === chosen)
            .map((person) => (
              <PersonCard key={person.member_id} person={person} onEnter={() => void enter(person)} />
            ))}
        </div>
        <div className={css.demoFoot}>
          <SignInFoot />
        </div>
      </div>
      <WhatIsReal />
    </main>
  );
}

function PersonCard({ person, onEnter }: { person: DemoPerson; onEnter: () => void }) {
  const { t } = useTranslation();
  return (
    <UnstyledButton className={css.person} onClick={onEnter}>
      <Face id={person.member_id} name={person.name} size={36} solid />
      <span className={css.personText}>
        <span>
          <strong>{t(`role.${person.role}`)}</strong> <bdi className={css.about}>{person.name}</bdi>
        </span>
        <span className={css.about}>{person.about}</span>
        <span className={css.try}>{t('demo.try', { what: person.try })}</span>
      </span>
      <IconArrowRight size={18} className={css.mirrored} aria-hidden />
    </UnstyledButton>
  );
}
