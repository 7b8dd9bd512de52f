// Asks the server that the environment names everything about what `write.js` wrote; prints the answers by question.

import { rest, sorted } from './start.js';

const written = JSON.parse(process.argv[2]);
const { types, notes, mine, grown, users, tokens, ids, logins } = written;
const where = condition => `where=${encodeURIComponent(JSON.stringify(condition))}`;
const pointer = (className, objectId) => ({ __type: 'Pointer', className, objectId });
const callers = { nobody: {}, ann: { token: tokens.ann }, bob: { token: tokens.bob }, master: { master: true } };
const date = iso => ({ __type: 'Date', iso });

const questions = [];
const ask = (path, only = Object.keys(callers)) => only.forEach(who => questions.push([`${who}: ${path}`, path, callers[who]]));

for (const className of [types, notes, mine, grown]) {
  ask(`classes/${className}?order=createdAt`);
  // The reference estimates what the master key counts.
  ask(`classes/${className}?count=1&limit=0`, ['nobody', 'ann', 'bob']);
  ask(`schemas/${className}`, ['master', 'nobody']);
}
for (const className of ['_User', '_Role', '_Session']) ask(`schemas/${className}`, ['master']);
for (const id of ids) ask(`classes/${types}/${id}`, ['nobody', 'ann']);
for (const id of Object.values(users)) ask(`users/${id}`);
ask(`users?order=createdAt&${where({ username: { $regex: `^${written.prefix}` } })}`);
ask(`roles?order=createdAt&${where({ name: { $regex: `^${written.prefix}` } })}`);
ask('users/me', ['nobody', 'ann', 'bob']);
ask('sessions/me', ['nobody', 'ann', 'bob']);
ask('sessions?order=createdAt&limit=1', ['nobody', 'ann', 'bob']);
for (const condition of [
  { number: { $gt: 0 } }, { number: { $lte: 41 } }, { text: '' }, { text: { $exists: false } }, { truth: false }, { truth: { $ne: true } },
  { text: { $regex: '^na.*caf', $options: 'i' } }, { list: 1 }, { list: { $all: [1, 'two'] } }, { 'thing.a.b': 1.5 }, { list: pointer('_User', users.ann) },
  { moment: date('1969-07-20T20:17:40.123Z') }, { moment: { $lt: date('1970-01-01T00:00:00.001Z') } }, { who: pointer('_User', users.ann) },
  { who: { $exists: true } }, { objectId: { $in: ids.slice(0, 2) } }, { $or: [{ number: 41 }, { truth: true }] }, { needed: 'as usual' },
  { who: { $inQuery: { className: '_User', where: { ward: 'B3' } } } }, { many: pointer(types, ids[1]) },
  { number: { $in: [41, 1e21] } }, { createdAt: { $gt: date('2001-01-01T00:00:00.000Z') } }, { MixedCase: 7 }, { MixedCase: { $nin: [7] } },
  { $relatedTo: { object: pointer(types, ids[0]), key: 'many' } },
]) {
  ask(`classes/${types}?order=createdAt&keys=needed,many&${where(condition)}`, ['master', 'ann']);
}
ask(`classes/${types}?include=who&order=createdAt`, ['master', 'ann', 'nobody']);
ask(`classes/${types}?order=-number&keys=number,many&${where({ number: { $exists: true } })}`, ['nobody']);
ask(`classes/${types}?order=createdAt&excludeKeys=thing,list,text`, ['nobody']);
ask(`classes/${notes}?order=rank&include=owner`);
ask(`classes/${notes}?${where({ secret: 'secret 0' })}`);

const answers = {};
for (const [title, path, caller] of questions) answers[title] = sorted(await rest('GET', path, caller));
for (const [username, password] of logins) {
  const { status, body } = await rest('POST', 'login', { body: { username, password } });
  answers[`log in as ${username}`] = sorted({ status, body: { ...body, sessionToken: typeof body.sessionToken } });
  const wrong = await rest('POST', 'login', { body: { username, password: `${password}!` } });
  answers[`log in as ${username} wrongly`] = sorted(wrong);
}
console.log(JSON.stringify(answers));
