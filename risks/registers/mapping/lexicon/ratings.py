"""Words for likelihoods, impacts and levels."""

import re

from risks.registers.mapping.lexicon.words import by_word, find_word, key_set

_NUMBER = re.compile(r"\W*\d+(?:[.,]\d+)?\W*")

# Words of three-level scales. Their position counts from 1, the least, to 5, the most.
PLAIN = by_word({
    2.0: (
        "low", "l", "lo", "faible", "bas", "basse", "niedrig", "gering", "tief", "bajo", "baja",
        "basso", "bassa", "baixo", "baixa", "laag",
        "niski", "niska", "niskie", "nízký", "nízká", "nízké", "низкий", "низкая", "низкое",
        "низко", "低", "低い", "较低", "較低",
        "niedrige", "niedriger", "geringe", "geringer", "низкие", "невысокая",
    ),
    3.0: (
        "medium", "med", "m", "mid", "moderate", "mod", "average", "normal", "moyen", "moyenne",
        "modere", "moderee", "mittel", "moderat", "massig", "medio", "media", "moderado",
        "moderada", "moderato", "moderata", "middel", "midden", "gemiddeld", "matig",
        "średni", "średnia", "średnie", "umiarkowany", "umiarkowana", "umiarkowane", "střední",
        "průměrný", "средний", "средняя", "среднее", "средне", "умеренный", "умеренная",
        "умеренное", "中", "中等", "一般", "中程度", "普通",
        "mittlere", "mittlerer", "mittleres", "умеренные", "средние",
    ),
    4.0: (
        "high", "h", "hi", "eleve", "elevee", "haut", "haute", "fort", "forte", "hoch", "alto",
        "alta", "elevado", "elevada", "elevato", "elevata", "hoog",
        "wysoki", "wysoka", "wysokie", "vysoký", "vysoká", "vysoké", "высокий", "высокая",
        "высокое", "высоко", "高", "高い", "较高", "較高",
        "hohe", "hoher", "hohes", "высокие",
    ),
})  # fmt: skip

VERY = by_word({
    1.0: (
        "very low", "vl", "very small", "lowest", "tres faible", "tres bas", "tres basse",
        "sehr niedrig", "sehr gering", "sehr tief", "muy bajo", "muy baja", "molto basso",
        "molto bassa", "muito baixo", "muito baixa", "zeer laag", "heel laag",
        "bardzo niski", "bardzo niska", "bardzo niskie", "velmi nízký", "velmi nízká",
        "velmi nízké", "очень низкий", "очень низкая", "очень низкое", "很低", "极低", "極低",
        "非常低", "非常に低い", "極めて低い",
    ),
    5.0: (
        "very high", "vh", "highest", "tres eleve", "tres elevee", "tres haut", "tres forte",
        "tres fort", "sehr hoch", "muy alto", "muy alta", "molto alto", "molto alta",
        "molto elevato", "molto elevata", "muito alto", "muito alta", "zeer hoog", "heel hoog",
        "bardzo wysoki", "bardzo wysoka", "bardzo wysokie", "velmi vysoký", "velmi vysoká",
        "velmi vysoké", "очень высокий", "очень высокая", "очень высокое", "很高", "极高", "極高",
        "非常高", "非常に高い", "極めて高い",
    ),
})  # fmt: skip

# Words that may come above low, medium and high.
TOP = by_word({
    4.7: (
        "critical", "crit", "critique", "kritisch", "critico", "critica", "kritiek",
        "krytyczny", "krytyczna", "krytyczne", "kritický", "kritická", "kritické", "критический",
        "критическая", "критическое", "критичный", "критичная", "危急", "クリティカル",
        "kritische", "kritischer", "критические",
    ),
    4.8: ("extreme", "extrem", "extremo", "extrema", "estremo", "estrema", "extreem", "maximum",
        "ekstremalny", "ekstremalna", "ekstremalne", "skrajny", "extrémní", "экстремальный",
        "экстремальная", "极端",
    ),
})  # fmt: skip

