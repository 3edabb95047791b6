#include "http/decode.h"

#include <stdlib.h>

#include "base/banned.h"

struct content_decoder {
	const struct decode_type *type;
	void *state;
	bool was_full;    /* the last turn filled what it was given: there may be more without any input */
	bool has_begun;   /* a byte has come */
	bool is_over, is_broken;
};

static const struct {
	struct span name;
	enum content_coding coding;
} names[] = {
	{ SPAN_INIT("gzip"), CODING_GZIP }, { SPAN_INIT("x-gzip"), CODING_GZIP }, { SPAN_INIT("deflate"), CODING_DEFLATE },
	{ SPAN_INIT("br"), CODING_BROTLI }, { SPAN_INIT("zstd"), CODING_ZSTD }, { SPAN_INIT("identity"), CODING_IDENTITY },
};

static const struct decode_type *const types[] = {
	[CODING_GZIP] = &decode_zlib, [CODING_DEFLATE] = &decode_zlib, [CODING_BROTLI] = &decode_brotli, [CODING_ZSTD] = &decode_zstd,
};

enum content_coding content_coding_named(struct span name)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (span_equal_nocase(name, names[i].name))
			return names[i].coding;
	}
	return CODING_OTHER;
}

enum content_coding content_coding_of(const struct fields *fields)
{
	const struct field *found = NULL;

	for (unsigned i = 0; i < fields->count; i++) {
		if (fields->list[i].id != FIELD_CONTENT_ENCODING)
			continue;
		if (found)
			return CODING_OTHER;
		found = &fields->list[i];
	}
	return found && found->value.len ? content_coding_named(found->value) : CODING_IDENTITY;
}

struct content_decoder *content_decoder_new(enum content_coding coding)
{
	struct content_decoder *decoder = calloc(1, sizeof(*decoder));

	if (!decoder)
		return NULL;
	decoder->type = types[coding];
	decoder->state = decoder->type->new(coding);
	if (decoder->state)
		return decoder;
	free(decoder);
	return NULL;
}

void content_decoder_free(struct content_decoder *decoder)
{
	if (!decoder)
		return;
	decoder->type->free(decoder->state);
	free(decoder);
}

enum result content_decoder_turn(struct content_decoder *decoder, struct span *input, char *out, size_t size, size_t *made)
{
	enum result result;

	*made = 0;
	decoder->has_begun |= input->len > 0;
	if (decoder->is_over)
		return RESULT_END;
	if (decoder->is_broken)
		return RESULT_MALFORMED;
	do {
		if (!input->len && !decoder->was_full)
			return RESULT_MORE;
		result = decoder->type->some(decoder->state, input, out, size, made);
		decoder->was_full = *made == size;
	} while (result == RESULT_OK && !*made);
	if (result == RESULT_NO_MEMORY)
		return result;
	decoder->is_over = result == RESULT_END;
	decoder->is_broken = result == RESULT_MALFORMED;
	return *made ? RESULT_OK : result;  /* what stands before the damage is looked at too */
}

bool content_decoder_is_whole(const struct content_decoder *decoder)
{
	return !decoder->has_begun || decoder->is_over || (!decoder->is_broken && decoder->type->is_whole && decoder->type->is_whole(decoder->state));
}
