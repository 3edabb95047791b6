#include "edge/page.h"

#include <stdlib.h>

#include "base/encode.h"
#include "base/hash.h"
#include "edge/request.h"

#include "base/banned.h"

static const char *const language_tags[] = { "en", "nl", "fr", "de" };

/* What happened, what to do. One text for each kind of status; the last entry serves every other. */
struct page_text {
	unsigned status;
	const char *title[PAGE_LANGUAGES], *advice[PAGE_LANGUAGES];
};

static const struct page_text texts[] = {
	{ 400, { "This request could not be understood", "Deze aanvraag kon niet worden begrepen", "Cette demande n’a pas pu être comprise",
	         "Diese Anfrage konnte nicht verstanden werden" },
	  { "Something in the request was malformed. Please go back and try again.", "Er zat een fout in de aanvraag. Ga terug en probeer het opnieuw.",
	    "La demande contenait une erreur. Veuillez revenir en arrière et réessayer.", "Die Anfrage war fehlerhaft. Bitte gehen Sie zurück und versuchen Sie es erneut." } },
	{ 403, { "Access is not allowed", "Toegang niet toegestaan", "Accès non autorisé", "Zugriff nicht erlaubt" },
	  { "This page can only be reached from certain networks.", "Deze pagina is alleen bereikbaar vanaf bepaalde netwerken.",
	    "Cette page n’est accessible que depuis certains réseaux.", "Diese Seite ist nur aus bestimmten Netzen erreichbar." } },
	{ 404, { "Page not found", "Pagina niet gevonden", "Page introuvable", "Seite nicht gefunden" },
	  { "There is nothing at this address.", "Op dit adres is niets te vinden.", "Il n’y a rien à cette adresse.", "Unter dieser Adresse ist nichts zu finden." } },
	{ 405, { "This action is not offered here", "Deze actie is hier niet mogelijk", "Cette action n’est pas proposée ici", "Diese Aktion wird hier nicht angeboten" },
	  { "The method of the request is not allowed for this page.", "De methode van de aanvraag is niet toegestaan voor deze pagina.",
	    "La méthode de la demande n’est pas autorisée pour cette page.", "Die Methode der Anfrage ist für diese Seite nicht erlaubt." } },
	{ 408, { "The request took too long", "De aanvraag duurde te lang", "La demande a pris trop de temps", "Die Anfrage hat zu lange gedauert" },
	  { "Please try again.", "Probeer het opnieuw.", "Veuillez réessayer.", "Bitte versuchen Sie es erneut." } },
	{ 413, { "What you sent is too large", "Wat u verstuurde is te groot", "Votre envoi est trop volumineux", "Ihre Sendung ist zu groß" },
	  { "Please send a smaller file.", "Verstuur een kleiner bestand.", "Veuillez envoyer un fichier plus petit.", "Bitte senden Sie eine kleinere Datei." } },
	{ 415, { "What you sent cannot be read here", "Wat u verstuurde kan hier niet worden gelezen", "Votre envoi ne peut pas être lu ici", "Ihre Sendung kann hier nicht gelesen werden" },
	  { "It is compressed in a way that is not known here.", "Het is gecomprimeerd op een manier die hier niet gekend is.",
	    "Il est comprimé d’une façon qui n’est pas connue ici.", "Sie ist auf eine Weise komprimiert, die hier nicht bekannt ist." } },
	{ 421, { "This site is not served here", "Deze site wordt hier niet aangeboden", "Ce site n’est pas servi ici", "Diese Website wird hier nicht angeboten" },
	  { "Please check the address.", "Controleer het adres.", "Veuillez vérifier l’adresse.", "Bitte prüfen Sie die Adresse." } },
	{ 429, { "Too many requests", "Te veel aanvragen", "Trop de demandes", "Zu viele Anfragen" },
	  { "Please wait a moment and try again.", "Wacht even en probeer het opnieuw.", "Veuillez patienter un instant puis réessayer.", "Bitte warten Sie einen Moment und versuchen Sie es erneut." } },
	{ 431, { "The request is too large", "De aanvraag is te groot", "La demande est trop volumineuse", "Die Anfrage ist zu groß" },
	  { "Clearing the cookies of this site may help.", "De cookies van deze site wissen kan helpen.", "Effacer les cookies de ce site peut aider.", "Das Löschen der Cookies dieser Website kann helfen." } },
	{ 502, { "The portal did not answer properly", "Het portaal antwoordde niet correct", "Le portail n’a pas répondu correctement", "Das Portal hat nicht richtig geantwortet" },
	  { "The fault is on our side. Please try again in a few minutes.", "De fout ligt bij ons. Probeer het over enkele minuten opnieuw.",
	    "Le problème vient de chez nous. Veuillez réessayer dans quelques minutes.", "Der Fehler liegt bei uns. Bitte versuchen Sie es in einigen Minuten erneut." } },
	{ 503, { "The portal is not available for the moment", "Het portaal is tijdelijk niet beschikbaar", "Le portail est momentanément indisponible", "Das Portal ist vorübergehend nicht verfügbar" },
	  { "Please come back in a few minutes.", "Kom over enkele minuten terug.", "Veuillez revenir dans quelques minutes.", "Bitte kommen Sie in einigen Minuten wieder." } },
	{ 504, { "The portal did not answer in time", "Het portaal antwoordde niet op tijd", "Le portail n’a pas répondu à temps", "Das Portal hat nicht rechtzeitig geantwortet" },
	  { "The fault is on our side. Please try again in a few minutes.", "De fout ligt bij ons. Probeer het over enkele minuten opnieuw.",
	    "Le problème vient de chez nous. Veuillez réessayer dans quelques minutes.", "Der Fehler liegt bei uns. Bitte versuchen Sie es in einigen Minuten erneut." } },
	{ 508, { "The request came back to where it began", "De aanvraag kwam terug waar ze begon", "La demande est revenue à son point de départ", "Die Anfrage kam an ihren Anfang zurück" },
	  { "The shield is configured to ask itself. Its administrator must correct the address of the origin.", "Het schild is ingesteld om zichzelf te bevragen. De beheerder moet het adres van de bron verbeteren.",
	    "Le bouclier est configuré pour s’interroger lui-même. Son administrateur doit corriger l’adresse de l’origine.", "Der Schild ist so eingestellt, dass er sich selbst fragt. Sein Administrator muss die Adresse des Ursprungs berichtigen." } },
	{ 0, { "The request could not be handled", "De aanvraag kon niet worden verwerkt", "La demande n’a pas pu être traitée", "Die Anfrage konnte nicht bearbeitet werden" },
	  { "Please try again later.", "Probeer het later opnieuw.", "Veuillez réessayer plus tard.", "Bitte versuchen Sie es später erneut." } },
};

