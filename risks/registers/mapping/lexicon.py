"""Words that other registers use in cells: for ratings, levels, states, treatments and dates.

To have another word understood, add it here, written as `risks.registers.reading.text.match_key`
leaves it: lower case, without accents and punctuation. The languages are English, French, German,
Spanish, Italian, Portuguese and Dutch.
"""

from collections.abc import Mapping
from typing import TypeVar

from risks.registers.reading.text import match_key

T = TypeVar("T")


def _by_word(groups: Mapping[T, tuple[str, ...]]) -> dict[str, T]:
    """The value of each word. Raises ValueError if a word has two values."""
    by_word: dict[str, T] = {}
    for value, words in groups.items():
        for word in words:
            if by_word.setdefault(word, value) != value:
                raise ValueError(f"'{word}' means {by_word[word]} and {value}")
    return by_word


# Words of three-level scales. Their position counts from 1, the least, to 5, the most.
PLAIN = _by_word({
    2.0: (
        "low", "l", "lo", "faible", "bas", "basse", "niedrig", "gering", "tief", "bajo", "baja",
        "basso", "bassa", "baixo", "baixa", "laag",
    ),
    3.0: (
        "medium", "med", "m", "mid", "moderate", "mod", "average", "normal", "moyen", "moyenne",
        "modere", "moderee", "mittel", "moderat", "massig", "medio", "media", "moderado",
        "moderada", "moderato", "moderata", "middel", "midden", "gemiddeld", "matig",
    ),
    4.0: (
        "high", "h", "hi", "eleve", "elevee", "haut", "haute", "fort", "forte", "hoch", "alto",
        "alta", "elevado", "elevada", "elevato", "elevata", "hoog",
    ),
})  # fmt: skip

VERY = _by_word({
    1.0: (
        "very low", "vl", "very small", "lowest", "tres faible", "tres bas", "tres basse",
        "sehr niedrig", "sehr gering", "sehr tief", "muy bajo", "muy baja", "molto basso",
        "molto bassa", "muito baixo", "muito baixa", "zeer laag", "heel laag",
    ),
    5.0: (
        "very high", "vh", "highest", "tres eleve", "tres elevee", "tres haut", "tres forte",
        "tres fort", "sehr hoch", "muy alto", "muy alta", "molto alto", "molto alta",
        "molto elevato", "molto elevata", "muito alto", "muito alta", "zeer hoog", "heel hoog",
    ),
})  # fmt: skip

# Words that may come above low, medium and high.
TOP = _by_word({
    4.7: (
        "critical", "crit", "critique", "kritisch", "critico", "critica", "kritiek",
    ),
    4.8: ("extreme", "extrem", "extremo", "extrema", "estremo", "estrema", "extreem", "maximum"),
})  # fmt: skip

