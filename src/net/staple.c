#include "net/staple.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/banned.h"

struct staple {
	pthread_mutex_t lock;   /* a handshake takes it for the time of a copy */
	unsigned holders;
	unsigned char *der;
	size_t len;
	int64_t until_ms;
};

struct staple *staple_new(void)
{
	struct staple *staple = calloc(1, sizeof(*staple));

	if (!staple)
		return NULL;
	pthread_mutex_init(&staple->lock, NULL);
	staple->holders = 1;
	return staple;
}

struct staple *staple_hold(struct staple *staple)
{
	__atomic_add_fetch(&staple->holders, 1u, __ATOMIC_RELAXED);
	return staple;
}

void staple_drop(struct staple *staple)
{
	if (!staple || __atomic_sub_fetch(&staple->holders, 1u, __ATOMIC_ACQ_REL) != 0)
		return;
	pthread_mutex_destroy(&staple->lock);
	free(staple->der);
	free(staple);
}

enum result staple_set(struct staple *staple, struct span der, int64_t until_ms)
{
	unsigned char *fresh = NULL, *old;

	if (der.len > STAPLE_MAX)
		return RESULT_LIMIT;
	if (der.len) {
		fresh = malloc(der.len);
		if (!fresh)
			return RESULT_NO_MEMORY;
		memcpy(fresh, der.at, der.len);
	}
	pthread_mutex_lock(&staple->lock);
	old = staple->der;
	staple->der = fresh;
	staple->len = der.len;
	staple->until_ms = until_ms;
	pthread_mutex_unlock(&staple->lock);
	free(old);
	return RESULT_OK;
}

unsigned char *staple_copy(struct staple *staple, int64_t now_ms, size_t *len)
{
	unsigned char *copy = NULL;

	pthread_mutex_lock(&staple->lock);
	if (staple->len && now_ms < staple->until_ms) {
		copy = OPENSSL_memdup(staple->der, staple->len);
		*len = staple->len;
	}
	pthread_mutex_unlock(&staple->lock);
	return copy;
}
