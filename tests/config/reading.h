/* One reading of texts that the test gives. */
#ifndef BOUCLIER_TESTS_CONFIG_READING_H
#define BOUCLIER_TESTS_CONFIG_READING_H

#include "config/read.h"
#include "tables.h"

#define MINIMAL \
	"listen: \"127.0.0.1:8443\"\n" \
	"sites:\n" \
	"  - name: www.commune.example\n" \
	"    certificate: /etc/bouclier/tls/commune.pem\n" \
	"    origins: \"http://10.0.0.11:8080\"\n"

struct reading {
	struct config_texts image;
	struct config_source source;
	struct complaints complaints;
	struct snapshot *snapshot;
	enum result result;
	struct buffer text;
};

static inline bool reading_start(struct reading *reading)
{
	memset(reading, 0, sizeof(*reading));
	config_texts_init(&reading->image);
	complaints_init(&reading->complaints);
	buffer_init(&reading->text, 1 << 20);
	if (config_source_init(&reading->source, SPAN("/c/bouclier.yaml")) != RESULT_OK)
		return false;
	reading->source.image = &reading->image;
	return true;
}

static inline void reading_done(struct reading *reading)
{
	snapshot_drop(reading->snapshot);
	config_source_done(&reading->source);
	complaints_done(&reading->complaints);
	config_texts_done(&reading->image);
	buffer_done(&reading->text);
}

/* The rest is for cmocka's programs; the fuzzers have none. */
#ifdef assert_int_equal
static inline void reading_init(struct reading *reading)
{
	assert_true(reading_start(reading));
}

static inline void reading_add(struct reading *reading, const char *path, const char *text)
{
	assert_int_equal(config_texts_add(&reading->image, span_of(path), span_of(text)), RESULT_OK);
}

static inline const char *reading_do(struct reading *reading)
{
	reading->result = config_read(&reading->source, test_sections, &reading->complaints, &reading->snapshot);
	assert_int_equal(complaints_write(&reading->complaints, &reading->text), RESULT_OK);
	assert_int_equal(buffer_append_byte(&reading->text, 0), RESULT_OK);
	return buffer_span(&reading->text).at;
}

#endif

#endif
