import { request } from './http';
import { ApiProblem, type FieldProblem } from './problem';

// Sign-in speaks django-allauth's headless browser protocol.
const ROOT = '/_allauth/browser/v1/auth';

interface HeadlessErrors {
  errors?: { param?: string; code: string; message: string }[];
}

function fieldProblems(problem: ApiProblem): FieldProblem[] {
  const listed = (problem.document as unknown as HeadlessErrors).errors ?? [];
  return listed.map((error) => ({ path: error.param ?? '', code: error.code, message: error.message }));
}

/** True when the browser holds a valid session. Also makes the server set the CSRF cookie. */
export async function hasSession(): Promise<boolean> {
  try {
    await request('GET', `${ROOT}/session`);
    return true;
  } catch (problem) {
    if (problem instanceof ApiProblem && (problem.status === 401 || problem.status === 410)) return false;
    throw problem;
  }
}

/** What the server still wants to know before it lets somebody in. */
export type SignInStep = 'done' | 'code';

interface Pending {
  data?: { flows?: { id: string; is_pending?: boolean }[] };
}

function wantsCode(problem: ApiProblem): boolean {
  const flows = (problem.document as unknown as Pending).data?.flows ?? [];
  return flows.some((flow) => flow.id === 'mfa_authenticate' && flow.is_pending);
}

function withFields(problem: ApiProblem): ApiProblem {
  return new ApiProblem({ ...problem.document, errors: fieldProblems(problem) });
}

/** Signs in with a password; some have to give a code next. Raises ApiProblem naming the field. */
export async function signIn(email: string, password: string): Promise<SignInStep> {
  if (await hasSession()) return 'done';
  try {
    await request('POST', `${ROOT}/login`, { body: { email, password } });
  } catch (problem) {
    if (!(problem instanceof ApiProblem)) throw problem;
    if (problem.status === 409) return 'done'; // signed in meanwhile, in another tab
    if (problem.status === 401 && wantsCode(problem)) return 'code';
    throw withFields(problem);
  }
  return 'done';
}

/** The second step: a code of the authenticator app, or a recovery code. Raises ApiProblem. */
export async function sendCode(code: string): Promise<void> {
  await asked('POST', `${ROOT}/2fa/authenticate`, { code });
}

/** Asks for the password again, before something that matters. Raises ApiProblem. */
export async function confirmPassword(password: string): Promise<void> {
  await asked('POST', `${ROOT}/reauthenticate`, { password });
}

const ACCOUNT = '/_allauth/browser/v1/account';

/** Everybody else is signed out by it. Raises ApiProblem naming `current_password` or `new_password`. */
export async function changePassword(current: string, wanted: string): Promise<void> {
  await asked('POST', `${ACCOUNT}/password/change`, { current_password: current, new_password: wanted });
}

export interface TwoFactor {
  isOn: boolean;
  /** Of one that is being set up. */
  secret: string | null;
}

/** Whether there is a second factor; if not, a new secret to set one up with. */
export async function twoFactor(): Promise<TwoFactor> {
  try {
    await request('GET', `${ACCOUNT}/authenticators/totp`);
    return { isOn: true, secret: null };
  } catch (problem) {
    if (!(problem instanceof ApiProblem) || problem.status !== 404) throw problem;
    const { meta } = problem.document as unknown as { meta?: { secret?: string } };
    return { isOn: false, secret: meta?.secret ?? null };
  }
}

/** Raises ApiProblem: 401 when the password has to be confirmed first, 400 for a wrong code. */
export async function turnOnTwoFactor(code: string): Promise<void> {
  await asked('POST', `${ACCOUNT}/authenticators/totp`, { code });
}

export async function turnOffTwoFactor(): Promise<void> {
  await asked('DELETE', `${ACCOUNT}/authenticators/totp`);
}

interface Codes {
  data: { unused_codes: string[] };
}

/** The recovery codes that are left; `areNew` makes others and the old ones worthless. */
export async function recoveryCodes(areNew = false): Promise<string[]> {
  const method = areNew ? 'POST' : 'GET';
  return (await asked<Codes>(method, `${ACCOUNT}/authenticators/recovery-codes`)).data.unused_codes;
}

async function asked<T>(method: string, path: string, body?: unknown): Promise<T> {
  try {
    return (await request<T>(method, path, { body })).data;
  } catch (problem) {
    throw problem instanceof ApiProblem ? withFields(problem) : problem;
  }
}

/** Signs out. The server answers 401 when it worked: nobody is signed in any more. */
export async function signOut(): Promise<void> {
  try {
    await request('DELETE', `${ROOT}/session`);
  } catch (problem) {
    if (!(problem instanceof ApiProblem) || problem.status !== 401) throw problem;
  }
}
