// Queries beyond the first: inside of lists and objects, through relations and other classes, by ACL and date.

import { before, test } from 'node:test';
import { MASTER, Parse, assert, fails, makeClass, rest } from './start.js';

let doctor, visit, doctors;

const names = objects => objects.map(object => object.get('name'));
const visits = build => build(visit.query()).ascending('n').find().then(found => found.map(one => one.get('n')));

before(async () => {
  doctor = await makeClass('Doctor', {
    name: (schema, field) => schema.addString(field), city: (schema, field) => schema.addString(field),
    boss: (schema, field) => schema.addPointer(field, '_User'),
  });
  visit = await makeClass('Visit', {
    n: (schema, field) => schema.addNumber(field), doctor: (schema, field) => schema.addPointer(field, doctor.name),
    others: (schema, field) => schema.addArray(field), seen: (schema, field) => schema.addRelation(field, doctor.name),
    city: (schema, field) => schema.addString(field), at: (schema, field) => schema.addDate(field),
    facts: (schema, field) => schema.addObject(field), open: (schema, field) => schema.addBoolean(field),
  });
  doctors = await Parse.Object.saveAll([['Ada', 'Bern'], ['Bo', 'Chur'], ['Cy', 'Bern']].map(([name, city]) => doctor.make({ name, city })));
  const rows = [
    { n: 1, doctor: doctors[0], others: [doctors[1]], city: 'Bern', facts: { a: { b: 1 }, tags: ['x', 'y'] }, open: true },
    { n: 2, doctor: doctors[1], others: [doctors[1], doctors[2]], city: 'Thun', facts: { a: { b: 2 } }, open: false },
    { n: 3, doctor: doctors[2], others: [], city: 'Chur', facts: { a: {} } },
    { n: 4, others: [1, 'two', { three: 3 }], facts: { list: [{ k: 1 }, { k: 2 }] } },
  ];
  for (const [at, row] of rows.entries()) {
    const object = visit.make({ ...row, at: new Date(Date.UTC(2020, at)) });
    await object.save();
    if (row.doctor) {
      object.relation('seen').add(doctors.slice(0, row.n));
      await object.save();
    }
  }
});

test('by another class', async () => {
  const bern = doctor.query().equalTo('city', 'Bern');
  assert.deepEqual(await visits(query => query.matchesQuery('doctor', bern)), [1, 3]);
  assert.deepEqual(await visits(query => query.matchesKeyInQuery('city', 'city', doctor.query())), [1, 3]);
  assert.deepEqual(await visits(query => query.doesNotMatchKeyInQuery('city', 'city', doctor.query()).exists('city')), [2]);
  const ofAda = visit.query().equalTo('doctor', doctors[0]);
  const nested = doctor.query().matchesKeyInQuery('city', 'city', ofAda);
  assert.deepEqual(await visits(query => query.matchesQuery('doctor', nested)), [1, 3]);
});

test('by relation', async () => {
  assert.deepEqual(await visits(query => query.equalTo('seen', doctors[1])), [2, 3]);
  assert.deepEqual(await visits(query => query.equalTo('seen', doctors[2])), [3]);
  const second = await visit.query().equalTo('n', 2).first();
  assert.deepEqual(names(await second.relation('seen').query().ascending('name').find()), ['Ada', 'Bo']);
  assert.deepEqual(names(await second.relation('seen').query().equalTo('city', 'Bern').find()), ['Ada']);
  assert.equal(await second.relation('seen').query().count(), 2);
});

test('inside of objects', async () => {
  assert.deepEqual(await visits(query => query.equalTo('facts.a.b', 2)), [2]);
  assert.deepEqual(await visits(query => query.greaterThan('facts.a.b', 0)), [1, 2]);
  assert.deepEqual(await visits(query => query.exists('facts.a')), [1, 2, 3]);
});

test('pointers in lists', async () => {
  assert.deepEqual(await visits(query => query.equalTo('others', doctors[1])), [1, 2]);
  assert.deepEqual(await visits(query => query.containsAll('others', [doctors[1], doctors[2]])), [2]);
  assert.deepEqual(await visits(query => query.containedIn('doctor', [doctors[0], doctors[2]])), [1, 3]);
  assert.deepEqual(await visits(query => query.notContainedIn('doctor', [doctors[0]]).exists('doctor')), [2, 3]);
});

test('dates and truth', async () => {
  assert.deepEqual(await visits(query => query.greaterThanOrEqualTo('at', new Date(Date.UTC(2020, 2)))), [3, 4]);
  assert.deepEqual(await visits(query => query.lessThan('createdAt', new Date(Date.now() + 60_000))), [1, 2, 3, 4]);
  assert.deepEqual(await visits(query => query.greaterThan('updatedAt', new Date(Date.now() + 60_000))), []);
  assert.deepEqual(await visits(query => query.equalTo('open', true)), [1]);
  assert.deepEqual(await visits(query => query.notEqualTo('open', true)), [2, 3, 4]);
  assert.deepEqual(await visits(query => query.equalTo('open', null)), [3, 4]);
});

