// Class-level permissions by role, by user, by pointer; protected fields by group.

import { afterEach, test } from 'node:test';
import { MASTER, MASTER_HEADERS, Parse, assert, fails, fresh, rest, signUp } from './start.js';

afterEach(() => Parse.User.logOut().catch(() => {}));

const ALL = { '*': true };
const OPEN = { find: ALL, get: ALL, count: ALL, create: ALL, update: ALL, delete: ALL, addField: ALL };

async function classWith(permissions, fields = schema => schema.addString('text')) {
  const name = fresh('Clp');
  const schema = new Parse.Schema(name);
  fields(schema);
  schema.setCLP({ ...OPEN, ...permissions });
  await schema.save();
  return { name, query: () => new Parse.Query(name), make: values => new Parse.Object(name, values) };
}

async function roleOf(user) {
  const acl = new Parse.ACL();
  acl.setPublicReadAccess(true);
  const role = new Parse.Role(fresh('role'), acl);
  role.getUsers().add(user);
  await role.save(null, MASTER);
  return role.getName();
}

test('by role and by user', async () => {
  const nurse = await signUp('nurse');
  const clerk = await signUp('clerk');
  const role = await roleOf(nurse.user);
  const { query, make } = await classWith({ find: { [`role:${role}`]: true }, create: { [clerk.user.id]: true } });
  await fails(make({ text: 'a' }).save(null, nurse.as), Parse.Error.OPERATION_FORBIDDEN);
  await make({ text: 'a' }).save(null, clerk.as);
  assert.equal((await query().find(nurse.as)).length, 1);
  await fails(query().find(clerk.as), Parse.Error.OPERATION_FORBIDDEN);
  assert.equal((await query().find(MASTER)).length, 1);
});

test('whom a field points to', async () => {
  const ann = await signUp('ann');
  const bob = await signUp('bob');
  const { query, make } = await classWith(
    { find: { pointerFields: ['owner'] }, get: { pointerFields: ['owner', 'team'] }, update: {}, writeUserFields: ['team'] },
    schema => schema.addString('text').addPointer('owner', '_User').addArray('team'),
  );
  const one = await make({ text: 'one', owner: ann.user, team: [bob.user] }).save(null, MASTER);
  const two = await make({ text: 'two', owner: bob.user }).save(null, MASTER);
  const texts = async as => (await query().ascending('text').find(as)).map(object => object.get('text'));
  assert.deepEqual(await texts(ann.as), ['one']);
  assert.deepEqual(await texts(bob.as), ['two']);
  assert.equal((await query().get(one.id, bob.as)).get('text'), 'one');
  await fails(query().get(two.id, ann.as), Parse.Error.OBJECT_NOT_FOUND);
  const change = (object, as) => Parse.Object.fromJSON({ className: object.className, objectId: object.id }).save({ text: 'new' }, as);
  await change(one, bob.as);
  await assert.rejects(change(one, ann.as));
  assert.deepEqual(await texts(ann.as), ['new']);
});

test('new fields need leave', async () => {
  const { make } = await classWith({ addField: {} });
  await make({ text: 'known' }).save();
  await fails(make({ other: 1 }).save(), Parse.Error.OPERATION_FORBIDDEN);
  await make({ other: 1 }).save(null, MASTER);
});

test('protected fields by group', async () => {
  const nurse = await signUp('nurse');
  const clerk = await signUp('clerk');
  const role = await roleOf(nurse.user);
  const { name, query, make } = await classWith(
    { protectedFields: { '*': ['secret', 'text'], authenticated: ['secret'], [`role:${role}`]: [], 'userField:owner': ['text'] } },
    schema => schema.addString('text').addString('secret').addPointer('owner', '_User'),
  );
  const { id } = await make({ text: 't', secret: 's', owner: clerk.user }).save(null, MASTER);
  const seen = async as => {
    const object = await query().get(id, as);
    return ['text', 'secret'].filter(field => object.has(field)).join();
  };
  assert.equal(await seen(nurse.as), 'text,secret');
  const other = await signUp('other');
  assert.equal(await seen(other.as), 'text');
  assert.equal((await rest('GET', `classes/${name}/${id}`)).body.text, undefined);
  await fails(query().equalTo('secret', 's').find(other.as), Parse.Error.OPERATION_FORBIDDEN);
  await fails(query().ascending('secret').find(other.as), Parse.Error.OPERATION_FORBIDDEN);
  assert.equal((await query().equalTo('secret', 's').find(nurse.as)).length, 1);
});

test('the read-only master key reads everything and changes nothing', async () => {
  const { name, make } = await classWith({ find: {}, get: {} });
  const { id } = await make({ text: 'x' }).save(null, MASTER);
  const look = { 'X-Parse-Master-Key': process.env.PARAPET_READ_ONLY_KEY };
  assert.equal((await rest('GET', `classes/${name}/${id}`, null, look)).body.text, 'x');
  assert.equal((await rest('GET', 'schemas', null, look)).status, 200);
  for (const [method, path, body] of [
    ['PUT', `classes/${name}/${id}`, { text: 'y' }], ['POST', `classes/${name}`, { text: 'y' }], ['DELETE', `classes/${name}/${id}`],
    ['POST', 'users', { username: fresh('u'), password: 'p' }], ['POST', 'roles', { name: fresh('r'), ACL: {} }],
    ['POST', `schemas/${fresh('C')}`, {}], ['PUT', `schemas/${name}`, { fields: { n: { type: 'Number' } } }],
    ['DELETE', `schemas/${name}`], ['DELETE', `purge/${name}`], ['POST', 'loginAs', { userId: 'abcdefghij' }],
  ]) {
    const answer = await rest(method, path, body, look);
    assert.deepEqual([answer.status, answer.body.code], [400, 119], `${method} ${path} ${JSON.stringify(answer.body)}`);
  }
  const batch = { requests: [{ method: 'PUT', path: `${new URL(process.env.PARAPET_URL).pathname}/classes/${name}/${id}`, body: { text: 'y' } }] };
  const inBatch = await rest('POST', 'batch', batch, look);
  assert.equal(inBatch.body[0].error.code, 119);
  assert.equal((await rest('GET', `classes/${name}/${id}`, null, look)).body.text, 'x');
});

test('the maintenance key reads what is internal', async () => {
  const { user } = await signUp('kept');
  const mend = { 'X-Parse-Maintenance-Key': process.env.PARAPET_MAINTENANCE_KEY };
  const where = encodeURIComponent(JSON.stringify({ _email_verify_token: { $exists: false }, objectId: user.id }));
  const found = await rest('GET', `classes/_User?where=${where}`, null, mend);
  assert.equal(found.body.results?.length, 1, JSON.stringify(found.body));
  assert.equal((await rest('GET', `classes/_User?where=${where}`)).body.code, 105);
  const dates = { createdAt: { __type: 'Date', iso: '2001-01-01T00:00:00.000Z' }, updatedAt: { __type: 'Date', iso: '2002-01-01T00:00:00.000Z' } };
  const { name } = await classWith({});
  const { body } = await rest('POST', `classes/${name}`, { text: 'old', ...dates }, mend);
  const got = (await rest('GET', `classes/${name}/${body.objectId}`, null, MASTER_HEADERS)).body;
  assert.deepEqual([got.createdAt, got.updatedAt], [dates.createdAt.iso, dates.updatedAt.iso]);
});
