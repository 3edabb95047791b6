/* What proves who somebody is: drawn at random, kept as a hash only, or sealed where the hub itself needs it again.
 *
 * Shape    secrets of people are text: base32 of Crockford in groups (codes), base64url (sessions, tokens). Hashes are SHA-256, hexadecimal: what is hashed
 *          has 128 random bits or more, so no slow hash is needed (passwords: password.h)
 * Threads  pure functions, but secret_key_open
 */
#ifndef BOUCLIER_HUB_PEOPLE_ACCOUNT_SECRETS_H
#define BOUCLIER_HUB_PEOPLE_ACCOUNT_SECRETS_H

#include "base/complaint.h"
#include "net/sealed.h"

#define SECRET_HASH_BYTES 65u            /* with a NUL */
#define SECRET_BYTES 44u                 /* 256 bits as base64url, with a NUL */
#define SECRET_CODE_BYTES 32u            /* 130 bits as five groups, with a NUL: "7KQ4X-..." */

/* 256 random bits. */
void secret_draw(char out[SECRET_BYTES]);
/* A code that somebody types: 26 letters and digits, none that looks like another one. */
void secret_code_draw(char out[SECRET_CODE_BYTES]);
/* Of a code as it was typed: case, spaces and hyphens do not matter, O is 0, I and L are 1. */
enum result secret_code_hash(struct span typed, char out[SECRET_HASH_BYTES]) must_check;
enum result secret_hash(struct span text, char out[SECRET_HASH_BYTES]) must_check;
/* In a time that does not tell where they differ. An empty one equals nothing. */
bool secret_equal(const char a[SECRET_HASH_BYTES], const char b[SECRET_HASH_BYTES]);

/* The key that seals what the hub needs again: made at the first start, in FOLDER/people.key, mode 0600. RESULT_REFUSED: others may read it. */
enum result secret_key_open(struct span folder, struct complaints *complaints, uint8_t out[SEALED_KEY_LEN]) must_check;
/* As text. ABOUT must be the same when it is opened. OUT has SECRET_TEXT_LEN(bytes) + 1. */
#define SECRET_TEXT_LEN(count) (2 * ((count) + SEALED_MORE))
#define SECRET_SEALED_MAX 64u
enum result secret_seal(const uint8_t key[SEALED_KEY_LEN], struct span about, const uint8_t *bytes, size_t count, char *out) must_check;
/* RESULT_MALFORMED. */
enum result secret_open(const uint8_t key[SEALED_KEY_LEN], struct span about, struct span text, uint8_t *bytes, size_t count) must_check;

#endif
