/* What is in force, and what could be: the effective configuration, and the two documents made from the same tables.
 *
 * Every writer appends to OUT; a failure leaves OUT half-written (the caller discards it).
 *
 * Owns     nothing: OUT is the caller's
 */
#ifndef BOUCLIER_CONFIG_DUMP_H
#define BOUCLIER_CONFIG_DUMP_H

#include "base/buffer.h"
#include "config/snapshot.h"

enum dump_format { DUMP_JSON, DUMP_YAML };

/* SNAPSHOT as one file: every value with its default, included sites in place, secrets as "***", routes with what they do
 * differently from their site. Read again, it dumps the same. */
enum result config_dump(const struct snapshot *snapshot, config_sections sections, enum dump_format format,
                        struct buffer *out) must_check;
/* JSON Schema, draft 2020-12. */
enum result config_schema(config_sections sections, struct buffer *out) must_check;
/* bouclier.yaml(5) in mdoc(7). */
enum result config_manual(config_sections sections, struct buffer *out) must_check;

#endif
