/* Judges one request by rules: what libbouclier-waf is for, in one screen.
 *
 *     cc waf.c -o waf $(pkg-config --cflags --libs bouclier-waf)
 *     printf 'GET /?q=<script>alert(1)</script> HTTP/1.1\r\nHost: www.commune.example\r\n\r\n' |
 *         ./waf /usr/share/modsecurity-crs/owasp-crs.load
 *
 * Prints a status (200: nothing against it), then each rule that matched. Exit status: 0 let through, 1 refused, 2 trouble. */
#include <stdio.h>
#include <string.h>

#include <bouclier/waf.h>

#define BASE "SecRuleEngine On\nSecRequestBodyAccess On\n"
static struct bouclier_waf_text text(const char *at, const char *end)
{
	return (struct bouclier_waf_text){ at, (size_t)(end - at) };
}

/* The end of the line at AT; *NEXT is behind it. Your server has its own reader, of course. */
static const char *line_end(const char *at, const char *end, const char **next)
{
	const char *stop = memchr(at, '\n', (size_t)(end - at));

	*next = stop ? stop + 1 : end;
	stop = stop ? stop : end;
	return stop > at && stop[-1] == '\r' ? stop - 1 : stop;
}

static enum bouclier_waf_answer judge(struct bouclier_waf_transaction *asked, const char *at, const char *end)
{
	const char *next, *stop = line_end(at, end, &next), *target = memchr(at, ' ', (size_t)(stop - at)), *version;
	enum bouclier_waf_answer answer;

	version = target ? memchr(target + 1, ' ', (size_t)(stop - target - 1)) : NULL;
	if (!version)
		return BOUCLIER_WAF_FAILED;
	answer = bouclier_waf_line(asked, text(at, target), text(target + 1, version), text(version + 1, stop));
	for (at = next; answer == BOUCLIER_WAF_GO_ON && (stop = line_end(at, end, &next)) > at; at = next) {
		const char *colon = memchr(at, ':', (size_t)(stop - at));

		answer = colon ? bouclier_waf_field(asked, text(at, colon), text(colon + 1, stop)) : BOUCLIER_WAF_FAILED;
	}
	answer = answer == BOUCLIER_WAF_GO_ON ? bouclier_waf_head(asked) : answer;
	answer = answer == BOUCLIER_WAF_GO_ON ? bouclier_waf_body(asked, text(next, end)) : answer;
	return answer == BOUCLIER_WAF_GO_ON ? bouclier_waf_body_end(asked) : answer;
}

int main(int count, char **words)
{
	static char bytes[1 << 20];
	size_t len = fread(bytes, 1, sizeof(bytes), stdin);
	struct bouclier_waf_loader *loader = bouclier_waf_loader_new();
	struct bouclier_waf_birth birth = { .size = sizeof(birth), .client = "192.0.2.1:40000", .server = "192.0.2.2:443" };
	struct bouclier_waf_verdict verdict = { .size = sizeof(verdict) };
	struct bouclier_waf_match match = { .size = sizeof(match) };
	struct bouclier_waf_transaction *asked;
	struct bouclier_waf_rules *rules;
	bool is_refused;

	if (count != 2 || !loader || !bouclier_waf_add_text(loader, "base", BASE, strlen(BASE)) || !bouclier_waf_add_file(loader, words[1]))
		return fprintf(stderr, "waf RULE_FILE < REQUEST\n"), 2;
	birth.rules = rules = bouclier_waf_load(loader);
	fputs(bouclier_waf_complaints(loader), stderr);
	birth.thread = bouclier_waf_thread_new();
	asked = birth.rules ? bouclier_waf_begin(&birth) : NULL;
	if (!asked || judge(asked, bytes, bytes + len) == BOUCLIER_WAF_FAILED)
		return fprintf(stderr, "waf: not judged\n"), 2;
	bouclier_waf_log(asked);
	bouclier_waf_verdict(asked, &verdict);
	is_refused = verdict.kind != BOUCLIER_WAF_PASS && verdict.kind != BOUCLIER_WAF_ALLOW;
	printf("%u\n", is_refused ? verdict.status : 200);
	while (bouclier_waf_match_next(asked, &match))
		printf("%u %.*s\n", match.id, (int)match.msg.len, match.msg.at);
	bouclier_waf_end(asked);
	bouclier_waf_thread_free(birth.thread);
	bouclier_waf_rules_free(rules);
	bouclier_waf_loader_free(loader);
	return is_refused;
}
