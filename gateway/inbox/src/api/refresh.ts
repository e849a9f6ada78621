import { Problem } from './problem';

export type Renewal = 'renewed' | 'ended' | 'unknown';

/**
 * One renewal for however many requests found the session old: the refresh token is good once, and a second use of it
 * would look like theft and end the session.
 */
export class SessionRenewal {
  private running: Promise<Renewal> | null = null;
  private readonly renew: () => Promise<number>;

  /** `renew` answers with the status of POST /sessions/refresh, 0 when no answer came. */
  constructor(renew: () => Promise<number>) {
    this.renew = renew;
  }

  private once(): Promise<Renewal> {
    this.running ??= this.renew()
      .then((status): Renewal => {
        if (status >= 200 && status < 300) return 'renewed';
        return status === 401 ? 'ended' : 'unknown';
      })
      .finally(() => {
        this.running = null;
      });
    return this.running;
  }

  /** Tries, renews the session if that was the trouble, and tries once more. */
  async around<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Problem) || !error.signedOut) throw error;
      const renewal = await this.once();
      if (renewal === 'renewed') return attempt();
      // Whether the session is over is not known while the server does not answer: nobody is signed out by a bad network.
      if (renewal === 'unknown') throw new Problem({ status: 0, code: 'offline', detail: '' });
      throw error;
    }
  }
}
