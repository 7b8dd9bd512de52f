// Many objects at once: saveAll, destroyAll, fetchAll, trees of unsaved objects, transactions.

import { test } from 'node:test';
import { Parse, assert, fails, makeClass } from './start.js';

const number = { n: (schema, field) => schema.addNumber(field) };

test('saveAll saves more than one batch holds, destroyAll removes them', async () => {
  const { make, query } = await makeClass('Many', number);
  const objects = Array.from({ length: 45 }, (_, n) => make({ n }));
  await Parse.Object.saveAll(objects);
  assert.ok(objects.every(({ id }) => id));
  assert.equal(new Set(objects.map(({ id }) => id)).size, 45);
  assert.equal(await query().count(), 45);
  await Parse.Object.fetchAll(objects.slice(0, 3));
  assert.deepEqual(objects.slice(0, 3).map(object => object.get('n')), [0, 1, 2]);
  await Parse.Object.destroyAll(objects.slice(5));
  assert.equal(await query().count(), 5);
});

test('one failure of a batch leaves the others saved', async () => {
  const { make, query } = await makeClass('Some', number);
  const objects = [make({ n: 1 }), make({ n: 'wrong' }), make({ n: 3 })];
  await fails(Parse.Object.saveAll(objects), 111);
  const left = await query().ascending('n').find();
  assert.deepEqual(left.map(object => object.get('n')), [1, 3]);
});

test('a transaction is all or nothing', async () => {
  const { make, query } = await makeClass('Tx', number);
  await Parse.Object.saveAll([make({ n: 1 }), make({ n: 2 })], { transaction: true });
  assert.equal(await query().count(), 2);
  await assert.rejects(Parse.Object.saveAll([make({ n: 3 }), make({ n: 'wrong' })], { transaction: true }));
  assert.equal(await query().count(), 2);
});

test('unsaved children are saved with their parent', async () => {
  const child = await makeClass('Child', number);
  const parent = await makeClass('Parent', { child: (schema, field) => schema.addPointer(field, child.name) });
  const saved = await parent.make({ child: child.make({ n: 7 }) }).save();
  assert.ok(saved.get('child').id);
  const got = await parent.query().include('child').get(saved.id);
  assert.equal(got.get('child').get('n'), 7);
});
