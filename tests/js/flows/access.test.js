// Who may: ACLs, roles, roles within roles, relations, class-level permissions.

import { afterEach, test } from 'node:test';
import { MASTER, Parse, assert, fails, fresh, makeClass, signUp } from './start.js';

afterEach(() => Parse.User.logOut().catch(() => {}));

const text = { text: (schema, field) => schema.addString(field) };

test('an ACL shuts others out', async () => {
  const { make, query } = await makeClass('Private', text);
  const ann = await signUp('ann');
  const bob = await signUp('bob');
  const note = make({ text: 'mine' });
  note.setACL(new Parse.ACL(ann.user));
  await note.save(null, ann.as);
  assert.equal((await query().get(note.id, ann.as)).get('text'), 'mine');
  await fails(query().get(note.id, bob.as), Parse.Error.OBJECT_NOT_FOUND);
  assert.equal(await query().count(bob.as), 0);
  const copy = make({}).constructor.fromJSON({ className: note.className, objectId: note.id });
  await fails(copy.save({ text: 'theirs' }, bob.as), Parse.Error.OBJECT_NOT_FOUND);
  await fails(copy.destroy(bob.as), Parse.Error.OBJECT_NOT_FOUND);
  const open = note.getACL();
  open.setPublicReadAccess(true);
  note.setACL(open);
  await note.save(null, ann.as);
  const got = await query().get(note.id, bob.as);
  assert.equal(got.getACL().getPublicReadAccess(), true);
  assert.equal(got.getACL().getPublicWriteAccess(), false);
  await fails(copy.save({ text: 'theirs' }, bob.as), Parse.Error.OBJECT_NOT_FOUND);
});

test('roles, and roles within roles', async () => {
  const { make, query } = await makeClass('Ward', text);
  const nurse = await signUp('nurse');
  const clerk = await signUp('clerk');
  const publicRead = new Parse.ACL();
  publicRead.setPublicReadAccess(true);
  const child = new Parse.Role(fresh('nurses'), publicRead);
  child.getUsers().add(nurse.user);
  await child.save(null, MASTER);
  const parent = new Parse.Role(fresh('staff'), publicRead);
  parent.getRoles().add(child);
  await parent.save(null, MASTER);
  const acl = new Parse.ACL();
  acl.setRoleReadAccess(parent, true);
  const chart = make({ text: 'chart' });
  chart.setACL(acl);
  await chart.save(null, MASTER);
  assert.equal((await query().get(chart.id, nurse.as)).get('text'), 'chart');
  await fails(query().get(chart.id, clerk.as), Parse.Error.OBJECT_NOT_FOUND);
  child.getUsers().remove(nurse.user);
  await child.save(null, MASTER);
  await fails(query().get(chart.id, nurse.as), Parse.Error.OBJECT_NOT_FOUND);
  const members = await child.getUsers().query().find(MASTER);
  assert.equal(members.length, 0);
});

test('relations', async () => {
  const visit = await makeClass('Visit', text);
  const patient = await makeClass('Patient2', { visits: (schema, field) => schema.addRelation(field, visit.name) });
  const visits = await Parse.Object.saveAll(['a', 'b', 'c'].map(text => visit.make({ text })));
  const one = patient.make({});
  await one.save();
  one.relation('visits').add(visits.slice(0, 2));
  await one.save();
  const related = () => one.relation('visits').query().ascending('text').find().then(all => all.map(v => v.get('text')));
  assert.deepEqual(await related(), ['a', 'b']);
  one.relation('visits').remove(visits[0]);
  one.relation('visits').add(visits[2]);
  await one.save();
  assert.deepEqual(await related(), ['b', 'c']);
  const owners = await patient.query().equalTo('visits', visits[2]).find();
  assert.deepEqual(owners.map(({ id }) => id), [one.id]);
});

test('class-level permissions', async () => {
  const name = fresh('Locked');
  const schema = new Parse.Schema(name).addString('text').addString('secret');
  schema.setCLP({
    find: { requiresAuthentication: true }, get: { requiresAuthentication: true }, count: {},
    create: { requiresAuthentication: true }, update: {}, delete: {}, addField: {},
    protectedFields: { '*': ['secret'] },
  });
  await schema.save();
  const { as } = await signUp('user');
  const object = await new Parse.Object(name, { text: 'x', secret: 'y' }).save(null, as);
  const [seen] = await new Parse.Query(name).find(as);
  assert.equal(seen.get('text'), 'x');
  assert.equal(seen.has('secret'), false);
  assert.equal((await new Parse.Query(name).get(object.id, MASTER)).get('secret'), 'y');
  await fails(new Parse.Query(name).equalTo('secret', 'y').find(as), Parse.Error.OPERATION_FORBIDDEN);
  await fails(new Parse.Query(name).count(as), Parse.Error.OPERATION_FORBIDDEN);
  await fails(object.save({ text: 'z' }, as), Parse.Error.OPERATION_FORBIDDEN);
  await fails(object.destroy(as), Parse.Error.OPERATION_FORBIDDEN);
  await Parse.User.logOut();
  await fails(new Parse.Query(name).find(), Parse.Error.OBJECT_NOT_FOUND);
});
