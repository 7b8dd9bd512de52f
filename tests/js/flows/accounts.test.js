// Accounts over plain HTTP, as apps without the JavaScript SDK have them: statuses, headers, what is left out.

import { before, test } from 'node:test';
import { MASTER_HEADERS, PASSWORD, assert, fresh, rest } from './start.js';

let name, id, token;

const as = session => ({ 'X-Parse-Session-Token': session });

before(async () => {
  name = fresh('ann');
  const { status, body } = await rest('POST', 'users', { username: name, password: PASSWORD, email: `${name}@example.org`, ward: 'A' });
  assert.equal(status, 201);
  assert.deepEqual(Object.keys(body).sort(), ['createdAt', 'objectId', 'sessionToken']);
  ({ objectId: id, sessionToken: token } = body);
});

test('logging in answers the whole user without secrets', async () => {
  for (const [method, path, body] of [
    ['GET', `login?username=${name}&password=${encodeURIComponent(PASSWORD)}`], ['POST', 'login', { username: name, password: PASSWORD }],
    ['POST', 'login', { email: `${name}@example.org`, password: PASSWORD }],
  ]) {
    const answer = await rest(method, path, body);
    assert.equal(answer.status, 200, JSON.stringify(answer.body));
    const { createdAt, updatedAt, sessionToken, ...rest_ } = answer.body;
    assert.match(sessionToken, /^r:[0-9a-f]{32}$/);
    assert.deepEqual(rest_, {
      objectId: id, username: name, email: `${name}@example.org`, ward: 'A', ACL: { [id]: { read: true, write: true } },
    });
  }
});

test('logging in fails', async () => {
  for (const [body, status, code] of [
    [{ username: name, password: 'no' }, 404, 101], [{ username: fresh('x'), password: 'no' }, 404, 101],
    [{ password: 'no' }, 400, 200], [{ username: name }, 400, 201], [{ username: { $ne: 'x' }, password: 'x' }, 404, 101],
  ]) {
    const answer = await rest('POST', 'login', body);
    assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(body));
  }
  // A dead session in the way doesn't matter.
  const dead = await rest('POST', 'login', { username: name, password: PASSWORD }, as('r:00000000000000000000000000000000'));
  assert.equal(dead.status, 200);
});

test('signing up fails', async () => {
  for (const [body, code] of [
    [{ password: 'p' }, 200], [{ username: 'u' }, 201], [{ username: '', password: 'p' }, 200], [{ username: name, password: 'p' }, 202],
    [{ username: fresh('y'), password: 'p', email: `${name}@example.org` }, 203], [{ username: fresh('y'), password: 'p', email: 'x' }, 125],
  ]) {
    const answer = await rest('POST', 'users', body);
    assert.deepEqual([answer.status, answer.body.code], [400, code], JSON.stringify([body, answer.body]));
  }
});

test('who I am', async () => {
  const me = await rest('GET', 'users/me', null, as(token));
  assert.equal(me.body.objectId, id);
  assert.equal(me.body.sessionToken, token);
  assert.equal('password' in me.body, false);
  assert.deepEqual([(await rest('GET', 'users/me')).body.code, (await rest('GET', 'users/me', null, as('r:x'))).body.code], [209, 209]);
  assert.equal((await rest('GET', `users/${id}`)).status, 404);
  assert.equal((await rest('GET', `users/${id}`, null, as(token))).body.sessionToken, token);
});

test('changing myself', async () => {
  assert.deepEqual(await rest('PUT', `users/${id}`, { ward: 'B' }).then(({ status, body }) => [status, body.code]), [400, 206]);
  const changed = await rest('PUT', `users/${id}`, { ward: 'B' }, as(token));
  assert.deepEqual([changed.status, Object.keys(changed.body)], [200, ['updatedAt']]);
  assert.equal((await rest('PUT', `users/${id}`, { emailVerified: true }, as(token))).body.code, 119);
  assert.equal((await rest('GET', `users/${id}`, null, MASTER_HEADERS)).body.ward, 'B');
});

test('sessions over HTTP', async () => {
  const mine = await rest('GET', 'sessions', null, as(token));
  assert.ok(mine.body.results.length >= 1);
  assert.ok(mine.body.results.every(session => session.user.objectId === id));
  const me = await rest('GET', 'sessions/me', null, as(token));
  assert.deepEqual(me.body.createdWith, { action: 'signup', authProvider: 'password' });
  assert.equal(me.body.expiresAt.__type, 'Date');
  assert.equal((await rest('GET', 'sessions')).body.code, 209);
  assert.equal((await rest('PUT', `sessions/${me.body.objectId}`, { expiresAt: me.body.expiresAt }, as(token))).body.code, 105);
  const further = await rest('POST', 'sessions', {}, as(token));
  assert.equal(further.status, 201);
  assert.notEqual(further.body.sessionToken, token);
  const out = await rest('POST', 'logout', {}, as(further.body.sessionToken));
  assert.deepEqual([out.status, out.body], [200, {}]);
  assert.equal((await rest('GET', 'users/me', null, as(further.body.sessionToken))).body.code, 209);
});

test('a changed password', async () => {
  const login = await rest('POST', 'login', { username: name, password: PASSWORD });
  const changed = await rest('PUT', `users/${id}`, { password: 'a new one, long' }, as(login.body.sessionToken));
  assert.match(changed.body.sessionToken, /^r:/);
  assert.equal((await rest('GET', 'users/me', null, as(token))).body.code, 209);
  assert.equal((await rest('GET', 'users/me', null, as(changed.body.sessionToken))).body.objectId, id);
  assert.equal((await rest('POST', 'login', { username: name, password: PASSWORD })).status, 404);
});

test('deleting myself', async () => {
  const login = await rest('POST', 'login', { username: name, password: 'a new one, long' });
  assert.equal((await rest('DELETE', `users/${id}`)).body.code, 206);
  assert.equal((await rest('DELETE', `users/${id}`, null, as(login.body.sessionToken))).status, 200);
  assert.equal((await rest('POST', 'login', { username: name, password: 'a new one, long' })).status, 404);
});
