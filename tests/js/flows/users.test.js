// Accounts: sign up, log in and out, become, change, wrong passwords.

import { afterEach, test } from 'node:test';
import { MASTER, PASSWORD, Parse, assert, fails, fresh, signUp } from './start.js';

afterEach(() => Parse.User.logOut().catch(() => {}));

test('sign up, log out, log in, current', async () => {
  const username = fresh('ann');
  const user = new Parse.User();
  await user.signUp({ username, password: PASSWORD, email: `${username}@example.org`, ward: undefined });
  assert.equal(Parse.User.current().id, user.id);
  const first = user.getSessionToken();
  assert.match(first, /^r:[0-9a-f]{32}$/);
  await Parse.User.logOut();
  assert.equal(Parse.User.current(), null);
  const again = await Parse.User.logIn(username, PASSWORD);
  assert.equal(again.id, user.id);
  assert.notEqual(again.getSessionToken(), first);
  assert.equal(again.get('email'), `${username}@example.org`);
  assert.equal(again.get('password'), undefined);
  await fails(Parse.User.become(first), Parse.Error.INVALID_SESSION_TOKEN);
});

test('names and addresses are taken once', async () => {
  const username = fresh('Bob');
  await Parse.User.signUp(username, PASSWORD, { email: `${username}@example.org` });
  await fails(Parse.User.signUp(username, PASSWORD), Parse.Error.USERNAME_TAKEN);
  await fails(Parse.User.signUp(username.toUpperCase(), PASSWORD), Parse.Error.USERNAME_TAKEN);
  await fails(Parse.User.signUp(fresh('b'), PASSWORD, { email: `${username}@example.org` }), Parse.Error.EMAIL_TAKEN);
  await fails(Parse.User.signUp(fresh('b'), PASSWORD, { email: 'nowhere' }), Parse.Error.INVALID_EMAIL_ADDRESS);
});

test('wrong passwords and unknown names read the same', async () => {
  const { user } = await signUp('cyn');
  const wrong = await fails(Parse.User.logIn(user.get('username'), 'no'), Parse.Error.OBJECT_NOT_FOUND);
  const unknown = await fails(Parse.User.logIn(fresh('nobody'), 'no'), Parse.Error.OBJECT_NOT_FOUND);
  assert.equal(wrong.message, unknown.message);
  await Parse.User.verifyPassword(user.get('username'), PASSWORD);
  await fails(Parse.User.verifyPassword(user.get('username'), 'no'), Parse.Error.OBJECT_NOT_FOUND);
});

test('become takes a session over', async () => {
  const { user, token } = await signUp('dan');
  const same = await Parse.User.become(token);
  assert.equal(same.id, user.id);
  assert.equal(same.getSessionToken(), token);
  await fails(Parse.User.become('r:00000000000000000000000000000000'), Parse.Error.INVALID_SESSION_TOKEN);
});

test('a user changes itself and nobody else', async () => {
  const one = await signUp('eve');
  const two = await signUp('fay');
  await two.user.save({ nickname: 'F' }, { ...two.as, useMasterKey: true });
  const other = Parse.User.createWithoutData(one.user.id);
  await assert.rejects(other.save({ nickname: 'stolen' }, two.as));
  // Private by default: others don't even see it.
  await fails(new Parse.Query(Parse.User).get(one.user.id, two.as), Parse.Error.OBJECT_NOT_FOUND);
  assert.equal((await new Parse.Query(Parse.User).get(two.user.id, two.as)).get('nickname'), 'F');
});

test('a new password ends the old sessions', async () => {
  const { user, token } = await signUp('gus');
  user.setPassword('another long password');
  await user.save(null, { sessionToken: token });
  await fails(Parse.User.become(token), Parse.Error.INVALID_SESSION_TOKEN);
  await fails(Parse.User.logIn(user.get('username'), PASSWORD), Parse.Error.OBJECT_NOT_FOUND);
  const back = await Parse.User.logIn(user.get('username'), 'another long password');
  assert.equal(back.id, user.id);
});

test('sessions', async () => {
  const { user, token, as } = await signUp('hal');
  const session = await Parse.Session.current();
  assert.equal(session.get('user').id, user.id);
  const all = await new Parse.Query(Parse.Session).find(as);
  assert.deepEqual(all.map(one => one.get('user').id), [user.id]);
  assert.equal(all[0].getSessionToken(), token);
  const every = await new Parse.Query(Parse.Session).equalTo('user', user).find(MASTER);
  assert.equal(every.length, 1);
  await every[0].destroy(MASTER);
  await fails(Parse.User.become(token), Parse.Error.INVALID_SESSION_TOKEN);
});

test('the master key logs in as somebody', async () => {
  const { user } = await signUp('ida');
  await Parse.User.logOut();
  const same = await Parse.User.loginAs(user.id);
  assert.equal(same.id, user.id);
  assert.match(same.getSessionToken(), /^r:/);
});
