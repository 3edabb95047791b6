/* Attackers who hold: connections that are opened and given back late, or never.
 *
 * slow    a head, or a body, that drips a line or a byte each INTERVAL; or many requests whose answers are never read
 * churn   connect, shake hands, hold, close: at the group's rate
 */
#pragma once
#include "actor.h"

void slow_wake(struct actor *actor, uint64_t now_ns);
void slow_moved(struct actor *actor, uint64_t now_ns);
void churn_wake(struct actor *actor, uint64_t now_ns);
void churn_moved(struct actor *actor, uint64_t now_ns);