LIKELIHOODS = PLAIN | VERY | TOP | by_word({
    1.0: (
        "rare", "very unlikely", "highly unlikely", "extremely unlikely", "improbable",
        "very rare", "exceptional", "almost impossible", "almost never", "never", "tres rare",
        "tres improbable", "exceptionnel", "exceptionnelle", "selten", "sehr selten",
        "sehr unwahrscheinlich", "aussergewohnlich", "raro", "rara", "muy improbable", "remoto",
        "molto improbabile", "rarissimo", "raramente", "muito improvavel", "zeldzaam",
        "zeer onwaarschijnlijk", "zeer zelden",
        "rzadki", "rzadkie", "rzadko", "bardzo rzadkie", "bardzo rzadko", "nieprawdopodobne",
        "bardzo mało prawdopodobne", "znikome", "vzácné", "vzácný", "výjimečné",
        "velmi nepravděpodobné", "velmi nepravděpodobný", "téměř nemožné", "редко", "редкий",
        "редкая", "редкое", "очень редко", "крайне маловероятно", "крайне маловероятный",
        "практически невозможно", "罕见", "罕見", "极少", "極少", "极不可能", "几乎不可能",
        "まれ", "稀", "極めて稀", "ほとんどない",
        "none", "nil", "inconceivable",
    ),
    1.5: ("remote", "remota"),
    2.0: (
        "unlikely", "not likely", "seldom", "infrequent", "peu probable", "peu vraisemblable",
        "unwahrscheinlich", "poco probable", "improbabile", "poco probabile", "improvavel",
        "pouco provavel", "onwaarschijnlijk",
        "mało prawdopodobne", "mało prawdopodobny", "mało prawdopodobna", "nepravděpodobné",
        "nepravděpodobný", "nepravděpodobná", "маловероятно", "маловероятный", "маловероятная",
        "маловероятное", "不太可能", "不大可能", "很少", "可能性が低い", "起こりにくい",
    ),
    3.0: (
        "possible", "occasional", "occasionally", "potential", "could happen", "occasionnel",
        "occasionnelle", "moglich", "gelegentlich", "posible", "ocasional", "possibile",
        "occasionale", "possivel", "mogelijk", "af en toe",
        "możliwe", "możliwy", "możliwa", "czasami", "možné", "možný", "možná", "občas", "občasné",
        "возможно", "возможный", "возможная", "возможное", "иногда", "可能", "有可能", "偶尔",
        "偶爾", "あり得る", "ありうる", "起こり得る", "起こりうる", "可能性あり", "時々",
        "foreseeable", "credible", "conceivable",
    ),
    4.0: (
        "likely", "probable", "quite likely", "vraisemblable", "wahrscheinlich", "probabile",
        "provavel", "waarschijnlijk",
        "prawdopodobne", "prawdopodobny", "prawdopodobna", "pravděpodobné", "pravděpodobný",
        "pravděpodobná", "вероятно", "вероятный", "вероятная", "вероятное", "很可能", "很有可能",
        "可能性が高い", "起こりやすい",
    ),
    4.6: (
        "frequent", "frequently", "often", "regular", "very likely", "highly likely",
        "highly probable", "very probable", "tres probable", "tres vraisemblable", "frequente",
        "haufig", "oft", "sehr wahrscheinlich", "muy probable", "molto probabile",
        "muito provavel", "vaak", "zeer waarschijnlijk",
        "częste", "często", "bardzo prawdopodobne", "bardzo prawdopodobny", "časté", "často",
        "velmi pravděpodobné", "velmi pravděpodobný", "часто", "частый", "частая",
        "очень вероятно", "весьма вероятно", "经常", "經常", "频繁", "頻繁", "极有可能",
        "非常可能", "頻繁に", "よくある", "しばしば",
    ),
    5.0: (
        "almost certain", "nearly certain", "certain", "almost certainly", "expected",
        "very frequent", "very often", "imminent", "quasi certain", "quasi certaine",
        "presque certain", "presque certaine", "certaine", "tres frequent", "fast sicher",
        "nahezu sicher", "so gut wie sicher", "sicher", "sehr haufig", "casi seguro",
        "casi segura", "casi cierto", "seguro", "quasi certo", "quasi certa", "certo", "certa",
        "quase certo", "quase certa", "bijna zeker", "vrijwel zeker", "zeker", "zeer vaak",
        "prawie pewne", "prawie pewny", "niemal pewne", "pewne", "pewny", "bardzo częste",
        "bardzo często", "téměř jisté", "téměř jistý", "takřka jisté", "jisté", "jistý",
        "velmi časté", "почти наверняка", "наверняка", "почти достоверно", "почти неизбежно",
        "неизбежно", "очень часто", "几乎确定", "几乎肯定", "幾乎確定", "幾乎肯定", "必然",
        "肯定", "确定", "ほぼ確実", "確実",
    ),
})  # fmt: skip

