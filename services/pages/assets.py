"""What a browser is given beside the page: styles, scripts and icons, all from this application.

Hospital networks have no internet, so nothing is fetched from anywhere else.
"""

import gzip
import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

import structlog
from fastapi import APIRouter, Request, Response

log = structlog.get_logger()

ROOM = Path(__file__).parent
OURS = ROOM / "static"
NPM = ROOM / "node_modules"
NHSUK = NPM / "nhsuk-frontend/dist/nhsuk"
FILES = {
    "nhsuk.css": NHSUK / "nhsuk-frontend.min.css",
    "nhsuk.js": NHSUK / "nhsuk-frontend.min.js",
    "uplot.css": NPM / "uplot/dist/uPlot.min.css",
    "uplot.js": NPM / "uplot/dist/uPlot.iife.min.js",
    **{
        f"images/nhsuk-icon-{icon}.svg": NHSUK / f"assets/images/nhsuk-icon-{icon}.svg"
        for icon in ("arrow-down", "arrow-up-down", "arrow-up", "cross")
    },
    **{file.name: file for file in OURS.iterdir()},
}
KINDS = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# A name with its digest never means anything else; a plain one is asked for again.
FOR_EVER = "public, max-age=31536000, immutable"
FOR_NOW = "no-cache"
# The typeface is licensed for NHS websites only, and lies on a server that may not be reached.
_FOREIGN_FONT = re.compile(rb"@font-face\{[^}]*\}|Frutiger W01,")
_SOURCE_MAP = re.compile(rb"\n?(//|/\*)# sourceMappingURL=.*", re.DOTALL)

router = APIRouter(include_in_schema=False)


class Asset(NamedTuple):
    """A file as it is served; `digest` names its content."""

    content: bytes
    zipped: bytes
    kind: str
    digest: str


@cache
def assets() -> Mapping[str, Asset]:
    """Every asset by name. One that is not installed is left out, and said in the log."""
    found = {name: _asset(path) for name, path in FILES.items() if path.is_file()}
    if missing := sorted(FILES.keys() - found.keys()):
        log.warning("assets-missing", names=missing, remedy="npm ci in services/pages")
    return found


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    if path.suffix == ".css":
        content = _FOREIGN_FONT.sub(b"", content)
    content = _SOURCE_MAP.sub(b"", content) if NPM in path.parents else content
    digest = sha256(content).hexdigest()[:16]
    return Asset(content, gzip.compress(content), KINDS[path.suffix], digest)


def address(name: str) -> str:
    """Where a page finds the asset, under a name that changes with its content."""
    asset = assets().get(name)
    return f"/assets/{name}?v={asset.digest}" if asset else f"/assets/{name}"


@router.get("/assets/{name:path}")
async def get_asset(request: Request, name: str, v: str = "") -> Response:
    """One asset, compressed where the browser takes it so."""
    asset = assets().get(name)
    if asset is None:
        return Response(status_code=HTTPStatus.NOT_FOUND)
    headers = {
        "Cache-Control": FOR_EVER if v == asset.digest else FOR_NOW,
        "ETag": f'"{asset.digest}"',
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(asset.zipped, headers=headers, media_type=asset.kind)
    return Response(asset.content, headers=headers, media_type=asset.kind)
