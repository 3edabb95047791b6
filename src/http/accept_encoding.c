#include "http/accept_encoding.h"

#include "http/content_decoder.h"

#include "base/banned.h"

struct reduced {
	char *out;
	size_t len;
	unsigned seen;  /* bit per enum content_coding */
};

static struct span name_of(enum content_coding coding)
{
	switch (coding) {
	case CODING_GZIP:
		return SPAN("gzip");
	case CODING_BROTLI:
		return SPAN("br");
	case CODING_ZSTD:
		return SPAN("zstd");
	case CODING_IDENTITY:
	case CODING_DEFLATE:
	case CODING_OTHER:
		break;
	}
	return SPAN_NONE;
}

/* "0." and up to three digits, or "1" and up to three zeros. */
static bool is_weight(struct span text)
{
	if (!text.len || text.len > 5 || (text.at[0] != '0' && text.at[0] != '1') || (text.len > 1 && text.at[1] != '.'))
		return false;
	for (size_t i = 2; i < text.len; i++) {
		if (text.at[i] < '0' || text.at[i] > (text.at[0] == '1' ? '0' : '9'))
			return false;
	}
	return true;
}

static bool is_zero(struct span weight)
{
	for (size_t i = 0; i < weight.len; i++) {
		if (weight.at[i] != '0' && weight.at[i] != '.')
			return false;
	}
	return true;
}

static void add(struct reduced *reduced, struct span text)
{
	memcpy(reduced->out + reduced->len, text.at, text.len);
	reduced->len += text.len;
}

/* At most once each, so three names and weights are all there can be. */
static void add_member(struct reduced *reduced, enum content_coding coding, struct span weight)
{
	if (reduced->seen >> coding & 1)
		return;
	reduced->seen |= 1u << coding;
	if (weight.at && (!is_weight(weight) || is_zero(weight)))
		return;
	if (reduced->len)
		add(reduced, SPAN(", "));
	add(reduced, name_of(coding));
	if (weight.len && weight.at[0] == '0') {
		add(reduced, SPAN(";q="));
		add(reduced, weight);
	}
}

struct span accept_encoding_reduce(const struct fields *fields, char out[ACCEPT_ENCODING_MAX])
{
	struct reduced reduced = { out, 0, 0 };

	for (unsigned i = 0; i < fields->count; i++) {
		struct span list = fields->list[i].id == FIELD_ACCEPT_ENCODING ? fields->list[i].value : SPAN_NONE;

		while (list.len) {
			struct span rest = span_cut(&list, ','), name = span_trim(span_cut(&rest, ';')), weight = span_trim(rest);
			enum content_coding coding = content_coding_named(name);

			if (!name_of(coding).len)
				continue;
			if (rest.at)  /* behind a semicolon all but a weight is a fault */
				weight = span_starts_nocase(weight, SPAN("q=")) ? span_skip(weight, 2) : SPAN("?");
			add_member(&reduced, coding, rest.at ? weight : SPAN_NONE);
		}
	}
	return span_make(out, reduced.len);
}
