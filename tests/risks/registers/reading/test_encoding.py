"""Encodings: found by what the text looks like, told by the caller, or refused."""

import pytest

from risks.registers.options import ReadingOptions
from risks.registers.reading.encoding import decode_text
from risks.registers.results import ImportFileError
from risks.registers.table import read_table
from tests.conftest import SHARED_DATA
from tests.risks.registers.files import read

TEXTS = {
    "cp1252": "Titre\nSystème indisponible\n",
    "cp1250": "Ryzyko;Właściciel\nBłąd śluzy;Łukasz Gęś\n",
    "cp1251": "ID;Risk\n1;Затопление серверной\n",
    "cp1253": "ID;Risk\n1;Πλημμύρα στο δωμάτιο διακομιστών\n",
    "cp1254": "Risk;Açıklama\nSu baskını;Şirket değeri\n",  # noqa: RUF001
    "gb18030": "ID,Risk\n1,数据泄露\n",
    "cp932": "番号,リスク\n1,サーバー室の浸水\n",
    "cp950": "編號,風險,負責人\n1,機房進水,運維\n",
    "cp949": "번호,위험,담당자\n1,서버실 침수,시설\n",
    "euc_jp": "番号,リスク,担当者\n1,サーバー室の浸水,施設\n",
    "iso8859_2": "Riziko;Vlastník\nZaplavení;Jiří Dvořák\n",
    "koi8_r": "ID;Risk\n1;Затопление серверной\n",
    "mac_roman": "Risiko;Maßnahme\nÜberflutung;Gebäude prüfen\n",
    "cp850": "Risiko;Maßnahme\nÜberflutung;Gebäude prüfen\n",
}


def no_headers(cells: list[str]) -> int:
    return 0


@pytest.mark.parametrize("encoding", TEXTS)
def test_the_text_shows_its_encoding(encoding: str) -> None:
    text, notes = decode_text(TEXTS[encoding].encode(encoding), no_headers)
    assert text == TEXTS[encoding]
    assert notes[0].startswith("The file is not UTF-8; it was read as ")


@pytest.mark.parametrize(
    "text",
    [
        "Title\nCafé\n",
        "Title\n£500 fine \u2013 “lost”\n",
        "Rischio\nPerché è così\n",
        "Titel\nGröße\n",
    ],
)
def test_western_texts_are_not_taken_for_others(text: str) -> None:
    assert decode_text(text.encode("cp1252"), no_headers)[0] == text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_unicode_is_certain(encoding: str) -> None:
    text = "ID,Risk\n1,机房进水 and more\n"
    assert decode_text(text.encode(encoding), no_headers)[0] == text


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ("ID,Risk\n1,ИТ\n".encode("cp1251"), "Line 2 would be .*'1,ИТ' in cp1251"),
        ("Titre\n\ncafé\n".encode("cp850"), "Line 3 would be 'café' in cp850"),
    ],
)
def test_an_unclear_text_is_refused_with_a_line_of_it(data: bytes, line: str) -> None:
    with pytest.raises(ImportFileError, match=line):
        decode_text(data, no_headers)


def test_known_headers_are_evidence() -> None:
    data = "Wahrscheinlichkeit,Maßnahme\n".encode("cp850")
    assert decode_text(data, lambda cells: 2 * ("Maßnahme" in cells))[0].endswith("Maßnahme\n")


def test_the_caller_may_name_the_encoding() -> None:
    data = "ID,Risk\n1,ИТ\n".encode("cp1251")
    table = read_table(data, "x.csv", ReadingOptions(encoding="windows-1251"))
    assert table.rows[0][1]["Risk"] == "ИТ"


@pytest.mark.parametrize(
    ("encoding", "message"),
    [
        ("utf-8", "Line 2 is not written in utf-8"),
        ("rot13", "not an encoding"),
        ("x", "'x' is not"),
    ],
)
def test_a_name_that_does_not_fit_is_refused(encoding: str, message: str) -> None:
    data = "ID,Risk\n1,ИТ\n".encode("cp1251")
    with pytest.raises(ImportFileError, match=message):
        read_table(data, "x.csv", ReadingOptions(encoding=encoding))


@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="needs the shared files")
@pytest.mark.parametrize(
    ("name", "owner"),
    [("cp1250-polish", "Zażółć Gęślą"), ("cp1251-russian", "Иванов"), ("gbk-chinese", "运维")],
)
def test_shared_files_are_read(name: str, owner: str) -> None:
    table = read((SHARED_DATA / "faults" / f"{name}.csv").read_bytes())
    assert table.rows[0][1]["Owner"] == owner
