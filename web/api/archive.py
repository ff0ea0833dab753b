"""The files of the open archive, as `app.py archive` wrote them."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, send_from_directory

from web.world import world

pages = Blueprint("archive", __name__, url_prefix="/archive")
FOLDER = "archive"  # below DATA_DIR
FILE = re.compile(r"(datapackage\.json|SHA256SUMS|(stop_events|service_figures)-\d{4}-\d{2}-\d{2}\.(csv|parquet))")
TYPES = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
    "SHA256SUMS": "text/plain",
}
KEPT_S = 3600  # the last days may be written anew


@pages.get("/<name>")
def archive_file(name: str) -> Response:
    """datapackage.json lists all the others."""
    if not FILE.fullmatch(name):
        abort(404, "The archive has datapackage.json, SHA256SUMS and the files that they name.")
    folder = world().settings.data_dir / FOLDER
    if not (folder / name).is_file():
        abort(404, f"There is no {name}; datapackage.json names what there is. The files of a day come in the night after it.")
    return send_from_directory(folder, name, mimetype=TYPES[name.rpartition(".")[2]], max_age=KEPT_S, conditional=True)
