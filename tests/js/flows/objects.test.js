// Objects: every type there and back, every operation, fetch, destroy.

import { test } from 'node:test';
import { Parse, assert, fails, makeClass } from './start.js';

test('every type comes back as it was saved', async () => {
  const { make, query } = await makeClass('Types', {
    text: (schema, field) => schema.addString(field),
    number: (schema, field) => schema.addNumber(field),
    truth: (schema, field) => schema.addBoolean(field),
    moment: (schema, field) => schema.addDate(field),
    list: (schema, field) => schema.addArray(field),
    thing: (schema, field) => schema.addObject(field),
    place: (schema, field) => schema.addGeoPoint(field),
    raw: (schema, field) => schema.addField(field, 'Bytes'),
    other: (schema, field) => schema.addPointer(field, '_User'),
  });
  const other = Parse.User.createWithoutData('abcdefghij');
  const values = {
    text: 'naïve café 😀 "quoted" \\ \u2028',
    number: -12.5e-7,
    truth: false,
    moment: new Date('1969-07-20T20:17:40.123Z'),
    list: [1, 'two', null, { three: 3 }, [4]],
    thing: { a: { b: [true, 1.5, 'c'] }, empty: {} },
    place: new Parse.GeoPoint(47.3769, 8.5417),
    raw: { __type: 'Bytes', base64: 'AAECAwT/' },
  };
  const saved = await make({ ...values, other }).save();
  assert.match(saved.id, /^[A-Za-z0-9]{10}$/);
  assert.ok(saved.createdAt instanceof Date && Math.abs(saved.createdAt - Date.now()) < 60_000);
  const got = await query().get(saved.id);
  for (const [field, value] of Object.entries(values)) {
    if (field === 'place') continue;
    assert.deepEqual(got.get(field), value, field);
  }
  assert.deepEqual([got.get('place').latitude, got.get('place').longitude], [47.3769, 8.5417]);
  assert.equal(got.get('other').id, 'abcdefghij');
  assert.equal(got.get('other').className, '_User');
});

test('operations happen on the server', async () => {
  const { make, query } = await makeClass('Ops', {
    count: (schema, field) => schema.addNumber(field),
    list: (schema, field) => schema.addArray(field),
    note: (schema, field) => schema.addString(field),
    thing: (schema, field) => schema.addObject(field),
  });
  const object = await make({ count: 1, list: [1, 2], note: 'x', thing: { deep: { n: 1 } } }).save();
  // A second view of the same object, as another client has it: operations don't overwrite each other.
  const elsewhere = make({}).constructor.fromJSON({ className: object.className, objectId: object.id });
  elsewhere.increment('count', 10);
  await elsewhere.save();
  object.increment('count');
  object.addUnique('list', 2);
  await object.save();
  assert.equal(object.get('count'), 12);
  object.addAllUnique('list', [2, 3]);
  await object.save();
  assert.deepEqual([...object.get('list')].sort(), [1, 2, 3]);
  object.add('list', 3);
  await object.save();
  assert.equal(object.get('list').length, 4);
  object.remove('list', 3);
  object.unset('note');
  object.set('thing.deep.n', 2);
  await object.save();
  const got = await query().get(object.id);
  assert.deepEqual([...got.get('list')].sort(), [1, 2]);
  assert.equal(got.has('note'), false);
  assert.deepEqual(got.get('thing'), { deep: { n: 2 } });
  assert.ok(got.updatedAt > got.createdAt || got.updatedAt.getTime() === got.createdAt.getTime());
});

test('fetch refreshes, destroy removes', async () => {
  const { make, query } = await makeClass('Life', { n: (schema, field) => schema.addNumber(field) });
  const object = await make({ n: 1 }).save();
  const again = await query().get(object.id);
  again.set('n', 2);
  await again.save();
  await object.fetch();
  assert.equal(object.get('n'), 2);
  assert.equal(await object.exists(), true);
  await object.destroy();
  await fails(query().get(object.id), Parse.Error.OBJECT_NOT_FOUND);
  await fails(again.fetch(), Parse.Error.OBJECT_NOT_FOUND);
  await fails(again.save({ n: 3 }), Parse.Error.OBJECT_NOT_FOUND);
  await fails(again.destroy(), Parse.Error.OBJECT_NOT_FOUND);
});

test('a wrong type is refused', async () => {
  const { make } = await makeClass('Strict', { n: (schema, field) => schema.addNumber(field) });
  await fails(make({ n: 'not a number' }).save(), Parse.Error.INCORRECT_TYPE ?? 111);
});
