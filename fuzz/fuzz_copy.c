/* Any bytes as the file of a continuity copy: none that we did not sign is one. The same bytes, signed: what is read is written again as the same bytes, and
 * no field of it breaks a line. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cache/continuity/copy.h"
#include "guard/signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t mac_key[MAC_KEY_LEN] = "fuzz", other_key[MAC_KEY_LEN] = "another";

/* The last bytes of the head are its proof: the input tells how long the head is in its first two. One that has a right proof already may tell another. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t head = size > 2 ? (size_t)(data[0] << 8 | data[1]) % size : 0, found = 0;
	uint8_t *file = size > 2 ? malloc(size - 2) : NULL;
	static struct copy copy;
	struct buffer again;
	struct span text;

	if (!file)
		return 0;
	memcpy(file, data + 2, size - 2);
	text = span_make((const char *)file, size - 2);
	assert(copy_read_head(text, text.len, other_key, &copy, &found) != RESULT_OK);
	if (head >= MAC_LEN && head <= text.len)
		assert(mac_make(mac_key, span_take(text, head - MAC_LEN), file + head - MAC_LEN) == RESULT_OK);
	if (copy_read_head(text, text.len, mac_key, &copy, &found) == RESULT_OK) {
		assert(found <= text.len && (copy.kind == COPY_STORED ? COPY_LIFE_LEN : 0) == copy.life.len);
		for (unsigned i = 0; i < copy.field_count; i++)
			assert(copy.fields[i].name.len && span_find(copy.fields[i].value, '\n') == copy.fields[i].value.len && copy.fields[i].id != FIELD_SET_COOKIE);
		buffer_init(&again, COPY_HEAD_MAX);
		assert(copy_write_head(&copy, mac_key, &again) == RESULT_OK && span_equal(buffer_span(&again), span_take(text, found)));
		buffer_done(&again);
	}
	free(file);
	return 0;
}
