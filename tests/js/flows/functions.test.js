// Functions that a plugin offers.

import { afterEach, test } from 'node:test';
import { Parse, assert, fails, rest, signUp } from './start.js';

afterEach(() => Parse.User.logOut().catch(() => {}));

test('a function answers, and knows who asks', async () => {
  assert.deepEqual(await Parse.Cloud.run('hello', { name: 'Ann' }), { text: 'Grüezi, Ann!', known: false });
  const { as } = await signUp('ann');
  assert.equal((await Parse.Cloud.run('hello', { name: 'Ann' }, as)).known, true);
  const plain = await rest('POST', 'functions/hello?name=Bob');
  assert.deepEqual(plain, { status: 200, body: { result: { text: 'Grüezi, Bob!', known: false } } });
});

test('a function refuses', async () => {
  const error = await fails(Parse.Cloud.run('hello', {}), Parse.Error.VALIDATION_ERROR);
  assert.ok(error.message.length > 0);
  await fails(Parse.Cloud.run('goodbye'), Parse.Error.SCRIPT_FAILED);
});
