/* Readers of request bodies. A reader is born with its limits and a sink, is fed the body as it arrives, in pieces of any
 * size, and is ended once. What is wrong with a body is not a failure of these calls: it stands in the report, what follows
 * is ignored, and rules decide. What was read before stays given.
 *
 * Source   ModSecurity 2.9.7 for names, flags and texts of errors; where we are stricter, docs/waf/bodies.md says so
 * Limits   struct body_limits; each that is passed is an error in the report
 * Owns     its buffers (a pair, a line, a name: never the body), and the document of XML; spans that are fed are not kept
 * Threads  one at a time
 */
#ifndef BOUCLIER_WAF_BODY_READER_H
#define BOUCLIER_WAF_BODY_READER_H

#include "waf/body/sink.h"

enum reader_kind { READER_URLENCODED, READER_MULTIPART, READER_JSON, READER_XML, READER_COUNT };

struct body_limits {
	uint32_t arguments;       /* SecArgumentsLimit */
	size_t name_bytes, value_bytes;
	uint64_t argument_bytes;  /* all names and values together */
	uint32_t depth;           /* of JSON (SecRequestBodyJsonDepthLimit) and XML */
	uint32_t parts;           /* of a form */
	uint32_t files;           /* SecUploadFileLimit; beyond it MULTIPART_FILE_LIMIT_EXCEEDED, no error */
	uint32_t nodes;           /* of an XML document: elements, attributes, comments, instructions */
};

/* 1000 arguments as 2.9.7, names of 8 KiB, values of 1 MiB (2 MiB together), depth 512, 1000 parts, 100 files, 100,000 nodes. */
extern const struct body_limits body_limits_default;

/* SecParseXmlIntoArgs (ModSecurity 2.9.8): texts of an XML document as arguments "xml.a.b"; ONLY: it is no document for XPath then. */
enum xml_arguments { XML_ARGUMENTS_OFF, XML_ARGUMENTS_ON, XML_ARGUMENTS_ONLY };

struct reader_birth {
	const struct body_limits *limits;   /* copied */
	struct body_sink sink;
	char separator;                     /* SecArgumentSeparator; 0: '&' */
	struct span content_type;           /* of the request; MULTIPART looks at it. A NULL pointer: there was none */
	enum xml_arguments xml_arguments;
};

struct reader;

/* URLENCODED MULTIPART JSON XML, any case. RESULT_NOT_FOUND. */
enum result reader_find(struct span name, enum reader_kind *out) must_check;
/* RESULT_NO_MEMORY. */
enum result reader_new(enum reader_kind kind, const struct reader_birth *birth, struct reader **out) must_check;
void reader_free(struct reader *reader);

/* RESULT_OK whatever is in the body; RESULT_NO_MEMORY; what the sink answered. */
enum result reader_feed(struct reader *reader, struct span piece) must_check;
/* No more will come. A body that is not complete is an error in the report. */
enum result reader_end(struct reader *reader) must_check;
/* Lives as long as the reader. */
const struct body_report *reader_report(const struct reader *reader);

/* A query string, which is there at once: the arguments go to SINK, what is wrong is added to REPORT. Without % and + in it
 * nothing is copied. */
enum result query_string_read(struct span query, char separator, const struct body_limits *limits, const struct body_sink *sink,
                       struct body_report *report) must_check;

#endif
