// WebAuthn speaks bytes, JSON speaks base64url.
import { Refusal } from './api'

type Json = Record<string, unknown>

function bytesOf(text: string): ArrayBuffer {
  const plain = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0)).buffer
}

function textOf(bytes: ArrayBuffer | null): string | undefined {
  if (!bytes) return undefined
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

const withIds = (list: unknown) => (list as Json[] | undefined)?.map((each) => ({ ...each, id: bytesOf(each.id as string) }))
const optionsOf = (said: unknown) => ((said as Json).publicKey ?? said) as Json

function failed(error: unknown): never {
  const name = (error as DOMException).name
  throw new Refusal(0, name === 'NotAllowedError' ? 'passkey-refused' : name === 'InvalidStateError' ? 'passkey-known' : 'passkey-failed', String(error))
}

/** They are of a host name: under an address there are none. */
export const isAddress = /^[\d.]+$|:/.test(location.hostname)
export const hasPasskeys = () => 'PublicKeyCredential' in window && !isAddress

export async function passkeyUse(said: unknown): Promise<Json> {
  const options = optionsOf(said)
  const publicKey = { ...options, challenge: bytesOf(options.challenge as string), allowCredentials: withIds(options.allowCredentials) }
  const found = (await navigator.credentials.get({ publicKey } as CredentialRequestOptions).catch(failed)) as PublicKeyCredential
  const response = found.response as AuthenticatorAssertionResponse
  return {
    id: found.id, rawId: textOf(found.rawId), type: found.type,
    response: {
      clientDataJSON: textOf(response.clientDataJSON), authenticatorData: textOf(response.authenticatorData),
      signature: textOf(response.signature), userHandle: textOf(response.userHandle),
    },
  }
}

export async function passkeyMake(said: unknown): Promise<Json> {
  const options = optionsOf(said)
  const user = options.user as Json
  const publicKey = {
    ...options, challenge: bytesOf(options.challenge as string), user: { ...user, id: bytesOf(user.id as string) }, excludeCredentials: withIds(options.excludeCredentials),
  }
  const made = (await navigator.credentials.create({ publicKey } as unknown as CredentialCreationOptions).catch(failed)) as PublicKeyCredential
  const response = made.response as AuthenticatorAttestationResponse
  return {
    id: made.id, rawId: textOf(made.rawId), type: made.type,
    response: { clientDataJSON: textOf(response.clientDataJSON), attestationObject: textOf(response.attestationObject) },
  }
}