/* What is no matter of a status alone. */
enum page_kind {
	PAGE_STATUS,
	PAGE_MAINTENANCE,
	PAGE_RULES,      /* refused before an origin was asked */
	PAGE_BANNED,     /* for who asks, whatever it is */
	PAGE_BUSY,       /* more visitors than the portal can serve just now */
	PAGE_ANSWER,     /* the origin's answer was: nothing that the visitor could put right */
};

/* Whoever reads it is most likely a citizen whose words looked like something else. */
static const struct page_text rules_text = {
	0, { "This request looked like an attack", "Deze aanvraag leek op een aanval", "Cette demande ressemblait à une attaque",
	     "Diese Anfrage sah wie ein Angriff aus" },
	{ "So it was stopped before it reached the portal, and nothing of it was stored there. If you only wrote a text or filled in a form, this is a mistake of "
	  "ours. You can go back, so that your text is not lost, and word differently what is unusual in it: code, commands, odd signs. If that does not "
	  "help, tell us the reference below: with it we can see why, and put it right.",
	  "Daarom werd ze tegengehouden voor ze het portaal bereikte, en er is daar niets van opgeslagen. Als u gewoon een tekst schreef of een formulier invulde, is dit "
	  "een vergissing van ons. U kunt teruggaan, zodat uw tekst niet verloren gaat, en anders verwoorden wat ongewoon is: code, commando’s, vreemde "
	  "tekens. Helpt dat niet, geef ons dan de referentie hieronder: daarmee zien wij waarom, en kunnen wij het rechtzetten.",
	  "Elle a donc été arrêtée avant d’atteindre le portail, et rien n’en a été enregistré. Si vous avez simplement écrit un texte ou rempli un formulaire, c’est une "
	  "erreur de notre part. Vous pouvez revenir en arrière, afin de ne pas perdre votre texte, et formuler autrement ce qui est inhabituel : code, commandes, "
	  "signes étranges. Si cela n’aide pas, communiquez-nous la référence ci-dessous : elle nous permet de voir pourquoi et de corriger.",
	  "Deshalb wurde sie angehalten, bevor sie das Portal erreichte, und nichts davon wurde dort gespeichert. Wenn Sie nur einen Text geschrieben oder ein Formular "
	  "ausgefüllt haben, ist das ein Irrtum unsererseits. Sie können zurückgehen, damit Ihr Text nicht verloren geht, und Ungewöhnliches anders "
	  "ausdrücken: Code, Befehle, seltsame Zeichen. Hilft das nicht, nennen Sie uns die Referenz unten: Damit sehen wir den Grund und können ihn beheben." },
};

