// The reference server on the database that the environment names, with the keys of the tests or those that it names.

// It would write logs into this folder, and decides that while it is loaded.
process.env.PARSE_SERVER_LOGS_FOLDER = 'null';
const { ParseServer } = await import('parse-server');

const { DATABASE_URI, PORT = '0', MOUNT = '/1', CLOUD, MASTER_KEY = 'test', JAVASCRIPT_KEY = 'test' } = process.env;
if (!DATABASE_URI) {
  console.error('DATABASE_URI names the database');
  process.exit(2);
}

const options = {
  databaseURI: DATABASE_URI,
  appId: 'test',
  masterKey: MASTER_KEY,
  javascriptKey: JAVASCRIPT_KEY,
  restAPIKey: 'rest',
  readOnlyMasterKey: 'read-only-test',
  maintenanceKey: 'testing',
  mountPath: MOUNT,
  port: Number(PORT),
  host: '127.0.0.1',
  serverURL: `http://127.0.0.1:${PORT}${MOUNT}`,
  allowClientClassCreation: true,
  enableAnonymousUsers: false,
  cloud: CLOUD,
  silent: true,
  verbose: false,
  logsFolder: null,
  fileUpload: { enableForPublic: false },
  enableInsecureAuthAdapters: false,
};

const server = await ParseServer.startApp(options);
console.log(`parse-server listens on http://127.0.0.1:${server.server.address().port}${MOUNT}`);

// It closes its connections when it is told to stop, but waits for clients that keep theirs.
for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => setTimeout(() => process.exit(0), 300));
