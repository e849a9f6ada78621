import { Problem, problemFromBody } from './problem';
import { SessionRenewal } from './refresh';
import type { Media } from './types';

const BASE = '/api/v1';
const CLIENT_HEADER = { 'X-Jetto-Client': 'web' };

type Options = { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal };

const offline = () => new Problem({ status: 0, code: 'offline', detail: '' });

const renewal = new SessionRenewal(() =>
  fetch(`${BASE}/sessions/refresh`, {
    method: 'POST',
    headers: CLIENT_HEADER,
    credentials: 'same-origin',
  }).then(
    (response) => response.status,
    () => 0,
  ),
);

async function request<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', ...options.headers };
  if (method !== 'GET') Object.assign(headers, CLIENT_HEADER);
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(BASE + path, {
      method,
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      credentials: 'same-origin',
      signal: options.signal,
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw offline();
  }
  if (!response.ok) {
    const body = await response.json().catch(() => null);
    throw problemFromBody(response.status, body, response.headers.get('Retry-After'));
  }
  if (response.status === 204 || response.status === 202) {
    const text = await response.text();
    return (text ? JSON.parse(text) : undefined) as T;
  }
  return (await response.json()) as T;
}

const inSession = <T>(method: string, path: string, options: Options = {}) =>
  renewal.around(() => request<T>(method, path, options));

export const api = {
  read: <T>(path: string, signal?: AbortSignal) => inSession<T>('GET', path, { signal }),
  post: <T>(path: string, body?: unknown, headers?: Record<string, string>) =>
    inSession<T>('POST', path, { body, headers }),
  put: <T>(path: string, body: unknown) => inSession<T>('PUT', path, { body }),
  patch: <T>(path: string, body: unknown) => inSession<T>('PATCH', path, { body }),
  remove: <T = void>(path: string, body?: unknown) => inSession<T>('DELETE', path, { body }),
};

/** For the doors that nobody has to be signed in for: there a 401 is never the session's. */
export const door = {
  read: <T>(path: string, signal?: AbortSignal) => request<T>('GET', path, { signal }),
  post: <T>(path: string, body?: unknown) => request<T>('POST', path, { body }),
};

/** XMLHttpRequest because fetch cannot report the progress of a request body. */
export function uploadMedia(
  file: File,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<Media> {
  return uploadFile<Media>('/media', file, file.type || 'application/octet-stream', onProgress, signal);
}

export function uploadFile<T>(
  path: string,
  file: File,
  type: string,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<T> {
  return renewal.around(() => upload<T>(path, file, type, onProgress, signal));
}

function upload<T>(
  path: string,
  file: File,
  type: string,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open('POST', `${BASE}${path}`);
    xhr.responseType = 'json';
    xhr.setRequestHeader('Content-Type', type);
    xhr.setRequestHeader('X-Filename', encodeURIComponent(file.name));
    for (const [name, value] of Object.entries(CLIENT_HEADER)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    xhr.onload = () => {
      if (xhr.status >= 200 && xhr.status < 300) resolve(xhr.response as T);
      else reject(problemFromBody(xhr.status, xhr.response));
    };
    xhr.onerror = () => reject(offline());
    xhr.onabort = () => reject(new DOMException('aborted', 'AbortError'));
    signal.addEventListener('abort', () => xhr.abort());
    xhr.send(file);
  });
}

export const mediaUrl = (id: string) => `${BASE}/media/${id}`;
/** A file that the browser fetches by itself. */
export const downloadUrl = (path: string) => BASE + path;
