// A client as an app would be: the official Parse SDK, unchanged, against Parapet with the patient guard.

import Parse from 'parse/node';
import { randomBytes } from 'node:crypto';

/** Takes a setting from the environment. */
function setting(name) {
  const value = process.env[name];
  if (!value) {
    console.error(`${name} is not set; see README.md`);
    process.exit(2);
  }
  return value;
}

/** Goes on only when what came is right. */
function check(right, what, came) {
  if (!right) throw new Error(`${what}; it was ${JSON.stringify(came)}`);
}

/** Goes on only when the call fails with this code. */
async function refused(call, code, what) {
  try {
    await call();
  } catch (error) {
    if (error instanceof Parse.Error) {
      check(error.code === code, `${what} is refused with code ${code}`, { code: error.code, message: error.message });
      return error;
    }
    throw error;
  }
  throw new Error(`${what} went through`);
}

const say = (title, ...rest) => console.log(`${title.padEnd(22)}${rest.join(' ')}`);

async function main() {
  Parse.initialize(setting('PARAPET_APP_ID'), process.env.PARAPET_JS_KEY || undefined);
  Parse.serverURL = setting('PARAPET_URL');
  // One process, one user, as on a telephone; a server for many would pass session tokens around instead.
  Parse.User.enableUnsafeCurrentUser();

  // Sign up.
  const username = `nurse-${randomBytes(6).toString('hex')}`;
  const user = await Parse.User.signUp(username, randomBytes(12).toString('hex'));
  check(user.id && user.getSessionToken()?.startsWith('r:'), 'a signed-up user has an id and a session', user.id);
  say('signed up', user.id);

  // Save: the guard tidies what it is given, and the SDK learns of it from the answer.
  const patient = new Parse.Object('Patient', {
    name: '  Zoë   Müller ',
    birthDate: new Date('1984-05-06T00:00:00.000Z'),
    ssn: '7569217076985',
    email: 'Zoe@Example.ORG',
  });
  patient.setACL(new Parse.ACL(user));
  await patient.save();
  check(patient.get('name') === 'Zoë Müller', 'the guard collapsed the spaces', patient.get('name'));
  check(patient.get('nameKey') === 'zoe muller', 'the guard made a search key', patient.get('nameKey'));
  check(patient.get('email') === 'zoe@example.org', 'the guard normalised the address', patient.get('email'));
  say('saved', patient.id, 'as', patient.get('name'));

  // Query: this user isn't a clinician, so identifiers come masked.
  const query = new Parse.Query('Patient').equalTo('nameKey', 'zoe muller').equalTo('objectId', patient.id);
  const found = await query.find();
  check(found.length === 1 && found[0].id === patient.id, 'the query finds the patient', found.map(({ id }) => id));
  const seen = found[0].toJSON();
  check(seen.ssn === '***.****.**69.85', 'four digits of the identifier are left', seen.ssn);
  check(seen.email === undefined, 'the address is hidden', seen.email);
  check(seen.birthDate.iso === '1984-05-06T00:00:00.000Z', 'the date is as saved', seen.birthDate);
  say('found', found.length, 'with ssn', seen.ssn);

  // Call a function.
  const histogram = await Parse.Cloud.run('ageHistogram', { bands: [18, 65], where: { objectId: patient.id } });
  const counts = histogram.bands.map(({ count }) => count);
  check(JSON.stringify(counts) === '[0,1,0]', 'one patient is between 18 and 64', histogram);
  say('ages', histogram.bands.map(({ from, to, count }) => `${from}-${to ?? ''}: ${count}`).join(', '));

  // The guard refuses: a wrong identifier, and a search by what is masked.
  const wrong = await refused(() => patient.save({ ssn: '756.0000.0000.00' }), Parse.Error.VALIDATION_ERROR,
    'a wrong identifier');
  check(!wrong.message.includes('756'), 'a refusal repeats no value', wrong.message);
  say('refused', wrong.code, wrong.message);
  const search = await refused(() => new Parse.Query('Patient').equalTo('ssn', '756.9217.0769.85').find(),
    Parse.Error.OPERATION_FORBIDDEN, 'a search by identifier');
  say('refused', search.code, search.message);

  // Log out: the session is dead, and the patient out of reach.
  const token = user.getSessionToken();
  await Parse.User.logOut();
  check(Parse.User.current() === null, 'nobody is logged in', null);
  await refused(() => Parse.User.become(token), Parse.Error.INVALID_SESSION_TOKEN, 'the old session');
  await refused(() => new Parse.Query('Patient').get(patient.id), Parse.Error.OBJECT_NOT_FOUND, 'a read without a session');
  say('logged out', 'and out of reach');
}

try {
  await main();
} catch (error) {
  console.error(`WRONG: ${error.message}`);
  process.exit(1);
}
