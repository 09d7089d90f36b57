"""Salesforce's REST API on loopback: OAuth, queries, upsert by external id, composite.

From the REST API guide (developer.salesforce.com/docs/platform/api-rest): resources, statuses
(201 made, 200 updated by upsert, 204, 300, 404), errors as a list of errorCode and message; 401
INVALID_SESSION_ID for expired tokens; 403 REQUEST_LIMIT_EXCEEDED; composite answers 200 with a
status per part and with allOrNone undoes all. From the OAuth help: client credentials give a token
without expires_in and without a refresh token; errors are 400 with `error`.
"""

import base64
import copy
import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from switchyard_common.clock import Clock

from tests.fakes.crm.vendors.salesforce_records import (
    KEY_FIELD,
    Org,
    SalesforceError,
    SfField,
    SObject,
)
from tests.fakes.crm.vendors.serving import Asked, Reply, Vendor

CLIENT_ID, CLIENT_SECRET = "3MVG9.client", "D1A2.secret"
USER = "switchyard@example.com"
AUDIENCE = "https://login.salesforce.com"
MAX_HEAD_BYTES = 16_384
_DATA = re.compile(r"/services/data/v(\d+\.0)/(.*)")
_REFERENCE = re.compile(r"@\{(\w+)\.(\w+)\}")
_KEY = SfField(external_id=True, length=64)
_LONG = SfField("textarea", length=32_000)
_STATUSES = ("New", "Working", "Escalated", "Closed")


def _text(length: int = 255) -> SfField:
    return SfField(length=length)


def _link(relationship: str, target: str) -> SfField:
    return SfField("reference", relationship=relationship, target=target)


def _objects() -> list[SObject]:
    phones = dict.fromkeys(
        ("Phone", "MobilePhone", "HomePhone", "OtherPhone"), SfField("phone", 40)
    )
    contact = {
        "FirstName": _text(40),
        "LastName": _text(80),
        "Name": SfField(writable=False),
        "Email": SfField("email", 80),
        "Email2__c": SfField("email", 80),
        "WeChat_Id__c": _text(),
        "Birthdate": SfField("date"),
        "MailingStreet": _text(),
        "MailingCity": _text(40),
        "MailingState": _text(80),
        "MailingPostalCode": _text(20),
        "MailingCountry": _text(80),
        "AccountId": _link("Account", "Account"),
        **phones,
    }
    case = {
        "CaseNumber": SfField(writable=False),
        "ContactId": _link("Contact", "Contact"),
        "Subject": _text(),
        "Description": _LONG,
        "Status": SfField("picklist", values=_STATUSES),
        "Priority": SfField("picklist", values=("Low", "Medium", "High")),
        "Origin": SfField("picklist"),
        "IsClosed": SfField("boolean", writable=False),
        KEY_FIELD: _KEY,
    }
    task = {
        "WhoId": _link("Who", "Contact"),
        "WhatId": _link("What", "Case"),
        "Subject": _text(),
        "Description": _LONG,
        "Status": SfField("picklist", values=("Not Started", "Completed")),
        "TaskSubtype": SfField("picklist", values=("Task", "Call", "Email")),
        "CallDisposition": _text(),
        "ActivityDate": SfField("date"),
        "IsClosed": SfField("boolean", writable=False),
        KEY_FIELD: _KEY,
    }
    order = {
        "OrderNumber": _text(30),
        "AccountId": _link("Account", "Account"),
        "Status": SfField("picklist"),
        "TotalAmount": SfField("double"),
        "CurrencyIsoCode": SfField("picklist", 3),
    }
    item = {
        "OrderId": _link("Order", "Order"),
        "Quantity": SfField("double"),
        "Product2Id": _link("Product2", "Product2"),
    }
    return [
        SObject("Account", "001", {"Name": _text()}, ("Name",)),
        SObject("Contact", "003", contact, ("LastName",)),
        SObject("Case", "500", case),
        SObject("Task", "00T", task),
        SObject("Order", "801", order, ("AccountId",), {"OrderItems": ("OrderItem", "OrderId")}),
        SObject("OrderItem", "802", item),
        SObject("Product2", "01t", {"Name": _text()}, ("Name",)),
    ]


