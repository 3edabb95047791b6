/* The part of `check` that looks at the machine: certificates, origins, addresses. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/read_file.h"
#include "cli/access_check.h"
#include "cli/admin_client.h"
#include "cli/bgp/bounds.h"
#include "cli/check.h"
#include "cli/protect/origin_check.h"
#include "cli/settings.h"
#include "event/json.h"
#include "net/certificate.h"
#include "net/ocsp.h"
#include "net/settings.h"

#include "base/banned.h"

#define LISTENERS_MAX 128u
#define DAY_MS ((int64_t)24 * 3600 * 1000)
#define EXPIRY_WARNING_DAYS 21

static const struct place nowhere = { .line = 0 };

/* -- files -- */

static enum result read_named(struct span path, struct buffer *out)
{
	char text[PATH_TEXT_MAX];

	if (span_to_text(path, text, sizeof(text)) == RESULT_OK)
		return read_file(text, out);
	errno = ENAMETOOLONG;
	return RESULT_IO;
}

static void check_file(const struct config_file *file, void *context)
{
	struct complaints *complaints = context;
	struct buffer bytes;
	enum result result;

	buffer_init(&bytes, (size_t)2 << 20);
	result = read_named(file->path, &bytes);
	if (result == RESULT_LIMIT)
		complain(complaints, COMPLAINT_ERROR, file->place, SPAN_NONE, "%.*s is too large for what it should be", SPAN_ARG(file->path));
	else if (result == RESULT_REFUSED)
		complain(complaints, COMPLAINT_ERROR, file->place, SPAN_NONE, "%.*s is not a regular file", SPAN_ARG(file->path));
	else if (result != RESULT_OK)
		complain(complaints, COMPLAINT_ERROR, file->place, SPAN_NONE, "%.*s cannot be read: %s", SPAN_ARG(file->path),
		         result == RESULT_NO_MEMORY ? "there is no memory for it" : strerror(errno));
	buffer_done(&bytes);
}

/* -- certificates: each pair of files is read once, however many sites share it -- */

struct certificate_use {
	const struct certificate_settings *settings;
	const struct site *site;
};

struct certificate_uses {
	struct certificate_use *list;
	size_t count;
};

static int compare_uses(const void *a, const void *b)
{
	const struct certificate_settings *x = ((const struct certificate_use *)a)->settings, *y = ((const struct certificate_use *)b)->settings;
	int order = span_compare(x->chain, y->chain);

	order = order ? order : span_compare(x->key, y->key);
	return order ? order : span_compare(x->ocsp, y->ocsp);
}

static bool gather_uses(const struct snapshot *snapshot, struct certificate_uses *uses)
{
	size_t count = 0;

	for (size_t i = 0; i < snapshot->site_count; i++)
		count += net_site_settings(&snapshot->sites[i])->certificate.count;
	uses->list = calloc(count + 1, sizeof(*uses->list));
	for (size_t i = 0; uses->list && i < snapshot->site_count; i++) {
		const struct list_value *list = &net_site_settings(&snapshot->sites[i])->certificate;
		const struct certificate_settings *items = list->items;

		for (size_t c = 0; c < list->count; c++)
			uses->list[uses->count++] = (struct certificate_use){ &items[c], &snapshot->sites[i] };
	}
	if (uses->count)
		qsort(uses->list, uses->count, sizeof(*uses->list), compare_uses);
	return uses->list;
}

static void check_hosts(const struct certificate_use *use, const struct certificate *certificate, struct complaints *complaints)
{
	for (size_t i = 0; i < use->site->host_count; i++) {
		if (!certificate_is_for(certificate, use->site->hosts[i]))
			complain(complaints, COMPLAINT_WARNING, use->site->place, SPAN_NONE, "site %.*s: the certificate %.*s is not for %.*s",
			         SPAN_ARG(use->site->name), SPAN_ARG(use->settings->chain), SPAN_ARG(use->site->hosts[i]));
	}
}

