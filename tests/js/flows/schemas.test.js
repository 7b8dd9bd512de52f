// Schemas with the master key, and what is refused without it.

import { test } from 'node:test';
import { MASTER, Parse, assert, fails, fresh } from './start.js';

test('make, read, change and delete a class', async () => {
  const name = fresh('Class');
  const schema = new Parse.Schema(name);
  schema.addString('text', { required: true }).addNumber('n', { defaultValue: 7 }).addPointer('who', '_User');
  await schema.save();
  const read = await schema.get();
  assert.equal(read.className, name);
  assert.deepEqual(read.fields.who, { type: 'Pointer', targetClass: '_User' });
  assert.equal(read.fields.objectId.type, 'String');
  const object = await new Parse.Object(name, { text: 'x' }).save();
  assert.equal(object.get('n'), 7);
  await fails(new Parse.Object(name, {}).save(), Parse.Error.VALIDATION_ERROR);
  const changed = await new Parse.Schema(name).addDate('day').deleteField('who').update();
  assert.equal(changed.fields.day.type, 'Date');
  assert.equal(changed.fields.who, undefined);
  await fails(schema.delete(), Parse.Error.INVALID_SCHEMA_OPERATION ?? 255);
  await schema.purge();
  await schema.delete();
  await fails(schema.get(), Parse.Error.INVALID_CLASS_NAME);
  assert.ok((await Parse.Schema.all()).every(({ className }) => className !== name));
});

test('a type never changes', async () => {
  const name = fresh('Class');
  await new Parse.Schema(name).addNumber('n').save();
  await fails(new Parse.Schema(name).addString('n').update(), 255);
});

test('without the master key nobody sees a schema', async () => {
  // The SDK doesn't even ask without the master key, so this asks for it.
  const { PARAPET_URL, PARAPET_APP_ID, PARAPET_JS_KEY } = process.env;
  const headers = { 'X-Parse-Application-Id': PARAPET_APP_ID, 'X-Parse-Javascript-Key': PARAPET_JS_KEY ?? '' };
  const answer = await fetch(`${PARAPET_URL}/schemas/_User`, { headers });
  assert.equal(answer.status, 403);
  assert.equal((await answer.json()).fields, undefined);
});

test('the health of the server needs no key', async () => {
  assert.deepEqual(await Parse.getServerHealth(), { status: 'ok' });
});

test('an unknown function is told by name', async () => {
  const error = await fails(Parse.Cloud.run('nothing'), Parse.Error.SCRIPT_FAILED);
  assert.equal(error.message, 'Invalid function: "nothing"');
});

test('indexes come and go by name', async () => {
  const name = fresh('Class');
  const schema = new Parse.Schema(name);
  schema.addString('text').addNumber('n').addPointer('who', '_User').addArray('tags').addGeoPoint('at');
  schema.addIndex('by_text', { text: 1 });
  await schema.save();
  const change = new Parse.Schema(name);
  change.addIndex('by_n_text', { n: -1, text: 1 }).addIndex('by_who', { who: 1 }).addIndex('by_tag', { tags: 1 });
  const { indexes } = await change.addIndex('by_place', { at: '2dsphere' }).update();
  assert.deepEqual(indexes._id_, { _id: 1 });
  assert.deepEqual(Object.keys(indexes.by_n_text), ['n', 'text'], 'the first field is the strongest');
  assert.deepEqual(indexes.by_n_text, { n: -1, text: 1 });
  assert.deepEqual((await schema.get()).indexes, indexes);

  const who = Parse.User.createWithoutData('u1');
  const at = new Parse.GeoPoint(48.2, 16.37);
  await Parse.Object.saveAll([1, 2, 3].map(n => new Parse.Object(name, { n, text: `t${n}`, who, tags: ['a', `b${n}`], at })));
  for (const [index, query] of [
    ['by_text', new Parse.Query(name).equalTo('text', 't2')],
    ['by_who', new Parse.Query(name).equalTo('who', who)],
    ['by_tag', new Parse.Query(name).equalTo('tags', 'b3')],
    ['by_place', new Parse.Query(name).withinKilometers('at', at, 5, false)],
    ['_id_', new Parse.Query(name).equalTo('objectId', 'nobody')],
  ]) {
    const plan = JSON.stringify(await query.explain().find(MASTER));
    // PostgreSQL looks at a few rows one by one, whatever indexes there are.
    if (!plan.includes('Seq Scan')) assert.ok(plan.includes(`"${index}"`), `${index}: ${plan}`);
  }
  assert.equal((await new Parse.Query(name).equalTo('tags', 'b3').find()).length, 1);
  assert.equal((await new Parse.Query(name).withinKilometers('at', at, 5, false).find()).length, 3);
  assert.equal((await new Parse.Query(name).fullText('text', 't2').find()).length, 1);
  assert.equal((await new Parse.Query(name).hint('by_text').equalTo('text', 't2').find()).length, 1);

  const left = await new Parse.Schema(name).deleteIndex('by_text').deleteIndex('by_place').update();
  assert.deepEqual(Object.keys(left.indexes).sort(), ['_id_', 'by_n_text', 'by_tag', 'by_who']);
  const fewer = await new Parse.Schema(name).deleteField('text').update();
  assert.deepEqual(Object.keys(fewer.indexes).sort(), ['_id_', 'by_tag', 'by_who'], 'an index goes with its field');
  assert.equal((await new Parse.Query(name).equalTo('tags', 'b3').find()).length, 1);
  await new Parse.Schema(name).purge();
  await new Parse.Schema(name).delete();
});

test('an index that can not be is refused', async () => {
  const name = fresh('Class');
  const schema = new Parse.Schema(name);
  await schema.addString('text').addRelation('all', '_User').addIndex('by_text', { text: 1 }).save();
  const refused = async (index, message) => {
    const change = new Parse.Schema(name);
    for (const [name, keys] of Object.entries(index)) change._indexes[name] = keys;
    const error = await fails(change.update(), Parse.Error.INVALID_QUERY);
    if (message) assert.equal(error.message, message);
  };
  await refused({ by_text: { text: -1 } }, 'Index by_text exists, cannot update.');
  await refused({ none: { __op: 'Delete' } }, 'Index none does not exist, cannot delete.');
  await refused({ x: { none: 1 } }, 'Field none does not exist, cannot add index.');
  await refused({ _id_: { _id: 1 } }, 'Index _id_ exists, cannot update.');
  await refused({ x: { text: 'nonsense' } });
  await refused({ x: { text: '2dsphere' } });
  await refused({ x: { all: 1 } });
  assert.deepEqual((await schema.get()).indexes, { _id_: { _id: 1 }, by_text: { text: 1 } });
});
