/* What the page says, in the order of enum page_language. Plain words: it is read by everybody, also aloud. Nothing here needs escaping. */
#include "edge/challenge/inner.h"

#include "base/banned.h"

const struct challenge_texts challenge_texts[PAGE_LANGUAGES] = {
	{ .title = "One moment, please",
	  .why = "So many requests reach this portal at the moment that it first makes sure that yours is no part of an attack. You need not do anything.",
	  .working = "Your browser is doing a small calculation. Usually this takes less than a second.",
	  .done = "Done. The page is being opened.",
	  .wait = { "The page opens by itself after ", " seconds. If it does not, use the button below then." },
	  .form = { "In ", " seconds you can go on with the button below. What you filled in is kept, and is sent then." },
	  .button = "Continue", .progress = "Progress",
	  .cookie = "A strictly necessary cookie remembers this for a few hours, so that you are not asked again. It does not say who you are." },
	{ .title = "Een ogenblik, alstublieft",
	  .why = "Er komen op dit ogenblik zoveel aanvragen binnen op dit portaal, dat het eerst nagaat of die van u niet bij een aanval hoort. U hoeft niets te doen.",
	  .working = "Uw browser maakt een kleine berekening. Meestal duurt dat minder dan een seconde.",
	  .done = "Klaar. De pagina wordt geopend.",
	  .wait = { "De pagina opent vanzelf na ", " seconden. Gebeurt dat niet, gebruik dan de knop hieronder." },
	  .form = { "Over ", " seconden kunt u verder met de knop hieronder. Wat u hebt ingevuld blijft bewaard, en wordt dan verstuurd." },
	  .button = "Verder", .progress = "Voortgang",
	  .cookie = "Een strikt noodzakelijke cookie onthoudt dit enkele uren, zodat het u niet opnieuw wordt gevraagd. Ze zegt niet wie u bent." },
	{ .title = "Un instant, s’il vous plaît",
	  .why = "Ce portail reçoit en ce moment tant de demandes qu’il vérifie d’abord que la vôtre ne fait pas partie d’une attaque. Vous n’avez rien à faire.",
	  .working = "Votre navigateur effectue un petit calcul. Cela prend en général moins d’une seconde.",
	  .done = "C’est fait. La page va s’ouvrir.",
	  .wait = { "La page s’ouvrira d’elle-même après ", " secondes. Si ce n’est pas le cas, utilisez alors le bouton ci-dessous." },
	  .form = { "Dans ", " secondes, vous pourrez continuer avec le bouton ci-dessous. Ce que vous avez rempli est conservé, et sera alors envoyé." },
	  .button = "Continuer", .progress = "Progression",
	  .cookie = "Un cookie strictement nécessaire le retient pendant quelques heures, afin de ne plus vous le demander. Il ne dit pas qui vous êtes." },
	{ .title = "Einen Augenblick, bitte",
	  .why = "Bei diesem Portal gehen zurzeit so viele Anfragen ein, dass es zuerst prüft, ob Ihre nicht zu einem Angriff gehört. Sie brauchen nichts zu tun.",
	  .working = "Ihr Browser führt eine kleine Berechnung aus. Meist dauert das weniger als eine Sekunde.",
	  .done = "Fertig. Die Seite wird geöffnet.",
	  .wait = { "Die Seite öffnet sich von selbst nach ", " Sekunden. Geschieht das nicht, benutzen Sie dann die Schaltfläche unten." },
	  .form = { "In ", " Sekunden können Sie mit der Schaltfläche unten fortfahren. Was Sie ausgefüllt haben, bleibt erhalten und wird dann gesendet." },
	  .button = "Weiter", .progress = "Fortschritt",
	  .cookie = "Ein unbedingt notwendiges Cookie merkt sich das einige Stunden lang, damit Sie nicht noch einmal gefragt werden. Es sagt nicht, wer Sie sind." },
};
