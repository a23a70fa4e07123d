"""The routes that serve IBM Plex from the installed font packages, so that the repository carries no font files.

The packages hold TrueType: one variable file for Plex Sans (weights 100 to 700) and one file a weight for Plex
Mono. Where a package is missing its fonts answer 404, and the browser takes Streamlit's own Source Sans.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

_FILES = {
    "plex-sans.ttf": ("fontpkg_ibm_plex_sans", "IBMPlexSans[wdth,wght].ttf"),
    "plex-mono-400.ttf": ("fontpkg_ibm_plex_mono", "IBMPlexMono-Regular.ttf"),
    "plex-mono-500.ttf": ("fontpkg_ibm_plex_mono", "IBMPlexMono-Medium.ttf"),
}
# A month, unasked: a release of a font is rare, and a page must not wait for 540 KB it already has.
_HEADERS = {"Cache-Control": "public, max-age=2592000, immutable"}


def font_file(name: str) -> Path | None:
    """The installed file behind /fonts/<name>, or None when there is no such font here."""
    if name not in _FILES:
        return None
    package, file_name = _FILES[name]
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        return None
    file = Path(spec.origin).parent / "files" / file_name
    return file if file.is_file() else None


async def _font(request: Request) -> Response:
    file = font_file(request.path_params["name"])
    if file is None:
        return Response(status_code=404)
    return FileResponse(file, media_type="font/ttf", headers=_HEADERS)


routes = [Route("/fonts/{name}", _font, methods=["GET"])]