LIKELIHOODS = PLAIN | VERY | TOP | _by_word({
    1.0: (
        "rare", "very unlikely", "highly unlikely", "extremely unlikely", "improbable",
        "very rare", "exceptional", "almost impossible", "almost never", "never", "tres rare",
        "tres improbable", "exceptionnel", "exceptionnelle", "selten", "sehr selten",
        "sehr unwahrscheinlich", "aussergewohnlich", "raro", "rara", "muy improbable", "remoto",
        "molto improbabile", "rarissimo", "raramente", "muito improvavel", "zeldzaam",
        "zeer onwaarschijnlijk", "zeer zelden",
    ),
    1.5: ("remote", "remota"),
    2.0: (
        "unlikely", "not likely", "seldom", "infrequent", "peu probable", "peu vraisemblable",
        "unwahrscheinlich", "poco probable", "improbabile", "poco probabile", "improvavel",
        "pouco provavel", "onwaarschijnlijk",
    ),
    3.0: (
        "possible", "occasional", "occasionally", "potential", "could happen", "occasionnel",
        "occasionnelle", "moglich", "gelegentlich", "posible", "ocasional", "possibile",
        "occasionale", "possivel", "mogelijk", "af en toe",
    ),
    4.0: (
        "likely", "probable", "quite likely", "vraisemblable", "wahrscheinlich", "probabile",
        "provavel", "waarschijnlijk",
    ),
    4.6: (
        "frequent", "frequently", "often", "regular", "very likely", "highly likely",
        "highly probable", "very probable", "tres probable", "tres vraisemblable", "frequente",
        "haufig", "oft", "sehr wahrscheinlich", "muy probable", "molto probabile",
        "muito provavel", "vaak", "zeer waarschijnlijk",
    ),
    5.0: (
        "almost certain", "nearly certain", "certain", "almost certainly", "expected",
        "very frequent", "very often", "imminent", "quasi certain", "quasi certaine",
        "presque certain", "presque certaine", "certaine", "tres frequent", "fast sicher",
        "nahezu sicher", "so gut wie sicher", "sicher", "sehr haufig", "casi seguro",
        "casi segura", "casi cierto", "seguro", "quasi certo", "quasi certa", "certo", "certa",
        "quase certo", "quase certa", "bijna zeker", "vrijwel zeker", "zeker", "zeer vaak",
    ),
})  # fmt: skip

IMPACTS = PLAIN | VERY | TOP | _by_word({
    1.0: (
        "insignificant", "negligible", "trivial", "minimal", "none", "no impact", "incidental",
        "insignifiant", "insignifiante", "negligeable", "unbedeutend", "vernachlassigbar",
        "unwesentlich", "insignificante", "despreciable", "trascurabile", "insignificativo",
        "insignificanti", "desprezivel", "negligivel", "verwaarloosbaar", "onbeduidend",
        "te verwaarlozen",
    ),
    2.0: (
        "minor", "slight", "small", "limited", "marginal", "mineur", "mineure", "limite",
        "limitee", "marginale", "geringfugig", "klein", "begrenzt", "menor", "leve", "limitado",
        "minore", "lieve", "limitato", "limitada", "beperkt", "marginaal",
    ),
    3.0: (
        "tolerable", "spurbar", "intermediate", "mittelmassig",
    ),
    3.4: (
        "significant", "significatif", "significative", "merklich", "bedeutend", "significativo",
        "significativa", "significant impact", "aanzienlijk",
    ),
    4.0: (
        "major", "serious", "considerable", "substantial", "large", "majeur", "majeure", "grave",
        "important", "importante", "gross", "erheblich", "betrachtlich", "wesentlich", "ernst",
        "mayor", "serio", "maggiore", "maior", "groot", "ernstig",
    ),
    4.5: (
        "severe", "hazardous", "schwerwiegend", "schwer", "sehr gross", "severo", "severa",
        "severe impact", "muy grave", "molto grave", "tres grave", "muito grave", "zeer ernstig",
    ),
    5.0: (
        "catastrophic", "disastrous", "fatal", "existential", "worst case", "catastrophique",
        "desastreux", "katastrophal", "existenzbedrohend", "existenzgefahrdend", "catastrofico",
        "catastrofica", "desastroso", "catastrofaal", "rampzalig",
    ),
})  # fmt: skip

# "Not assessed", in any rating column.
UNRATED = frozenset({
    "", "n a", "na", "tbd", "tba", "tbc", "unknown", "not assessed", "not rated",
    "not yet assessed",
    "to be assessed", "pending", "inconnu", "non evalue", "a evaluer", "unbekannt", "k a",
    "nicht bewertet", "offen", "desconocido", "no evaluado", "sconosciuto", "non valutato",
    "desconhecido", "nao avaliado", "onbekend", "nvt", "n v t", "niet beoordeeld",
})  # fmt: skip

