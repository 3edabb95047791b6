/* The words of the message for the carrier's desk, in each language.
 *
 * Shape    text with {targets}, {port}, {ports}, {kept}, {number}, {percent}, {network}, {date}, {clock}, {seconds}, {interfaces}, {packets} where a value stands: each language
 *          has its own order
 * Owns     nothing: constants
 */
#ifndef BOUCLIER_PACKET_CARRIER_DESK_WORDS_H
#define BOUCLIER_PACKET_CARRIER_DESK_WORDS_H

#include "packet/carrier/attack.h"
#include "packet/carrier/settings.h"

struct desk_words {
	const char *telephone, *unknown, *to, *subject, *subject_quiet, *subject_full;
	const char *opening, *opening_quiet, *opening_full, *opening_room, *contract;   /* _room: an attack, and a line that is not filling */
	const char *measured_head, *at, *since, *line, *line_bare, *no_capacity, *dropped, *targets, *no_targets;
	const char *parts_head, *no_parts, *sources_head, *banned_head, *requests;
	const char *asked_head, *networks, *scrub, *no_blackhole, *reachable, *ticket;
	struct {
		const char *is, *ask;       /* ask NULL: nothing that a carrier can filter by */
	} vectors[ATTACK_VECTORS];
	const char *reflected_any, *reflected_any_ask;   /* of a reflection whose port is not known */
	char comma;
};

extern const struct desk_words desk_words[DESK_LANGUAGES];

#endif
