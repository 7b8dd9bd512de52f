// What the plugin `tests/guests/measure.rs` does, as Cloud Code: read a field, write one, hide one, answer one.

/* global Parse */

Parse.Cloud.beforeSave('Patient', ({ object }) => {
  object.set('nameKey', (object.get('name') ?? '').toLowerCase());
});

Parse.Cloud.afterFind('Patient', ({ objects }) => {
  for (const object of objects) object.unset('ssn');
  return objects;
});

Parse.Cloud.define('measure', () => 1);
