// openid-client against the reference issuer and an API guarded by Warder.
//
//   node client.js [FLOW...] < config.json     all flows without arguments
//
// config.json has issuer, api, redirectURI, and clients by kind, each with id
// and maybe secret or key (PKCS #8, PEM, for ES256). The program prints a line
// for each flow, and why one did not go as it should on standard error; then it
// exits with 1.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createPrivateKey } from 'node:crypto'
import * as oidc from 'openid-client'

const { issuer, api, redirectURI, clients } = JSON.parse(readFileSync(0, 'utf8'))

// Plain http is refused unless it is asked for: this issuer is on loopback.
const onLoopback = { execute: [oidc.allowInsecureRequests] }

const discover = ({ id, secret }, metadata, authentication, options) =>
  oidc.discovery(new URL(issuer), id, { client_secret: secret, ...metadata }, authentication, { ...onLoopback, ...options })

const web = (metadata) => discover(clients.web, metadata, oidc.ClientSecretBasic(clients.web.secret))
const app = () => discover(clients.app, {}, oidc.None())

async function service() {
  const pkcs8 = createPrivateKey(clients.service.key).export({ type: 'pkcs8', format: 'der' })
  const key = await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign'])
  return discover(clients.service, {}, oidc.PrivateKeyJwt(key))
}

// The person's part: the issuer's default Interaction agrees to everything at
// once, so what comes back is the redirect to the client.
async function visit(url) {
  const response = await fetch(url, { redirect: 'manual' })
  assert.equal(response.status, 303)
  return new URL(response.headers.get('location'))
}

// ask starts the authorization code grant and returns what its end needs.
async function ask(config, parameters) {
  const verifier = oidc.randomPKCECodeVerifier()
  const checks = { pkceCodeVerifier: verifier, expectedState: oidc.randomState() }
  const more = {}
  if (parameters.scope.split(' ').includes('openid')) {
    more.nonce = checks.expectedNonce = oidc.randomNonce()
  }
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirectURI,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state: checks.expectedState,
    ...more,
    ...parameters,
  })
  return { back: await visit(url), checks }
}

async function authorize(config, parameters) {
  const { back, checks } = await ask(config, parameters)
  return oidc.authorizationCodeGrant(config, back, checks)
}

// call asks the API for its notes: the status, and the error of its challenge.
async function call(config, token, path, method = 'GET') {
  try {
    const response = await oidc.fetchProtectedResource(config, token, new URL(path, api), method)
    await response.text()
    return response.status
  } catch (err) {
    assert.ok(err instanceof oidc.WWWAuthenticateChallengeError, err)
    assert.equal(err.cause[0].scheme, 'bearer')
    return `${err.status} ${err.cause[0].parameters.error}`
  }
}

async function admitted(config, tokens) {
  assert.equal(tokens.token_type, 'bearer')
  assert.ok(tokens.expiresIn() > 3500)
  for (const path of ['/verified/notes', '/introspected/notes']) {
    assert.equal(await call(config, tokens.access_token, path), 200, path)
  }
}

// refused asserts that a grant fails with an error of RFC 6749.
const refused = (promise, error) => assert.rejects(promise, { name: 'ResponseBodyError', error })

