"""Names that other registers give to our fields: data for `risks.registers.mapping.headers`.

To have another name recognized, add it here, written as `risks.registers.reading.text.match_key`
leaves it: lower case, without accents and punctuation. Whole names are in SYNONYMS and WEAK; the
words that names of ratings are made of ("residual impact") are in the sets below. The languages are
English, French, German, Spanish, Italian, Portuguese and Dutch.
"""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


# The surest names first: if two columns could give one field, the earlier name wins.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "external_id": (
        "risk id", "external id", "risk identifier", "risk number", "risk no", "risk nr",
        "risk ref", "risk reference", "risk code", "risk key", "id", "identifier", "reference",
        "ref", "ref no", "ref number", "reference number", "number", "no", "nr", "n", "code", "key",
        "issue key", "record id", "item no", "item number", "serial no", "s no", "sr no", "sl no",
        "id risque", "id du risque", "identifiant", "identifiant du risque", "n risque", "numero",
        "numero du risque", "reference du risque", "code risque",
        "risiko id", "risiko nr", "risikonummer", "risikokennung", "kennung", "lfd nr", "nummer",
        "id riesgo", "id del riesgo", "n de riesgo", "codigo", "codigo de riesgo", "codigo riesgo",
        "id rischio", "id del rischio", "codice", "codice rischio", "numero rischio",
        "id risco", "id do risco", "codigo do risco", "numero do risco",
        "risico id", "risico nr", "risiconummer",
    ),
    "title": (
        "title", "risk title", "risk name", "name of risk", "name", "risk short name", "summary",
        "short description", "subject", "headline", "risk summary",
        "titre", "titre du risque", "nom du risque", "intitule", "intitule du risque", "libelle",
        "libelle du risque", "titel", "risikotitel", "bezeichnung", "risikobezeichnung",
        "risikoname", "titulo", "titulo del riesgo", "nombre del riesgo", "nombre", "titolo",
        "titolo del rischio", "nome del rischio", "nome rischio", "titulo do risco",
        "nome do risco", "risicotitel", "risiconaam", "naam van het risico", "naam",
    ),
    "description": (
        "description", "risk description", "description of risk", "risk statement", "details",
        "risk details", "risk detail", "long description", "detailed description",
        "description du risque", "beschreibung", "risikobeschreibung", "descripcion",
        "descripcion del riesgo", "descrizione", "descrizione del rischio", "descrizione rischio",
        "descricao", "descricao do risco", "omschrijving", "beschrijving", "risico omschrijving",
        "risicobeschrijving", "omschrijving risico",
    ),
    "category": (
        "category", "risk category", "risk type", "type of risk", "risk area", "domain",
        "risk domain", "risk class", "risk family", "theme", "risk theme", "type", "area", "class",
        "classification", "categorie", "categorie de risque", "categorie du risque", "domaine",
        "type de risque", "famille de risque", "kategorie", "risikokategorie", "risikoart",
        "bereich", "risikobereich", "categoria", "categoria de riesgo", "categoria del riesgo",
        "tipo de riesgo", "ambito", "categoria di rischio", "categoria rischio",
        "tipo di rischio", "categoria de risco", "categoria do risco", "tipo de risco",
        "risicocategorie", "soort risico", "domein",
    ),
    "status": (
        "status", "risk status", "status of risk", "state", "risk state", "current status",
        "treatment status", "mitigation status", "implementation status",
        "statut", "statut du risque", "etat", "risikostatus", "zustand", "estado",
        "estado del riesgo", "stato", "stato del rischio", "estado do risco", "situacao",
        "risicostatus",
    ),
    "owner": (
        "owner email", "risk owner email", "owner e mail", "risk owner e mail", "risk owner",
        "owner", "owner of risk", "accountable", "accountable person", "responsible person",
        "person responsible", "responsible", "responsible party", "responsible owner",
        "risk manager", "business owner", "owned by", "owner department", "raci accountable",
        "proprietaire", "proprietaire du risque", "responsable", "responsable du risque",
        "pilote", "pilote du risque", "porteur du risque", "verantwortlich", "verantwortlicher",
        "verantwortliche person", "risikoeigner", "risikoeigentumer", "risikoverantwortlicher",
        "eigentumer", "propietario", "propietario del riesgo", "dueno del riesgo", "proprietario",
        "proprietario del rischio", "responsabile", "responsabile del rischio", "titolare",
        "proprietario do risco", "dono do risco", "responsavel", "responsavel pelo risco",
        "eigenaar", "risico eigenaar", "risicoeigenaar", "verantwoordelijke",
    ),
    "owner_name": ("owner name", "risk owner name", "name of owner"),
    "assignee": (
        "assignee", "assigned to", "action owner", "treatment owner", "mitigation owner",
        "assigned", "implementer", "action by", "assigne a", "attribue a", "zugewiesen an",
        "bearbeiter", "zustandig", "asignado a", "assegnato a", "atribuido a", "toegewezen aan",
        "uitvoerder", "actiehouder",
    ),
    "reviewer": ("reviewer", "reviewed by", "validator", "validated by", "relecteur", "prufer"),
    "treatment": (
        "treatment decision", "treatment option", "risk treatment option",
        "risk treatment decision",
        "treatment type", "risk response type", "response type", "treatment choice",
        "risk decision",
    ),
    "tags": (
        "tags", "tag", "labels", "label", "keywords", "keyword", "etiquettes", "mots cles",
        "schlagworte", "schlagworter", "etiquetas", "etichette", "palavras chave", "trefwoorden",
    ),
    "assets": (
        "assets", "asset", "affected assets", "affected asset", "asset name", "asset s",
        "asset area", "information asset", "information assets", "asset or area", "asset process",
        "affected systems", "affected system", "systems", "system", "system name",
        "systems affected", "assets affected", "application", "applications", "actif", "actifs",
        "biens", "bien", "bien support", "biens supports", "asset betroffen", "betroffene assets",
        "zielobjekt", "zielobjekte", "vermogenswert", "vermogenswerte", "werte", "activo",
        "activos", "activos afectados",
        "bene", "beni", "risorsa", "risorse", "ativo", "ativos", "bedrijfsmiddel",
        "bedrijfsmiddelen", "systeem", "systemen",
    ),
    "controls": (
        "control ref", "control refs", "control reference", "control references", "control id",
        "control ids", "controls id", "control number", "control no", "control identifier",
        "linked controls", "mapped controls", "applicable controls", "iso 27001 control",
        "iso 27001 controls", "annex a control", "annex a controls", "iso control",
    ),
    "threat": (
        "threat", "threats", "threat source", "threat event", "threat description", "threat actor",
        "threat agent", "threat name", "risk source", "cause", "causes", "root cause", "risk cause",
        "menace", "menaces", "source de menace", "source de risque", "bedrohung", "bedrohungen",
        "gefahrdung", "gefahrdungen", "ursache", "amenaza", "amenazas", "causa", "minaccia",
        "minacce", "ameaca", "ameacas", "dreiging", "dreigingen", "bedreiging", "oorzaak",
    ),
    "vulnerability": (
        "vulnerability", "vulnerabilities", "vulnerability description", "weakness", "weaknesses",
        "vulnerabilite", "vulnerabilites", "schwachstelle", "schwachstellen", "verwundbarkeit",
        "vulnerabilidad", "vulnerabilidades", "vulnerabilita", "vulnerabilidade", "kwetsbaarheid",
        "kwetsbaarheden",
    ),
    "existing_controls": (
        "existing controls", "existing control", "current controls", "current control",
        "controls in place", "existing measures", "current measures", "existing mitigation",
        "existing mitigations", "existing safeguards", "control description",
        "controls description",
        "mesures existantes", "controles existants", "mesures en place", "bestehende massnahmen",
        "vorhandene massnahmen", "bestehende kontrollen", "umgesetzte massnahmen",
        "controles existentes", "medidas existentes", "controlli esistenti", "misure esistenti",
        "bestaande maatregelen", "huidige maatregelen",
    ),
    "treatment_plan": (
        "treatment plan", "risk treatment plan", "mitigation plan", "recommended mitigation",
        "recommended mitigations", "recommended controls", "recommended control", "action plan",
        "mitigation actions", "mitigation action", "treatment actions", "planned controls",
        "proposed controls", "additional controls", "planned actions", "remediation plan",
        "risk mitigation plan", "risk mitigation", "mitigation", "mitigations",
        "mitigation measures",
        "remediation", "recommendation", "recommendations", "recommended action",
        "recommended actions", "response plan", "risk response plan", "countermeasures",
        "corrective action", "corrective actions", "actions", "action", "measures",
        "plan de traitement", "plan d action", "actions", "mesures", "mesures prevues",
        "mesures complementaires", "massnahmen", "massnahme", "massnahmenplan",
        "geplante massnahmen", "behandlungsplan", "plan de tratamiento", "plan de accion",
        "acciones", "medidas", "plan de mitigacion", "medidas propuestas", "piano di trattamento",
        "piano d azione", "azioni", "misure", "plano de tratamento", "plano de acao", "acoes",
        "plano de mitigacao", "maatregelen", "maatregel", "behandelplan", "actieplan", "acties",
    ),
    "due_date": (
        "due date", "target date", "date due", "due", "target completion date",
        "planned completion",
        "planned completion date", "completion date", "expected completion date", "deadline",
        "implementation date", "mitigation date", "treatment date", "planned date",
        "expected closure date", "target closure date", "target resolution date",
        "finish date", "by when", "timeline",
        "timeframe", "echeance", "date d echeance", "date cible", "date limite", "delai",
        "fallig", "fallig am", "falligkeit", "falligkeitsdatum", "termin", "zieltermin", "frist",
        "umsetzung bis", "fecha limite", "fecha objetivo", "fecha de vencimiento", "vencimiento",
        "plazo", "scadenza", "data di scadenza", "data obiettivo", "prazo", "data limite",
        "data alvo", "vencimento", "data de vencimento", "streefdatum", "vervaldatum", "einddatum",
    ),
    "next_review_at": (
        "next review", "next review date", "review date", "review due", "review due date",
        "date of next review", "next assessment", "next assessment date", "prochaine revue",
        "date de revue", "date de prochaine revue", "nachste uberprufung", "nachste prufung",
        "wiedervorlage", "prufdatum", "proxima revision", "fecha de revision", "prossima revisione",
        "data di revisione", "prossimo riesame", "proxima revisao", "data de revisao",
        "volgende beoordeling", "volgende review", "reviewdatum",
    ),
    "review_interval_days": (
        "review interval days", "review frequency", "review interval", "review cycle",
        "review period", "frequence de revue", "prufintervall", "frecuencia de revision",
        "frequenza di revisione", "frequencia de revisao", "reviewfrequentie",
    ),
}  # fmt: skip