# Words of other registers for the levels of our matrix.
LEVELS = _by_word({
    "low": (
        *(word for word, position in (PLAIN | VERY).items() if position <= 2),
        "minor", "negligible", "insignificant", "acceptable", "trivial", "mineur", "mineure",
    ),
    "medium": tuple(word for word, position in PLAIN.items() if position == 3),
    "high": (
        *(word for word, position in PLAIN.items() if position == 4),
        "major", "serious", "majeur", "majeure", "grave",
    ),
    "critical": (
        *(word for word, position in (VERY | TOP).items() if position > 4),
        "severe", "catastrophic", "intolerable", "unacceptable",
    ),
})  # fmt: skip

# We have no such state: assessed if the risk has ratings, else identified.
OPEN = "open"
STATES = _by_word({
    OPEN: (
        "open", "new", "active", "live", "current", "raised", "logged", "registered", "outstanding",
        "ouvert", "ouverte", "nouveau", "actif", "offen", "neu", "aktiv", "abierto", "abierta",
        "nuevo", "activo", "aperto", "aperta", "nuovo", "attivo", "aberto", "aberta", "novo",
        "ativo", "openstaand", "nieuw", "actief",
    ),
    "draft": (
        "draft", "proposed", "candidate", "brouillon", "entwurf", "borrador", "bozza",
        "rascunho", "concept",
    ),
    "identified": (
        "identified", "identifie", "identifiee", "identifiziert", "identificado", "identificada",
        "identificato", "identificata", "geidentificeerd",
    ),
    "assessed": (
        "assessed", "analysed", "analyzed", "evaluated", "under review", "in review", "reviewed",
        "under assessment", "monitoring", "monitored", "monitor", "under monitoring", "watch",
        "watching", "on watch", "on hold", "deferred", "pending", "escalated", "evalue", "evaluee",
        "analyse", "surveille", "sous surveillance", "en attente", "bewertet", "in prufung",
        "in uberwachung", "uberwacht", "beobachtung", "unter beobachtung", "evaluado", "evaluada",
        "en seguimiento", "en revision", "pendiente", "valutato", "in monitoraggio", "in revisione",
        "avaliado", "avaliada", "em monitoramento", "em revisao", "pendente", "beoordeeld",
        "in beoordeling", "wordt gemonitord",
    ),
    "treatment_planned": (
        "treatment planned", "planned", "not started", "to do", "todo", "scheduled", "approved",
        "action planned", "mitigation planned", "not yet started", "planifie", "planifiee",
        "non demarre", "non commence", "a faire", "prevu", "geplant", "nicht begonnen",
        "nicht gestartet", "planificado", "planificada", "no iniciado", "no iniciada",
        "pianificato", "pianificata", "non iniziato", "non iniziata", "planejado", "planejada",
        "planeado", "nao iniciado", "nao iniciada", "gepland", "niet gestart", "niet begonnen",
    ),
    "in_treatment": (
        "in treatment", "under treatment", "in progress", "ongoing", "wip", "work in progress",
        "started", "being treated", "being mitigated", "mitigating", "mitigation in progress",
        "treatment in progress", "in mitigation", "in process", "partially implemented",
        "partially mitigated", "en cours", "en cours de traitement", "en traitement",
        "in bearbeitung", "in behandlung", "in arbeit", "laufend", "in umsetzung", "en curso",
        "en progreso", "en proceso", "en tratamiento", "in corso", "in trattamento",
        "in lavorazione", "em andamento", "em curso", "em progresso", "em tratamento", "lopend",
        "in behandeling", "in uitvoering", "bezig",
    ),
    "mitigated": (
        "mitigated", "treated", "resolved", "done", "complete", "completed", "implemented",
        "remediated", "fixed", "treatment complete", "traite", "traitee", "resolu", "termine",
        "terminee", "realise", "attenue", "behandelt", "erledigt", "umgesetzt", "gemindert",
        "abgeschlossen", "mitigado", "mitigada", "tratado", "tratada", "resuelto", "completado",
        "completada", "mitigato", "mitigata", "trattato", "risolto", "completato", "resolvido",
        "concluido", "concluida", "gemitigeerd", "behandeld", "afgerond", "opgelost", "gereed",
    ),
    "accepted": (
        "accepted", "risk accepted", "tolerated", "accepte", "acceptee", "akzeptiert", "aceptado",
        "aceptada", "accettato", "accettata", "aceito", "aceita", "aceite", "geaccepteerd",
    ),
    "closed": (
        "closed", "closed out", "retired", "archived", "cancelled", "canceled", "rejected",
        "withdrawn", "obsolete", "no longer relevant", "inactive", "eliminated",
        "clos", "close", "cloture", "cloturee", "ferme", "fermee", "archive", "annule",
        "geschlossen", "beendet", "archiviert", "hinfallig", "cerrado", "cerrada", "archivado",
        "cancelado", "chiuso", "chiusa", "archiviato", "annullato", "fechado", "fechada",
        "encerrado", "encerrada", "arquivado", "gesloten", "afgesloten", "vervallen",
        "gearchiveerd",
    ),
    "reopened": (
        "reopened", "re opened", "rouvert", "wieder geoffnet", "wiedereroffnet", "reabierto",
        "riaperto", "reaberto", "heropend",
    ),
})  # fmt: skip

