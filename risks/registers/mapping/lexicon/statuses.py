"""Words for states and treatments."""

from risks.registers.mapping.lexicon.words import by_word, find_leading_word, find_word

# We have no such state: assessed if the risk has ratings, else identified.
OPEN = "open"
STATES = by_word({
    OPEN: (
        "open", "new", "active", "live", "current", "raised", "logged", "registered", "outstanding",
        "ouvert", "ouverte", "nouveau", "actif", "offen", "neu", "aktiv", "abierto", "abierta",
        "nuevo", "activo", "aperto", "aperta", "nuovo", "attivo", "aberto", "aberta", "novo",
        "ativo", "openstaand", "nieuw", "actief",
        "otwarty", "otwarte", "otwarta", "aktywny", "aktywne", "nowy", "nowe", "otevřený",
        "otevřené", "otevřená", "otevřeno", "aktivní", "nový", "открыт", "открыто", "открытый",
        "открыта", "активен", "активный", "новый", "действует", "开放", "打开", "未关闭", "新建",
        "开启", "開啟", "未解决", "オープン", "新規", "未完了", "有効",
    ),
    "draft": (
        "draft", "proposed", "candidate", "brouillon", "entwurf", "borrador", "bozza",
        "rascunho", "concept",
        "szkic", "roboczy", "návrh", "koncept", "черновик", "草稿", "下書き",
    ),
    "identified": (
        "identified", "identifie", "identifiee", "identifiziert", "identificado", "identificada",
        "identificato", "identificata", "geidentificeerd",
        "zidentyfikowany", "zidentyfikowane", "identifikováno", "identifikovaný", "выявлен",
        "выявлено", "идентифицирован", "идентифицировано", "已识别", "已識別", "識別済み",
        "特定済み",
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
        "oceniony", "ocenione", "monitorowany", "monitorowane", "obserwowany", "w trakcie oceny",
        "vyhodnoceno", "vyhodnocený", "hodnoceno", "sledováno", "sledovaný", "monitorováno",
        "оценен", "оценено", "мониторинг", "на контроле", "под наблюдением", "отслеживается",
        "已评估", "已評估", "评估中", "监控中", "監控中", "观察中", "評価済み", "監視中",
        "経過観察", "保留",
    ),
    "treatment_planned": (
        "treatment planned", "planned", "not started", "to do", "todo", "scheduled", "approved",
        "action planned", "mitigation planned", "not yet started", "planifie", "planifiee",
        "non demarre", "non commence", "a faire", "prevu", "geplant", "nicht begonnen",
        "nicht gestartet", "planificado", "planificada", "no iniciado", "no iniciada",
        "pianificato", "pianificata", "non iniziato", "non iniziata", "planejado", "planejada",
        "planeado", "nao iniciado", "nao iniciada", "gepland", "niet gestart", "niet begonnen",
        "zaplanowany", "zaplanowane", "planowany", "planowane", "nierozpoczęte", "nierozpoczęty",
        "nie rozpoczęto", "do zrobienia", "plánováno", "naplánováno", "plánovaný", "nezahájeno",
        "запланировано", "запланирован", "планируется", "не начато", "не начат", "已计划",
        "已計劃", "计划中", "未开始", "待处理", "待办", "計画済み", "計画中", "未着手", "未対応",
        "対応予定",
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
        "w trakcie", "w toku", "w realizacji", "w trakcie realizacji", "realizowany", "probíhá",
        "v řešení", "v realizaci", "rozpracováno", "zahájeno", "в работе", "в процессе",
        "выполняется", "в обработке", "обрабатывается", "进行中", "進行中", "处理中", "處理中",
        "实施中", "實施中", "整改中", "対応中", "対策中", "実施中",
    ),
    "mitigated": (
        "mitigated", "treated", "resolved", "done", "complete", "completed", "implemented",
        "remediated", "fixed", "treatment complete", "traite", "traitee", "resolu", "termine",
        "terminee", "realise", "attenue", "behandelt", "erledigt", "umgesetzt", "gemindert",
        "abgeschlossen", "mitigado", "mitigada", "tratado", "tratada", "resuelto", "completado",
        "completada", "mitigato", "mitigata", "trattato", "risolto", "completato", "resolvido",
        "concluido", "concluida", "gemitigeerd", "behandeld", "afgerond", "opgelost", "gereed",
        "zakończone", "zakończony", "ukończone", "wykonane", "zrealizowane", "rozwiązany",
        "dokončeno", "hotovo", "vyřešeno", "splněno", "ošetřeno", "zmírněno", "выполнено",
        "завершено", "завершен", "устранено", "устранен", "решен", "已完成", "已缓解", "已解决",
        "已处理", "已處理", "完成", "完了", "対応済み", "対策済み", "解決済み",
    ),
    "accepted": (
        "accepted", "risk accepted", "tolerated", "accepte", "acceptee", "akzeptiert", "aceptado",
        "aceptada", "accettato", "accettata", "aceito", "aceita", "aceite", "geaccepteerd",
        "zaakceptowany", "zaakceptowane", "zaakceptowano", "akceptowany", "přijato",
        "akceptováno", "akceptovaný", "принят", "принято", "принятый", "已接受", "接受", "受容",
        "受容済み",
    ),
    "closed": (
        "closed", "closed out", "retired", "archived", "cancelled", "canceled", "rejected",
        "withdrawn", "obsolete", "no longer relevant", "inactive", "eliminated",
        "clos", "close", "cloture", "cloturee", "ferme", "fermee", "archive", "annule",
        "geschlossen", "beendet", "archiviert", "hinfallig", "cerrado", "cerrada", "archivado",
        "cancelado", "chiuso", "chiusa", "archiviato", "annullato", "fechado", "fechada",
        "encerrado", "encerrada", "arquivado", "gesloten", "afgesloten", "vervallen",
        "gearchiveerd",
        "zamknięty", "zamknięte", "zamknięta", "anulowany", "odrzucony", "uzavřeno", "uzavřený",
        "uzavřené", "zavřeno", "zrušeno", "закрыт", "закрыто", "закрытый", "закрыта", "отменен",
        "отклонен", "已关闭", "已關閉", "关闭", "已结案", "已取消", "クローズ", "終了", "完結",
        "終結",
    ),
    "reopened": (
        "reopened", "re opened", "rouvert", "wieder geoffnet", "wiedereroffnet", "reabierto",
        "riaperto", "reaberto", "heropend",
        "ponownie otwarty", "znovu otevřeno", "переоткрыт", "повторно открыт", "重新打开",
        "重新开启", "再オープン", "再開",
    ),
})  # fmt: skip