const flows = {
  async discovery() {
    for (const algorithm of ['oidc', 'oauth2']) {
      const config = await discover(clients.web, {}, oidc.ClientSecretBasic(clients.web.secret), { algorithm })
      const server = config.serverMetadata()
      assert.equal(server.issuer, issuer)
      assert.ok(server.supportsPKCE())
      for (const name of ['authorization', 'token', 'device_authorization', 'introspection', 'revocation', 'userinfo']) {
        assert.ok(server[`${name}_endpoint`].startsWith(issuer + '/'), name)
      }
    }
    await assert.rejects(
      oidc.discovery(new URL(issuer), clients.web.id, clients.web.secret),
      { code: 'OAUTH_HTTP_REQUEST_FORBIDDEN' },
    )
  },

  async code() {
    const config = await web()
    const tokens = await authorize(config, { scope: 'openid read' })
    const claims = tokens.claims()
    assert.equal(claims.iss, issuer)
    assert.equal(claims.aud, clients.web.id)
    await admitted(config, tokens)
    assert.equal(await call(config, tokens.access_token, '/verified/notes', 'POST'), '403 insufficient_scope')
    assert.equal(await call(config, tokens.id_token, '/verified/notes'), '401 invalid_token')
  },

  async 'code of a public client'() {
    const config = await app()
    await admitted(config, await authorize(config, { scope: 'read write' }))
  },

  async 'code with client_secret_post'() {
    const config = await discover(clients.web, {}, oidc.ClientSecretPost(clients.web.secret))
    await admitted(config, await authorize(config, { scope: 'read' }))
  },

  async 'ID tokens of every algorithm'() {
    for (const alg of ['RS256', 'ES256', 'EdDSA']) {
      const client = clients[alg]
      const config = await discover(client, { id_token_signed_response_alg: alg }, oidc.ClientSecretBasic(client.secret))
      oidc.enableNonRepudiationChecks(config) // verifies the signature, TLS or not
      const tokens = await authorize(config, { scope: 'openid' })
      assert.ok(tokens.claims().sub, alg)
    }
  },

  async 'max_age and acr'() {
    const config = await web()
    const { back, checks } = await ask(config, { scope: 'openid', max_age: '60', acr_values: 'pwd' })
    const tokens = await oidc.authorizationCodeGrant(config, back, { ...checks, maxAge: 60 })
    assert.ok(Math.abs(tokens.claims().auth_time - Date.now() / 1000) < 60)
  },

  // RFC 9207: an answer that another issuer mixed in.
  async 'iss in the answer'() {
    const config = await web()
    for (const mixUp of [
      (back) => back.searchParams.set('iss', 'https://evil.example'),
      (back) => back.searchParams.delete('iss'),
      (back) => back.searchParams.set('state', 'another'),
    ]) {
      const { back, checks } = await ask(config, { scope: 'read' })
      assert.equal(back.searchParams.get('iss'), issuer)
      mixUp(back)
      await assert.rejects(oidc.authorizationCodeGrant(config, back, checks), { code: 'OAUTH_INVALID_RESPONSE' })
    }
  },

  async 'client credentials'() {
    const config = await web()
    const tokens = await oidc.clientCredentialsGrant(config, { scope: 'read' })
    assert.equal(tokens.refresh_token, undefined)
    await admitted(config, tokens)
  },

  async private_key_jwt() {
    const config = await service()
    await admitted(config, await oidc.clientCredentialsGrant(config, { scope: 'read', resource: 'https://api.example' }))
    const tokens = await authorize(config, { scope: 'openid read' })
    await admitted(config, await oidc.refreshTokenGrant(config, tokens.refresh_token))
    assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, true)
    await oidc.tokenRevocation(config, tokens.access_token)
    assert.equal((await oidc.tokenIntrospection(config, tokens.access_token)).active, false)
  },

  async refresh() {
    for (const config of [await web(), await app()]) {
      const first = await authorize(config, { scope: 'openid read write' })
      const second = await oidc.refreshTokenGrant(config, first.refresh_token, { scope: 'openid read' })
      assert.notEqual(second.refresh_token, first.refresh_token)
      assert.equal(second.scope, 'openid read')
      assert.equal(second.claims().sub, first.claims().sub)
      await admitted(config, second)
      // Used again, it ends everything that was granted.
      await refused(oidc.refreshTokenGrant(config, first.refresh_token), 'invalid_grant')
      await refused(oidc.refreshTokenGrant(config, second.refresh_token), 'invalid_grant')
      assert.equal(await call(config, second.access_token, '/introspected/notes'), '401 invalid_token')
    }
  },

  async device() {
    for (const config of [await web(), await app()]) {
      const device = await oidc.initiateDeviceAuthorization(config, { scope: 'openid read' })
      assert.equal(device.interval, 5)
      const page = await fetch(device.verification_uri, {
        method: 'POST',
        body: new URLSearchParams({ user_code: device.user_code }),
      })
      assert.equal(page.status, 200)
      // Agreed to already, so that nothing has to be waited for.
      const tokens = await oidc.pollDeviceAuthorizationGrant(config, { ...device, interval: 0 })
      assert.ok(tokens.claims().sub)
      await admitted(config, tokens)
      await refused(oidc.pollDeviceAuthorizationGrant(config, { ...device, interval: 0 }), 'invalid_grant')
    }
  },

  async introspection() {
    const config = await web()
    const { access_token } = await authorize(config, { scope: 'read' })
    const answer = await oidc.tokenIntrospection(config, access_token)
    assert.equal(answer.active, true)
    assert.equal(answer.iss, issuer)
    assert.equal(answer.client_id, clients.web.id)
    assert.equal(answer.scope, 'read')
    assert.deepEqual(await oidc.tokenIntrospection(config, 'no token'), { active: false })
  },

  // RFC 9701
  async 'signed introspection'() {
    const config = await web({ introspection_signed_response_alg: 'RS256' })
    oidc.enableNonRepudiationChecks(config)
    const { access_token } = await oidc.clientCredentialsGrant(config, { scope: 'read' })
    assert.equal((await oidc.tokenIntrospection(config, access_token)).active, true)
  },

  async revocation() {
    for (const config of [await web(), await app()]) {
      const tokens = await authorize(config, { scope: 'read' })
      await admitted(config, tokens)
      await oidc.tokenRevocation(config, tokens.access_token)
      assert.equal(await call(config, tokens.access_token, '/introspected/notes'), '401 invalid_token')
      // Nobody asked the issuer: a signature stays good until the token expires.
      assert.equal(await call(config, tokens.access_token, '/verified/notes'), 200)

      const next = await oidc.refreshTokenGrant(config, tokens.refresh_token)
      await admitted(config, next)
      await oidc.tokenRevocation(config, next.refresh_token, { token_type_hint: 'refresh_token' })
      assert.equal(await call(config, next.access_token, '/introspected/notes'), '401 invalid_token')
      await refused(oidc.refreshTokenGrant(config, next.refresh_token), 'invalid_grant')
      await oidc.tokenRevocation(config, 'no token')
    }
  },

  async userinfo() {
    const config = await web()
    const tokens = await authorize(config, { scope: 'openid email' })
    const { sub } = tokens.claims()
    const person = await oidc.fetchUserInfo(config, tokens.access_token, sub)
    assert.equal(person.email, 'ada@example.com')
    assert.equal(person.name, undefined) // profile was not asked for
    await assert.rejects(oidc.fetchUserInfo(config, tokens.access_token, 'another'), { code: 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED' })
    const without = await authorize(config, { scope: 'read' })
    await assert.rejects(
      oidc.fetchUserInfo(config, without.access_token, sub),
      (err) => err.status === 403 && err.cause[0].parameters.error === 'insufficient_scope',
    )
  },

  async refusals() {
    const config = await web()
    await refused(oidc.clientCredentialsGrant(config, { scope: 'all' }), 'invalid_scope')
    await refused(oidc.clientCredentialsGrant(config, { resource: 'https://another.example' }), 'invalid_target')
    await refused(oidc.genericGrantRequest(config, 'password', { username: 'ada', password: 'x' }), 'unsupported_grant_type')
    await refused(oidc.clientCredentialsGrant(await app(), { scope: 'read' }), 'unauthorized_client')

    const { back, checks } = await ask(config, { scope: 'read' })
    await refused(
      oidc.authorizationCodeGrant(config, back, { ...checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() }),
      'invalid_grant',
    )
    for (const [parameters, error] of [
      [{ scope: 'all' }, 'invalid_scope'],
      [{ scope: 'read', response_type: 'token' }, 'unsupported_response_type'],
      [{ scope: 'read', code_challenge_method: 'plain' }, 'invalid_request'],
    ]) {
      const wrong = await ask(config, parameters)
      await assert.rejects(
        oidc.authorizationCodeGrant(config, wrong.back, wrong.checks),
        { name: 'AuthorizationResponseError', error },
      )
    }

    // Of a 401 the challenge is reported; what RFC 6749 §5.2 says is in the body.
    const stranger = await discover(clients.web, {}, oidc.ClientSecretBasic('wrong'))
    const challenged = await oidc.clientCredentialsGrant(stranger, {}).catch((err) => err)
    assert.equal(challenged.name, 'WWWAuthenticateChallengeError')
    assert.equal(challenged.status, 401)
    assert.equal((await challenged.response.json()).error, 'invalid_client')
  },
}

const chosen = process.argv.slice(2)
for (const name of chosen.length > 0 ? chosen : Object.keys(flows)) {
  assert.ok(Object.hasOwn(flows, name), `there is no flow called ${name}`)
  try {
    await flows[name]()
    console.log(`ok  ${name}`)
  } catch (err) {
    console.log(`not ok  ${name}`)
    console.error(err)
    process.exitCode = 1
  }
}
