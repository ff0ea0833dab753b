"""Pages, feeds and data over HTTP."""

from web.factory import create_app
from web.settings import WebSettings

__all__ = ["WebSettings", "create_app"]