TREATMENTS = by_word({
    "mitigate": (
        "mitigate", "mitigated", "mitigation", "reduce", "reduced", "reduction", "reducing",
        "treat", "treated", "modify", "modification", "control", "risk reduction", "remediate",
        "risk mitigation", "risk modification", "mitigating", "lower", "reduire", "attenuer",
        "attenuation", "traiter", "reduzieren", "vermindern", "verminderung", "mindern",
        "minderung", "reduktion", "behandeln", "risikoreduktion", "risikominderung", "mitigar",
        "mitigacion", "reducir", "reduccion", "tratar", "ridurre", "riduzione", "mitigare",
        "mitigazione", "trattare", "reduzir", "reducao", "mitigacao", "verminderen", "beperken",
        "reduceren", "mitigeren", "behandelen",
        "mildern", "ograniczenie", "ograniczanie", "redukcja", "redukować", "zmniejszenie",
        "mitygacja", "minimalizacja", "łagodzenie", "snížit", "snížení", "zmírnit", "zmírnění",
        "redukce", "mitigace", "ošetřit", "снижение", "снизить", "снижение риска", "уменьшение",
        "минимизация", "обработка", "смягчение", "降低", "缓解", "緩解", "减轻", "減輕", "减少",
        "处置", "控制", "降低风险", "风险降低", "低減", "軽減", "緩和", "リスク低減", "対策",
    ),
    "accept": (
        "accept", "accepted", "acceptance", "tolerate", "tolerated", "retain", "retained",
        "retention", "risk acceptance", "risk retention", "accepter", "acceptation", "tolerer",
        "conserver", "maintien", "akzeptieren", "akzeptanz", "tragen", "selbst tragen",
        "ubernehmen", "risikoakzeptanz", "aceptar", "aceptacion", "asumir", "retener", "tolerar",
        "accettare", "accettazione", "tollerare", "ritenere", "aceitar", "aceitacao", "reter",
        "accepteren", "acceptatie", "tolereren",
        "akceptacja", "akceptować", "zachowanie", "tolerowanie", "przyjęcie", "přijmout",
        "přijetí", "akceptace", "akceptovat", "zachovat", "принятие", "принять", "принятие риска",
        "удержание", "接受", "保留", "容忍", "自留", "风险接受", "受容", "保有", "許容",
        "リスク受容", "リスク保有",
    ),
    "transfer": (
        "transfer", "transferred", "share", "shared", "sharing", "insure", "outsource",
        "risk transfer", "risk sharing", "transferer", "transfert", "partager", "partage",
        "ubertragen", "transferieren", "teilen", "versichern", "verlagern", "risikotransfer",
        "transferir", "transferencia", "compartir", "trasferire", "trasferimento", "condividere",
        "condivisione", "compartilhar", "overdragen", "delen", "verzekeren", "overdracht",
        "przeniesienie", "przenieść", "dzielenie", "podział", "ubezpieczenie", "přenést",
        "přenos", "přenesení", "sdílení", "pojištění", "передача", "передать", "страхование",
        "разделение", "转移", "轉移", "转嫁", "分担", "风险转移", "移転", "転嫁", "共有",
        "リスク移転",
    ),
    "avoid": (
        "avoid", "avoided", "avoidance", "terminate", "terminated", "eliminate", "risk avoidance",
        "remove", "eviter", "evitement", "refuser", "supprimer", "vermeiden", "vermeidung",
        "risikovermeidung", "beenden", "eliminieren", "evitar", "eliminar", "evitare",
        "eliminare", "vermijden", "beeindigen", "elimineren",
        "unikanie", "uniknięcie", "unikać", "eliminacja", "wyeliminowanie", "vyhnout se",
        "vyhnout", "vyhnutí", "zamezení", "eliminace", "избежание", "избегание", "избежать",
        "уклонение", "устранение", "исключение", "规避", "規避", "避免", "消除", "风险规避",
        "回避", "リスク回避",
    ),
})  # fmt: skip


def status_of(text: str) -> str | None:
    """The state that words for a status mean; OPEN if they say that much and no more."""
    word = find_word(STATES, text)
    return STATES[word] if word else None


def leading_status_of(text: str) -> str | None:
    """The state that the first known part of `text` means: "Open (since May)"."""
    word = find_leading_word(STATES, text)
    return STATES[word] if word else None


def treatment_of(text: str) -> str | None:
    word = find_word(TREATMENTS, text)
    return TREATMENTS[word] if word else None


def leading_treatment_of(text: str) -> str | None:
    """The treatment that the first known part of `text` means: "Reduce, then transfer"."""
    word = find_leading_word(TREATMENTS, text)
    return TREATMENTS[word] if word else None
