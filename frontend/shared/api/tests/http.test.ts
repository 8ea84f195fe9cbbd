import { afterEach, expect, test, vi } from 'vitest';
import { addressWith, csrfToken, readCookie, request } from '../src/http';
import { ApiProblem } from '../src/problem';

afterEach(() => vi.unstubAllGlobals());

function answerWith(body: string, status: number, headers: Record<string, string> = {}): void {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response(body, { status, headers })));
}

test('a problem document becomes a typed problem that names the field', async () => {
  answerWith(
    JSON.stringify({
      title: 'Wrong',
      code: 'invalid',
      errors: [{ path: 'name', code: 'required', message: 'Write a name.' }],
    }),
    400,
  );
  const problem = await request('GET', '/x').catch((raised: unknown) => raised as ApiProblem);
  expect(problem).toBeInstanceOf(ApiProblem);
  expect((problem as ApiProblem).findFieldMessage('name')).toBe('Write a name.');
  expect((problem as ApiProblem).isTemporary).toBe(false);
});

test('an error page that is no JSON is still a problem with its status', async () => {
  answerWith('<h1>Bad gateway</h1>', 502);
  const problem = (await request('GET', '/x').catch((raised: unknown) => raised)) as ApiProblem;
  expect([problem.status, problem.code, problem.isTemporary]).toEqual([502, 'http_502', true]);
});

test('no answer at all is called offline', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('failed')));
  const problem = (await request('GET', '/x').catch((raised: unknown) => raised)) as ApiProblem;
  expect(problem.isOffline).toBe(true);
});

test('a call that was called off stays an AbortError', async () => {
  const controller = new AbortController();
  vi.stubGlobal('fetch', () => Promise.reject(new DOMException('stop', 'AbortError')));
  controller.abort();
  await expect(request('GET', '/x', { signal: controller.signal })).rejects.toHaveProperty(
    'name',
    'AbortError',
  );
});

test('the event cursor of the answer is kept', async () => {
  answerWith('{}', 200, { 'Event-Cursor': '42' });
  expect((await request('GET', '/x')).eventCursor).toBe(42);
});

test('empty parameters are left out of the address', () => {
  expect(addressWith('/t', { q: '', view: 'mine', after: null, n: 0 })).toBe('/t?view=mine&n=0');
});

test('a cookie is found by its whole name', () => {
  expect(readCookie('csrftoken', 'xcsrftoken=a; csrftoken=b%3D')).toBe('b=');
  expect(csrfToken('csrftoken=b')).toBe('b');
  expect(csrfToken('csrftoken=b; __Host-csrf=c')).toBe('c');
});
