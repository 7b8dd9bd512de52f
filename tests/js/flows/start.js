// What every flow begins with: the SDK against the server that the environment names.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import Parse from 'parse/node';

const { PARAPET_URL, PARAPET_APP_ID, PARAPET_JS_KEY, PARAPET_MASTER_KEY, PARAPET_CONTROL } = process.env;
if (!PARAPET_URL || !PARAPET_APP_ID || !PARAPET_MASTER_KEY) {
  console.error('PARAPET_URL, PARAPET_APP_ID, PARAPET_JS_KEY and PARAPET_MASTER_KEY name the server');
  process.exit(2);
}
Parse.initialize(PARAPET_APP_ID, PARAPET_JS_KEY, PARAPET_MASTER_KEY);
Parse.serverURL = PARAPET_URL;
// Each flow is a process of its own, with one user at a time, as on a telephone.
Parse.User.enableUnsafeCurrentUser();
// A server that fails is seen at once, not after five tries.
Parse.CoreManager.set('REQUEST_ATTEMPT_LIMIT', 1);

export { Parse, assert };
export const MASTER = { useMasterKey: true };
export const PASSWORD = 'correct horse battery';

/** Asks the control port; see `host/server/src/conformance`. */
export async function control(path, body = {}) {
  const answer = await fetch(`${PARAPET_CONTROL}/${path}`, { method: 'POST', body: JSON.stringify(body) });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said;
}

/** Asks the server as apps without an SDK do: plain HTTP; gives status and body. */
export async function rest(method, path, body, headers = {}) {
  const answer = await fetch(`${PARAPET_URL}/${path}`, {
    method,
    headers: {
      'X-Parse-Application-Id': PARAPET_APP_ID,
      'X-Parse-Javascript-Key': PARAPET_JS_KEY,
      'Content-Type': 'application/json',
      ...headers,
    },
    body: body && JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json() };
}

/** The headers of the master key. */
export const MASTER_HEADERS = { 'X-Parse-Master-Key': PARAPET_MASTER_KEY };

/** A name that nobody else uses. */
export const fresh = prefix => `${prefix}${randomBytes(5).toString('hex')}`;

/** Makes a class that every client may use, with these fields; gives its constructor. */
export async function makeClass(prefix, fields = {}) {
  const name = fresh(prefix);
  const schema = new Parse.Schema(name);
  for (const [field, add] of Object.entries(fields)) add(schema, field);
  await schema.save();
  return { name, make: attributes => new Parse.Object(name, attributes), query: () => new Parse.Query(name) };
}

/** Signs a new user up, who is then logged in. */
export async function signUp(prefix = 'user') {
  const user = await Parse.User.signUp(fresh(prefix), PASSWORD);
  return { user, token: user.getSessionToken(), as: { sessionToken: user.getSessionToken() } };
}

/** Expects a Parse error with this code; gives it. */
export async function fails(promise, code) {
  let error;
  try {
    await promise;
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error instanceof Parse.Error, `a Parse.Error was expected, not ${error ?? 'success'}`);
  assert.equal(error.code, code, error.message);
  assert.equal(typeof error.message, 'string');
  return error;
}
