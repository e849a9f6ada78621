import { describe, expect, it, vi } from 'vitest';
import { Problem } from './problem';
import { SessionRenewal } from './refresh';

const signedOut = () => new Problem({ status: 401, code: 'signed_out', detail: '' });

/** A request that is refused until the session was renewed. */
function server(answer: number) {
  let fresh = false;
  const renew = vi.fn(async () => {
    await Promise.resolve();
    fresh = answer === 200;
    return answer;
  });
  const request = vi.fn(async () => {
    if (!fresh) throw signedOut();
    return 'done';
  });
  return { renew, request, renewal: new SessionRenewal(renew) };
}

describe('an old session', () => {
  it('is renewed once for all requests that found it old', async () => {
    const { renew, request, renewal } = server(200);
    const answers = await Promise.all([1, 2, 3].map(() => renewal.around(request)));
    expect(answers).toEqual(['done', 'done', 'done']);
    expect(renew).toHaveBeenCalledTimes(1);
    expect(request).toHaveBeenCalledTimes(6);
  });

  it('that is over stays over, and the request is not repeated', async () => {
    const { request, renewal } = server(401);
    await expect(renewal.around(request)).rejects.toMatchObject({ status: 401 });
    expect(request).toHaveBeenCalledTimes(1);
  });

  it.each([0, 503])('is not called over when the renewal gets no answer (%i)', async (status) => {
    const { request, renewal } = server(status);
    await expect(renewal.around(request)).rejects.toMatchObject({ status: 0, code: 'offline' });
  });

  it('may be renewed again later', async () => {
    const renew = vi.fn(async () => 200);
    const renewal = new SessionRenewal(renew);
    for (let turn = 0; turn < 2; turn += 1) {
      let calls = 0;
      await renewal.around(async () => {
        calls += 1;
        if (calls === 1) throw signedOut();
      });
    }
    expect(renew).toHaveBeenCalledTimes(2);
  });

  it('is not blamed for a wrong password', async () => {
    const { renew, renewal } = server(200);
    const wrong = new Problem({ status: 401, code: 'wrong_credentials', detail: '' });
    await expect(renewal.around(() => Promise.reject(wrong))).rejects.toBe(wrong);
    expect(renew).not.toHaveBeenCalled();
  });
});