/* It may be a citizen who shares an address with whoever earned it. */
static const struct page_text banned_text = {
	0, { "Your connection is refused for the moment", "Uw verbinding wordt tijdelijk geweigerd", "Votre connexion est momentanément refusée",
	     "Ihre Verbindung wird vorübergehend abgewiesen" },
	{ "Too many requests came from it, or requests that could do harm; others may use the same connection. This ends by itself. If you need the portal "
	  "now, try another connection, or tell us the reference below.",
	  "Er kwamen te veel aanvragen van, of aanvragen die schade kunnen doen; misschien gebruiken anderen dezelfde verbinding. Dit gaat vanzelf over. Hebt u het "
	  "portaal nu nodig, probeer dan een andere verbinding, of geef ons de referentie hieronder.",
	  "Trop de demandes en provenaient, ou des demandes qui pourraient nuire ; d’autres personnes utilisent peut-être la même connexion. Cela se termine de "
	  "soi-même. Si vous avez besoin du portail maintenant, essayez une autre connexion ou communiquez-nous la référence ci-dessous.",
	  "Von ihr kamen zu viele Anfragen oder solche, die schaden können; vielleicht nutzen andere dieselbe Verbindung. Das endet von selbst. Wenn Sie das Portal "
	  "jetzt brauchen, versuchen Sie eine andere Verbindung oder nennen Sie uns die Referenz unten." },
};

/* How long, in words that are kept: rounded up, so that few pages are made. */
enum wait_unit { WAIT_SECONDS, WAIT_MINUTES, WAIT_HOURS, WAIT_DAYS };
static const struct page_wait {
	uint32_t seconds;
	unsigned count;
	enum wait_unit unit;
} waits[] = {
	{ 2, 2, WAIT_SECONDS }, { 3, 3, WAIT_SECONDS }, { 4, 4, WAIT_SECONDS }, { 5, 5, WAIT_SECONDS }, { 6, 6, WAIT_SECONDS }, { 10, 10, WAIT_SECONDS }, { 15, 15, WAIT_SECONDS }, { 30, 30, WAIT_SECONDS }, { 60, 60, WAIT_SECONDS }, { 120, 2, WAIT_MINUTES }, { 300, 5, WAIT_MINUTES },
	{ 900, 15, WAIT_MINUTES }, { 1800, 30, WAIT_MINUTES }, { 3600, 60, WAIT_MINUTES }, { 7200, 2, WAIT_HOURS }, { 21600, 6, WAIT_HOURS },
	{ 43200, 12, WAIT_HOURS }, { 86400, 24, WAIT_HOURS }, { 259200, 72, WAIT_HOURS },
	{ 604800, 7, WAIT_DAYS }, { 1209600, 14, WAIT_DAYS }, { 2678400, 31, WAIT_DAYS },
};
static const char *const wait_before[] = { "You can try again in", "U kunt het opnieuw proberen over", "Vous pourrez réessayer dans", "Ein neuer Versuch ist möglich in" };
static const char *const wait_units[][PAGE_LANGUAGES] = {
	[WAIT_SECONDS] = { "seconds", "seconden", "secondes", "Sekunden" },
	[WAIT_MINUTES] = { "minutes", "minuten", "minutes", "Minuten" },
	[WAIT_HOURS] = { "hours", "uur", "heures", "Stunden" },
	[WAIT_DAYS] = { "days", "dagen", "jours", "Tagen" },
};