/* False: complained about, or a file cannot be read, which check_file has said. */
static bool read_certificate(const struct certificate_settings *settings, struct complaints *complaints, struct certificate *out)
{
	struct certificate_source source = { .chain_path = settings->chain, .key_path = settings->key.len ? settings->key : settings->chain };
	struct buffer chain, key;
	bool is_read;

	buffer_init(&chain, CERTIFICATE_PEM_MAX);
	buffer_init(&key, CERTIFICATE_PEM_MAX);
	is_read = read_named(source.chain_path, &chain) == RESULT_OK && read_named(source.key_path, &key) == RESULT_OK;
	if (is_read) {
		source.chain = buffer_span(&chain);
		source.key = buffer_span(&key);
		is_read = certificate_read(&source, complaints, out) == RESULT_OK;
	}
	buffer_done(&chain);
	buffer_done(&key);
	return is_read;
}

static void check_dates(const struct certificate *certificate, struct span path, struct complaints *complaints)
{
	int64_t now_ms = (int64_t)(clock_wall_ns() / 1000000), left_ms = certificate_not_after_ms(certificate) - now_ms;

	if (certificate_check_dates(certificate, path, now_ms, complaints) && left_ms < EXPIRY_WARNING_DAYS * DAY_MS)
		complain(complaints, COMPLAINT_WARNING, nowhere, SPAN_NONE, "%.*s expires in %lld days", SPAN_ARG(path), (long long)(left_ms / DAY_MS));
}

/* A running shield goes on without a response, and says so; here is somebody who can put it right. */
static void check_ocsp(const struct certificate_settings *settings, const struct certificate *certificate, struct complaints *complaints)
{
	bool is_fetched = span_equal(settings->ocsp, SPAN(OCSP_FETCH));
	char url[OCSP_URL_MAX];
	struct ocsp_times times;
	const char *why = NULL;
	struct buffer der;

	buffer_init(&der, (size_t)2 << 20);
	if (is_fetched && ocsp_responder(certificate, url, &why) != RESULT_OK)
		complain(complaints, COMPLAINT_ERROR, nowhere, SPAN("without ocsp: fetch it is served as it is"),
		         "ocsp: fetch cannot be done for the certificate %.*s: %s", SPAN_ARG(settings->chain), why);
	if (!is_fetched && settings->ocsp.len && read_named(settings->ocsp, &der) == RESULT_OK &&
	    ocsp_response_read(certificate, buffer_span(&der), (int64_t)(clock_wall_ns() / 1000000), &times, &why) != RESULT_OK)
		complain(complaints, COMPLAINT_ERROR, nowhere, SPAN_NONE, "%.*s cannot go with the certificate %.*s: %s", SPAN_ARG(settings->ocsp),
		         SPAN_ARG(settings->chain), why);
	buffer_done(&der);
}

static void check_certificates(const struct snapshot *snapshot, struct complaints *complaints)
{
	struct certificate_uses uses = { 0 };
	struct certificate certificate;
	bool is_read = false;

	if (!gather_uses(snapshot, &uses)) {
		complain(complaints, COMPLAINT_ERROR, nowhere, SPAN_NONE, "there is no memory to look at the certificates");
		return;
	}
	for (size_t i = 0; i < uses.count; i++) {
		const struct certificate_use *use = &uses.list[i];

		if (i == 0 || compare_uses(use, use - 1) != 0) {
			if (is_read)
				certificate_done(&certificate);
			is_read = read_certificate(use->settings, complaints, &certificate);
			if (is_read)
				check_dates(&certificate, use->settings->chain, complaints);
			if (is_read)
				check_ocsp(use->settings, &certificate, complaints);
		}
		if (is_read)
			check_hosts(use, &certificate, complaints);
	}
	if (is_read)
		certificate_done(&certificate);
	free(uses.list);
}

/* -- addresses -- */

/* What the shield at the admin socket says of itself. */
struct running {
	struct json *status;   /* NULL: none runs, or it may not be asked */
	bool is_hidden;        /* one may run, and this user may not ask it */
};

/* Is ADDRESS one that the shield listens on? */
static bool is_running_on(const struct json *status, const char *address)
{
	const struct json *listeners = json_find(status, "listeners");

	for (size_t i = 0; i < json_length(listeners); i++) {
		if (span_equal(json_text_of(json_find(json_item(listeners, i), "address")), span_of(address)))
			return true;
	}
	return false;
}

