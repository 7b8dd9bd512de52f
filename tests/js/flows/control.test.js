// What needs another configuration, or another time: through the control port.

import { afterEach, beforeEach, test } from 'node:test';
import { MASTER_HEADERS, PASSWORD, Parse, assert, control, fails, fresh, makeClass, rest, signUp } from './start.js';

beforeEach(() => control('reset'));
afterEach(async () => {
  await Parse.User.logOut().catch(() => {});
  await control('reconfigure');
});

test('a class that nobody made is refused', async () => {
  await control('reconfigure', { allowClientClassCreation: false });
  await fails(new Parse.Object('Nowhere', { a: 1 }).save(), Parse.Error.OPERATION_FORBIDDEN);
  await fails(new Parse.Query('Nowhere').find(), Parse.Error.OPERATION_FORBIDDEN);
  assert.equal((await rest('POST', 'classes/Nowhere', { a: 1 }, MASTER_HEADERS)).status, 201);
});

test('a session ends when its time is over', async () => {
  await control('reconfigure', { sessionLength: 60 });
  const { as, token } = await signUp('ann');
  await control('clock', { ms: 50_000 });
  assert.equal((await new Parse.Query(Parse.Session).find(as)).length, 1);
  await control('clock', { ms: 11_000 });
  await fails(Parse.User.become(token), Parse.Error.INVALID_SESSION_TOKEN);
  const me = await rest('GET', 'sessions/me', null, { 'X-Parse-Session-Token': token });
  assert.equal(me.body.sessionToken, token);
});

test('an account is locked and unlocked', async () => {
  await control('reconfigure', { accountLockout: { threshold: 2, duration: 3 } });
  const { user } = await signUp('bob');
  const name = user.get('username');
  for (let i = 0; i < 2; i += 1) await fails(Parse.User.logIn(name, 'wrong'), Parse.Error.OBJECT_NOT_FOUND);
  const locked = await fails(Parse.User.logIn(name, PASSWORD), Parse.Error.OBJECT_NOT_FOUND);
  assert.match(locked.message, /locked.* 3 minute/);
  await control('clock', { ms: 181_000 });
  assert.equal((await Parse.User.logIn(name, PASSWORD)).id, user.id);
});

test('dates are those of the moved clock', async () => {
  const { make } = await makeClass('Late');
  await control('clock', { ms: 86_400_000 });
  const { createdAt } = await make({}).save();
  assert.ok(createdAt - Date.now() > 86_300_000);
});

test('ids that clients choose', async () => {
  const { name } = await makeClass('Chosen');
  assert.equal((await rest('POST', `classes/${name}`, { objectId: 'mine' })).body.code, 105);
  await control('reconfigure', { allowCustomObjectId: true });
  assert.equal((await rest('POST', `classes/${name}`, { objectId: 'mine' })).body.objectId, 'mine');
  assert.equal((await rest('POST', `classes/${name}`, { objectId: 'mine' })).body.code, 137);
  assert.equal((await rest('POST', `classes/${name}`, { objectId: '' })).body.code, 104);
});

test('users that are not private', async () => {
  await control('reconfigure', { enforcePrivateUsers: false });
  const one = await signUp('one');
  const two = await signUp('two');
  const seen = await new Parse.Query(Parse.User).get(one.user.id, two.as);
  assert.equal(seen.get('username'), one.user.get('username'));
});

test('limits', async () => {
  await control('reconfigure', { defaultLimit: 2, maxLimit: 3 });
  const { make, query } = await makeClass('Rows');
  await Parse.Object.saveAll(Array.from({ length: 5 }, () => make({})));
  assert.equal((await query().find()).length, 2);
  assert.equal((await query().limit(100).find()).length, 3);
  assert.equal(await query().count(), 5);
});

test('other keys', async () => {
  await control('reconfigure', { masterKey: 'another', restAPIKey: null, javascriptKey: 'other-js' });
  assert.equal((await rest('GET', 'schemas', null, { ...MASTER_HEADERS, 'X-Parse-Javascript-Key': 'other-js' })).status, 403);
  const another = { 'X-Parse-Master-Key': 'another' };
  assert.equal((await rest('GET', 'schemas', null, another)).status, 200);
  assert.equal((await rest('GET', 'users')).status, 403);
});

test('a reset forgets users, classes and sessions', async () => {
  const { token } = await signUp('gone');
  const { name } = await makeClass('Gone');
  await control('reset');
  await fails(Parse.User.become(token), Parse.Error.INVALID_SESSION_TOKEN);
  assert.equal((await rest('GET', `schemas/${name}`, null, MASTER_HEADERS)).body.code, 103);
  assert.equal(await new Parse.Query(Parse.User).count({ useMasterKey: true }), 0);
  await Parse.User.logOut().catch(() => {});
  await Parse.User.signUp(fresh('new'), PASSWORD);
});
