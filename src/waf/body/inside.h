/* What the readers share, and nobody else sees. */
#ifndef BOUCLIER_WAF_BODY_INSIDE_H
#define BOUCLIER_WAF_BODY_INSIDE_H

#include "base/buffer.h"
#include "waf/body/reader.h"

/* Of each kind; the functions answer RESULT_MALFORMED once reader_fail has said why. */
struct reader_type {
	size_t bytes;  /* of the kind's structure, which begins with a struct reader */
	enum result (*begin)(struct reader *reader, const struct reader_birth *birth);
	enum result (*feed)(struct reader *reader, struct span piece);
	enum result (*end)(struct reader *reader);
	void (*done)(struct reader *reader);
};

extern const struct reader_type urlencoded_type, multipart_type, json_type, xml_type;

struct reader {
	const struct reader_type *type;
	struct body_limits limits;
	struct body_sink sink;
	struct body_report report;
	enum result result;   /* RESULT_OK; RESULT_END: the rest is ignored; or what was answered and stays */
};

static inline void reader_flag(struct reader *reader, enum body_flag flag)
{
	reader->report.flags |= 1u << flag;
}

/* The first message stays. Answers RESULT_MALFORMED. */
enum result reader_fail(struct reader *reader, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Bytes as 2.9.7 shows them in its messages (\n, \xff), cut to what a message has room for. */
#define SHOWN_MAX 300
const char *reader_show(struct span bytes, char out[SHOWN_MAX]);
/* Counts, checks limits, hands on. */
enum result reader_argument(struct reader *reader, struct span name, struct span value) must_check;
/* For readers that live on a stack. */
void reader_init(struct reader *reader, const struct body_limits *limits, const struct body_sink *sink);
/* What the call means to the one who fed. */
enum result reader_settle(struct reader *reader, enum result result) must_check;

/* isspace of the C locale. */
static inline bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

#endif
