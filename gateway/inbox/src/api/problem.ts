/** 401 that speaks of what was typed in, not of the session. */
const ABOUT_CREDENTIALS = new Set(['wrong_credentials', 'second_factor', 'wrong_code']);

/** RFC 9457 answer of the server, or `code: 'offline'` when no answer came at all. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly action: string | null;
  /** Seconds to wait, where the server said so. */
  readonly retryAfter: number | null;

  constructor(fields: {
    status: number;
    code: string;
    detail: string;
    action?: string | null;
    retryAfter?: number | null;
  }) {
    super(fields.detail || fields.code);
    this.name = 'Problem';
    this.status = fields.status;
    this.code = fields.code;
    this.detail = fields.detail;
    this.action = fields.action ?? null;
    this.retryAfter = fields.retryAfter ?? null;
  }

  /** Nothing is known to be wrong with the request itself; the same request may succeed later. */
  get mayRepeat(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }

  get signedOut(): boolean {
    return this.status === 401 && !ABOUT_CREDENTIALS.has(this.code);
  }
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem({ status: 0, code: 'offline', detail: error instanceof Error ? error.message : '' });
}

export function problemFromBody(status: number, body: unknown, retryAfter: string | null = null): Problem {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const text = (key: string) => (typeof fields[key] === 'string' ? (fields[key] as string) : null);
  return new Problem({
    status,
    code: text('code') ?? `http_${status}`,
    detail: text('detail') ?? text('title') ?? '',
    action: text('action'),
    retryAfter: seconds(retryAfter),
  });
}

function seconds(header: string | null): number | null {
  const value = Number(header);
  return header !== null && Number.isFinite(value) && value > 0 ? Math.ceil(value) : null;
}
