// Places, words, distinct values, aggregations and plans, as the SDK asks for them.

import { before, test } from 'node:test';
import { MASTER, Parse, assert, fails, makeClass } from './start.js';

let clinic, owner;

const names = objects => objects.map(object => object.get('name'));

before(async () => {
  owner = await makeClass('Owner', { name: (schema, field) => schema.addString(field) });
  clinic = await makeClass('Clinic', {
    name: (schema, field) => schema.addString(field), at: (schema, field) => schema.addGeoPoint(field),
    area: (schema, field) => schema.addPolygon(field), about: (schema, field) => schema.addString(field),
    beds: (schema, field) => schema.addNumber(field), opened: (schema, field) => schema.addDate(field),
    owner: (schema, field) => schema.addPointer(field, owner.name), tags: (schema, field) => schema.addArray(field),
  });
  const owners = await Parse.Object.saveAll(['City', 'State'].map(name => owner.make({ name })));
  const rows = [
    { name: 'Wien', at: [48.2082, 16.3738], about: 'Surgery and café', beds: 10, tags: ['a', 'b'], owner: owners[0] },
    { name: 'Graz', at: [47.0707, 15.4395], about: 'surgery', beds: 20, tags: ['b'], owner: owners[0] },
    { name: 'Berlin', at: [52.52, 13.405], about: 'Day clinic', beds: 30, tags: [], owner: owners[1] },
  ];
  for (const [month, { at: [x, y], ...row }] of rows.entries()) {
    await clinic.make({
      ...row,
      at: new Parse.GeoPoint(x, y),
      area: new Parse.Polygon([[x - 1, y - 1], [x - 1, y + 1], [x + 1, y]]),
      opened: new Date(Date.UTC(2020, month)),
    }).save();
  }
});

test('the nearest come first', async () => {
  const here = new Parse.GeoPoint(52, 13);
  assert.deepEqual(names(await clinic.query().near('at', here).find()), ['Berlin', 'Wien', 'Graz']);
  const graz = new Parse.GeoPoint(47, 15.4);
  assert.deepEqual(names(await clinic.query().withinKilometers('at', graz, 200).find()), ['Graz', 'Wien']);
  assert.deepEqual(names(await clinic.query().withinMiles('at', graz, 20).find()), ['Graz']);
  const unsorted = await clinic.query().withinKilometers('at', graz, 200, false).descending('name').find();
  assert.deepEqual(names(unsorted), ['Wien', 'Graz']);
  assert.equal(await clinic.query().near('at', here).count(), 3);
});

test('within boxes and polygons', async () => {
  const box = [new Parse.GeoPoint(46, 15), new Parse.GeoPoint(47.5, 17)];
  assert.deepEqual(names(await clinic.query().withinGeoBox('at', ...box).find()), ['Graz']);
  const ring = [[47.5, 15], [47.5, 18], [50, 16.5]].map(([x, y]) => new Parse.GeoPoint(x, y));
  assert.deepEqual(names(await clinic.query().withinPolygon('at', ring).find()), ['Wien']);
  const inside = clinic.query().polygonContains('area', new Parse.GeoPoint(52, 13.4));
  assert.deepEqual(names(await inside.find()), ['Berlin']);
  await fails(clinic.query().withinPolygon('at', [ring[0], ring[1]]).find(), 107);
});

test('words', async () => {
  const found = await clinic.query().fullText('about', 'surgery').ascending('$score').select('$score', 'name').find();
  assert.deepEqual(names(found), ['Graz', 'Wien']);
  assert.ok(found[0].get('score') > found[1].get('score'));
  assert.deepEqual(names(await clinic.query().fullText('about', 'CAFE').find()), ['Wien']);
  assert.deepEqual(await clinic.query().fullText('about', 'Surgery', { caseSensitive: true }).find().then(names), ['Wien']);
});

test('distinct values', async () => {
  assert.deepEqual((await clinic.query().distinct('tags')).sort(), ['a', 'b']);
  assert.deepEqual((await clinic.query().greaterThan('beds', 10).distinct('beds')).sort(), [20, 30]);
  assert.equal((await clinic.query().distinct('owner')).length, 2);
});

test('aggregations', async () => {
  const groups = await clinic.query().aggregate([
    { $group: { _id: '$owner', beds: { $sum: '$beds' }, mean: { $avg: '$beds' } } },
    { $sort: { beds: -1, mean: 1 } },
  ]);
  assert.deepEqual(groups.map(({ beds, mean }) => [beds, mean]), [[30, 15], [30, 30]]);
  assert.equal(typeof groups[0].objectId, 'string');
  const months = await clinic.query().aggregate({ $group: { _id: { $month: '$opened' } }, $sort: { _id: 1 } });
  assert.deepEqual(months.map(group => group.objectId), [1, 2, 3]);
  const matched = await clinic.query().aggregate([{ $match: { beds: { $gt: 10 } } }, { $project: { name: 1 } }]);
  assert.deepEqual(matched.map(row => row.name).sort(), ['Berlin', 'Graz']);
  await fails(clinic.query().aggregate([{ group: { _id: null } }]), 102);
  await fails(clinic.query().aggregate([{ $out: 'Elsewhere' }]), 102);
});

test('plans are for the master key', async () => {
  const plan = await clinic.query().equalTo('name', 'Wien').explain().find(MASTER);
  assert.ok(JSON.stringify(plan).includes('queryPlanner'));
  await fails(clinic.query().explain().find(), 102);
  const advised = await clinic.query().comment('why').readPreference('SECONDARY').find();
  assert.equal(advised.length, 3);
});
