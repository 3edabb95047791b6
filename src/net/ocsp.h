/* OCSP: what is asked about a certificate, of whom, and whether an answer holds. A response from a file and one from a responder
 * are looked at by the same function.
 *
 * What holds is signed by the issuer, or by a responder that the issuer's own certificate allows (id-kp-OCSPSigning); it speaks
 * of this very certificate, says "good", and now lies between thisUpdate and nextUpdate. A response without nextUpdate holds for
 * OCSP_HOUR_MS from thisUpdate: RFC 6960 says of it that newer information is there at any time.
 *
 * The issuer is the second certificate of the chain: without it nothing can be asked or verified.
 *
 * Threads  any
 * Source   RFC 6960; RFC 5019 (no nonce, so that responders may answer from a cache); RFC 6066, section 8
 */
#ifndef BOUCLIER_NET_OCSP_H
#define BOUCLIER_NET_OCSP_H

#include "net/certificate.h"

#define OCSP_URL_MAX 512u        /* with NUL */
#define OCSP_REQUEST_MAX 1024u
#define OCSP_HOUR_MS (3600 * (int64_t)1000)

/* Milliseconds since 1970. */
struct ocsp_times {
	int64_t from_ms, until_ms;
};

/* WHY, a part of a sentence about the certificate, is set unless RESULT_OK. */

/* The responder's URL: the first http one of the certificate's authority information access.
 * RESULT_NOT_FOUND: no issuer in the chain, or no such URL. */
enum result ocsp_responder(const struct certificate *certificate, char url[OCSP_URL_MAX], const char **why) must_check;
/* The request (DER), at the end of OUT. RESULT_NOT_FOUND: no issuer. */
enum result ocsp_request_write(const struct certificate *certificate, struct buffer *out) must_check;
/* RESULT_OK         DER holds; TIMES says from when and until when
 * RESULT_REFUSED    it holds, and says that the certificate is revoked
 * RESULT_MALFORMED  it is no response, or not one to rely on */
enum result ocsp_response_read(const struct certificate *certificate, struct span der, int64_t now_ms, struct ocsp_times *times,
                               const char **why) must_check;

#endif
