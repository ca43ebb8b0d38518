"""Has LibreOffice save documents as other kinds, with a password or without. Runs under Debian's Python.

usage: save_as.py DRIVER FOLDER, with lines of JSON [SOURCE, TARGET, FILTER, PASSWORD] on standard input
"""

import importlib.util
import json
import sys
from pathlib import Path

import uno
from com.sun.star.beans import NamedValue


def ooxml_encryption(password: str) -> object:
    """What makes LibreOffice encrypt files of Microsoft Office 2007 and later ([MS-OFFCRYPTO])."""
    facts = {"OOXPassword": password, "CryptoType": "StrongEncryptionDataSpace"}
    return uno.Any(
        "[]com.sun.star.beans.NamedValue", tuple(NamedValue(name, value) for name, value in facts.items())
    )


def main() -> None:
    spec = importlib.util.spec_from_file_location("office_driver", sys.argv[1])
    driver = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(driver)
    office = driver.Office(Path(sys.argv[2]))
    office.start()
    try:
        for line in sys.stdin:
            source, target, wanted, password = json.loads(line)
            document = office._desktop.loadComponentFromURL(
                driver._url(source), "_blank", 0, driver._properties({"Hidden": True, "ReadOnly": True})
            )
            options = {"FilterName": wanted}
            if password and "2007" in wanted:
                options["EncryptionData"] = ooxml_encryption(password)
            elif password:
                options["Password"] = password
            document.storeToURL(driver._url(target), driver._properties(options))
            document.close(True)
    finally:
        office.stop()


if __name__ == "__main__":
    main()