static const struct page_text busy_text = {
	0, { "Very many people are asking for this portal right now", "Heel veel mensen bezoeken nu dit portaal", "De très nombreuses personnes consultent ce portail en ce moment",
	     "Gerade rufen sehr viele Menschen dieses Portal auf" },
	{ "You did nothing wrong. Please try again in a few seconds.", "U hebt niets verkeerd gedaan. Probeer het over enkele seconden opnieuw.",
	  "Vous n’avez rien fait de mal. Veuillez réessayer dans quelques secondes.", "Sie haben nichts falsch gemacht. Bitte versuchen Sie es in einigen Sekunden erneut." },
};

static const char *const maintenance_title[] = { "Maintenance", "Onderhoud", "Maintenance", "Wartungsarbeiten" };
static const char *const maintenance_advice[] = {
	"This portal is being worked on. It will be back soon.", "Er wordt aan dit portaal gewerkt. Het is snel terug.",
	"Ce portail est en maintenance. Il sera bientôt de retour.", "An diesem Portal wird gearbeitet. Es ist bald zurück." };
#define BUSY_WAIT_S 5u   /* the latest that Retry-After says then (deliver/head.c) */
static const char *const reference_words[] = { "Reference", "Referentie", "Référence", "Referenz" };
static const char *const contact_words[] = { "Need help?", "Hulp nodig?", "Besoin d’aide ?", "Brauchen Sie Hilfe?" };

/* -- the language -- */

/* Thousandths: "0.8" is 800; anything odd counts as 0. */
static unsigned quality_read(struct span params)
{
	struct span value = span_trim(params);
	unsigned quality = 0, unit = 100;

	if (!value.at)
		return 1000;
	if (!span_starts_nocase(value, SPAN("q=")) || value.len < 3)
		return 0;
	if (value.at[2] == '1')
		return 1000;
	for (size_t i = 4; i < value.len && i < 7 && is_digit(value.at[i]); i++, unit /= 10)
		quality += (unsigned)(value.at[i] - '0') * unit;
	return quality;
}

/* The supported language that Accept-Language likes best (RFC 9110, 12.5.4); English without one. */
enum page_language page_language_of(const struct request *request)
{
	const struct field *field = fields_find(&request->head.fields, FIELD_ACCEPT_LANGUAGE);
	struct span list = field ? span_take(field->value, 512) : SPAN_NONE;
	enum page_language best = PAGE_EN;
	unsigned best_quality = 0;

	while (list.len) {
		struct span params = span_trim(span_cut(&list, ','));
		struct span tag = span_trim(span_cut(&params, ';'));
		unsigned quality = quality_read(params);

		for (unsigned i = 0; i < PAGE_LANGUAGES && quality > best_quality; i++) {
			if (span_starts_nocase(tag, span_of(language_tags[i])) && (tag.len == 2 || tag.at[2] == '-')) {
				best = i;
				best_quality = quality;
			}
		}
	}
	return best;
}

/* -- the page -- */

static const struct page_text *text_of(unsigned status)
{
	const struct page_text *text = texts;

	while (text->status && text->status != status)
		text++;
	return text;
}

static const char page_head[] =
	"<!doctype html>\n<html lang=\"%s\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<meta name=\"robots\" content=\"noindex\">\n<title>%s</title>\n"
	"<style>body{font:1.1rem/1.6 system-ui,sans-serif;max-width:36rem;margin:12vh auto;padding:0 1.5rem;color:#1a1a2e;background:#fff;overflow-wrap:anywhere}"
	"h1{font-size:1.6rem;line-height:1.25}small{color:#55556b}a{color:#0b4f9e}"
	"@media(prefers-color-scheme:dark){body{color:#e8e8f0;background:#16161f}small{color:#b0b0c4}a{color:#9cc7ff}}</style>\n"
	"<main>\n<h1>%s</h1>\n<p>%s</p>\n";

static enum result write_contact(struct span contact, enum page_language language, struct buffer *out)
{
	bool is_link = span_starts(contact, SPAN("mailto:")) || span_starts(contact, SPAN("tel:")) || span_starts(contact, SPAN("https://"));
	size_t colon = span_find(contact, ':');
	struct span shown = is_link && !span_starts(contact, SPAN("https:")) ? span_skip(contact, colon + 1) : contact;
	enum result result;