test('or of and', async () => {
  const query = Parse.Query.or(
    Parse.Query.and(visit.query().lessThan('n', 3), visit.query().equalTo('city', 'Thun')),
    visit.query().greaterThan('n', 3),
  );
  assert.deepEqual((await query.ascending('n').find()).map(one => one.get('n')), [2, 4]);
});

test('include through lists, and what is gone', async () => {
  const gone = await doctor.make({ name: 'Gone' }).save();
  const kept = await visit.make({ n: 100, doctor: gone, others: [gone, doctors[0]] }).save();
  await gone.destroy();
  const got = await visit.query().include('doctor', 'others').get(kept.id);
  assert.equal(got.has('doctor'), false);
  assert.deepEqual(got.get('others').filter(Boolean).map(one => one.get?.('name')).filter(Boolean), ['Ada']);
  await kept.destroy();
});

test('include to any depth, and only what may be seen', async () => {
  const user = new Parse.User({ username: `boss${Date.now()}`, password: 'p' });
  await user.signUp();
  await Parse.User.logOut();
  const led = await doctor.make({ name: 'Led', boss: user }).save();
  const one = await visit.make({ n: 200, doctor: led }).save();
  const asAnybody = await rest('GET', `classes/${visit.name}/${one.id}?include=doctor.boss`);
  assert.equal(asAnybody.body.doctor.name, 'Led');
  assert.equal(asAnybody.body.doctor.__type, 'Object');
  assert.equal('boss' in asAnybody.body.doctor, false);
  const asMaster = await visit.query().include('doctor.boss').get(one.id, MASTER);
  assert.equal(asMaster.get('doctor').get('boss').get('username'), user.get('username'));
  const all = await visit.query().includeAll().get(one.id);
  assert.equal(all.get('doctor').get('name'), 'Led');
  await one.destroy();
});

test('order by several, select below a pointer, skip beyond the end', async () => {
  const found = await doctor.query().ascending('city').addDescending('name').containedIn('name', ['Ada', 'Bo', 'Cy']).find();
  assert.deepEqual(names(found), ['Cy', 'Ada', 'Bo']);
  const [row] = await visit.query().equalTo('n', 1).include('doctor').select('doctor.name').find();
  assert.deepEqual([row.has('n'), row.get('doctor').get('name'), row.get('doctor').has('city')], [false, 'Ada', false]);
  assert.deepEqual(await visits(query => query.skip(50)), []);
  const counted = await visit.query().lessThan('n', 50).withCount().limit(0).find();
  assert.deepEqual([counted.count, counted.results.length], [4, 0]);
});

test('a missing value sorts lowest', async () => {
  const order = async key => (await rest('GET', `classes/${visit.name}?keys=n,city&order=${key}`)).body.results.map(row => row.n);
  assert.deepEqual((await order('city'))[0], 4);
  assert.deepEqual((await order('-city')).at(-1), 4);
});

test('patterns', async () => {
  const by = build => build(doctor.query()).ascending('name').containedIn('city', ['Bern', 'Chur']).find().then(names);
  assert.deepEqual(await by(query => query.matches('name', '^a', 'i')), ['Ada']);
  assert.deepEqual(await by(query => query.matches('name', 'd.$')), ['Ada']);
  assert.deepEqual(await by(query => query.matches('name', /^(Bo|Cy)$/)), ['Bo', 'Cy']);
  assert.deepEqual(await by(query => query.startsWith('name', 'A.*')), []);
  await fails(doctor.query().matches('name', 'a', 'q').find(), Parse.Error.INVALID_QUERY);
});

test('questions that are wrong', async () => {
  const ask = async (where, rest_ = '') => {
    const path = `classes/${visit.name}?where=${encodeURIComponent(typeof where === 'string' ? where : JSON.stringify(where))}${rest_}`;
    const { status, body } = await rest('GET', path);
    return [status, body.code];
  };
  for (const [where, code] of [
    [{ $or: {} }, 102], [{ n: { $in: 1 } }, 107], [{ n: { $all: 1 } }, 107], [{ ACL: {} }, 102], [{ 'a b': 1 }, 105],
    [{ doctor: { $inQuery: { where: {} } } }, 102], [{ n: { $select: { key: 'a' } } }, 102], [{ _perishable_token: 'x' }, 105],
    ['{', 107],
  ]) {
    assert.deepEqual(await ask(where), [400, code], JSON.stringify(where));
  }
  assert.deepEqual(await ask({}, '&nonsense=1'), [400, 102]);
  assert.deepEqual(await ask({}, '&order=a%20b'), [400, 105]);
});