IMPACTS = PLAIN | VERY | TOP | by_word({
    1.0: (
        "insignificant", "negligible", "trivial", "minimal", "none", "no impact", "incidental",
        "insignifiant", "insignifiante", "negligeable", "unbedeutend", "vernachlassigbar",
        "unwesentlich", "insignificante", "despreciable", "trascurabile", "insignificativo",
        "insignificanti", "desprezivel", "negligivel", "verwaarloosbaar", "onbeduidend",
        "te verwaarlozen",
        "nieistotny", "nieistotna", "nieistotne", "nieznaczny", "nieznaczna", "nieznaczne",
        "pomijalny", "pomijalna", "pomijalne", "znikomy", "znikoma", "brak", "zanedbatelný",
        "zanedbatelná", "zanedbatelné", "nevýznamný", "nevýznamná", "bezvýznamný",
        "незначительный", "незначительная", "незначительное", "ничтожный", "可忽略", "可忽略不计",
        "微不足道", "很小", "极小", "無影響", "无影响", "無視できる", "影響なし", "極小",
        "ごく軽微",
        "незначительные",
        "nil", "immaterial", "very minor", "very slight",
    ),
    2.0: (
        "minor", "slight", "small", "limited", "marginal", "mineur", "mineure", "limite",
        "limitee", "marginale", "geringfugig", "klein", "begrenzt", "menor", "leve", "limitado",
        "minore", "lieve", "limitato", "limitada", "beperkt", "marginaal",
        "mały", "mała", "małe", "niewielki", "niewielka", "niewielkie", "drobny", "drobna",
        "malý", "malá", "malé", "menší", "малый", "малая", "малое", "небольшой", "небольшая",
        "слабый", "小", "较小", "較小", "轻微", "輕微", "小さい", "軽微", "軽度", "限定的",
        "малые", "небольшие",
        "mild",
    ),
    3.0: (
        "tolerable", "spurbar", "intermediate", "mittelmassig",
    ),
    3.4: (
        "significant", "significatif", "significative", "merklich", "bedeutend", "significativo",
        "significativa", "significant impact", "aanzienlijk",
        "istotny", "istotna", "istotne",
        "material",
    ),
    4.0: (
        "major", "serious", "considerable", "substantial", "large", "majeur", "majeure", "grave",
        "important", "importante", "gross", "erheblich", "betrachtlich", "wesentlich", "ernst",
        "mayor", "serio", "maggiore", "maior", "groot", "ernstig",
        "duży", "duża", "duże", "poważny", "poważna", "poważne", "znaczny", "znaczna", "znaczne",
        "znaczący", "znacząca", "znaczące", "velký", "velká", "velké", "závažný", "závažná",
        "závažné", "vážný", "vážná", "významný", "významná", "významné", "крупный", "крупная",
        "крупное", "большой", "большая", "серьезный", "серьезная", "серьезное", "значительный",
        "значительная", "значительное", "существенный", "существенная", "существенное", "大",
        "大きい", "重要", "严重", "嚴重", "深刻",
        "значительные", "существенные", "серьезные", "крупные", "erhebliche",
    ),
    4.5: (
        "severe", "hazardous", "schwerwiegend", "schwer", "sehr gross", "severo", "severa",
        "severe impact", "muy grave", "molto grave", "tres grave", "muito grave", "zeer ernstig",
        "bardzo poważny", "bardzo poważna", "bardzo duży", "bardzo duża", "velmi závažný",
        "velmi závažná", "тяжелый", "тяжелая", "тяжелое", "очень серьезный", "很大", "极大",
        "非常严重", "非常に大きい", "甚大",
        "тяжелые", "schwere", "schwerwiegende",
        "very serious", "very significant", "very large",
    ),
    5.0: (
        "catastrophic", "disastrous", "fatal", "existential", "worst case", "catastrophique",
        "desastreux", "katastrophal", "existenzbedrohend", "existenzgefahrdend", "catastrofico",
        "catastrofica", "desastroso", "catastrofaal", "rampzalig",
        "katastrofalny", "katastrofalna", "katastrofalne", "katastroficzny", "katastroficzna",
        "katastrofický", "katastrofická", "katastrofické", "katastrofální", "катастрофический",
        "катастрофическая", "катастрофическое", "灾难性", "灾难性的", "災難性", "毁灭性",
        "特别重大", "壊滅的", "破滅的", "致命的",
        "катастрофические", "katastrophale",
        "devastating",
    ),
})  # fmt: skip