# Names that may mean the field. They lose against any name above, and are taken in this order.
WEAK: dict[str, tuple[str, ...]] = {
    "title": (
        "risk", "risk event", "event", "risk scenario", "scenario", "issue", "threat scenario",
        "risk statement", "risque", "risiko", "riesgo", "rischio", "risco", "risico", "evenement",
        "evento", "szenario", "gebeurtenis", "hazard",
    ),
    "description": (
        "business impact", "impact description", "description of impact", "consequence",
        "consequences", "potential impact", "potential consequences", "effect", "effects",
        "impact", "impacts", "risk", "risk event", "risque", "risiko", "riesgo", "rischio", "risco",
        "risico", "consequencias", "consecuencias", "conseguenze", "auswirkung", "auswirkungen",
        "gevolg", "gevolgen",
    ),
    "owner_name": ("risk owner", "owner", "responsible"),
    "assignee": ("responsible", "responsible person", "person responsible"),
    "assets": ("process", "business process", "service", "asset group"),
    "existing_controls": ("controls", "control", "security controls", "key controls", "kontrollen"),
    "controls": ("controls", "control", "security controls", "key controls"),
    "treatment": (
        "treatment", "risk treatment", "response", "risk response", "treatment strategy",
        "response strategy", "risk response strategy", "mitigation strategy", "strategy",
        "decision",
        "risk strategy", "traitement", "traitement du risque", "option de traitement", "strategie",
        "behandlung", "risikobehandlung", "behandlungsoption", "risikostrategie", "tratamiento",
        "tratamiento del riesgo", "respuesta", "estrategia", "trattamento",
        "trattamento del rischio", "risposta", "strategia", "tratamento", "tratamento do risco",
        "resposta", "behandeling", "risicobehandeling", "behandelstrategie", "mitigation",
        "action", "massnahme",
    ),
    "treatment_plan": (
        "treatment", "risk treatment", "response", "risk response", "treatment strategy",
        "response strategy", "mitigation strategy", "traitement", "behandlung", "tratamiento",
        "trattamento", "tratamento", "behandeling", "risikobehandlung", "treatment decision",
    ),
}  # fmt: skip