	if (!contact.len)
		return RESULT_OK;
	result = buffer_print(out, "<p>%s ", contact_words[language]);
	if (result == RESULT_OK && is_link)
		result = buffer_append(out, SPAN("<a href=\""));
	if (result == RESULT_OK && is_link)
		result = html_write(contact, out);
	if (result == RESULT_OK && is_link)
		result = buffer_append(out, SPAN("\">"));
	if (result == RESULT_OK)
		result = html_write(shown, out);
	return result == RESULT_OK ? buffer_append(out, is_link ? SPAN("</a></p>\n") : SPAN("</p>\n")) : result;
}

const char *page_language_tag(enum page_language language)
{
	return language_tags[language];
}

static enum page_kind kind_of(const struct request *request)
{
	if (request->reason == REASON_MAINTENANCE)
		return PAGE_MAINTENANCE;
	if (request->reason == REASON_BANNED)
		return PAGE_BANNED;
	if (request->reason == REASON_QUEUE_FULL || request->reason == REASON_QUEUE_LATE)
		return PAGE_BUSY;
	if (request->reason != REASON_RULES && request->reason != REASON_RULES_LIMIT)
		return PAGE_STATUS;
	return request->origin_status ? PAGE_ANSWER : PAGE_RULES;
}

/* NULL: nobody is told when, or it is too long to be of use. */
static const struct page_wait *wait_of(const struct request *request)
{
	unsigned wait_s = request->retry_s || kind_of(request) != PAGE_BUSY ? request->retry_s : BUSY_WAIT_S;

	for (size_t i = 0; wait_s && i < sizeof(waits) / sizeof(*waits); i++) {
		if (wait_s <= waits[i].seconds + (waits[i].seconds >= 30))  /* what was said in minutes has been rounded up to a second */
			return &waits[i];
	}
	return NULL;
}

static unsigned wait_key(const struct request *request)
{
	const struct page_wait *wait = wait_of(request);

	return wait ? wait->seconds : 0;
}

static enum result write_wait(const struct page_wait *wait, enum page_language language, struct buffer *out)
{
	return wait ? buffer_print(out, "<p>%s %u %s.</p>\n", wait_before[language], wait->count, wait_units[wait->unit][language]) : RESULT_OK;
}

enum result page_write_foot(const struct request *request, unsigned status, enum page_language language, struct buffer *out)
{
	enum result result = write_wait(wait_of(request), language, out);
	char id[32];

	hex_write(request->id, sizeof(request->id), id);
	if (result == RESULT_OK && request->route)
		result = write_contact(request->route->settings->contact, language, out);
	if (result == RESULT_OK)
		result = buffer_print(out, "<p><small>%s: %u &middot; <code>%.*s</code></small></p>\n</main>\n", reference_words[language],
		                      status, (int)sizeof(id), id);
	return result;
}

static const struct page_text *text_for(const struct request *request, unsigned status)
{
	enum page_kind kind = kind_of(request);

	if (kind == PAGE_BANNED)
		return &banned_text;
	if (kind == PAGE_BUSY)
		return &busy_text;
	return kind == PAGE_RULES ? &rules_text : text_of(kind == PAGE_ANSWER ? 0 : status);
}

/* In whatever language it is: of which nobody told us. */
static enum result write_notice(struct span notice, struct buffer *out)
{
	enum result result = buffer_append(out, SPAN("<p dir=\"auto\">"));

	if (result == RESULT_OK)
		result = html_write(notice, out);
	return result == RESULT_OK ? buffer_append(out, SPAN("</p>\n")) : result;
}

static enum result write_page(const struct request *request, unsigned status, enum page_language language, struct buffer *out)
{
	bool is_maintenance = kind_of(request) == PAGE_MAINTENANCE;
	const struct page_text *text = text_for(request, status);
	const char *title = is_maintenance ? maintenance_title[language] : text->title[language];
	const char *advice = is_maintenance ? maintenance_advice[language] : text->advice[language];
	enum result result = buffer_print(out, page_head, language_tags[language], title, title, advice);

