"""Risk registers as CSV or XLSX, from an address or uploaded."""

from collections.abc import Iterator
from typing import IO

from marketplace.connectors.base import Capability, Connector, ConnectorCategory, UnreadableReport
from marketplace.connectors.items import Config, Item, TableItem
from risks.registers.options import ReadingOptions
from risks.registers.reading.sheet import MAX_BYTES
from risks.registers.results import ImportFileError
from risks.registers.table import read_table


class Register(Connector):
    """Reads the same files as `manage.py risks_import`, also by a schedule."""

    slug = "register"
    name = "Risk register (CSV, XLSX)"
    version = "1.0.0"
    summary = "Risks from a spreadsheet."
    documentation = (
        "Any risk register in a spreadsheet can be read: headers decide which column is which, "
        "words such as High or Likely become ratings, and each run shows how the file was read.\n\n"
        "Enter the address of a CSV or XLSX file to import it by a schedule, or upload the file. "
        "If a column is not recognized as you mean it, name its field in the mapping."
    )
    category = ConnectorCategory.INTEGRATION
    capabilities = (Capability.RISK_IMPORT,)
    permissions = ("Creates and updates risks, with their categories, assets and plans",)
    file_names = (".csv", ".xlsx")
    largest_report = MAX_BYTES
    schema = {
        "type": "object",
        "properties": {
            "url": {"type": "string", "format": "uri", "title": "Address of the file"},
            "mapping": {
                "type": "object",
                "title": "Mapping",
                "description": "Field by column, or extra for a column that is only kept",
                "additionalProperties": {"type": "string"},
            },
        },
        "additionalProperties": False,
    }

    def read_report(self, file: IO[bytes], config: Config, *, name: str = "") -> Iterator[Item]:
        mapping = dict(config.get("mapping", {}))
        file.seek(0)
        try:
            options = ReadingOptions(mapping=mapping)
            yield TableItem(read_table(file, name, options), mapping)  # type: ignore[arg-type]
        except ImportFileError as error:
            raise UnreadableReport(error.message, error.row) from None
