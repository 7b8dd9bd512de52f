// Schemas with the master key, and what is refused without it.

import { test } from 'node:test';
import { Parse, assert, fails, fresh } from './start.js';

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