	if (result == RESULT_OK && request->notice.len)
		result = write_notice(request->notice, out);
	if (result == RESULT_OK)
		result = page_write_foot(request, status, language, out);
	return result == RESULT_OK ? buffer_append(out, SPAN("</html>\n")) : result;
}

static enum result write_problem(const struct request *request, unsigned status, struct buffer *out)
{
	const struct page_text *text = text_for(request, status);
	char id[32];

	hex_write(request->id, sizeof(request->id), id);
	return buffer_print(out, "{\"status\":%u,\"title\":\"%s\",\"detail\":\"%s\",\"reason\":\"%s\",\"instance\":\"urn:bouclier:%.*s\"}\n", status,
	                    text->title[PAGE_EN], text->advice[PAGE_EN],
	                    request->fault != HTTP_FAULT_NONE ? http_fault_name(request->fault) : reason_name(request->reason), (int)sizeof(id), id);
}

/* A program, not a person: it asks for JSON and not for HTML. */
static bool wants_problem(const struct request *request)
{
	const struct field *accept = fields_find(&request->head.fields, FIELD_ACCEPT);

	return accept && span_contains(accept->value, SPAN("json")) && !span_contains(accept->value, SPAN("text/html"));
}

/* -- kept pages: a refusal must cost an attacker more than us -- */

static uint64_t notice_key(const struct request *request)
{
	return request->notice.len ? hash_span(hash_process_seed(), request->notice) : 0;
}

/* Where in TEXT the request's id stands. */
static size_t find_id(struct span text, const struct request *request)
{
	char id[32];
	const char *found;

	hex_write(request->id, sizeof(request->id), id);
	found = memmem(text.at, text.len, id, sizeof(id));
	return found ? (size_t)(found - text.at) : text.len;
}

static struct page_kept *find_kept(const struct request *request, unsigned status, enum page_language language)
{
	struct worker_pages *pages = &request->connection->worker->pages;

	if (pages->generation != request->binding->snapshot->generation) {  /* contacts may have changed */
		worker_pages_reset(pages);
		pages->generation = request->binding->snapshot->generation;
	}
	for (unsigned i = 0; i < WORKER_PAGES; i++) {
		struct page_kept *kept = &pages->list[i];

		if (kept->text && kept->status == status && kept->language == (unsigned)language &&
		    kept->kind == (unsigned)kind_of(request) && kept->wait == wait_key(request) && kept->notice == notice_key(request) &&
		    kept->settings == (request->route ? request->route->settings : NULL))
			return kept;
	}
	return NULL;
}

static void keep(const struct request *request, unsigned status, enum page_language language, struct span text)
{
	struct worker_pages *pages = &request->connection->worker->pages;
	struct page_kept *kept = &pages->list[pages->next++ % WORKER_PAGES];
	char *copy = malloc(text.len);

	if (!copy)
		return;
	memcpy(copy, text.at, text.len);
	free(kept->text);
	*kept = (struct page_kept){ copy, text.len, find_id(text, request), status, language, kind_of(request), wait_key(request), notice_key(request),
		                    request->route ? request->route->settings : NULL };
}

static struct span from_kept(struct request *request, const struct page_kept *kept)
{
	char *text = arena_take(&request->arena, kept->len);

	if (!text)
		return SPAN_NONE;
	memcpy(text, kept->text, kept->len);
	if (kept->id_at + 32 <= kept->len)
		hex_write(request->id, sizeof(request->id), text + kept->id_at);
	return span_make(text, kept->len);
}

void page_make(struct request *request, unsigned status, struct page *page)
{
	bool is_problem = wants_problem(request);
	enum page_language language = is_problem ? PAGE_EN : page_language_of(request);
	struct page_kept *kept = is_problem ? NULL : find_kept(request, status, language);
	struct buffer text;
	enum result result;

	*page = (struct page){ is_problem ? SPAN("application/problem+json") : SPAN("text/html; charset=utf-8"), SPAN_NONE };
	if (kept) {
		page->body = from_kept(request, kept);
		return;
	}
	buffer_init(&text, 16384);
	result = is_problem ? write_problem(request, status, &text) : write_page(request, status, language, &text);
	if (result == RESULT_OK) {
		page->body = arena_copy(&request->arena, buffer_span(&text));
		if (!is_problem)
			keep(request, status, language, buffer_span(&text));
	}
	buffer_done(&text);
}
