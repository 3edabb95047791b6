/* A page of text for a person, made in a buffer: colours where they are wanted, numbers as people read them. What comes
 * from a configuration or the network never carries a control character to the terminal. */
#ifndef BOUCLIER_CLI_PAGE_H
#define BOUCLIER_CLI_PAGE_H

#include "base/buffer.h"
#include "event/json.h"

enum page_color { PAGE_PLAIN, PAGE_RED, PAGE_GREEN, PAGE_YELLOW, PAGE_DIM, PAGE_BOLD };

struct page {
	struct buffer *out;
	bool has_color;
	enum result result;       /* the first failure */
};

void page_print(struct page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same, in COLOR. */
void page_color(struct page *page, enum page_color color, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* TEXT, its control characters as '?', padded to WIDTH columns or cut to it (0: as it is). */
void page_text(struct page *page, struct span text, unsigned width);

/* "12", "3.4k", "5.6M". */
struct short_text { char text[32]; };
struct short_text short_number(double number);
/* "512 B", "3.4 MiB". */
struct short_text short_bytes(uint64_t bytes);
/* "3 d 4 h", "5 m 6 s". */
struct short_text short_seconds(uint64_t seconds);
/* "0.4 ms", "1.2 s". */
struct short_text short_us(double us);

/* Sums of the members of an object of numbers. */
uint64_t json_sum(const struct json *object);

#endif
