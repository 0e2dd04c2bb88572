"""Which cells of an .xlsx workbook are formulas: what reads its values gives nothing for one that has no result.

Programs that write spreadsheets leave results out, and somebody who types `=Big news` gets a formula and not a text.
"""

import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse, parse

from clientnest.errors import BadInput

_MARK = re.compile(rb"<(?:\w+:)?f[\s>/]")
_LONGEST_MARK = 64
_CHUNK = 1 << 20
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})", re.ASCII)
_DAMAGED = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ParseError, DefusedXmlException,
    KeyError, ValueError,
)  # fmt: skip
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_STRICT_RELATION = "{http://purl.oclc.org/ooxml/officeDocument/relationships}id"


def formulas(path: Path, shown: str, sheet: str) -> Mapping[tuple[int, int], str]:
    """The formulas of a sheet, by number of row (from 1) and place in it (from 0); none for files of other kinds."""
    if not zipfile.is_zipfile(path):
        return {}
    try:
        with zipfile.ZipFile(path) as workbook:
            part = _part_of(workbook, sheet)
            return _formulas(workbook, part) if part and _has_any(workbook, part) else {}
    except _DAMAGED as error:
        raise BadInput(
            f"{shown}: the spreadsheet is damaged or not complete.", advice="Save it again, or as CSV."
        ) from error


def _part_of(workbook: zipfile.ZipFile, sheet: str) -> str | None:
    """Where in the archive a sheet is; None where it is no table of cells."""
    with workbook.open("xl/workbook.xml") as file:
        named = [one for one in parse(file, forbid_dtd=True).iter() if _local(one) == "sheet"]
    wanted = next((one for one in named if one.get("name") == sheet), None)
    if wanted is None:
        return None
    with workbook.open("xl/_rels/workbook.xml.rels") as file:
        targets = {one.get("Id"): one.get("Target", "") for one in parse(file, forbid_dtd=True).iter()}
    target = targets.get(wanted.get(_RELATION) or wanted.get(_STRICT_RELATION), "")
    part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return part if part in workbook.namelist() else None


def _has_any(workbook: zipfile.ZipFile, part: str) -> bool:
    before = b""
    with workbook.open(part) as file:
        while chunk := file.read(_CHUNK):
            if _MARK.search(before + chunk):
                return True
            before = chunk[-_LONGEST_MARK:]
    return False


def _formulas(workbook: zipfile.ZipFile, part: str) -> dict[tuple[int, int], str]:
    found: dict[tuple[int, int], str] = {}
    row, place = 0, -1
    with workbook.open(part) as file:
        for event, element in iterparse(file, events=("start", "end"), forbid_dtd=True):
            kind = _local(element)
            if kind == "row" and event == "start":
                row, place = int(element.get("r", row + 1)), -1
            elif kind == "row":
                element.clear()
            elif kind == "c" and event == "end":
                place = _place(element.get("r", ""), place + 1)
                formula = next((one for one in element if _local(one) == "f"), None)
                if formula is not None:
                    found[row, place] = f"={formula.text or ''}"
    return found


def _place(reference: str, otherwise: int) -> int:
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        return otherwise
    place = 0
    for letter in found[1]:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def _local(element: Element) -> str:
    return str(element.tag).rsplit("}", 1)[-1]