# "Not assessed", in any rating column.
UNRATED = key_set({
    "", "n a", "na", "tbd", "tba", "tbc", "unknown", "not assessed", "not rated",
    "not yet assessed",
    "to be assessed", "pending", "inconnu", "non evalue", "a evaluer", "unbekannt", "k a",
    "nicht bewertet", "offen", "desconocido", "no evaluado", "sconosciuto", "non valutato",
    "desconhecido", "nao avaliado", "onbekend", "nvt", "n v t", "niet beoordeeld",
    "keine angabe", "brak danych", "nie oceniono", "nie dotyczy", "nehodnoceno", "neznámé",
    "не оценено", "не оценен", "неизвестно", "нет данных", "未评估", "未評估", "待定", "不适用",
    "未知", "待评估", "未評価", "未定", "該当なし", "不明",
    "无", "無", "なし", "нет", "не применимо", "no data", "not applicable", "to be determined",
})  # fmt: skip

# Words of other registers for the levels of our matrix.
LEVELS = by_word({
    "low": (
        *(word for word, position in (PLAIN | VERY).items() if position <= 2),
        "minor", "negligible", "insignificant", "acceptable", "trivial", "mineur", "mineure",
        "akceptowalny", "akceptowalne", "přijatelné", "приемлемый", "可接受", "green", "vert",
        "verte", "grün", "verde", "groen", "zielony", "zelená", "зеленый", "绿色", "緑",
    ),
    "medium": (
        *(word for word, position in PLAIN.items() if position == 3),
        "yellow", "amber", "jaune", "gelb", "amarillo", "giallo", "amarelo", "geel", "żółty",
        "žlutá", "желтый", "黄色", "黄",
    ),
    "high": (
        *(word for word, position in PLAIN.items() if position == 4),
        "major", "serious", "majeur", "majeure", "grave",
        "orange", "red", "naranja", "arancione", "laranja", "oranje", "pomarańczowy", "oranžová",
        "оранжевый", "橙色", "rouge", "rot", "rojo", "rosso", "vermelho", "rood", "czerwony",
        "červená", "красный", "红色", "赤",
    ),
    "critical": (
        *(word for word, position in (VERY | TOP).items() if position > 4),
        "severe", "catastrophic", "intolerable", "unacceptable",
        "nieakceptowalny", "nieakceptowalne", "nepřijatelné", "неприемлемый", "不可接受", "重大",
        "katastrofalny", "katastrofický", "катастрофический", "灾难性", "壊滅的",
    ),
})  # fmt: skip


def level_of(text: str) -> str | None:
    """The level of our matrix that a source's words mean; numbers beside them do not count."""
    word = find_word(LEVELS, " ".join(part for part in text.split() if not _NUMBER.fullmatch(part)))
    return LEVELS[word] if word else None
