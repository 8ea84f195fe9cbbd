import { offlineProblem, problemFrom } from './problem';

export type Query = Record<string, string | number | boolean | null | undefined>;
export interface RequestOptions {
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  timeoutSeconds?: number;
}
export interface Answer<T> {
  data: T;
  status: number;
  /** The event number the data is at least as new as; null where the server sent none. */
  eventCursor: number | null;
}

const DEFAULT_TIMEOUT_SECONDS = 20;

export function readCookie(name: string, cookies: string = document.cookie): string | null {
  for (const part of cookies.split('; ')) {
    const [key, ...rest] = part.split('=');
    if (key === name) return decodeURIComponent(rest.join('='));
  }
  return null;
}

export function addressWith(path: string, query: Query = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(key, String(value));
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

/** The token that unsafe calls carry; over HTTPS its cookie is bound to the host. */
export function csrfToken(cookies?: string): string {
  return readCookie('__Host-csrf', cookies) ?? readCookie('csrftoken', cookies) ?? '';
}

function headersFor(method: string, options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = { Accept: 'application/json', ...options.headers };
  if (options.body !== undefined) headers['Content-Type'] = 'application/json';
  if (method !== 'GET') headers['X-CSRFToken'] = csrfToken();
  return headers;
}

function signalFor(options: RequestOptions): AbortSignal {
  const timeout = AbortSignal.timeout((options.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS) * 1000);
  return options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
}

function isCalledOff(options: RequestOptions): boolean {
  return options.signal?.aborted ?? false;
}

/** The one place that calls fetch. Raises ApiProblem; an aborted call raises its AbortError. */
export async function request<T>(
  method: string,
  path: string,
  options: RequestOptions = {},
): Promise<Answer<T>> {
  let response: Response;
  try {
    response = await fetch(addressWith(path, options.query), {
      method,
      credentials: 'same-origin',
      headers: headersFor(method, options),
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: signalFor(options),
    });
  } catch (cause) {
    if (isCalledOff(options)) throw cause;
    throw offlineProblem(cause);
  }
  if (!response.ok) throw await problemFrom(response);
  const cursor = response.headers.get('Event-Cursor');
  const data = (response.status === 204 ? null : await response.json()) as T;
  return { data, status: response.status, eventCursor: cursor === null ? null : Number(cursor) };
}
