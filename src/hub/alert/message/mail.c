/* RFC 5322 and 2045 to 2047: ASCII on the wire, whatever the words; lines end in CRLF and are short. */
#include <time.h>

#include "base/encode.h"
#include "hub/alert/message/message.h"
#include "hub/alert/message/words.h"

#include "base/banned.h"

#define LINE_MAX 76u             /* of quoted-printable */
#define WORD_BYTES 42u           /* of text in one encoded word: 75 characters with what stands around it */

struct mail {
	struct buffer *out;
	enum result result;
};

static void put(struct mail *mail, struct span text)
{
	if (mail->result == RESULT_OK)
		mail->result = buffer_append(mail->out, text);
}

static void field(struct mail *mail, const char *name, struct span value)
{
	put(mail, span_of(name));
	put(mail, SPAN(": "));
	put(mail, value);
	put(mail, SPAN("\r\n"));
}

/* -- the subject -- */

/* The next piece for one encoded word: whole characters. What is none, or is a control character, is left to `piece` as '?'. */
static size_t piece(struct span text, char out[WORD_BYTES], size_t *used)
{
	size_t len = 0, at = 0;

	while (at < text.len) {
		struct span rest = span_skip(text, at);
		size_t count = utf8_length(rest);
		bool is_good = count > 1 || (count == 1 && (unsigned char)rest.at[0] >= ' ' && rest.at[0] != 0x7f);

		if (len + (is_good ? count : 1) > WORD_BYTES)
			break;
		if (is_good)
			memcpy(out + len, rest.at, count);
		else
			out[len] = '?';
		len += is_good ? count : 1;
		at += is_good ? count : 1;
	}
	*used = at;
	return len;
}

static void subject(struct mail *mail, struct span text)
{
	char bytes[WORD_BYTES];
	size_t used;

	put(mail, SPAN("Subject: "));
	for (bool is_first = true; text.len; is_first = false) {
		size_t len = piece(text, bytes, &used);

		put(mail, is_first ? SPAN("=?UTF-8?B?") : SPAN("\r\n =?UTF-8?B?"));
		if (mail->result == RESULT_OK)
			mail->result = base64_write(span_make(bytes, len), mail->out);
		put(mail, SPAN("?="));
		text = span_skip(text, used);
	}
	put(mail, SPAN("\r\n"));
}

/* -- the text -- */

static bool is_plain(char c)
{
	return c >= ' ' && c <= '~' && c != '=';
}

static void quoted_line(struct mail *mail, struct span line)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t column = 0;

	for (size_t i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.at[i];
		bool is_as_it_is = is_plain(line.at[i]) && !(c == ' ' && i + 1 == line.len);
		char bytes[3] = { '=', digits[c >> 4], digits[c & 15] };
		struct span text = is_as_it_is ? span_make(&line.at[i], 1) : span_make(bytes, 3);

		if (column + text.len > LINE_MAX - 1) {
			put(mail, SPAN("=\r\n"));
			column = 0;
		}
		put(mail, text);
		column += text.len;
	}
	put(mail, SPAN("\r\n"));
}

static void quoted(struct mail *mail, struct span text)
{
	while (text.len)
		quoted_line(mail, span_cut(&text, '\n'));
}

/* -- the head -- */

static void date(struct mail *mail, uint64_t at_s)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t time = (time_t)at_s;
	struct tm utc;

	if (!gmtime_r(&time, &utc) || mail->result != RESULT_OK)
		return;
	mail->result = buffer_print(mail->out, "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon], utc.tm_year + 1900,
	                            utc.tm_hour, utc.tm_min, utc.tm_sec);
}

static void head(struct mail *mail, const struct alert_plan *plan, const struct alert *alert)
{
	const struct alert_path *path = &plan->paths[alert->path];

	if (mail->result == RESULT_OK)
		mail->result = buffer_print(mail->out, "From: Bouclier <%.*s>\r\nTo: ", SPAN_ARG(path->from));
	for (uint32_t i = 0; i < path->to_count; i++) {
		put(mail, i ? SPAN(",\r\n ") : SPAN(""));
		put(mail, path->to[i]);
	}
	put(mail, SPAN("\r\n"));
	date(mail, alert->at_s);
	if (mail->result == RESULT_OK)
		mail->result = buffer_print(mail->out, "Message-ID: <%s@%.*s>\r\nIn-Reply-To: <%s@%.*s>\r\nReferences: <%s@%.*s>\r\n", alert->id, SPAN_ARG(plan->hub), alert->thread,
		                            SPAN_ARG(plan->hub), alert->thread, SPAN_ARG(plan->hub));
}

static void subject_of(struct mail *mail, const struct alert_plan *plan, const struct alert *alert)
{
	struct buffer text;

	buffer_init(&text, WORDS_SUBJECT_MAX);
	if (mail->result == RESULT_OK)
		mail->result = buffer_append(&text, SPAN("[Bouclier] "));
	if (mail->result == RESULT_OK)
		mail->result = alert_subject(plan, alert, &text);
	subject(mail, buffer_span(&text));
	buffer_done(&text);
}

static void text_of(struct mail *mail, const struct alert_plan *plan, const struct alert *alert)
{
	struct buffer text;

	buffer_init(&text, WORDS_TEXT_MAX);
	if (mail->result == RESULT_OK)
		mail->result = alert_text(plan, alert, &text);
	quoted(mail, buffer_span(&text));
	buffer_done(&text);
}

enum result alert_mail(const struct alert_plan *plan, const struct alert *alert, struct buffer *out)
{
	struct mail mail = { out, RESULT_OK };

	head(&mail, plan, alert);
	subject_of(&mail, plan, alert);
	if (alert->severity >= SEVERITY_HIGH && alert->kind != ALERT_CONTAINED && alert->kind != ALERT_CLOSED)
		field(&mail, "Importance", SPAN("high"));
	field(&mail, "Auto-Submitted", SPAN("auto-generated"));
	field(&mail, "MIME-Version", SPAN("1.0"));
	field(&mail, "Content-Type", SPAN("text/plain; charset=utf-8"));
	field(&mail, "Content-Transfer-Encoding", SPAN("quoted-printable"));
	put(&mail, SPAN("\r\n"));
	text_of(&mail, plan, alert);
	return mail.result;
}
