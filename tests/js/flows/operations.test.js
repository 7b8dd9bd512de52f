// Operations: on fields that are there, that aren't, and inside of objects.

import { before, test } from 'node:test';
import { assert, makeClass, rest } from './start.js';

let made;

before(async () => {
  made = await makeClass('Operations', {
    n: (schema, field) => schema.addNumber(field),
    l: (schema, field) => schema.addArray(field),
    o: (schema, field) => schema.addObject(field),
    s: (schema, field) => schema.addString(field),
  });
});

const put = (id, body) => rest('PUT', `classes/${made.name}/${id}`, body);
const get = async id => (await rest('GET', `classes/${made.name}/${id}`)).body;

test('counting', async () => {
  const { id } = await made.make({}).save();
  const up = amount => put(id, { n: { __op: 'Increment', amount } }).then(({ body }) => body.n);
  assert.equal(await up(5), 5);
  assert.equal(await up(-7.5), -2.5);
  assert.equal(await up(0), -2.5);
  assert.equal((await put(id, { s: { __op: 'Increment', amount: 1 } })).body.code, 111);
});

test('many count at once and none is lost', async () => {
  const { id } = await made.make({ n: 0 }).save();
  await Promise.all(Array.from({ length: 20 }, () => put(id, { n: { __op: 'Increment', amount: 1 } })));
  assert.equal((await get(id)).n, 20);
});

test('lists', async () => {
  const { id } = await made.make({}).save();
  const op = (__op, ...objects) => put(id, { l: { __op, objects } }).then(({ body }) => body.l);
  assert.deepEqual(await op('Add', 1, { a: 1 }), [1, { a: 1 }]);
  // How the reference orders what AddUnique answers depends on its database.
  assert.deepEqual((await op('AddUnique', { a: 1 }, 2)).length, 3);
  assert.equal((await op('Add', 1)).length, 4);
  assert.deepEqual(await op('Remove', 1, { a: 1 }), [2]);
  assert.deepEqual(await op('Remove', 9), [2]);
});

test('removing from a list that is not there', async () => {
  const { id } = await made.make({}).save();
  assert.equal((await put(id, { l: { __op: 'Remove', objects: [1] } })).status, 200);
  const object = await made.query().get(id);
  assert.deepEqual(object.get('l') ?? [], []);
});

test('operations make an object, too', async () => {
  const created = await rest('POST', `classes/${made.name}`, {
    n: { __op: 'Increment', amount: 3 }, l: { __op: 'AddUnique', objects: ['a'] }, s: { __op: 'Delete' },
  });
  assert.equal(created.status, 201);
  const got = await get(created.body.objectId);
  assert.deepEqual([got.n, got.l, 's' in got], [3, ['a'], false]);
});

test('inside of objects', async () => {
  const { id } = await made.make({ o: { a: 1, deep: { b: [1], c: 'x' } } }).save();
  await put(id, { 'o.a': 2, 'o.deep.d': { new: true } });
  assert.deepEqual((await get(id)).o, { a: 2, deep: { b: [1], c: 'x', d: { new: true } } });
  assert.equal((await put(id, { 'o.a': { __op: 'Increment', amount: 10 } })).status, 200);
  await put(id, { 'o.deep.c': { __op: 'Delete' } });
  const { o } = await get(id);
  assert.equal(o.a, 12);
  assert.equal('c' in o.deep, false);
});

test('an update without a word changes the date alone', async () => {
  const saved = await made.make({ n: 1 }).save();
  await new Promise(done => setTimeout(done, 5));
  const { status, body } = await put(saved.id, {});
  assert.equal(status, 200);
  assert.deepEqual(Object.keys(body), ['updatedAt']);
  const got = await get(saved.id);
  assert.ok(got.updatedAt > got.createdAt);
  assert.equal(got.n, 1);
});

test('what an answer of a save repeats', async () => {
  const { id } = await made.make({ n: 1, l: [], s: 'x' }).save();
  const set = await put(id, { s: 'y', n: { __op: 'Increment', amount: 1 }, l: { __op: 'Add', objects: [1] } });
  assert.deepEqual(Object.keys(set.body).sort(), ['l', 'n', 'updatedAt']);
  const { status, body } = await put('nobodyhere', { s: 'z' });
  assert.deepEqual([status, body.code], [404, 101]);
});

test('a save of a client that knows less keeps what it does not know', async () => {
  const saved = await made.make({ n: 1, s: 'x' }).save();
  const partly = await made.query().select('n').get(saved.id);
  partly.set('n', 2);
  await partly.save();
  const whole = await made.query().get(saved.id);
  assert.deepEqual([whole.get('n'), whole.get('s')], [2, 'x']);
});
