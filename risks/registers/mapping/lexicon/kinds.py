"""Words for what a row of a RAID log is: a risk, an issue, an assumption, a dependency."""

from risks.registers.reading.text import match_key

RISK = "risks"
# In seven languages; the single letters are those of RAID logs.
_WORDS = {
    RISK: "risk risks r risque risques risiko risiken riesgo riesgos rischio rischi risco riscos"
    " risico risicos threat",
    "issues": "issue issues i problem probleme probleem problema problemas problemi incident bug"
    " bugs defect",
    "assumptions": "assumption assumptions a hypothese hypotheses annahme annahmen supuesto"
    " supuestos assunzione ipotesi premissa suposicao aanname aannames constraint constraints",
    "dependencies": "dependency dependencies dependance dependances abhangigkeit abhangigkeiten"
    " dependencia dependencias dipendenza dipendenze afhankelijkheid afhankelijkheden",
    "actions": "action actions task tasks subtask story epic aktion massnahme aufgabe accion tarea"
    " azione compito acao tarefa actie taak",
    "decisions": "decision decisions entscheidung decisione decisao besluit beslissing",
    "opportunities": "opportunity opportunities chance chancen opportunite oportunidad opportunita"
    " oportunidade kans",
}
_KIND = {word: kind for kind, words in _WORDS.items() for word in words.split()}


def kind_of(cell: str) -> str | None:
    """Return the kind that the cell names: "Risk", "Project risk", "I - Issue"."""
    words = match_key(cell).split()
    kinds = {_KIND[word] for word in words if word in _KIND and (len(words) == 1 or len(word) > 1)}
    return kinds.pop() if len(kinds) == 1 else None
