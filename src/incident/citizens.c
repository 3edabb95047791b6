#include "incident/citizens.h"

#include "base/banned.h"

static unsigned hour_of(uint64_t at_s)
{
	return (unsigned)(at_s / 3600 % CITIZENS_HOURS);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

bool citizens_expect(const struct citizens_usual *usual, uint64_t at_s, uint64_t *out)
{
	unsigned hour = hour_of(at_s);

	if (usual->minutes[hour] < CITIZENS_LEARNED)
		return false;
	*out = (uint64_t)((double)usual->mean[hour] + 0.5);
	return true;
}

void citizens_learn(struct citizens_usual *usual, uint64_t at_s, const struct citizens_minute *minute)
{
	unsigned hour = hour_of(at_s);
	float came = (float)minute->served;

	if (usual->minutes[hour] < CITIZENS_MEMORY)
		usual->minutes[hour]++;
	usual->mean[hour] += (came - usual->mean[hour]) / (float)usual->minutes[hour];
}

/* Who was served after waiting is late where that was long in the mean. */
static bool is_late(const struct citizens_minute *minute)
{
	return minute->queued && minute->wait_us / minute->queued > CITIZENS_WAIT_US;
}

static bool is_unreachable(const struct citizens_minute *minute, bool has_expected, uint64_t expected)
{
	if (minute->probes)
		return !minute->reached;  /* who looked from outside knows better */
	if (minute->served)
		return false;
	return (has_expected && expected >= CITIZENS_LEAST) || (minute->asked >= CITIZENS_LEAST && minute->failed >= minute->asked);
}

enum citizens_state citizens_judge(const struct citizens_minute *minute, bool has_expected, uint64_t expected)
{
	if (is_unreachable(minute, has_expected, expected))
		return CITIZENS_UNREACHABLE;
	if (minute->reached < minute->probes || minute->slow || is_late(minute))
		return CITIZENS_DEGRADED;
	if (minute->asked >= CITIZENS_LEAST && minute->failed * CITIZENS_FAILED_IN >= minute->asked)
		return CITIZENS_DEGRADED;
	if (has_expected && expected >= CITIZENS_LEAST && minute->served * 100 < expected * CITIZENS_SERVED_PERCENT)
		return CITIZENS_DEGRADED;
	return CITIZENS_WELL;
}

static bool is_crowded(const struct citizens_minute *minute, uint64_t expected)
{
	return minute->served > CITIZENS_LEAST && minute->served - CITIZENS_LEAST > (uint64_t)((double)expected * CITIZENS_CROWDED_PERCENT / 100);
}

/* What one minute of a site adds. */
static struct citizens part_of(const struct citizens_minute *minute, bool has_expected, uint64_t expected)
{
	uint64_t seen = least(minute->seen, expected), served = least(minute->served, seen), reached = least(minute->reached, minute->probes);
	uint64_t late = is_late(minute) ? least(minute->queued, served) : 0;
	struct citizens part = {
		.site_minutes = 1, .refused = minute->refused, .has_drops = minute->has_drops, .blind = !has_expected || is_crowded(minute, expected),
		.probed = minute->probes > 0, .probes = minute->probes, .reached = reached, .slow = least(minute->slow, reached),
	};

	if (!has_expected)
		return part;
	part.expected = expected;
	part.seen = seen;
	part.served = served - late;
	part.late = late;
	part.not_seen = expected - seen;
	return part;
}

#define CITIZENS_SUMS(X) X(expected) X(seen) X(served) X(late) X(not_seen) X(refused) X(site_minutes) X(probed) X(blind) X(probes) X(reached) X(slow)

void citizens_add(struct citizens *citizens, const struct citizens_minute *minute, bool has_expected, uint64_t expected)
{
	struct citizens part = part_of(minute, has_expected, expected);

#define X(sum) citizens->sum += part.sum;
	CITIZENS_SUMS(X)
#undef X
	citizens->has_drops |= part.has_drops;
}

/* That packets were dropped stays known: it was so in other minutes too, or it is of this one, which comes in again. */
void citizens_take(struct citizens *citizens, const struct citizens_minute *minute, bool has_expected, uint64_t expected)
{
	struct citizens part = part_of(minute, has_expected, expected);

#define X(sum) citizens->sum -= least(part.sum, citizens->sum);
	CITIZENS_SUMS(X)
#undef X
}

bool citizens_are_counted(const struct citizens *citizens)
{
	return !citizens->has_drops && !citizens->blind && citizens->expected && citizens->served <= citizens->expected;
}

static uint64_t per_mille(uint64_t part, uint64_t whole)
{
	return (uint64_t)((double)part * 1000 / (double)whole);
}

void citizens_sum(struct citizens *sum, const struct citizens *add)
{
	sum->expected += add->expected;
	sum->seen += add->seen;
	sum->served += add->served;
	sum->late += add->late;
	sum->not_seen += add->not_seen;
	sum->refused += add->refused;
	sum->site_minutes += add->site_minutes;
	sum->probed += add->probed;
	sum->blind += add->blind;
	sum->probes += add->probes;
	sum->reached += add->reached;
	sum->slow += add->slow;
	sum->minutes += add->minutes;
	sum->unreachable += add->unreachable;
	sum->degraded += add->degraded;
	sum->has_drops |= add->has_drops;
}

enum vantage citizens_share(const struct citizens *citizens, unsigned *out)
{
	uint64_t reached = least(citizens->reached, citizens->probes), share = 1000;

	if (citizens_are_counted(citizens))
		share = per_mille(citizens->served, citizens->expected);
	if (citizens->probes && citizens->probed && citizens->probed * 2 >= citizens->site_minutes) {
		*out = (unsigned)least(share, per_mille(reached - least(citizens->slow, reached), citizens->probes));
		return VANTAGE_OUTSIDE;
	}
	if (!citizens_are_counted(citizens))
		return VANTAGE_UNKNOWN;
	*out = (unsigned)share;
	return VANTAGE_SHIELD;
}

const char *vantage_name(enum vantage vantage)
{
	static const char *const names[VANTAGE_COUNT] = {
#define X(id, name) [VANTAGE_##id] = name,
		VANTAGE_LIST(X)
#undef X
	};

	return names[vantage];
}
