/* Attackers who ask: as many requests as the group's rate says, whether they are answered or not.
 *
 * flood   GET or POST over HTTP/1.1 or HTTP/2; may keep cookies, may do what a challenge asks
 * reset   HTTP/2 requests that are cancelled as soon as they are sent (CVE-2023-44487)
 *
 * A request that is due while all of an actor's connection waits is never sent and counted as late: the driver says how much of the
 * rate was really played.
 */
#pragma once
#include "actor.h"

void flood_wake(struct actor *actor, uint64_t now_ns);
void flood_moved(struct actor *actor, uint64_t now_ns);
void reset_wake(struct actor *actor, uint64_t now_ns);
void reset_moved(struct actor *actor, uint64_t now_ns);