TREATMENTS = _by_word({
    "mitigate": (
        "mitigate", "mitigated", "mitigation", "reduce", "reduced", "reduction", "reducing",
        "treat", "treated", "modify", "modification", "control", "risk reduction", "remediate",
        "risk mitigation", "risk modification", "mitigating", "lower", "reduire", "attenuer",
        "attenuation", "traiter", "reduzieren", "vermindern", "verminderung", "mindern",
        "minderung", "reduktion", "behandeln", "risikoreduktion", "risikominderung", "mitigar",
        "mitigacion", "reducir", "reduccion", "tratar", "ridurre", "riduzione", "mitigare",
        "mitigazione", "trattare", "reduzir", "reducao", "mitigacao", "verminderen", "beperken",
        "reduceren", "mitigeren", "behandelen",
    ),
    "accept": (
        "accept", "accepted", "acceptance", "tolerate", "tolerated", "retain", "retained",
        "retention", "risk acceptance", "risk retention", "accepter", "acceptation", "tolerer",
        "conserver", "maintien", "akzeptieren", "akzeptanz", "tragen", "selbst tragen",
        "ubernehmen", "risikoakzeptanz", "aceptar", "aceptacion", "asumir", "retener", "tolerar",
        "accettare", "accettazione", "tollerare", "ritenere", "aceitar", "aceitacao", "reter",
        "accepteren", "acceptatie", "tolereren",
    ),
    "transfer": (
        "transfer", "transferred", "share", "shared", "sharing", "insure", "outsource",
        "risk transfer", "risk sharing", "transferer", "transfert", "partager", "partage",
        "ubertragen", "transferieren", "teilen", "versichern", "verlagern", "risikotransfer",
        "transferir", "transferencia", "compartir", "trasferire", "trasferimento", "condividere",
        "condivisione", "compartilhar", "overdragen", "delen", "verzekeren", "overdracht",
    ),
    "avoid": (
        "avoid", "avoided", "avoidance", "terminate", "terminated", "eliminate", "risk avoidance",
        "remove", "eviter", "evitement", "refuser", "supprimer", "vermeiden", "vermeidung",
        "risikovermeidung", "beenden", "eliminieren", "evitar", "eliminar", "evitare",
        "eliminare", "vermijden", "beeindigen", "elimineren",
    ),
})  # fmt: skip

