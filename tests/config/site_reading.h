/* A configuration of one site, with the keys of rooms that a test chooses, and what is said of it. */
#ifndef BOUCLIER_TESTS_CONFIG_SITE_READING_H
#define BOUCLIER_TESTS_CONFIG_SITE_READING_H

#include "../base/check.h"
#include "config/read.h"

/* TOP and SITE are lines of the file and of its only site. SAID is emptied first. */
static inline enum result read_with(config_sections sections, const char *top, const char *site, struct buffer *said, struct snapshot **snapshot)
{
	struct config_source source;
	struct config_texts image;
	struct complaints complaints;
	struct buffer text;
	enum result result;

	config_texts_init(&image);
	complaints_init(&complaints);
	buffer_init(&text, 64 << 20);
	assert_ok(buffer_print(&text, "%ssites:\n  - name: www.commune.example\n%s", top, site));
	assert_ok(config_texts_add(&image, SPAN("/c/bouclier.yaml"), buffer_span(&text)));
	assert_ok(config_source_init(&source, SPAN("/c/bouclier.yaml")));
	source.image = &image;
	result = config_read(&source, sections, &complaints, snapshot);
	buffer_reset(said);
	assert_ok(complaints_write(&complaints, said));
	config_source_done(&source);
	complaints_done(&complaints);
	config_texts_done(&image);
	buffer_done(&text);
	return result;
}

/* The same, refused with SENTENCE somewhere. */
static inline void assert_refused(config_sections sections, const char *top, const char *site, const char *sentence)
{
	struct snapshot *snapshot = NULL;
	struct buffer said;

	buffer_init(&said, 1 << 20);
	assert_result(read_with(sections, top, site, &said, &snapshot), RESULT_REFUSED);
	if (!span_contains(buffer_span(&said), span_of(sentence)))
		fail_msg("%s%s: %.*s", top, site, SPAN_ARG(buffer_span(&said)));
	buffer_done(&said);
}

static inline struct snapshot *assert_taken(config_sections sections, const char *top, const char *site)
{
	struct snapshot *snapshot = NULL;
	struct buffer said;
	enum result result;

	buffer_init(&said, 1 << 20);
	result = read_with(sections, top, site, &said, &snapshot);
	if (result != RESULT_OK)
		fail_msg("%s%s: %.*s", top, site, SPAN_ARG(buffer_span(&said)));
	buffer_done(&said);
	return snapshot;
}

#endif
