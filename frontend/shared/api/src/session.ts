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

/** Signs in with a password. Raises ApiProblem whose errors name `email` or `password`. */
export async function signIn(email: string, password: string): Promise<void> {
  if (await hasSession()) return;
  try {
    await request('POST', `${ROOT}/login`, { body: { email, password } });
  } catch (problem) {
    if (!(problem instanceof ApiProblem)) throw problem;
    if (problem.status === 409) return; // signed in meanwhile, in another tab
    throw new ApiProblem({ ...problem.document, errors: fieldProblems(problem) });
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