class SalesforceFake(Vendor):
    """One org with one connected app."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self.org = Org(clock, _objects())
        self.certificate: rsa.RSAPublicKey | None = None
        self.tokens: list[str] = []
        self._locators: list[list[dict[str, Any]]] = []
        self.expired: set[str] = set()
        self.limited = False
        self.batch = 2000
        self._resources: list[tuple[str, str, Callable[..., Any]]] = [
            ("GET", r"query/?", self._query),
            ("GET", r"queryAll/?", self._query_all),
            ("GET", r"query/01g(\d+)-(\d+)", self._more),
            ("GET", r"limits/?", self._limits),
            ("GET", r"sobjects/(\w+)/describe/?", self._describe),
            ("GET", r"sobjects/(\w+)/(\w+__c)/([^/]+)", self._by_external_id),
            ("PATCH", r"sobjects/(\w+)/(\w+__c)/([^/]+)", self._upsert),
            ("PATCH", r"sobjects/(\w+)/([A-Za-z0-9]{15,18})", self._patch),
            ("POST", r"composite/?", self._composite),
        ]

    def answer(self, asked: Asked) -> Reply:
        try:
            if asked.path == "/services/oauth2/token" and asked.method == "POST":
                return self._token(parse_qs(asked.content.decode()))
            self._admit(asked)
            return self._resource(asked.method, asked.path, asked.query, asked.json)
        except SalesforceError as error:
            return Reply(error.status, error.body)

    def _token(self, form: dict[str, list[str]]) -> Reply:
        given = {name: values[0] for name, values in form.items()}
        match given.get("grant_type"):
            case "client_credentials":
                if given.get("client_id") != CLIENT_ID:
                    return _oauth_error("invalid_client_id", "client identifier invalid")
                if given.get("client_secret") != CLIENT_SECRET:
                    return _oauth_error("invalid_client", "invalid client credentials")
            case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                if not self._signed(given.get("assertion", "")):
                    return _oauth_error("invalid_grant", "invalid assertion")
            case _:
                return _oauth_error("unsupported_grant_type", "grant type not supported")
        token = f"00D!{len(self.tokens)}"
        self.tokens.append(token)
        body = {
            "access_token": token,
            "instance_url": "https://example.my.salesforce.com",
            "id": "https://login.salesforce.com/id/00D/005",
            "token_type": "Bearer",
            "issued_at": str(int(self.clock.now().timestamp() * 1000)),
            "scope": "api",
            "signature": "x",
        }
        return Reply(200, body)

    def _signed(self, assertion: str) -> bool:
        parts = assertion.split(".")
        if self.certificate is None or len(parts) != 3:
            return False
        head, claims = (json.loads(_unpadded(part)) for part in parts[:2])
        try:
            self.certificate.verify(
                _unpadded(parts[2]),
                f"{parts[0]}.{parts[1]}".encode(),
                padding.PKCS1v15(),
                hashes.SHA256(),
            )
        except InvalidSignature:
            return False
        now = self.clock.now().timestamp()
        fresh = now < claims["exp"] <= now + 300
        told = (head["alg"], claims["iss"], claims["sub"], claims["aud"])
        return fresh and told == ("RS256", CLIENT_ID, USER, AUDIENCE)

    def _admit(self, asked: Asked) -> None:
        head = len(asked.path) + sum(len(name) + len(text) for name, text in asked.headers.items())
        if head + sum(len(text) for text in asked.query.values()) > MAX_HEAD_BYTES:
            raise SalesforceError(431, "REQUEST_TOO_LARGE", "Request Header Fields Too Large")
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self.tokens or token in self.expired:
            raise SalesforceError(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if self.limited:
            raise SalesforceError(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")

    def _resource(self, method: str, path: str, query: Any, body: Any) -> Reply:
        match = _DATA.fullmatch(path)
        if match is None:
            raise SalesforceError(404, "NOT_FOUND", "The requested resource does not exist")
        for verb, pattern, handle in self._resources:
            found = re.fullmatch(pattern, match[2])
            if found is not None and verb == method:
                parts = [unquote(part) for part in found.groups()]
                if pattern.startswith("sobjects") and parts[0] not in self.org.objects:
                    break
                answered: Reply = handle(query, body, *parts)
                return answered
        raise SalesforceError(404, "NOT_FOUND", "The requested resource does not exist")

    def _query(self, query: Any, body: Any) -> Reply:
        return self._rows(query, deleted=False)

    def _query_all(self, query: Any, body: Any) -> Reply:
        return self._rows(query, deleted=True)

    def _rows(self, query: Any, *, deleted: bool) -> Reply:
        self._locators.append(self.org.query(query["q"], deleted=deleted))
        return self._more(query, None, str(len(self._locators) - 1), "0")

    def _more(self, query: Any, body: Any, locator: str, offset: str) -> Reply:
        rows, start = self._locators[int(locator)], int(offset)
        end = start + self.batch
        told: dict[str, Any] = {"totalSize": len(rows), "done": end >= len(rows)}
        if end < len(rows):
            told["nextRecordsUrl"] = f"/services/data/v62.0/query/01g{locator}-{end}"
        return Reply(200, {**told, "records": rows[start:end]})

    def _limits(self, query: Any, body: Any) -> Reply:
        return Reply(200, {"DailyApiRequests": {"Max": 100_000, "Remaining": 99_000}})

    def _describe(self, query: Any, body: Any, name: str) -> Reply:
        table = self.org.objects[name]
        fields = [
            {
                "name": one,
                "type": told.type,
                "externalId": told.external_id,
                "relationshipName": told.relationship or None,
                "length": told.length,
            }
            for one, told in table.fields.items()
        ]
        children = [{"relationshipName": one} for one in table.children]
        return Reply(200, {"name": name, "fields": fields, "childRelationships": children})

    def _by_external_id(self, query: Any, body: Any, name: str, field: str, value: str) -> Reply:
        record = self.org.by_external_id(name, field, value)
        if record is None:
            raise SalesforceError(404, "NOT_FOUND", "The requested resource does not exist")
        fields = query.get("fields", "Id").split(",")
        text = f"SELECT {','.join(fields)} FROM {name} WHERE Id = '{record['Id']}'"
        return Reply(200, self.org.query(text, deleted=False)[0])

    def _upsert(self, query: Any, body: Any, name: str, field: str, value: str) -> Reply:
        if "Id" in body or field in body:
            text = "The Id field should not be specified in the sobject data."
            raise SalesforceError(400, "INVALID_FIELD", text)
        record = self.org.by_external_id(name, field, value)
        if record is not None:
            self.org.update(name, record["Id"], body)
            return Reply(200, {"id": record["Id"], "success": True, "errors": [], "created": False})
        made = self.org.create(name, {**body, field: value})
        return Reply(201, {"id": made, "success": True, "errors": [], "created": True})

    def _patch(self, query: Any, body: Any, name: str, record_id: str) -> Reply:
        self.org.update(name, record_id, body)
        return Reply(204)

    def _composite(self, query: Any, body: Any) -> Reply:
        before = copy.deepcopy(self.org.objects)
        parts: list[dict[str, Any]] = []
        for asked in body["compositeRequest"]:
            parts.append(self._part(asked, {part["referenceId"]: part["body"] for part in parts}))
        failed = [part for part in parts if part["httpStatusCode"] >= 400]
        if failed and body.get("allOrNone"):
            self.org.objects = before
            for part in parts:
                if part not in failed:
                    part["httpStatusCode"] = 400
                    part["body"] = [{"errorCode": "PROCESSING_HALTED", "message": "rolled back"}]
        return Reply(200, {"compositeResponse": parts})

    def _part(self, asked: Any, earlier: dict[str, Any]) -> dict[str, Any]:
        def known(match: re.Match[str]) -> str:
            return str(earlier[match[1]][match[2]])

        url = urlsplit(_REFERENCE.sub(known, asked["url"]))
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        inner = json.loads(_REFERENCE.sub(known, json.dumps(asked.get("body"))))
        try:
            reply = self._resource(asked["method"], url.path, query, inner)
        except SalesforceError as error:
            reply = Reply(error.status, error.body)
        return {
            "body": reply.body,
            "httpHeaders": {},
            "httpStatusCode": reply.status,
            "referenceId": asked["referenceId"],
        }


def _oauth_error(code: str, text: str) -> Reply:
    return Reply(400, {"error": code, "error_description": text})


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