# The words that names of likelihoods, impacts, scores and levels are made of.
QUALIFIERS: dict[str, str] = {
    word: kind
    for kind, words in {
        "inherent": (
            "inherent inherents inherente inherentes inherenter inherentes gross initial initiale"
            " initiales initialer raw untreated before pre brut brute brutto bruto bruta inicial"
            " iniziale inerente intrinseco intrinseca intrinseque lordo lorda initieel initiele"
            " avant vor antes prima voor ausgangs"
        ),
        "residual": (
            "residual residuals residuel residuelle residuels residuelles residuale residuell"
            " residuelles residueel residuele net nette netto neto neta liquido liquida remaining"
            " after post apres nach despues dopo apos na rest resterend resterende resterest"
            " mitigated residuo current actual actuel actuelle atual aktuell aktuelle aktuelles"
            " attuale huidig huidige"
        ),
        "target": (
            "target targeted desired goal planned cible vise visee ziel objetivo obiettivo alvo"
            " doel streef gewenst gewenste"
        ),
    }.items()
    for word in words.split()
}

# "Current" is residual in most registers, and "business impact" is the impact in some; a column
# with a plainer name is surer.
UNSURE = _set(
    "current actual actuel actuelle atual aktuell aktuelle aktuelles attuale huidig huidige"
    " business potential overall total combined estimated assessed"
)

