/* What xml.c and xml_find.c share. */
#ifndef BOUCLIER_WAF_BODY_XML_INSIDE_H
#define BOUCLIER_WAF_BODY_XML_INSIDE_H

#include <libxml/parser.h>

#include "waf/body/inside.h"
#include "waf/body/xml.h"

struct xml_document {
	struct reader base;     /* the reader is its document */
	xmlParserCtxtPtr parser;
	xmlDocPtr tree;         /* once it is whole */
	uint32_t nodes, depth;
	bool is_whole;          /* libxml2 came to the end, and was not halted before */
	struct buffer block;    /* what libxml2 has not got yet */
	struct buffer text;     /* of an element, while it is being told */
};

/* Before anything else is asked of libxml2, by each thread. */
void xml_prepare(void);
/* For libxml2, which would print. */
void xml_keep_quiet(void *context, xmlErrorPtr error);

#endif
