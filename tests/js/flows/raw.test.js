// The protocol below the SDK: batches, schemas with indexes, tunnelled requests, what is malformed.

import { before, test } from 'node:test';
import { MASTER_HEADERS, assert, fresh, makeClass, rest } from './start.js';

let thing;

const mount = new URL(process.env.PARAPET_URL).pathname;

before(async () => {
  thing = await makeClass('Thing', { n: (schema, field) => schema.addNumber(field) });
});

test('a batch answers in order, each for itself', async () => {
  const path = `${mount}/classes/${thing.name}`;
  const { status, body } = await rest('POST', 'batch', {
    requests: [
      { method: 'POST', path, body: { n: 1 } }, { method: 'POST', path, body: { n: 'x' } }, { method: 'PUT', path: `${path}/nobodyhere`, body: {} },
      { method: 'GET', path, body: { limit: 1 } }, { method: 'DELETE', path: `${path}/nobodyhere` },
    ],
  });
  assert.equal(status, 200);
  assert.equal(body.length, 5);
  const [made, mistyped, missing, found, gone] = body;
  assert.deepEqual(Object.keys(made.success).sort(), ['createdAt', 'objectId']);
  assert.deepEqual([mistyped, missing, gone].map(one => one.error.code), [111, 101, 101]);
  assert.deepEqual(Object.keys(found.success), ['results']);
});

test('batches that cannot be', async () => {
  for (const [body, code] of [
    [{}, 107], [{ requests: 'all' }, 107], [{ requests: [{ method: 'POST', path: '/elsewhere/classes/A' }] }, 107],
    [{ requests: [{ method: 'POST', path: `${mount}/nosuch` }] }, 107], [{ requests: [{ method: 'POST', path: `${mount}/batch` }] }, 107],
  ]) {
    const answer = await rest('POST', 'batch', body);
    assert.deepEqual([answer.status, answer.body.code], [400, code], JSON.stringify([body, answer.body]));
  }
});

test('a schema with options and indexes', async () => {
  const name = fresh('Schema');
  const made = await rest('POST', `schemas/${name}`, {
    className: name,
    fields: { s: { type: 'String', required: true }, n: { type: 'Number', defaultValue: 3 }, p: { type: 'Pointer', targetClass: '_User' } },
    indexes: { byN: { n: 1 } },
    classLevelPermissions: { find: { '*': true } },
  }, MASTER_HEADERS);
  assert.equal(made.status, 200, JSON.stringify(made.body));
  assert.deepEqual(made.body.fields.n, { type: 'Number', defaultValue: 3 });
  assert.deepEqual(made.body.fields.s, { type: 'String', required: true });
  assert.deepEqual(made.body.fields.ACL, { type: 'ACL' });
  assert.deepEqual(made.body.indexes.byN, { n: 1 });
  assert.deepEqual([made.body.classLevelPermissions.find, made.body.classLevelPermissions.create], [{ '*': true }, {}]);
  const put = body => rest('PUT', `schemas/${name}`, { className: name, ...body }, MASTER_HEADERS);
  assert.equal((await put({ indexes: { byN: { n: 1 } } })).body.code, 102);
  assert.equal((await put({ indexes: { byX: { x: 1 } } })).body.code, 102);
  assert.equal((await put({ fields: { n: { type: 'String' } } })).body.code, 255);
  assert.equal((await put({ fields: { zz: { __op: 'Delete' } } })).body.code, 255);
  assert.equal((await put({ fields: { objectId: { __op: 'Delete' } } })).body.code, 136);
  const changed = await put({ fields: { n: { __op: 'Delete' }, more: { type: 'Array' } }, indexes: { byN: { __op: 'Delete' }, byS: { s: 1 } } });
  assert.equal(changed.status, 200, JSON.stringify(changed.body));
  assert.deepEqual(['n' in changed.body.fields, changed.body.fields.more], [false, { type: 'Array' }]);
  assert.deepEqual([changed.body.indexes.byN, changed.body.indexes.byS], [undefined, { s: 1 }]);
  const gone = await rest('DELETE', `schemas/${name}`, null, MASTER_HEADERS);
  assert.deepEqual([gone.status, gone.body], [200, {}]);
});

test('schemas that cannot be', async () => {
  const post = body => rest('POST', 'schemas', body, MASTER_HEADERS).then(({ body: said }) => said.code);
  const className = fresh('Bad');
  assert.equal(await post({}), 135);
  assert.equal(await post({ className: 'not legal' }), 103);
  assert.equal(await post({ className: thing.name }), 103);
  assert.equal(await post({ className, fields: { 'a b': { type: 'String' } } }), 105);
  assert.equal(await post({ className, fields: { a: { type: 'Nonsense' } } }), 111);
  assert.equal(await post({ className, fields: { a: { type: 'Pointer' } } }), 135);
  assert.equal(await post({ className, fields: { objectId: { type: 'Number' } } }), 136);
  assert.equal(await post({ className, classLevelPermissions: { fly: { '*': true } } }), 107);
  assert.equal((await rest('GET', `schemas/${className}`, null, MASTER_HEADERS)).body.code, 103);
});

test('tunnelled requests carry everything in the body', async () => {
  const ask = body => fetch(`${process.env.PARAPET_URL}/classes/${thing.name}`, {
    method: 'POST', headers: { 'Content-Type': 'text/plain' },
    body: JSON.stringify({ _ApplicationId: process.env.PARAPET_APP_ID, _JavaScriptKey: process.env.PARAPET_JS_KEY, ...body }),
  });
  const found = await ask({ _method: 'GET', where: { n: { $exists: true } }, limit: 1, keys: 'n' });
  assert.equal(found.status, 200);
  assert.equal((await found.json()).results.length, 1);
  assert.equal((await ask({ n: 5 })).status, 201);
  assert.equal((await ask({ _JavaScriptKey: 'wrong', n: 5 })).status, 403);
  assert.equal((await ask({ _SessionToken: { $ne: null }, n: 5 })).status, 403);
});

test('what is malformed', async () => {
  const post = (body, headers = {}) => fetch(`${process.env.PARAPET_URL}/classes/${thing.name}`, {
    method: 'POST', body,
    headers: { 'X-Parse-Application-Id': process.env.PARAPET_APP_ID, 'X-Parse-Javascript-Key': process.env.PARAPET_JS_KEY, ...headers },
  });
  const broken = await post('{"n":');
  assert.equal(broken.status, 400);
  assert.equal(typeof (await broken.json()).error, 'string');
  assert.equal((await post('"text"')).status, 400);
  const context = await post('{}', { 'X-Parse-Cloud-Context': '[1]' });
  assert.deepEqual([context.status, (await context.json()).code], [400, 107]);
  const options = await fetch(`${process.env.PARAPET_URL}/anything`, { method: 'OPTIONS' });
  assert.equal(options.status, 200);
  assert.equal(options.headers.get('access-control-allow-origin'), '*');
});

test('where a created object is', async () => {
  const answer = await fetch(`${process.env.PARAPET_URL}/classes/${thing.name}`, {
    method: 'POST', body: '{}',
    headers: { 'X-Parse-Application-Id': process.env.PARAPET_APP_ID, 'X-Parse-Javascript-Key': process.env.PARAPET_JS_KEY },
  });
  const { objectId } = await answer.json();
  assert.equal(new URL(answer.headers.get('location'), process.env.PARAPET_URL).pathname, `${mount}/classes/${thing.name}/${objectId}`);
  const got = await rest('GET', `classes/${thing.name}/${objectId}?nonsense=1`);
  assert.deepEqual([got.status, got.body.code], [400, 102]);
});
