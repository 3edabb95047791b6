#include "hub/people/door/session.h"

#include "base/encode.h"
#include "event/json.h"
#include "incident/reading.h"
#include "incident/text.h"
#include "net/digest.h"

#include "base/banned.h"

#define NUMBER_MAX ((uint64_t)INT64_MAX)
#define PRUNED_MAX DOCUMENT_CHANGES_MAX

static const char *const names[SESSION_WAYS] = {
#define X(id, name) name,
	SESSION_WAY_LIST(X)
#undef X
};

const char *session_way_name(unsigned way)
{
	return names[way];
}

enum result session_init(struct session *session, const struct person *person, const char *name, enum session_way way, bool has_second, uint64_t wall_ms,
                         char secret[SECRET_BYTES])
{
	*session = (struct session){ .epoch = person ? person->epoch : 0, .way = way, .has_second = has_second, .made_ms = wall_ms, .seen_ms = wall_ms };
	session->until_ms = wall_ms + (way == SESSION_BY_BREAK_GLASS ? SESSION_BREAK_GLASS_MS : SESSION_LONGEST_MS);
	text_set(session->person, sizeof(session->person), span_of(person ? person->name : name));
	secret_draw(secret);
	return secret_hash(span_of(secret), session->key);
}

enum result session_change(const struct session *session, struct buffer *text, struct document_change *out)
{
	struct json_writer writer;

	json_writer_init(&writer, text);
	json_open(&writer, SPAN_NONE, '{');
	json_put_text(&writer, SPAN("person"), span_of(session->person));
	json_put_number(&writer, SPAN("epoch"), session->epoch);
	json_put_text(&writer, SPAN("way"), span_of(names[session->way]));
	json_put_bool(&writer, SPAN("second"), session->has_second);
	json_put_number(&writer, SPAN("made_ms"), session->made_ms);
	json_put_number(&writer, SPAN("seen_ms"), session->seen_ms);
	json_put_number(&writer, SPAN("until_ms"), session->until_ms);
	json_close(&writer, '}');
	*out = (struct document_change){ DOCUMENT_SESSION, span_of(session->key), buffer_span(text), session->until_ms, session->version };
	return writer.result;
}

struct document_change session_end(const struct session *session)
{
	return (struct document_change){ DOCUMENT_SESSION, span_of(session->key), SPAN_NONE, 0, DOCUMENT_ANY };
}

static bool read_members(const struct json *root, void *context)
{
	struct session *out = context;
	struct reading reading;

	reading_begin(&reading, root);
	reading_text(&reading, "person", out->person, sizeof(out->person));
	out->epoch = reading_number(&reading, "epoch", NUMBER_MAX);
	out->way = (enum session_way)reading_name(&reading, "way", SESSION_WAYS, session_way_name);
	out->has_second = reading_bool(&reading, "second");
	out->made_ms = reading_number(&reading, "made_ms", NUMBER_MAX);
	out->seen_ms = reading_number(&reading, "seen_ms", NUMBER_MAX);
	out->until_ms = reading_number(&reading, "until_ms", NUMBER_MAX);
	return reading_end(&reading);
}

enum result session_read(struct span text, struct session *out)
{
	*out = (struct session){ 0 };
	return reading_whole(text, read_members, out);
}

struct finding {
	struct session *out;
	enum result result;
};

static void find_one(void *context, const struct document *document)
{
	struct finding *finding = context;

	finding->result = session_read(document->text, finding->out);
	finding->out->version = document->version;
}

uint64_t session_end_ms(const struct session *session)
{
	uint64_t idle = session->seen_ms + SESSION_IDLE_MS;

	return idle < session->until_ms ? idle : session->until_ms;
}

enum result session_find(struct store *store, struct span secret, uint64_t wall_ms, struct session *out)
{
	char key[SECRET_HASH_BYTES];
	struct session session;
	struct finding finding = { &session, RESULT_MALFORMED };
	enum result result = secret.len == SECRET_BYTES - 1 ? secret_hash(secret, key) : RESULT_NOT_FOUND;

	if (result == RESULT_OK)
		result = store_document(store, DOCUMENT_SESSION, span_of(key), NULL, find_one, &finding);
	if (result == RESULT_OK)
		result = finding.result;
	if (result != RESULT_OK)
		return result;
	if (wall_ms >= session_end_ms(&session) || wall_ms + SESSION_LONGEST_MS < session.made_ms)
		return RESULT_NOT_FOUND;  /* the second: a clock that was set back gives nobody a longer day */
	memcpy(session.key, key, sizeof(key));
	*out = session;
	return RESULT_OK;
}

enum result session_csrf(struct span secret, char out[SECRET_BYTES])
{
	unsigned char hash[DIGEST_LEN];
	struct digest digest;
	enum result result;

	digest_init(&digest);
	digest_add(&digest, SPAN("bouclier csrf"));
	digest_add(&digest, secret);
	result = digest_end(&digest, hash);
	if (result == RESULT_OK) {
		base64url_write(hash, sizeof(hash), out);
		out[SECRET_BYTES - 1] = 0;
	}
	return result;
}

/* -- what is over -- */

struct pruning {
	uint64_t wall_ms;
	size_t count;
	char keys[PRUNED_MAX][SECRET_HASH_BYTES];
};

static bool prune_one(void *context, const struct document *document)
{
	struct pruning *pruning = context;

	if (document->sort > pruning->wall_ms || pruning->count == PRUNED_MAX)
		return false;
	text_set(pruning->keys[pruning->count++], SECRET_HASH_BYTES, document->key);
	return true;
}

void session_prune(struct store *store, enum document_kind kind, uint64_t wall_ms)
{
	const struct documents_ask ask = { .kind = kind, .is_ascending = true };
	struct pruning pruning = { .wall_ms = wall_ms };
	struct document_change changes[PRUNED_MAX];

	if (store_documents(store, &ask, NULL, prune_one, &pruning) != RESULT_OK || !pruning.count)
		return;
	for (size_t i = 0; i < pruning.count; i++)
		changes[i] = (struct document_change){ kind, span_of(pruning.keys[i]), SPAN_NONE, 0, DOCUMENT_ANY };
	if (store_documents_change(store, changes, pruning.count, NULL) != RESULT_OK)
		return;  /* they are over all the same; next time */
}
