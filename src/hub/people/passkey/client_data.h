/* What a browser says a passkey was asked for, and the frame around a new one's data.
 *
 * Shape    clientDataJSON: {"type":"webauthn.get","challenge":BASE64URL,"origin":"https://hub.commune.example","crossOrigin":false, ...}; members that
 *          are not known are allowed, as the source says. attestationObject: a CBOR map of fmt, attStmt and authData
 * Limits   CLIENT_DATA_MAX, ATTESTATION_MAX bytes; nesting of what is passed over: ATTESTATION_DEPTH
 * Errors   RESULT_MALFORMED: not that; RESULT_REFUSED: of something else (another type, origin or challenge)
 * Owns     nothing: what is found points into the input
 * Threads  pure functions
 * Source   W3C WebAuthn level 2, 5.8.1 and 6.5; RFC 8949
 */
#ifndef BOUCLIER_HUB_PEOPLE_PASSKEY_CLIENT_DATA_H
#define BOUCLIER_HUB_PEOPLE_PASSKEY_CLIENT_DATA_H

#include "base/span.h"

#define CLIENT_DATA_MAX 4096u
#define ATTESTATION_MAX 16384u
#define ATTESTATION_DEPTH 8u
#define CHALLENGE_LEN 32u

/* CHALLENGE gets what it was; whether it was ours the caller asks. */
enum result client_data_read(struct span text, struct span type, struct span origin, uint8_t challenge[CHALLENGE_LEN]) must_check;
/* The authenticator's data, as it stands. What a maker's statement says of it is not looked at: none was asked for. */
enum result attestation_read(struct span bytes, struct span *authenticator_data) must_check;

#endif
