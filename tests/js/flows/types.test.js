// Values: what each type is like after it was there and back, nested, missing, emptied.

import { test } from 'node:test';
import { Parse, assert, fails, fresh, makeClass, rest } from './start.js';

const object = { o: (schema, field) => schema.addObject(field), l: (schema, field) => schema.addArray(field) };

test('typed values keep their type inside objects and lists', async () => {
  const { make, query } = await makeClass('Nested', object);
  const when = new Date('2001-02-03T04:05:06.007Z');
  const where = new Parse.GeoPoint(-33.5, 151.25);
  const who = Parse.User.createWithoutData('abcdefghij');
  const { id } = await make({ o: { when, where, who, deep: { list: [when, { who }] } }, l: [when, where, who, [when]] }).save();
  const got = await query().get(id);
  assert.deepEqual(got.get('o').when, when);
  assert.deepEqual(got.get('o').deep.list[0], when);
  assert.equal(got.get('o').where.longitude, 151.25);
  assert.equal(got.get('o').who.id, who.id);
  assert.equal(got.get('o').deep.list[1].who.className, '_User');
  assert.deepEqual(got.get('l')[0], when);
  assert.equal(got.get('l')[1].latitude, -33.5);
  assert.equal(got.get('l')[2].id, who.id);
  assert.deepEqual(got.get('l')[3], [when]);
});

test('numbers are doubles', async () => {
  const { make, query } = await makeClass('Numbers', { n: (schema, field) => schema.addNumber(field) });
  for (const n of [0, -1, 0.1 + 0.2, 1e21, 5e-324, Number.MAX_SAFE_INTEGER, -1.7976931348623157e308, 1234567.891]) {
    const { id } = await make({ n }).save();
    assert.equal((await query().get(id)).get('n'), n);
    assert.equal((await query().equalTo('n', n).equalTo('objectId', id).find()).length, 1, `${n}`);
  }
});

test('texts are kept as they are', async () => {
  const { make, query } = await makeClass('Texts', { s: (schema, field) => schema.addString(field) });
  for (const s of ['', ' ', "it's", '"', '\\', '\n\t', '%_*.?$^', 'ß', '𝒳', 'e\u0301', '\u{10FFFF}', 'x'.repeat(100_000)]) {
    const { id } = await make({ s }).save();
    assert.equal((await query().get(id)).get('s'), s);
    assert.equal((await query().equalTo('s', s).equalTo('objectId', id).find()).length, 1);
  }
});

test('dates reach far', async () => {
  const { make, query } = await makeClass('Dates', { d: (schema, field) => schema.addDate(field) });
  for (const iso of ['0001-01-01T00:00:00.000Z', '1582-10-04T12:00:00.001Z', '1969-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z']) {
    const { id } = await make({ d: new Date(iso) }).save();
    assert.equal((await query().get(id)).get('d').toISOString(), iso);
    assert.equal((await query().equalTo('d', new Date(iso)).find()).length, 1, iso);
  }
});

test('a polygon', async () => {
  const { make, query } = await makeClass('Area', { area: (schema, field) => schema.addPolygon(field) });
  const area = new Parse.Polygon([[0, 0], [0, 1], [1, 1], [1, 0]]);
  const { id } = await make({ area }).save();
  const got = (await query().get(id)).get('area');
  assert.ok(got instanceof Parse.Polygon);
  assert.deepEqual(got.coordinates.slice(0, 4), [[0, 0], [0, 1], [1, 1], [1, 0]]);
});

test('empty lists and objects stay', async () => {
  const { make, query } = await makeClass('Empty', object);
  const saved = await make({ o: {}, l: [] }).save();
  const got = await query().get(saved.id);
  assert.deepEqual([got.get('o'), got.get('l')], [{}, []]);
  got.unset('o');
  await got.save();
  assert.equal((await query().get(saved.id)).has('o'), false);
});

test('a pointer knows the class it points to', async () => {
  const one = await makeClass('One');
  const two = await makeClass('Two', { to: (schema, field) => schema.addPointer(field, one.name) });
  const target = await one.make({}).save();
  const from = await two.make({ to: target }).save();
  assert.equal((await two.query().get(from.id)).get('to').id, target.id);
  await fails(two.make({ to: from }).save(), 111);
});

test('what has no legal name is refused', async () => {
  const { name } = await makeClass('Names', object);
  for (const [body, code] of [
    [{ 'no spaces': 1 }, 105], [{ '1st': 1 }, 105], [{ _hidden: 1 }, 105], [{ o: { 'a.b': 1 } }, 121], [{ o: { $a: 1 } }, 121],
    [{ objectId: 'abc' }, 105], [{ o: { __type: 'Nonsense' } }, 111], [{ constructor: 1 }, 105],
  ]) {
    const answer = await rest('POST', `classes/${name}`, body);
    assert.deepEqual([answer.status, answer.body.code], [400, code], JSON.stringify([body, answer.body]));
  }
  assert.equal((await rest('POST', 'classes/not a class', {})).body.code, 107);
  assert.equal((await rest('GET', `classes/${fresh('Unknown')}`)).body.results.length, 0);
});

test('a class and its fields come with the first save', async () => {
  const name = fresh('New');
  const saved = await new Parse.Object(name, { n: 1, s: 'x', b: true, d: new Date(), l: [1], o: {} }).save();
  const { fields } = await new Parse.Schema(name).get();
  const types = Object.fromEntries(Object.entries(fields).map(([field, { type }]) => [field, type]));
  assert.deepEqual(types, {
    ACL: 'ACL', createdAt: 'Date', updatedAt: 'Date', objectId: 'String',
    n: 'Number', s: 'String', b: 'Boolean', d: 'Date', l: 'Array', o: 'Object',
  });
  await fails(saved.save({ n: 'text' }), 111);
});
