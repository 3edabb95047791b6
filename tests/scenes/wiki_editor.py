"""What the editor of a town's wiki does all day, in a browser: see Editor.work. Pages and names are invented."""
import hashlib
import pathlib
import zlib
from urllib.parse import quote, urlencode

TOPICS = {
    # Two pages with the same kinds of things in other words: prose in four languages, links, tables, code, templates, quotes.
    "parking": """\
'''Parkeren in Aldersbeke''' - zie ook [[Gemeenteraad]] en [https://www.aldersbeke.example/parkeren?zone=2&taal=nl de site].

== Nederlands ==
's Avonds is parkeren op 't Zand gratis; mevrouw O'Neill (dienst Mobiliteit) zegt: "Selecteer eerst uw zone, en druk dan op 'Start'".
De blauwe zone geldt van 9 tot 18 u., d.w.z. niet op zon- en feestdagen. Meer dan 30 min. = betalen! Vragen? mobiliteit@aldersbeke.example

== Français ==
L'été, l'accès à l'école n'est possible qu'à pied; c'est l'union des parents d'élèves qui l'a demandé : « n'oubliez pas l'enfant ! ».
Aujourd'hui, 1 place sur 5 est libre, et 10 % d'entre elles sont réservées aux personnes handicapées (art. 4, §2 et §3).

== Deutsch ==
Für Anwohner gibt's Ausweise: „Bitte wählen Sie ‚Zone A' oder ‚Zone B'“. Die Gebühr beträgt 2,50 €/Std.; wer länger bleibt, zahlt mehr.

== English ==
Drop off the form at the town hall and select a permit from the list, or update your details where the old ones are wrong.
If you're at the gate, don't turn around; exec(utive) parking is at level -1. <!-- table by J. D'Hondt -->

{| class="wikitable sortable" style="width:80%; text-align:left"
|+ Tarieven vanaf 1/1/2027
! Zone !! Prijs / uur !! Max. !! Opmerking
|-
| A || € 2,50 || 2 u. || style="background:#fee" | druk! (niet op 't Zand)
|-
| B || € 1,00 || 4 u. || <small>''gratis'' na 18u</small>
|}

<syntaxhighlight lang="sql">
SELECT zone, COUNT(*) FROM parkings WHERE free > 0 AND zone <> 'C' GROUP BY zone ORDER BY 2 DESC; -- dashboard
</syntaxhighlight>
<pre>
curl -s "https://data.aldersbeke.example/api/v1/parkings?zone=A" | jq '.[] | select(.free > 10)' > /tmp/free.json; cat /tmp/free.json
</pre>
<nowiki>{{sjabloon|naam=waarde}}</nowiki> <ref name="raad">Gemeenteraad, 12.3.2026</ref> <code>$zone = $_GET['zone'] ?? 'A';</code>

<div class="nota" onclick="">'''Let op:''' <span style="color:#900">werken</span></div>
<gallery mode="packed">
Town hall.png|Het stadhuis, ''rechts'' de parking
</gallery>
[[Category:Mobiliteit]] [[Category:L'environnement]] ~~~~
""",
    "waste": """\
'''Afvalkalender''' - bron: [https://afval.aldersbeke.example/kalender.php?wijk=noord&jaar=2027#maart kalender], zie [[Hoofdpagina|'t begin]].

== Nederlands ==
Zet de zak 's morgens vóór 7 uur buiten ("niet de avond ervoor"); wie z'n afval sorteert, betaalt minder. P.M.D. = plastic + metaal + drankkartons.
Glas hoort in de bol; en/of bij 't recyclagepark. Is uw zak niet opgehaald? Bel 02/555.12.34 of mail naar afval@aldersbeke.example!

== Français ==
L'intercommunale n'accepte pas l'amiante : il faut s'adresser à l'administration. D'où vient l'erreur ? « C'est qu'on n'a pas lu l'avis » ...
Selon l'arrêté du 3/5/2026, tout dépôt d'ordures est puni d'une amende de 50 à 500 € (et l'union fait la force).

== Deutsch ==
Sperrmüll wird auf Anfrage abgeholt; „einfach so“ vor die Tür stellen geht's nicht. Größe: max. 2 m x 1 m; Gewicht < 50 kg.

== English ==
Insert the card, select a container and wait; do not delete the receipt or drop table-ware into the glass bin. Where the lid = open, report it.
"Union Street" and "Group Square" are served on Fridays; having missed it, order by phone. <!-- checked by M. L'Hoir -->

{| class="wikitable" border="1" cellpadding="4"
|-
! Dag !! Wat? !! Waar
|-
| ma. || rest || align="center" | overal (behalve 't Eiland)
|-
| di. || papier & karton || [[Wijk Noord|noord]]; [[Wijk Zuid|zuid]]
|}

<syntaxhighlight lang="python">
import os, subprocess
rows = db.execute("SELECT street, day FROM rounds WHERE day = 'Fri' UNION SELECT street, day FROM extra").fetchall()
print(os.path.join("/var/www/html", "kalender.ics"), [r for r in rows if r[0] != ''])
</syntaxhighlight>
<pre>
wget https://afval.aldersbeke.example/ics.zip && unzip ics.zip -d ~/kalender; ls -l ~/kalender | grep noord
</pre>
<nowiki>[[Bestand:x.png]]</nowiki> <ref>Politiereglement, art. 12; cf. ''infra''</ref> <code><?php echo date('Y-m-d'); ?></code>

<div style="border:1px solid #aaa; padding:.5em" title="waarschuwing">'''Opgelet!''' <font color="red">geen amiante</font></div>
<blockquote>''"Wie niet sorteert, betaalt dubbel"'' - de schepen</blockquote>
[[Category:Afval]] [[Category:Déchets]] ~~~~
""",
}

