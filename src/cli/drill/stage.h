/* What all players share: the loop that they play in, where the shield is, and chance.
 *
 * Owns     nothing
 */
#ifndef BOUCLIER_CLI_DRILL_STAGE_H
#define BOUCLIER_CLI_DRILL_STAGE_H

#include "base/loop.h"
#include "cli/drill/drill.h"

struct stage {
	struct loop loop;
	uint16_t port;
	struct drill_tally *tally;
	uint64_t chance;             /* the same for every drill: two of them differ by what was changed, not by luck */
};

/* SplitMix64 (Steele, Lea, Flood 2014). */
static inline uint64_t stage_chance(struct stage *stage)
{
	uint64_t z = stage->chance += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline uint64_t stage_chance_below(struct stage *stage, uint64_t bound)
{
	return stage_chance(stage) % bound;
}

/* An attack goes on. */
static inline bool stage_is_attacked(const struct stage *stage)
{
	enum drill_window window = drill_window_at(&stage->tally->acts, stage->loop.now_ms);

	return window == WINDOW_ONSET || window == WINDOW_ATTACK;
}

static inline uint64_t stage_attack_begin_ms(const struct stage *stage)
{
	return stage->tally->acts.begin_ms + stage->tally->acts.calm_ms;
}

#endif
