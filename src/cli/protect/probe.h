/* Looks at a running shield from outside, as a citizen and as an attacker would, over one of its own listeners.
 *
 * Attacks carry the one-time key that the admin socket gave: even one that got past the reader would end before an origin.
 */
#ifndef BOUCLIER_CLI_PROTECT_PROBE_H
#define BOUCLIER_CLI_PROTECT_PROBE_H

#include "base/address.h"
#include "base/buffer.h"
#include "config/read.h"

struct probe_target {
	struct endpoint endpoint;
	struct span host;
	bool is_tls;
	struct span key;          /* of attacks */
	size_t head_bytes;        /* the site's limit */
	int64_t head_ms;          /* the same: how long a head may take */
};

struct probe_answer {
	enum result result;       /* RESULT_OK: there was a response; RESULT_END: closed without one; RESULT_TIMEOUT ... */
	unsigned status;
	bool has_asked;           /* the question was sent: a cut after it is an answer */
	uint64_t took_ms;
	bool is_verified;         /* the certificate is signed by an authority of this system, for this host */
	char tls_version[16];     /* empty: plain */
	char error[160];          /* when there was no response, why */
};

enum probe_attack {
	PROBE_KEY,
	PROBE_SMUGGLING, PROBE_OVERSIZED, PROBE_SLOW,       /* refused by the reader, whatever rules there are */
	PROBE_INJECTION, PROBE_SCRIPT,                      /* refused by rules that block */
	PROBE_PROSE_NL, PROBE_PROSE_FR, PROBE_PROSE_EN,     /* what citizens write: rules let it pass */
	PROBE_COUNT,
};

/* probe_target.c: the first TLS listener of SNAPSHOT, or the first of all; any address is reached by loopback. False: there is none. */
bool probe_target_find(const struct snapshot *snapshot, struct probe_target *target);
/* The key from the shield, copied to KEY; empty: it gave none. */
#define PROBE_KEY_TEXT 64
struct span probe_key_ask(const char *socket, char key[PROBE_KEY_TEXT]);

#define PROBE_NOTICED 202u    /* rules that only observe would have refused it */

const char *probe_name(enum probe_attack attack);
/* One GET / as a browser sends it: the only probe that an origin sees. */
void probe_get(const struct probe_target *target, struct probe_answer *out);
/* PROBE_KEY is a harmless request: answered 204, it shows that the key works. So are those of prose. */
void probe_attack(const struct probe_target *target, enum probe_attack attack, struct probe_answer *out);
/* Was ATTACK answered as it should be: refused, or (the key, prose) let through as far as the origin? */
bool probe_is_well(enum probe_attack attack, const struct probe_answer *answer);

#endif
