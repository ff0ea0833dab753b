"""Log-ins that an identity provider vouches for: OpenID Connect by Authlib, with the code flow, PKCE, a nonce and a state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from flask import Flask, Response, current_app, url_for
from joserfc.errors import JoseError
from requests import RequestException

from transit.store.identities import Identity
from transit.store.people import Role
from web.settings import SingleSignOn
from web.world import world

ANSWERS_WITHIN_S = 5.0  # a worker's thread waits meanwhile; the form for passwords is below the link
DISCOVERY = "/.well-known/openid-configuration"  # OpenID Connect Discovery 1.0, section 4
EXTENSION = "single_sign_on"


class NotVouched(Exception):
    """The identity provider did not say who somebody is, or what it says is not to be believed."""


class NotReached(Exception):
    """The identity provider does not answer."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the identity provider knows. role: None where nothing that it says of them is a role here."""

    identity: Identity
    name: str
    role: Role | None
    id_token: str = ""  # with which its owner may log out there, too


def init_single_sign_on(app: Flask, settings: SingleSignOn) -> None:
    app.extensions[EXTENSION] = OAuth(app).register(
        "single_sign_on",
        client_id=settings.client_id,
        client_secret=settings.client_secret,
        server_metadata_url=settings.issuer.rstrip("/") + DISCOVERY,
        client_kwargs={"scope": settings.scope, "code_challenge_method": "S256", "default_timeout": ANSWERS_WITHIN_S},
    )


def send_there() -> Response:
    """Sends the browser to the identity provider's log-in, which sends it back to ours. Raises NotReached."""
    settings = world().settings
    base = settings.publication.public_url
    back = base + url_for("log_in_pages.vouched") if base else url_for("log_in_pages.vouched", _external=True)
    try:
        answer: Response = _client().authorize_redirect(back)
    except (RequestException, ValueError, KeyError, RuntimeError) as error:
        raise NotReached(str(error)) from error
    return answer


def who_comes_back() -> Vouched:
    """The person of this request, which the identity provider sent here. Raises NotVouched, NotReached."""
    settings, client = world().settings.single_sign_on, _client()
    assert settings is not None
    try:
        token = client.authorize_access_token()
        claims = dict(token.get("userinfo") or {})
        if client.load_server_metadata().get("issuer", "").rstrip("/") != settings.issuer.rstrip("/"):
            raise NotVouched("it calls itself by another name than OIDC_ISSUER")
        if "sub" in claims and not _values(claims, settings.role_claim):
            more = client.userinfo(token=token)
            claims |= more if more.get("sub") == claims["sub"] else {}  # OpenID Connect Core 1.0, section 5.3.2
    except RequestException as error:
        raise NotReached(str(error)) from error
    except (JoseError, ValueError, KeyError, RuntimeError, OAuthError) as error:
        raise NotVouched(str(error)) from error
    if not claims.get("sub"):
        raise NotVouched("no ID token, or no subject in it")
    name = str(claims.get("preferred_username") or claims.get("email", "").partition("@")[0] or claims.get("name") or "")
    id_token = str(token.get("id_token") or "")
    return Vouched(Identity(settings.issuer, str(claims["sub"])), name, role_of(claims, settings), id_token)


def log_out_there(id_token: str) -> str | None:
    """The address that ends this person's log-in at the identity provider and sends back to ours; None where it names none.

    OpenID Connect RP-Initiated Logout 1.0. Raises NotReached.
    """
    try:
        address = _client().load_server_metadata().get("end_session_endpoint")
    except (RequestException, ValueError, KeyError, RuntimeError) as error:
        raise NotReached(str(error)) from error
    if not isinstance(address, str) or urlsplit(address).scheme not in ("http", "https"):
        return None
    base = world().settings.publication.public_url
    back = base + "/masuk" if base else url_for("log_in_pages.form", _external=True)
    settings = world().settings.single_sign_on
    values = {"client_id": settings.client_id if settings else "", "post_logout_redirect_uri": back, "state": token_urlsafe(16)}
    hint = {"id_token_hint": id_token} if id_token else {}
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode({**hint, **values})}"


def role_of(claims: Mapping[str, Any], settings: SingleSignOn) -> Role | None:
    """The highest role that the claim stands for."""
    roles = [settings.roles[value] for value in _values(claims, settings.role_claim) if value in settings.roles]
    return max(roles, key=list(Role).index, default=None)


def _values(claims: Mapping[str, Any], path: str) -> list[str]:
    """Of a claim by its name, or by its place in others as in realm_access.roles: a list, or words in one text."""
    value: Any = claims.get(path)
    if value is None:
        value = claims
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
    if isinstance(value, str):
        return value.split()
    return [str(row) for row in value] if isinstance(value, list) else []


def _client() -> FlaskOAuth2App:
    client: FlaskOAuth2App = current_app.extensions[EXTENSION]
    return client
