import type { ReactNode } from 'react';
import { Mark } from '../shell/Mark';
import { SignInFoot } from './SignInFoot';
import css from './signin.module.css';

type Props = { title: string; about?: ReactNode; children?: ReactNode };

/** The frame of everything that is seen before anybody is signed in. */
export function Door({ title, about, children }: Props) {
  return (
    <div className={css.ground}>
      <main className={css.narrow}>
        <section className={css.card}>
          <header className={css.brand}>
            <Mark size={36} />
            <div>
              <h1>{title}</h1>
              {about && <p className={css.about}>{about}</p>}
            </div>
          </header>
          {children}
        </section>
        <SignInFoot />
      </main>
    </div>
  );
}
