// A real OpenID provider on this machine: oidc-provider, with one client. What has to be is said in the environment; the port is printed.
import Provider from 'oidc-provider'
import { generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'

const { REDIRECT, SECRET, ALGORITHM } = process.env
const key = ALGORITHM === 'ES256' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 })
const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address()
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [{
      client_id: 'hub', redirect_uris: [REDIRECT], response_types: ['code'], grant_types: ['authorization_code'], id_token_signed_response_alg: ALGORITHM,
      ...(SECRET ? { client_secret: SECRET, token_endpoint_auth_method: 'client_secret_basic' } : { token_endpoint_auth_method: 'none' }),
    }],
    jwks: { keys: [{ ...key.privateKey.export({ format: 'jwk' }), kid: 'one', use: 'sig', alg: ALGORITHM }] },
    pkce: { required: () => true },
    acrValues: ['urn:two'],
    cookies: { keys: ['of a trial'] },
    features: { devInteractions: { enabled: true } },
    findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
  })
  server.on('request', provider.callback())
  console.log(port)
})