# How often a risk is reviewed, in days.
INTERVALS = _by_word({
    7: ("weekly", "hebdomadaire", "wochentlich", "semanal", "settimanale", "wekelijks"),
    30: ("monthly", "mensuel", "mensuelle", "monatlich", "mensual", "mensile", "mensal",
         "maandelijks"),
    60: ("bimonthly", "bi monthly", "every two months"),
    91: ("quarterly", "trimestriel", "trimestrielle", "vierteljahrlich", "quartalsweise",
         "trimestral", "trimestrale", "per kwartaal", "elk kwartaal"),
    182: ("semi annual", "semi annually", "semiannual", "semiannually", "half yearly",
          "biannual", "biannually", "every six months", "semestriel", "semestrielle",
          "halbjahrlich", "semestral", "semestrale", "halfjaarlijks"),
    365: ("annual", "annually", "yearly", "every year", "annuel", "annuelle", "jahrlich", "anual",
          "annuale", "jaarlijks"),
    730: ("biennial", "every two years", "biennially"),
})  # fmt: skip

# Texts in a column of dates that give no date.
NO_DATE = frozenset({
    "", "n a", "na", "none", "no date", "tbd", "tba", "tbc", "to be determined", "to be defined",
    "to be confirmed", "unknown", "ongoing", "continuous", "continuously", "continual", "permanent",
    "recurring", "as required", "as needed", "immediate", "immediately", "asap", "open",
    "open ended",
    "annual review", "annual", "annually", "yearly", "quarterly", "quarterly review", "monthly",
    "monthly review", "pending", "not applicable", "not set", "not defined", "en cours", "continu",
    "permanente", "en continu", "a definir", "a determiner", "sans objet", "s o", "immediat",
    "laufend", "fortlaufend", "kontinuierlich", "offen", "k a", "keine", "dauerhaft", "sofort",
    "en curso", "continuo", "por definir", "pendiente", "inmediato", "in corso", "da definire",
    "immediato", "em curso", "em andamento", "continua", "imediato", "doorlopend", "lopend", "nvt",
    "n v t", "nader te bepalen", "onbekend", "onmiddellijk",
})  # fmt: skip

MONTHS: tuple[tuple[str, ...], ...] = (
    ("january", "jan", "janvier", "janv", "januar", "janner", "enero", "ene", "gennaio", "gen",
     "janeiro", "januari"),
    ("february", "feb", "fevrier", "fevr", "fev", "februar", "febrero", "febbraio", "fevereiro",
     "februari"),
    ("march", "mar", "mars", "marz", "mrz", "marzo", "marco", "maart", "mrt"),
    ("april", "apr", "avril", "avr", "abril", "abr", "aprile"),
    ("may", "mai", "mayo", "maggio", "mag", "maio", "mei"),
    ("june", "jun", "juin", "juni", "junio", "giugno", "giu", "junho"),
    ("july", "jul", "juillet", "juil", "juli", "julio", "luglio", "lug", "julho"),
    ("august", "aug", "aout", "agosto", "ago", "augustus"),
    ("september", "sep", "sept", "septembre", "septiembre", "settembre", "set", "setembro"),
    ("october", "oct", "octobre", "oktober", "okt", "octubre", "ottobre", "ott", "outubro", "out"),
    ("november", "nov", "novembre", "noviembre", "novembro"),
    ("december", "dec", "decembre", "dezember", "dez", "diciembre", "dic", "dicembre", "dezembro"),
)  # fmt: skip


def status_of(word: str) -> str | None:
    """The state that a word for a status means; OPEN if it says that much and no more."""
    return STATES.get(match_key(word))


def treatment_of(word: str) -> str | None:
    return TREATMENTS.get(match_key(word))


def level_of(word: str) -> str | None:
    """The level of our matrix that a source's word means."""
    words = [part for part in match_key(word).split() if not part.isdecimal() and part != "risk"]
    return LEVELS.get(" ".join(words))


def days_between_reviews(text: str) -> int | None:
    """Days between reviews, from a number of days or a word such as "quarterly"."""
    if text.lstrip().startswith(("-", "\N{MINUS SIGN}")):  # which `match_key` takes for a dash
        return None
    name = match_key(text).removesuffix(" days").removesuffix(" review")
    if name.isdecimal() and 1 <= int(name) <= 3660:
        return int(name)
    return INTERVALS.get(name)
