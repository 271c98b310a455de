"""Keys that do not print themselves, and texts cleaned of them."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Never
from urllib.parse import quote, quote_plus, urlsplit, urlunsplit

__all__ = ["HIDDEN", "Secret", "excerpt", "redact", "safe_url"]

HIDDEN = "***"
# What a header can carry; anything else would be quoted in the HTTP library's own error.
_SENDABLE = re.compile(r"[!-~]+")
_NAMES = r"(?:api[_-]?key|access[_-]?token|token|crumb|password|secret)"
# apiKey=…, POLYGON_API_KEY=…, X-Api-Key: …
_PLAIN = re.compile(
    r"(?i)((?:api[_-]?key|access[_-]?token)(?:\\*[\"'])?\s*[:=]\s*|" + _NAMES + "=)"
    r"(?!\\*[\"'])[^&#\s\"',;})\]]+"
)
# "api_key": "…", 'api_key': '…', \"api_key\": \"…\", api_key="…"
_QUOTED = re.compile(
    "(?is)(" + _NAMES + r"(?:\\*[\"'])?\s*[:=]\s*)(\\*[\"'])(?:\\.|(?!\2).)*?(?=\2|\Z)"
)
# With a colon all up to the last @ may be user and password, whatever stands in it.
_PASSWORD = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,20}://)[^/\s:\"'<>]*:[^\s\"'<>]*@")
_USER = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,20}://)[^/@\s]+@")
_BEARER = re.compile(r"(?i)\b(bearer\s+)[!-~]+")


class Secret:
    """A key or password that no repr, format, log or pickle shows.

    Parameters
    ----------
    value : str
        The secret itself; not empty, printable ASCII without spaces.

    Raises
    ------
    ValueError
        When it is empty or cannot be sent in a header; the message does not quote it.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        if not _SENDABLE.fullmatch(value):
            raise ValueError("a key must be printable ASCII without spaces, was something else")
        self._value = value

    def reveal(self) -> str:
        """Return the secret, for the one place that sends it."""
        return self._value

    def fingerprint(self) -> str:
        """Return 8 hexadecimal digits that tell two secrets apart and give neither away."""
        return hashlib.blake2b(self._value.encode(), digest_size=4, person=b"plimsoll").hexdigest()

    def redact(self, text: str) -> str:
        """Return `text` with this secret and everything that looks like one hidden."""
        return redact(text, self)

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._value, other._value)

    def __hash__(self) -> int:
        return hash((Secret, self._value))

    def __reduce__(self) -> Never:
        raise TypeError("a Secret must not be pickled: read it from its variable again")


def redact(text: str, *secrets: Secret) -> str:
    """Return `text` without the given secrets, bearer tokens, values of keys and URL passwords.

    Examples
    --------
    >>> redact("GET /v2?apiKey=abc123&x=1", Secret("s3cr3t"))
    'GET /v2?apiKey=***&x=1'
    """
    for secret in secrets:
        value = secret.reveal()
        forms = {value, quote(value, safe=""), quote_plus(value)}
        forms |= {json.dumps(value)[1:-1], repr(value)[1:-1]}
        for form in sorted(forms, key=len)[::-1]:
            text = text.replace(form, HIDDEN)
    text = _BEARER.sub(rf"\g<1>{HIDDEN}", text)
    text = _QUOTED.sub(rf"\g<1>\g<2>{HIDDEN}", text)
    text = _PLAIN.sub(rf"\g<1>{HIDDEN}", text)
    for pattern in (_PASSWORD, _USER):
        text = pattern.sub(rf"\g<1>{HIDDEN}@", text)
    return text


def safe_url(url: str) -> str:
    """Return `url` for messages: without user, password, query and fragment.

    Examples
    --------
    >>> safe_url("https://me:pw@proxy.example:8443/polygon?apiKey=1")
    'https://proxy.example:8443/polygon'
    """
    try:
        parts = urlsplit(_PASSWORD.sub(r"\g<1>", url))
    except ValueError:  # half an IPv6 address
        return "an address that cannot be read"
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def excerpt(body: bytes | str, *secrets: Secret, limit: int = 200) -> str:
    """Return the beginning of an answer's body for a message: one line, redacted, quoted."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    # Redacted before it is cut: half a key is still a part of the key.
    line = " ".join(redact(text[:20_000], *secrets).split())
    return repr(line[:limit] + ("…" if len(line) > limit else ""))