SEARCHES = {
    "parking": ("select zone from parkings where free", "l'été", "union", "\"O'Neill\" & zone A", "prijs > 2 of gratis?"),
    "waste": ("select street from rounds where noord", "l'amiante", "union", "\"L'Hoir\" & glas", "gewicht < 50 = gratis?"),
}
SUMMARIES = {"parking": "tarieven d'après l'arrêté (zie \"raad\"); tabel & code", "waste": "kalender d'après l'avis (cf. \"art. 12\"); tabel & script"}


def picture(path, seed):
    """A PNG of 64 by 64, another for each SEED: the wiki refuses one that it has."""
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
    colors = hashlib.sha256(seed.encode()).digest()
    lines = b"".join(b"\0" + bytes(colors[(x + y) % 32] for x in range(3 * 64)) for y in range(64))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", (64).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0") + chunk(b"IDAT", zlib.compress(lines))
                     + chunk(b"IEND", b""))
    return path


def document(path, title):
    """A PDF of one empty page."""
    body = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, text in enumerate((b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
                                   b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>", b"<< /Title (" + title.encode() + b") >>"), 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    table = b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    path.write_bytes(body + table + b"trailer\n<< /Size 5 /Root 1 0 R /Info 4 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(body))
    return path


class Editor:
    """One editor at the wiki of ADDRESS, who writes about TOPIC on the page TITLE. Each step checks that it worked."""

    def __init__(self, browser, address, topic, title, folder):
        self.browser, self.address, self.topic, self.title, self.folder = browser, address, topic, title, pathlib.Path(folder)
        self.marks = {"parking": ("l'accès à l'école", "druk! (niet op 't Zand)", "GROUP BY zone"),
                      "waste": ("l'intercommunale", "overal (behalve 't Eiland)", "UNION SELECT street")}[topic]

    def go(self, **values):
        self.browser.go(f"{self.address}/index.php?{urlencode(values)}")

    def shows(self, *texts):
        page = self.browser.text()
        for text in texts:
            assert text.lower() in page.lower(), f"no {text!r} at {self.browser.driver.current_url}:\n{page[:3000]}"

    def work(self):
        self.log_in()
        self.write()
        self.revise()
        self.compare()
        self.discuss()
        self.upload()
        self.search()
        self.script()

    def log_in(self):
        self.go(title="Special:UserLogin")
        self.browser.fill("#wpName1", "Admin")
        self.browser.fill("#wpPassword1", "aldersbeke-2026")
        self.browser.send("#wpLoginAttempt")
        assert self.browser.one("#pt-logout")

    def write(self):
        """A new page: preview, changes, preview again, save."""
        self.go(title=self.title, action="edit")
        self.browser.fill("#wpTextbox1", TOPICS[self.topic])
        self.browser.fill("#wpSummary", SUMMARIES[self.topic])
        self.browser.send("#wpPreview")
        self.shows(*self.marks)
        self.browser.send("#wpDiff")
        assert self.browser.all("table.diff")
        self.browser.send("#wpSave")
        self.shows(self.title, *self.marks)

    def revise(self):
        """One section of it."""
        self.go(title=self.title, action="edit", section="2")
        text = self.browser.run("return arguments[0].value", self.browser.one("#wpTextbox1"))
        assert text.startswith("== Français ==")
        self.browser.fill("#wpTextbox1", text + "\n\nAjout : d'autres l'ont dit aussi, \"où l'on peut\".")
        self.browser.fill("#wpSummary", "/* Français */ l'ajout")
        self.browser.send("#wpSave")
        self.shows("d'autres l'ont dit aussi")

    def compare(self):
        """The history, and what changed between its two lines; the page as it was."""
        self.go(title=self.title, action="history")
        self.browser.send(".mw-history-compareselectedversions-button")
        assert self.browser.all("table.diff ins, table.diff .diff-addedline")
        self.browser.send("#mw-diff-otitle1 a")
        self.shows(*self.marks)
        self.go(title=self.title, action="raw")
        self.go(title="Special:RecentChanges", days="3", limit="50")
        self.shows(self.title)

    def discuss(self):
        """A new topic of the page's discussion, and a page of one's own settings."""
        self.go(title=f"Talk:{self.title}", action="edit", section="new")
        self.browser.fill("[name=wpSummary]", "Qu'en dit l'union? (& select)")
        self.browser.fill("#wpTextbox1", f"Is '{self.title}' nog juist? Zie https://www.aldersbeke.example/?a=1&b=2 -- ~~~~")
        self.browser.send("#wpSave")
        self.shows("Qu'en dit l'union?", "nog juist?")

    def upload(self):
        """A picture and a document, with words about them in wiki text; each is there afterwards."""
        for path, kind in ((picture(self.folder / f"{self.title} foto.png", self.title), "image/png"),
                           (document(self.folder / f"{self.title} reglement.pdf", self.title), "application/pdf")):
            self.go(title="Special:Upload")
            self.browser.one("#wpUploadFile").send_keys(str(path))
            self.browser.fill("#wpDestFile", path.name)
            self.browser.fill("#wpUploadDescription", f"== Summary ==\n''{self.title}'', foto van 't stadhuis: \"vóór & na\" [https://a.example/?x=1]")
            self.browser.send("[name=wpUpload]")
            self.shows(path.name, "vóór & na")
            link = self.browser.one(".fullMedia a, #file a").get_attribute("href")
            got = self.browser.run("""
                return fetch(arguments[0]).then(async reply => [reply.status, reply.headers.get('content-type'),
                    Array.from(new Uint8Array(await reply.arrayBuffer()))])""", link)
            assert got[:2] == [200, kind] and bytes(got[2]) == path.read_bytes(), got[:2]

    def search(self):
        for words in SEARCHES[self.topic]:
            self.go(search=words, title="Special:Search", fulltext="1", ns0="1")
            assert self.browser.run("return arguments[0].value", self.browser.one("#searchText input")) == words
            self.browser.run("const box = arguments[0]; box.focus(); box.value = arguments[1]; box.dispatchEvent(new Event('input', {bubbles: true}))",
                             self.browser.one("#searchInput"), words)

    def script(self):
        """What MediaWiki's own JavaScript asks of the API: a preview, an edit, suggestions, options, a watch, the page over REST."""
        self.go(title=self.title)
        got = self.browser.run("""
            const title = arguments[0], text = arguments[1], words = arguments[2];
            return mw.loader.using(['mediawiki.api', 'mediawiki.user']).then(async () => {
                const api = new mw.Api(), out = {};
                out.parse = await api.post({action: 'parse', title, text, prop: 'text|langlinks', pst: 1, preview: 1, disablelimitreport: 1,
                                            contentmodel: 'wikitext', formatversion: 2});
                out.edit = await api.postWithToken('csrf', {action: 'edit', title, appendtext: text, summary: words, formatversion: 2});
                out.search = await api.get({action: 'opensearch', search: words, limit: 10, namespace: 0, suggest: true});
                out.list = await api.get({action: 'query', list: 'search', srsearch: words, formatversion: 2});
                out.options = await api.saveOptions({'userjs-note': words});
                out.watch = await api.watch(title);
                out.compare = await api.post({action: 'compare', fromtitle: title, 'toslots': 'main', 'totext-main': text, formatversion: 2});
                return out;
            }).catch((code, info) => ({failed: String(code), info: JSON.stringify(info || null).slice(0, 2000)}));
            """, self.title, "\n\n== API ==\n" + TOPICS[self.topic], SEARCHES[self.topic][0])
        assert "failed" not in got, got
        assert got["edit"]["edit"]["result"] == "Success" and "<table" in got["parse"]["parse"]["text"], got
        self.go(title=self.title)
        self.shows(self.marks[1], "API")
        status = self.browser.run("return fetch(arguments[0]).then(reply => reply.status)", f"{self.address}/rest.php/v1/page/{quote(self.title)}/html")
        assert status == 200
