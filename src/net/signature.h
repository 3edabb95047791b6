/* Ed25519: who made a text, provable to whoever knows the public key. The one place where the house asks OpenSSL for it.
 *
 * Shape    a public key is 32 bytes, told to people as base64; a private key is kept as PEM (PKCS #8), as other programs keep it
 * Limits   PEM is at most SIGNATURE_PEM_MAX bytes; a key with a passphrase is refused: nobody is there to type it
 * Owns     an OpenSSL key from signature_key_make or signature_key_read to signature_key_free
 * Threads  a key may be used by one at a time; checking is a pure function
 * Source   RFC 8032, RFC 8410
 */
#ifndef BOUCLIER_NET_SIGNATURE_H
#define BOUCLIER_NET_SIGNATURE_H

#include "base/buffer.h"
#include "base/span.h"

#define SIGNATURE_LEN 64u
#define SIGNATURE_PUBLIC_LEN 32u
#define SIGNATURE_PUBLIC_TEXT 44u   /* in base64 */
#define SIGNATURE_PEM_MAX 4096u

struct evp_pkey_st;

/* A new one. RESULT_NO_MEMORY. */
enum result signature_key_make(struct evp_pkey_st **out) must_check;
/* RESULT_MALFORMED: no PEM, a passphrase, or a key of another kind. */
enum result signature_key_read(struct span pem, struct evp_pkey_st **out) must_check;
/* Appends PEM. */
enum result signature_key_write(const struct evp_pkey_st *key, struct buffer *out) must_check;
void signature_key_free(struct evp_pkey_st *key);
/* RESULT_MALFORMED: it is none of Ed25519. */
enum result signature_public(const struct evp_pkey_st *key, uint8_t out[SIGNATURE_PUBLIC_LEN]) must_check;
/* RESULT_MALFORMED unless TEXT is the base64 of one. */
enum result signature_public_read(struct span text, uint8_t out[SIGNATURE_PUBLIC_LEN]) must_check;
/* The same of a signature. */
enum result signature_read(struct span text, uint8_t out[SIGNATURE_LEN]) must_check;

enum result signature_make(struct evp_pkey_st *key, struct span text, uint8_t out[SIGNATURE_LEN]) must_check;
/* Fails closed. RESULT_REFUSED: not the key's, or not of this text. */
enum result signature_check(const uint8_t public_key[SIGNATURE_PUBLIC_LEN], struct span text, const uint8_t signature[SIGNATURE_LEN]) must_check;

#endif
