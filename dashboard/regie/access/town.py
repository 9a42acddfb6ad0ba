"""The town's own login: OpenID Connect, authorization code with PKCE; who may come in as what, the provider's claims say.

State, nonce and verifier stay here, under the hash of the state, for ten minutes and one use; a cookie ties them to the browser
that began, so that nobody can be walked into somebody else's login.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from dashboard.regie.access.ledger import Ledger, fingerprint
from dashboard.regie.access.people import People, valid_name
from dashboard.regie.access.roles import Role
from dashboard.regie.access.settings import OidcSettings, folder_of

ERRAND_S = 600.0
_PATIENCE_S = 10.0
_KNOWN_FOR_S = 3600.0
_LEEWAY_S = 60
"""How far the provider's clock may be off."""
_SIGNED_BY = {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}
"""Signatures with a public key; "none", and a secret shared by both sides, prove nothing here."""


class TownRefused(ValueError):
    """The provider, or what it said, lets nobody in; the message says why."""


@dataclass(frozen=True)
class Errand:
    """What was kept while somebody was at the provider."""

    verifier: str
    nonce: str
    browser: str
    next: str


@dataclass
class TownLogin:
    """The login of one site's provider."""

    settings: OidcSettings
    state: Path
    ledger: Ledger
    people: People
    _metadata: dict[str, Any] = field(default_factory=dict)
    _read_at: float = 0.0

    def begin(self, back: str, where: str) -> tuple[str, str]:
        """``(address of the provider, secret for the browser's cookie)``; ``back``: where the provider sends people afterwards.

        Raises:
            TownRefused: the provider does not answer.
        """
        state, nonce, verifier, browser = (generate_token(48) for _ in range(4))
        kept = json.dumps({"verifier": verifier, "nonce": nonce, "browser": fingerprint(browser), "next": where})
        with self.ledger.open() as db:
            db.execute("DELETE FROM errand WHERE expires < ?", (time.time(),))
            db.execute("INSERT INTO errand VALUES (?, ?, ?)", (fingerprint(state), kept, time.time() + ERRAND_S))
        with self._client(back) as client:
            address, _ = client.create_authorization_url(
                self._provider()["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return address, browser

    def end(self, back: str, answer: dict[str, str], browser: str) -> tuple[str, Role, str]:
        """``(name, role, where to go)`` of who comes back.

        Args:
            answer: parameters that the provider sent along. ``browser``: secret of the cookie.

        Raises:
            TownRefused: a state that is unknown, used or of another browser; a token that does not hold; no role here.
        """
        errand = self._take(answer.get("state", ""))
        if fingerprint(browser) != errand.browser:
            raise TownRefused("this login was begun in another browser")
        if answer.get("error"):
            raise TownRefused(f"the provider refused: {answer['error'][:60]}")
        if answer.get("iss", self.settings.issuer) != self.settings.issuer:
            raise TownRefused("the answer comes from another provider")
        claims = self._claims(back, answer.get("code", ""), errand)
        try:
            name = valid_name(str(claims.get(self.settings.name_claim) or ""))
        except ValueError as error:
            raise TownRefused(f"claim {self.settings.name_claim}: {error}") from error
        known = self.people.alike(name)
        if known is not None and (known.disabled or known.password is not None):
            raise TownRefused(
                f"{known.name} is disabled" if known.disabled else f"{known.name} has a password of this site: log in with it"
            )
        return name, self._role(claims), errand.next

    def _take(self, state: str) -> Errand:
        """Once."""
        with self.ledger.open() as db:
            query = "DELETE FROM errand WHERE hash = ? RETURNING kept, expires"
            rows = db.execute(query, (fingerprint(state),)).fetchall()
        if not rows or rows[0][1] < time.time():
            raise TownRefused("this login is not known, was used, or took longer than ten minutes")
        return Errand(**json.loads(rows[0][0]))

    def _claims(self, back: str, code: str, errand: Errand) -> CodeIDToken:
        provider = self._provider()
        try:
            with self._client(back) as client:
                token = client.fetch_token(
                    provider["token_endpoint"], code=code, code_verifier=errand.verifier, timeout=_PATIENCE_S
                )
            keys = KeySet.import_key_set(self._read_json(provider["jwks_uri"]))
            offered = _SIGNED_BY & set(provider.get("id_token_signing_alg_values_supported", ["RS256"]))
            decoded = jwt.decode(
                token["id_token"], keys, registry=JWSRegistry(algorithms=sorted(offered), strict_check_header=False)
            )
            client_id = self.settings.client_id
            wanted = {"iss": {"essential": True, "value": self.settings.issuer}, "aud": {"essential": True, "value": client_id}}
            params = {"nonce": errand.nonce, "client_id": client_id, "access_token": token.get("access_token")}
            claims = CodeIDToken(decoded.claims, decoded.header, wanted, params)
            claims.validate(leeway=_LEEWAY_S)
        except TownRefused:
            raise
        except Exception as error:  # whatever does not hold lets nobody in
            raise TownRefused(f"the token does not hold: {error}"[:200]) from error
        return claims

    def _role(self, claims: CodeIDToken) -> Role:
        """The first role of the settings whose group the claims name."""
        said = claims.get(self.settings.role_claim) or []
        groups = {said} if isinstance(said, str) else set(map(str, said))
        for group, role in self.settings.roles.items():
            if group in groups:
                return role
        raise TownRefused(f"claim {self.settings.role_claim}: none of {sorted(groups)[:5]} has a role here")

    def _provider(self) -> dict[str, Any]:
        if time.monotonic() - self._read_at > _KNOWN_FOR_S or not self._metadata:
            found = self._read_json(f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != self.settings.issuer:
                raise TownRefused(f"the provider calls itself {found.get('issuer')!r}, expected {self.settings.issuer!r}")
            self._metadata, self._read_at = found, time.monotonic()
        return self._metadata

    def _read_json(self, address: str) -> Any:
        try:
            answer = requests.get(address, timeout=_PATIENCE_S)
            answer.raise_for_status()
            found = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise TownRefused(f"the provider does not answer: {error}"[:200]) from error
        if not isinstance(found, dict):
            raise TownRefused(f"{address} is no JSON object")
        return found

    def _client(self, back: str) -> OAuth2Session:
        secret = self.settings.client_secret_file
        return OAuth2Session(
            self.settings.client_id,
            client_secret=None if secret is None else (folder_of(self.state) / secret).read_text("utf-8").strip(),
            token_endpoint_auth_method="none" if secret is None else "client_secret_basic",
            scope=self.settings.scope,
            redirect_uri=back,
            code_challenge_method="S256",
        )
