// A real OpenID Connect provider for the test of logins: npm's oidc-provider, with the device flow.
//   provider.mjs FOLDER PORT NAME
// FOLDER has key.pem and cert.pem, and groups.json: who is in which groups. What it has issued last for each
// client is in FOLDER/issued-CLIENT; where there is FOLDER/instead, that ID token is given in place of the right one.
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import Provider from 'oidc-provider';

const [folder, port, host] = process.argv.slice(2);
const issuer = `https://${host}:${port}`;
const at = (name) => path.join(folder, name);
const device = 'urn:ietf:params:oauth:grant-type:device_code';
const client = (id, more) => ({
  client_id: id, application_type: 'native', grant_types: [device], response_types: [], redirect_uris: [], ...more,
});

const provider = new Provider(issuer, {
  clients: [
    client('kontena', { client_secret: 'planted-client-secret-c1', token_endpoint_auth_method: 'client_secret_basic' }),
    client('other', { token_endpoint_auth_method: 'none' }),
    client('hasty', { token_endpoint_auth_method: 'none' }),
  ],
  cookies: { keys: ['test'] },
  features: { deviceFlow: { enabled: true }, devInteractions: { enabled: true } },
  scopes: ['openid', 'profile', 'groups'],
  claims: { openid: ['sub'], profile: ['preferred_username'], groups: ['groups'] },
  ttl: {
    DeviceCode: (ctx, token, by) => (by.clientId === 'hasty' ? 6 : 600),
    AccessToken: 60, Grant: 600, IdToken: 300, Interaction: 600, Session: 600,
  },
  findAccount: (ctx, id) => ({
    accountId: id,
    claims: () => ({
      sub: id, preferred_username: id.split('@')[0], groups: JSON.parse(fs.readFileSync(at('groups.json')))[id] ?? [],
    }),
  }),
});

provider.use(async (ctx, next) => {
  await next();
  if (ctx.path !== '/token' || !ctx.body?.id_token) return;
  fs.writeFileSync(at(`issued-${ctx.oidc.client.clientId}`), ctx.body.id_token);
  if (fs.existsSync(at('instead'))) ctx.body.id_token = fs.readFileSync(at('instead'), 'utf8');
});

const server = https.createServer({ key: fs.readFileSync(at('key.pem')), cert: fs.readFileSync(at('cert.pem')) }, provider.callback());
server.keepAliveTimeout = 60000; // a slow machine is not to find its connection closed
server.listen(Number(port), () => console.log(`serving ${issuer}`));
provider.on('server_error', (ctx, error) => console.log(error));
