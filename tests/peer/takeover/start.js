// What the steps of a takeover begin with: the official SDK against the server that the environment names.

import Parse from 'parse/node';

const { PARAPET_URL: url } = process.env;
if (!url) {
  console.error('PARAPET_URL names the server');
  process.exit(2);
}
Parse.initialize('test', 'test-js', 'test-master');
Parse.serverURL = url;
Parse.CoreManager.set('REQUEST_ATTEMPT_LIMIT', 1);
Parse.User.enableUnsafeCurrentUser();

export { Parse };
export const MASTER = { useMasterKey: true };
export const PASSWORD = 'correct horse battery staple';

/** Asks over plain HTTP; gives status and body. */
export async function rest(method, path, { body, token, master } = {}) {
  const request = {
    method,
    headers: {
      'X-Parse-Application-Id': 'test',
      'X-Parse-Javascript-Key': 'test-js',
      'Content-Type': 'application/json',
      ...(token && { 'X-Parse-Session-Token': token }),
      ...(master && { 'X-Parse-Master-Key': 'test-master' }),
    },
    body: body && JSON.stringify(body),
  };
  // A connection that the server has just closed for being idle is no answer: ask once more.
  const answer = await fetch(`${url}/${path}`, request).catch(() => fetch(`${url}/${path}`, request));
  return { status: answer.status, body: await answer.json() };
}

/**
 * Sorts the keys of objects at any depth, so that two answers can be compared. Leaves out where files are, which each
 * server has at its own address, and the index that every class has, which the reference names only now and then.
 */
export function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (!value || typeof value !== 'object') return value;
  if (value.__type === 'File') return { __type: 'File', name: value.name };
  const keys = Object.keys(value).filter(key => key !== '_id_').sort();
  const pairs = keys.map(key => [key, sorted(value[key])]);
  return Object.fromEntries(pairs.filter(([key, held]) => key !== 'indexes' || Object.keys(held).length > 0));
}
