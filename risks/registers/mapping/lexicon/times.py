"""Words for months, and for how often something happens."""

from risks.registers.mapping.lexicon.words import by_word
from risks.registers.reading.text import match_key

# How often something happens, in days.
INTERVALS = by_word({
    7: ("weekly", "hebdomadaire", "wochentlich", "semanal", "settimanale", "wekelijks",
        "tygodniowo", "co tydzień", "týdně", "еженедельно", "每周", "毎週",
    ),
    30: ("monthly", "mensuel", "mensuelle", "monatlich", "mensual", "mensile", "mensal",
         "maandelijks",
        "miesięcznie", "co miesiąc", "měsíčně", "ежемесячно", "每月", "毎月", "月次",
    ),
    60: ("bimonthly", "bi monthly", "every two months"),
    91: ("quarterly", "trimestriel", "trimestrielle", "vierteljahrlich", "quartalsweise",
         "trimestral", "trimestrale", "per kwartaal", "elk kwartaal",
        "kwartalnie", "co kwartał", "čtvrtletně", "ежеквартально", "每季度", "季度", "四半期",
        "四半期ごと",
    ),
    182: ("semi annual", "semi annually", "semiannual", "semiannually", "half yearly",
          "biannual", "biannually", "every six months", "semestriel", "semestrielle",
          "halbjahrlich", "semestral", "semestrale", "halfjaarlijks",
        "półrocznie", "pololetně", "раз в полгода", "每半年", "半年ごと",
    ),
    365: ("annual", "annually", "yearly", "every year", "annuel", "annuelle", "jahrlich", "anual",
          "annuale", "jaarlijks",
        "rocznie", "co rok", "corocznie", "ročně", "ежегодно", "раз в год", "每年", "年度",
        "毎年", "年次",
    ),
    730: ("biennial", "every two years", "biennially"),
})  # fmt: skip

# The number of a month, by its name.
MONTHS: dict[str, int] = by_word(dict(enumerate((
    ("january", "jan", "janvier", "janv", "januar", "janner", "enero", "ene", "gennaio", "gen",
     "janeiro", "januari",
     "styczeń", "stycznia", "sty", "leden", "ledna", "январь", "января", "янв"),
    ("february", "feb", "fevrier", "fevr", "fev", "februar", "febrero", "febbraio", "fevereiro",
     "februari",
     "luty", "lutego", "lut", "únor", "února", "февраль", "февраля", "фев"),
    ("march", "mar", "mars", "marz", "mrz", "marzo", "marco", "maart", "mrt",
     "marzec", "marca", "březen", "března", "март", "марта", "мар"),
    ("april", "apr", "avril", "avr", "abril", "abr", "aprile",
     "kwiecień", "kwietnia", "kwi", "duben", "dubna", "апрель", "апреля", "апр"),
    ("may", "mai", "mayo", "maggio", "mag", "maio", "mei",
     "maj", "maja", "květen", "května", "май", "мая"),
    ("june", "jun", "juin", "juni", "junio", "giugno", "giu", "junho",
     "czerwiec", "czerwca", "cze", "červen", "června", "июнь", "июня", "июн"),
    ("july", "jul", "juillet", "juil", "juli", "julio", "luglio", "lug", "julho",
     "lipiec", "lipca", "lip", "červenec", "července", "июль", "июля", "июл"),
    ("august", "aug", "aout", "agosto", "ago", "augustus",
     "sierpień", "sierpnia", "sie", "srpen", "srpna", "август", "августа", "авг"),
    ("september", "sep", "sept", "septembre", "septiembre", "settembre", "set", "setembro",
     "wrzesień", "września", "wrz", "září", "сентябрь", "сентября", "сен", "сент"),
    ("october", "oct", "octobre", "oktober", "okt", "octubre", "ottobre", "ott", "outubro", "out",
     "październik", "października", "paź", "říjen", "října", "октябрь", "октября", "окт"),
    ("november", "nov", "novembre", "noviembre", "novembro",
     "listopad", "listopada", "listopadu", "lis", "ноябрь", "ноября", "ноя"),
    ("december", "dec", "decembre", "dezember", "dez", "diciembre", "dic", "dicembre", "dezembro",
     "grudzień", "grudnia", "gru", "prosinec", "prosince", "декабрь", "декабря", "дек"),
), 1)))  # fmt: skip


def days_between_reviews(text: str) -> int | None:
    """Days between reviews, from a number of days or a word such as "quarterly"."""
    if text.lstrip().startswith(("-", "\N{MINUS SIGN}")):  # which `match_key` takes for a dash
        return None
    name = match_key(text).removesuffix(" days").removesuffix(" review")
    if name.isdecimal() and 1 <= int(name) <= 3660:
        return int(name)
    return INTERVALS.get(name)
