/* Signatures of JSON Web Signature, as others make them: RS256 and ES256. The one place where the house asks OpenSSL for them.
 *
 * Limits   RSA of 2048 to 4096 bits; the curve P-256
 * Errors   RESULT_REFUSED: the signature is not of this key, or there can be no such key; RESULT_NO_MEMORY
 * Threads  pure functions
 * Source   RFC 7518, sections 3.3, 3.4, 6
 */
#ifndef BOUCLIER_NET_JWS_H
#define BOUCLIER_NET_JWS_H

#include "base/span.h"

#define JWS_RSA_MIN 256u             /* bytes of the modulus */
#define JWS_RSA_MAX 512u
#define JWS_P256_LEN 32u             /* of a coordinate, and of each half of a signature */

/* MODULUS and EXPONENT: numbers, the highest byte first. */
enum result jws_check_rs256(struct span modulus, struct span exponent, struct span text, struct span signature) must_check;
/* X and Y of the point, JWS_P256_LEN bytes each. */
enum result jws_check_es256(struct span x, struct span y, struct span text, struct span signature) must_check;

#endif
