// Queries as apps write them.

import { before, test } from 'node:test';
import { Parse, assert, fails, makeClass } from './start.js';

let ward, patient, wards;

const names = objects => objects.map(object => object.get('name'));

before(async () => {
  ward = await makeClass('Ward', { name: (schema, field) => schema.addString(field) });
  patient = await makeClass('Sick', {
    name: (schema, field) => schema.addString(field),
    age: (schema, field) => schema.addNumber(field),
    since: (schema, field) => schema.addDate(field),
    tags: (schema, field) => schema.addArray(field),
    ward: (schema, field) => schema.addPointer(field, ward.name),
    note: (schema, field) => schema.addObject(field),
  });
  wards = await Parse.Object.saveAll([ward.make({ name: 'north' }), ward.make({ name: 'south' })]);
  const rows = [
    ['Ann', 30, ['a', 'b'], wards[0]], ['Bob', 41, ['b'], wards[1]], ['Cyn', 52, [], wards[0]],
    ['Dan', 63, ['c', 'a'], null], ['eve', 74, ['a.b*c'], wards[1]],
  ];
  await Parse.Object.saveAll(rows.map(([name, age, tags, ward], at) => patient.make({
    name, age, tags, since: new Date(Date.UTC(2000 + at, 0, 1)), note: { rank: at }, ...(ward && { ward }),
  })));
});

test('comparison', async () => {
  const by = build => build(patient.query()).ascending('age').find().then(names);
  assert.deepEqual(await by(query => query.equalTo('age', 41)), ['Bob']);
  assert.deepEqual(await by(query => query.notEqualTo('age', 41)), ['Ann', 'Cyn', 'Dan', 'eve']);
  assert.deepEqual(await by(query => query.greaterThan('age', 41).lessThanOrEqualTo('age', 63)), ['Cyn', 'Dan']);
  assert.deepEqual(await by(query => query.lessThan('since', new Date(Date.UTC(2002, 0, 1)))), ['Ann', 'Bob']);
  assert.deepEqual(await by(query => query.containedIn('name', ['Ann', 'Dan', 'Zed'])), ['Ann', 'Dan']);
  assert.deepEqual(await by(query => query.notContainedIn('name', ['Ann', 'Dan'])), ['Bob', 'Cyn', 'eve']);
  assert.deepEqual(await by(query => query.exists('ward')), ['Ann', 'Bob', 'Cyn', 'eve']);
  assert.deepEqual(await by(query => query.doesNotExist('ward')), ['Dan']);
  assert.deepEqual(await by(query => query.equalTo('note.rank', 3)), ['Dan']);
});

test('text and arrays', async () => {
  const by = build => build(patient.query()).ascending('age').find().then(names);
  assert.deepEqual(await by(query => query.startsWith('name', 'A')), ['Ann']);
  assert.deepEqual(await by(query => query.endsWith('name', 'n')), ['Ann', 'Cyn', 'Dan']);
  assert.deepEqual(await by(query => query.contains('name', 'o')), ['Bob']);
  assert.deepEqual(await by(query => query.matches('name', /^E/i)), ['eve']);
  assert.deepEqual(await by(query => query.equalTo('tags', 'a')), ['Ann', 'Dan']);
  assert.deepEqual(await by(query => query.containsAll('tags', ['a', 'c'])), ['Dan']);
  assert.deepEqual(await by(query => query.containedIn('tags', ['b', 'c'])), ['Ann', 'Bob', 'Dan']);
  assert.deepEqual(await by(query => query.equalTo('tags', 'a.b*c')), ['eve']);
});

test('or, and, nor', async () => {
  const young = patient.query().lessThan('age', 40);
  const old = patient.query().greaterThan('age', 70);
  const age = query => query.ascending('age').find().then(names);
  assert.deepEqual(await age(Parse.Query.or(young, old)), ['Ann', 'eve']);
  assert.deepEqual(await age(Parse.Query.nor(young, old)), ['Bob', 'Cyn', 'Dan']);
  const b = patient.query().equalTo('tags', 'b');
  assert.deepEqual(await age(Parse.Query.and(patient.query().greaterThan('age', 35), b)), ['Bob']);
});

test('pointers, include and inner queries', async () => {
  const north = await patient.query().equalTo('ward', wards[0]).ascending('age').include('ward').find();
  assert.deepEqual(names(north), ['Ann', 'Cyn']);
  assert.equal(north[0].get('ward').get('name'), 'north');
  const inner = ward.query().equalTo('name', 'south');
  assert.deepEqual(names(await patient.query().matchesQuery('ward', inner).ascending('age').find()), ['Bob', 'eve']);
  const none = await patient.query().doesNotMatchQuery('ward', inner).ascending('age').find();
  assert.deepEqual(names(none).filter(name => name !== 'Dan'), ['Ann', 'Cyn']);
});

test('order, limit, skip, select, exclude, count, first, each', async () => {
  assert.deepEqual(names(await patient.query().descending('age').limit(2).find()), ['eve', 'Dan']);
  assert.deepEqual(names(await patient.query().ascending('age').skip(3).find()), ['Dan', 'eve']);
  const [only] = await patient.query().select('name').equalTo('name', 'Ann').find();
  assert.deepEqual(Object.keys(only.toJSON()).sort(), ['createdAt', 'name', 'objectId', 'updatedAt']);
  const [without] = await patient.query().exclude('name', 'tags').equalTo('name', 'Ann').find();
  assert.equal(without.has('name'), false);
  assert.equal(without.get('age'), 30);
  assert.equal(await patient.query().greaterThan('age', 40).count(), 4);
  const counted = await patient.query().ascending('age').limit(1).withCount().find();
  assert.deepEqual([counted.count, names(counted.results)], [5, ['Ann']]);
  assert.equal((await patient.query().descending('age').first()).get('name'), 'eve');
  assert.equal(await patient.query().equalTo('name', 'Zed').first(), undefined);
  const seen = [];
  await patient.query().each(object => void seen.push(object.get('name')), { batchSize: 2 });
  assert.deepEqual(seen.sort(), ['Ann', 'Bob', 'Cyn', 'Dan', 'eve']);
});

test('a query that makes no sense is refused', async () => {
  await fails(patient.query().equalTo('_hashed_password', 'x').find(), Parse.Error.INVALID_KEY_NAME);
  await fails(patient.query()._addCondition('age', '$nonsense', 1).find(), Parse.Error.INVALID_JSON);
});
