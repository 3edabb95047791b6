/* Threads that hash passwords: 64 MiB and a third of a second each are nothing for the loop to do itself.
 *
 * Limits   HASH_THREADS at once, HASH_WAITING_MAX in line; beyond it RESULT_LIMIT, which callers answer with 503 (security: nobody is let in unhashed)
 * Owns     its threads and descriptors; a job is the caller's, from hash_pool_submit until DONE
 * Threads  the loop's; hash_pool_free outside of its rounds
 */
#ifndef BOUCLIER_HUB_PEOPLE_ACCOUNT_HASH_POOL_H
#define BOUCLIER_HUB_PEOPLE_ACCOUNT_HASH_POOL_H

#include "base/loop.h"
#include "hub/people/account/password.h"

#define HASH_THREADS 2u
#define HASH_WAITING_MAX 16u

struct hash_pool;

struct hash_job {
	struct list node;
	char password[PASSWORD_LEN_MAX];     /* wiped before DONE */
	size_t password_len;
	char encoded[PASSWORD_HASH_BYTES];   /* to verify against; is_new: the hash that was made */
	bool is_new;
	enum result result;
	void (*done)(struct hash_job *job);  /* in the loop's thread. RESULT_TIMEOUT: the pool ends, and it was not looked at */
};

enum result hash_pool_new(struct loop *loop, struct hash_pool **out) must_check;
/* Calls DONE of what is left. */
void hash_pool_free(struct hash_pool *pool);
enum result hash_pool_submit(struct hash_pool *pool, struct hash_job *job) must_check;

#endif
