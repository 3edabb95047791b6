#include "waf/nearest.h"

#include "base/suggest.h"

#include "base/banned.h"

const char *nearest_name(struct span name, const char *(*name_at)(size_t index), size_t count)
{
	struct suggestion suggestion;

	suggestion_init(&suggestion, name);
	for (size_t i = 0; i < count; i++) {
		struct span other = span_of(name_at(i));
		size_t difference = other.len > name.len ? other.len - name.len : name.len - other.len;

		if (difference <= SUGGEST_DISTANCE_MAX)  /* most are not even worth counting: a file of errors is read in a moment */
			suggestion_offer(&suggestion, other);
	}
	return suggestion.best.at;
}