static void check_address(const struct endpoint *endpoint, const struct running *running, struct complaints *complaints)
{
	struct sockaddr_storage address;
	socklen_t size = endpoint_to_socket(endpoint, &address);
	char text[ENDPOINT_TEXT_MAX];
	int fd, on = 1, error = 0;

	endpoint_write(endpoint, text);
	if (is_running_on(running->status, text))
		return;
	fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		error = errno;
	} else {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		if (address.ss_family == AF_INET6)
			setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
		if (bind(fd, (const struct sockaddr *)&address, size) < 0 || listen(fd, 1) < 0)
			error = errno;
		close(fd);
	}
	if (error == EACCES)
		complain(complaints, COMPLAINT_WARNING, nowhere, SPAN_NONE, "%s cannot be tried by this user: ports below 1024 are root's", text);
	else if (error == EADDRINUSE && running->is_hidden)
		complain(complaints, COMPLAINT_WARNING, nowhere, SPAN("ask as root"), "%s is in use; whether by the running shield, this user may not ask", text);
	else if (error == EADDRINUSE)
		complain(complaints, running->status ? COMPLAINT_WARNING : COMPLAINT_ERROR, nowhere, SPAN_NONE, "%s is in use by another program", text);
	else if (error == EADDRNOTAVAIL || error == EAFNOSUPPORT)
		complain(complaints, COMPLAINT_ERROR, nowhere, SPAN_NONE, "%s is not an address of this machine", text);
	else if (error)
		complain(complaints, COMPLAINT_WARNING, nowhere, SPAN_NONE, "%s cannot be listened on: %s", text, strerror(error));
}

static struct running ask_running(const char *socket_path)
{
	struct admin_question question = { .socket = socket_path, .method = "GET", .path = "/status", .wait_ms = ADMIN_ASK_MS };
	struct running running = { .status = NULL };
	struct admin_reply reply;
	enum result result = admin_ask(&question, &reply);

	running.is_hidden = result == RESULT_REFUSED;
	if (result != RESULT_OK)
		return running;
	if (json_read(reply.body, &running.status) != RESULT_OK)
		running.status = NULL;
	admin_reply_done(&reply);
	return running;
}

static void check_addresses(const struct snapshot *snapshot, const char *socket_path, struct complaints *complaints)
{
	const struct net_settings *net = net_settings(snapshot);
	const struct listen_settings *listen = net->listen.items;
	struct endpoint redirects[LISTENERS_MAX];
	size_t redirect_count = redirect_endpoints(net, redirects, LISTENERS_MAX);
	struct running running = ask_running(socket_path);

	for (size_t i = 0; i < net->listen.count; i++)
		check_address(&listen[i].address, &running, complaints);
	for (size_t i = 0; i < redirect_count; i++)
		check_address(&redirects[i], &running, complaints);
	if (!running.status)
		check_address(&admin_settings_of(snapshot)->metrics, &running, complaints);
	else
		json_drop(running.status);
}

/* In the middle of an attack is no time to find a name misspelt. */
static void check_served(const struct snapshot *snapshot, struct complaints *complaints)
{
	struct bounds bounds;
	struct span wrong;

	if (bgp_bounds_make(snapshot, &bounds, &wrong) != RESULT_OK)
		complain(complaints, COMPLAINT_ERROR, (struct place){ 0 }, SPAN_NONE, "link: { served: ... } names the site %.*s, and there is none of that name",
		         SPAN_ARG(wrong));
}

bool check_loaded(struct loaded *loaded, const char *socket_path)
{
	size_t before = loaded->complaints.errors;
	bool has_origins;

	access_check_as_account(&loaded->source.given, &loaded->rules.files, loaded->snapshot, &loaded->complaints);
	config_files(loaded->snapshot, check_file, &loaded->complaints);
	check_certificates(loaded->snapshot, &loaded->complaints);
	check_served(loaded->snapshot, &loaded->complaints);
	has_origins = origins_are_reachable(loaded->snapshot, &loaded->complaints);
	check_addresses(loaded->snapshot, socket_path, &loaded->complaints);
	return has_origins && loaded->complaints.errors == before;
}
