/* Keys that session tickets are sealed with. They lie in memory that outlives a process (the keeper's), so that a citizen's
 * session resumes after a reload, an upgrade or a crash; they change with time, so that a stolen key opens little.
 *
 * Shape    TICKET_KEYS slots; the key of period P (time divided by TICKET_PERIOD_S) lies in slot P modulo TICKET_KEYS.
 *          The current key seals; it and the two before it open. The one of the next period is made ahead of time.
 * Limits   a ticket can be opened for TICKET_PERIOD_S * 2 at least and * 3 at most
 * Threads  any number of readers, in any number of processes, without a lock. Writers take turns by `claim`; one that died
 *          in the middle is passed over after 10 s. A reader that meets a half-written key finds no key: the handshake is
 *          then a full one (fails open: nobody is refused, only slower).
 * Source   RFC 5077, section 4 (recommended construction: AES-256-CBC, HMAC-SHA256)
 */
#ifndef BOUCLIER_NET_TICKET_KEYS_H
#define BOUCLIER_NET_TICKET_KEYS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define TICKET_KEYS 4u
#define TICKET_PERIOD_S (8u * 3600)
#define TICKET_LIFETIME_S (2u * TICKET_PERIOD_S)

struct ticket_key {
	uint8_t name[16];
	uint8_t aes[32];
	uint8_t hmac[32];
};

struct ticket_slot {
	_Atomic uint64_t period;  /* 0: empty, or being written */
	struct ticket_key key;
};

struct ticket_keys {          /* all zero bytes: no key yet */
	_Atomic uint64_t claim;
	struct ticket_slot slots[TICKET_KEYS];
};

/* Makes the keys of this period and the next where they are missing and forgets those that are too old. Cheap when there
 * is nothing to do: call it at start and every minute, before tls_server serves. */
void ticket_keys_rotate(struct ticket_keys *keys, uint64_t now_s);
/* The key that seals now; false: none. */
bool ticket_keys_current(const struct ticket_keys *keys, uint64_t now_s, struct ticket_key *out);
/* The key that sealed at MADE_S, if it may still open: for what says itself when it was made. */
bool ticket_keys_at(const struct ticket_keys *keys, uint64_t now_s, uint64_t made_s, struct ticket_key *out);
/* The key called NAME if it may still open; IS_CURRENT tells whether it also seals. */
bool ticket_keys_find(const struct ticket_keys *keys, uint64_t now_s, const uint8_t name[16], struct ticket_key *out,
                      bool *is_current);

#endif
