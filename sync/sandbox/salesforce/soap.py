"""SOAP envelopes of the partner and enterprise APIs: requests read from XML, results and typed faults written as XML."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.sax.saxutils import escape

from sync.sandbox.salesforce.errors import SalesforceError

NAMESPACES = {"u": "urn:partner.soap.sforce.com", "c": "urn:enterprise.soap.sforce.com"}
"""By the letter in the endpoint's path."""

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
_MISPLACED = "soapenv:Client"
"""Code of the faults that the envelope's reader gives, before the call is looked at; they have no type."""
_FAULTS = {
    "INVALID_LOGIN": "LoginFault",
    "MALFORMED_ID": "InvalidIdFault",
    "INVALID_TYPE": "InvalidSObjectFault",
    "INVALID_FIELD": "InvalidFieldFault",
    "MALFORMED_QUERY": "MalformedQueryFault",
}


@dataclass(frozen=True)
class SoapRequest:
    operation: str
    arguments: Element
    headers: Mapping[str, Element] = field(default_factory=dict)
    """By name without namespace."""

    def header(self, name: str, part: str) -> str | None:
        element = self.headers.get(name)
        return None if element is None else text(element, part)


def read(body: bytes) -> SoapRequest:
    """The request in an envelope; raises SalesforceError for what is none."""
    try:
        if b"<!DOCTYPE" in body:
            raise ParseError("a document type is not allowed")
        envelope = fromstring(body)  # noqa: S314 - without a document type there are no entities to expand
    except ParseError as error:
        raise SalesforceError("INVALID_SOAP", f"The request is no SOAP envelope: {error}") from None
    parts = dict(children(envelope))
    content = next(children(parts["Body"]), None) if "Body" in parts else None
    if content is None:
        raise SalesforceError("INVALID_SOAP", "The request is no SOAP envelope with a body")
    headers = dict(children(parts["Header"])) if "Header" in parts else {}
    return SoapRequest(*content, headers)


def children(element: Element) -> Iterator[tuple[str, Element]]:
    """Child elements with their names without namespace."""
    for child in element:
        yield child.tag.rpartition("}")[2], child


def text(element: Element, name: str) -> str | None:
    """The text of the first child of that name; None when it is missing, nil or empty."""
    found = next((child for each, child in children(element) if each == name), None)
    return None if found is None else content(found)


def only(element: Element, name: str) -> list[Element]:
    """Child elements that may have no other name; raises SalesforceError for the first that has."""
    for each, child in children(element):
        if each != name:
            raise SalesforceError(_MISPLACED, f"Element {child.tag} invalid at this location")
    return list(element)


def content(element: Element) -> str | None:
    nil = element.get(f"{{{_INSTANCE}}}nil", "").lower() in ("true", "1")
    return None if nil else (element.text or "").strip() or None


def flag(value: str | None) -> bool:
    return (value or "").lower() in ("true", "1")


def answer(
    namespace: str, operation: str, results: Sequence[Mapping[str, Any]], limit: tuple[int, int] | None
) -> bytes:
    """The envelope of an operation's results; `limit` is how many calls of how many are used today."""
    header = ""
    if limit is not None:
        info = {"current": limit[0], "limit": limit[1], "type": "API REQUESTS"}
        info_xml = _xml("LimitInfoHeader", {"limitInfo": info})
        header = f"<soapenv:Header>{info_xml}</soapenv:Header>"
    inner = "".join(_xml("result", result) for result in results)
    return _envelope(
        f'xmlns="{namespace}"',
        f"{header}<soapenv:Body><{operation}Response>{inner}</{operation}Response></soapenv:Body>",
    )


def fault(namespace: str, error: SalesforceError) -> bytes:
    """The envelope of a fault of the type that goes with its code."""
    if error.code == _MISPLACED:
        return _envelope(
            "",
            f"<soapenv:Body><soapenv:Fault><faultcode>{_MISPLACED}</faultcode>"
            f"<faultstring>{escape(error.message)}</faultstring></soapenv:Fault></soapenv:Body>",
        )
    kind = _FAULTS.get(error.code, "UnexpectedErrorFault")
    code, message = escape(error.code), escape(error.message)
    return _envelope(
        f'xmlns:sf="{namespace.replace("urn:", "urn:fault.")}"',
        f"<soapenv:Body><soapenv:Fault><faultcode>sf:{code}</faultcode>"
        f"<faultstring>{code}: {message}</faultstring><detail>"
        f'<sf:{kind} xsi:type="sf:{kind}"><sf:exceptionCode>{code}</sf:exceptionCode>'
        f"<sf:exceptionMessage>{message}</sf:exceptionMessage></sf:{kind}>"
        "</detail></soapenv:Fault></soapenv:Body>",
    )


def _envelope(namespaces: str, inner: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<soapenv:Envelope xmlns:soapenv="{_ENVELOPE}" xmlns:xsi="{_INSTANCE}" {namespaces}>'
        f"{inner}</soapenv:Envelope>"
    ).encode()


def _xml(name: str, value: Any) -> str:
    match value:
        case None:
            return f'<{name} xsi:nil="true"/>'
        case bool():
            return f"<{name}>{str(value).lower()}</{name}>"
        case Mapping():
            return f"<{name}>{''.join(_xml(each, inner) for each, inner in value.items())}</{name}>"
        case list():
            return "".join(_xml(name, each) for each in value)
    return f"<{name}>{escape(str(value))}</{name}>"
