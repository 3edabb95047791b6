#include "http/status_line.h"

#include "http/field_line.h"
#include "message/scan.h"

#include "base/banned.h"

#define START_BYTES 12  /* "HTTP/1.1 200" */

static enum result start_read(const char *at, struct response_head *head)
{
	unsigned status;

	if (memcmp(at, "HTTP/1.", 7) != 0 || (at[7] != '0' && at[7] != '1') || at[8] != ' ')
		return RESULT_MALFORMED;
	if (!is_digit(at[9]) || !is_digit(at[10]) || !is_digit(at[11]))
		return RESULT_MALFORMED;
	status = (unsigned)(at[9] - '0') * 100 + (unsigned)(at[10] - '0') * 10 + (unsigned)(at[11] - '0');
	if (status < 100 || status > 599)
		return RESULT_MALFORMED;
	head->version = at[7] == '0' ? HTTP_1_0 : HTTP_1_1;
	head->status = status;
	return RESULT_OK;
}

enum result status_line_read(const char **at, const char *end, struct response_head *head, enum http_fault *fault)
{
	const char *start = *at, *stop = scan_text(start, end - start > START_BYTES ? start + START_BYTES : end);

	if (stop - start < START_BYTES)
		return line_fault(stop, end, HTTP_FAULT_STATUS_LINE, fault);
	if (start_read(start, head) != RESULT_OK || (stop < end && *stop > ' ')) {
		*fault = HTTP_FAULT_STATUS_LINE;
		return RESULT_MALFORMED;
	}
	stop = scan_text(stop, end);
	if (end - stop < 2 || stop[0] != '\r' || stop[1] != '\n')
		return line_fault(stop, end, HTTP_FAULT_STATUS_LINE, fault);
	head->reason = span_trim(span_make(start + START_BYTES, (size_t)(stop - start) - START_BYTES));
	*at = stop + 2;
	return RESULT_OK;
}