LIKELIHOOD = _set(
    "likelihood probability probabilities frequency chance probabilite vraisemblance"
    " wahrscheinlichkeit haufigkeit probabilidad probabilita probabilidade kans"
    " waarschijnlijkheid verosimilitud verosimiglianza verossimilhanca p l"
)
IMPACT = _set(
    "impact impacts consequence consequences severity gravite consequences gravedad gravita"
    " gravidade auswirkung auswirkungen ausmass schaden schwere hohe impacto impactos consecuencia"
    " consecuencias impatto impatti conseguenza conseguenze consequencia consequencias gevolg"
    " gevolgen ernst konsequenz konsequenzen severidad severidade i c s"
)
SCORE = _set(
    "score scores points rpn punteggio puntuacion pontuacao punktzahl punkte wert zahl scoring"
    " risikozahl risikowert"
)
LEVEL = _set(
    "level rating severity exposure magnitude niveau stufe einstufung nivel livello criticite"
    " criticidad criticita criticidade rated klasse risikostufe risikoklasse risikoniveau"
)
RISK = _set("risk risks risque risiko riesgo rischio risco risico")

# Words that change nothing beside one of the words above.
FILLERS = _set(
    "of the a rating score level value scale x and de du la le d des do da del della di van het der"
    " die das von zu occurrence occurence eintritt eintrittes ocurrencia occorrenza ocorrencia"
    " optreden survenance niveau stufe wert nivel livello note valor valore 0 1 2 3 4 5 10 100 to"
    " low high percent"
)
# Only beside "before", "after" and the like: "control rating" does not rate the risk.
MEASURES = _set(
    "control controls treatment mitigation mitigations measures behandlung massnahmen traitement"
    " mesures tratamiento medidas controles trattamento controlli misure tratamento maatregelen"
    " behandeling response"
)
# German and Dutch write a qualifier and its noun as one word.
PREFIXES: dict[str, str | None] = {
    "brutto": "inherent", "bruto": "inherent", "netto": "residual", "rest": "residual",
    "ziel": "target", "doel": "target", "streef": "target", "eintritts": None, "schadens": None,
    "risiko": None, "risico": None,
}  # fmt: skip
