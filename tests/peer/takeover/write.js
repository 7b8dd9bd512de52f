// Writes everything that Parse knows through the server that the environment names; prints what the other steps need.
// The prefix keeps what two servers wrote to one database apart.

import { MASTER, PASSWORD, Parse, rest } from './start.js';

const prefix = process.argv[2] ?? 'Peer';
const name = suffix => `${prefix}${suffix}`;

async function schemaOf(className, build, permissions) {
  const schema = new Parse.Schema(className);
  build(schema);
  if (permissions) schema.setCLP(permissions);
  await schema.save();
}

async function signUp(username, fields) {
  const user = new Parse.User();
  await user.signUp({ username, password: PASSWORD, email: `${username}@example.org`, ...fields });
  const token = user.getSessionToken();
  return { user, token, as: { sessionToken: token } };
}

const ALL = { '*': true };
const OPEN = { find: ALL, get: ALL, count: ALL, create: ALL, update: ALL, delete: ALL, addField: ALL };

// Users: of every field, with roles, a role within a role, a changed password, one without a session.
const ann = await signUp(name('ann'), { ward: 'B3', since: new Date('2019-05-06T07:08:09.010Z') });
const bob = await signUp(name('Bob'), { nickname: 'Bobby "Quote" O\'Hara' });
const cyn = await signUp(name('cyn'), {});
cyn.user.setPassword(`${PASSWORD} two`);
await cyn.user.save(null, cyn.as);
await bob.user.save({ emailVerified: true }, MASTER);
const publicRead = new Parse.ACL();
publicRead.setPublicReadAccess(true);
const nurses = new Parse.Role(name('nurses'), publicRead);
nurses.getUsers().add(ann.user);
await nurses.save(null, MASTER);
const staff = new Parse.Role(name('staff'), publicRead);
staff.getRoles().add(nurses);
staff.getUsers().add(bob.user);
await staff.save(null, MASTER);

// Every type, in columns and nested; everything that a column can lack.
const types = name('Types');
await schemaOf(types, schema => schema
  .addString('text').addNumber('number').addBoolean('truth').addDate('moment').addArray('list').addObject('thing')
  .addGeoPoint('place').addPolygon('area').addField('raw', 'Bytes').addFile('file').addPointer('who', '_User')
  .addString('needed', { required: true, defaultValue: 'as usual' }).addNumber('MixedCase', { defaultValue: 7 })
  .addRelation('many', types).addIndex('byNumber', { number: 1 }).addIndex('byBoth', { text: 1, number: -1 }));
const make = attributes => new Parse.Object(types, attributes);
const rows = [
  make({
    text: 'naïve café 😀 "quoted" \\ \u2028', number: -12.5e-7, truth: true, moment: new Date('1969-07-20T20:17:40.123Z'),
    list: [1, 'two', null, { three: 3 }, [4], new Date('2001-02-03T04:05:06.007Z'), new Parse.GeoPoint(1, 2), ann.user],
    thing: { a: { b: [true, 1.5, 'c'] }, empty: {}, when: new Date('2001-02-03T04:05:06.007Z'), who: bob.user, nothing: null },
    place: new Parse.GeoPoint(47.3769, 8.5417), area: new Parse.Polygon([[0, 0], [0, 1], [1, 1], [1, 0]]),
    raw: { __type: 'Bytes', base64: 'AAECAwT/' },
    file: Parse.File.fromJSON({ __type: 'File', name: 'abc_scan 1.txt', url: 'http://localhost/abc_scan%201.txt' }),
    who: ann.user, needed: 'given',
  }),
  make({ text: '', number: 0, truth: false, list: [], thing: {} }),
  make({ number: 1e21, moment: new Date(0) }),
  make({ number: Number.MAX_SAFE_INTEGER, text: 'x'.repeat(5000) }),
  make({}),
];
for (const row of rows) await row.save();
rows[0].relation('many').add(rows.slice(1, 4));
await rows[0].save();
rows[0].relation('many').remove(rows[2]);
await rows[0].save();
rows[1].increment('number', 41);
rows[1].add('list', { grown: 1 });
rows[1].set('thing.deep', { er: 1 });
await rows[1].save();
rows[3].unset('text');
await rows[3].save();
await rest('POST', `classes/${types}`, { body: { text: null, number: null, needed: 'with nulls' } });

// Who may see what.
const notes = name('Notes');
await schemaOf(notes, schema => schema.addString('text').addNumber('rank').addPointer('owner', '_User').addString('secret'), {
  ...OPEN, delete: {}, create: { requiresAuthentication: true }, addField: {},
  protectedFields: { '*': ['secret'], [`role:${staff.getName()}`]: [] },
});
const acls = [
  null, new Parse.ACL(ann.user), publicRead, new Parse.ACL(), (() => {
    const acl = new Parse.ACL();
    acl.setRoleReadAccess(staff.getName(), true);
    acl.setWriteAccess(bob.user, true);
    return acl;
  })(),
];
for (const [rank, acl] of acls.entries()) {
  const note = new Parse.Object(notes, { text: `note ${rank}`, rank, secret: `secret ${rank}`, owner: rank % 2 ? bob.user : ann.user });
  if (acl) note.setACL(acl);
  await note.save(null, MASTER);
}
const mine = name('Mine');
await schemaOf(mine, schema => schema.addString('text').addPointer('owner', '_User').addArray('team'), {
  ...OPEN, find: { pointerFields: ['owner', 'team'] }, get: { pointerFields: ['owner'] }, update: { [`role:${nurses.getName()}`]: true },
});
await new Parse.Object(mine, { text: 'of ann', owner: ann.user, team: [bob.user] }).save(null, MASTER);
await new Parse.Object(mine, { text: 'of bob', owner: bob.user, team: [] }).save(null, MASTER);

// A class whose fields came with the saves, and one whose field is gone again.
const grown = name('Grown');
await new Parse.Object(grown, { n: 1, s: 'x', l: [1], o: { a: 1 }, d: new Date(1), p: ann.user, b: false }).save();
await new Parse.Object(grown, { n: 2, later: true }).save();
await new Parse.Schema(grown).deleteField('s').update();

console.log(JSON.stringify({
  prefix, types, notes, mine, grown,
  users: { ann: ann.user.id, bob: bob.user.id, cyn: cyn.user.id },
  tokens: { ann: ann.token, bob: bob.token },
  ids: rows.map(({ id }) => id),
  logins: [[name('ann'), PASSWORD], [name('Bob'), PASSWORD], [name('cyn'), `${PASSWORD} two`]],
}));
