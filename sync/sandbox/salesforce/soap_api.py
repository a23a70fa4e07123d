"""The SOAP calls that REST has no resource for: convertLead, merge and undelete; and the old way to sign in.

Salesforce is retiring login (help article 005132110): it is not there from API 65.0 on, which is newer than what is
offered here. Every active user has the same password.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import Element

from sync.sandbox.salesforce import soap
from sync.sandbox.salesforce.conversion import LeadConvert, convert
from sync.sandbox.salesforce.discovery import check_version
from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.http import Answer
from sync.sandbox.salesforce.ids import full_id
from sync.sandbox.salesforce.limits import Limits
from sync.sandbox.salesforce.options import SaveOptions
from sync.sandbox.salesforce.org import Org
from sync.sandbox.salesforce.sessions import SESSION_LIFE, Sessions
from sync.sandbox.salesforce.soap import SoapRequest, children, content, flag, only, text
from sync.sandbox.salesforce.tables import quoted
from sync.sandbox.salesforce.values import wire_instant

PASSWORD = "sandbox"  # noqa: S105 - there is nothing behind it but an invented company
RECORDS_MAX = 200
_XML = {"Content-Type": "text/xml; charset=utf-8"}

Result = dict[str, Any]
Operation = Callable[[SoapRequest, str], list[Result]]


class _UndoneError(Exception):
    """Leaves a transaction in which all or none were to be kept."""


class SoapApi:
    def __init__(self, org: Org, sessions: Sessions, limits: Limits, public_url: str) -> None:
        self._org, self._sessions, self._limits = org, sessions, limits
        self._url = public_url.rstrip("/")
        self._operations: dict[str, Operation] = {
            "convertLead": self._convert_leads,
            "merge": self._merge,
            "undelete": self._undelete,
            "getUserInfo": lambda request, user_id: [self._user_info(user_id)],
            "getServerTimestamp": lambda request, user_id: [{"timestamp": self._now()}],
            "logout": self._logout,
        }

    def answer(self, kind: str, version: str, body: bytes) -> Answer:
        """Answer one call of the partner (`u`) or enterprise (`c`) endpoint; a refusal is a fault with status 500."""
        namespace = soap.NAMESPACES[kind.lower()]
        try:
            _check_version(version)
            request = soap.read(body)
            if request.operation == "login":
                results, limit = [self._login(request, kind.lower(), version)], None
            else:
                results, limit = self._call(request), (self._limits.calls_used, self._limits.calls_max)
        except SalesforceError as error:
            return Answer(soap.fault(namespace, error), 500, dict(_XML))
        return Answer(soap.answer(namespace, request.operation, results, limit), headers=dict(_XML))

    def _call(self, request: SoapRequest) -> list[Result]:
        try:
            user_id = self._sessions.user_of(request.header("SessionHeader", "sessionId") or "")
        except SalesforceError as error:
            message = "Invalid Session ID found in SessionHeader: Illegal Session. Session not found, missing session hash."
            raise SalesforceError(error.code, message) from None
        self._limits.count_call()
        operation = self._operations.get(request.operation)
        if operation is None:
            message = f"No operation available for request {request.operation}, please check the WSDL for the service."
            raise SalesforceError("INVALID_OPERATION", message)
        return operation(request, user_id)

    # Sessions

    def _login(self, request: SoapRequest, kind: str, version: str) -> Result:
        name, password = (text(request.arguments, each) or "" for each in ("username", "password"))
        users = self._org.sobject("User")
        user = next(self._org.tables.select(users, '"Username" = ? AND "IsActive" = 1', (name,)), None)
        # A security token may follow the password.
        if user is None or not password.startswith(PASSWORD):
            message = "Invalid username, password, security token; or user locked out."
            raise SalesforceError("INVALID_LOGIN", message)
        endpoint = f"{self._url}/services/Soap/{{}}/{version}/{self._org.organization_id[:15]}"
        return {
            "metadataServerUrl": endpoint.format("m"),
            "passwordExpired": False,
            "sandbox": False,
            "serverUrl": endpoint.format(kind),
            "sessionId": self._sessions.open(user["Id"]),
            "userId": user["Id"],
            "userInfo": self._user_info(user["Id"]),
        }

    def _user_info(self, user_id: str) -> Result:
        user = self._org.get("User", user_id) or {}
        organization = self._org.get("Organization", self._org.organization_id) or {}
        return {
            "accessibilityMode": False,
            "currencySymbol": "$",
            "orgAttachmentFileSizeLimit": 5_242_880,
            "orgDefaultCurrencyIsoCode": "USD",
            "orgDisallowHtmlAttachments": False,
            "orgHasPersonAccounts": self._org.setup.person_accounts,
            "organizationId": self._org.organization_id,
            "organizationMultiCurrency": False,
            "organizationName": organization.get("Name"),
            "profileId": user.get("ProfileId"),
            "roleId": user.get("UserRoleId"),
            "sessionSecondsValid": int(SESSION_LIFE.total_seconds()),
            "userDefaultCurrencyIsoCode": None,
            "userEmail": user.get("Email"),
            "userFullName": user.get("Name"),
            "userId": user_id,
            "userLanguage": user.get("LanguageLocaleKey"),
            "userLocale": user.get("LocaleSidKey"),
            "userName": user.get("Username"),
            "userTimeZone": user.get("TimeZoneSidKey"),
            "userType": user.get("UserType"),
            "userUiSkin": "Theme3",
        }

    def _now(self) -> str:
        return wire_instant(self._org.clock.now()).replace("+0000", "Z")

    def _logout(self, request: SoapRequest, user_id: str) -> list[Result]:
        self._sessions.revoke(request.header("SessionHeader", "sessionId") or "")
        return []

    # Records

    def _convert_leads(self, request: SoapRequest, user_id: str) -> list[Result]:
        options = _options(request)

        def write(order: Element) -> Result:
            lead_id = _id(text(order, "leadId"), "leadId")
            made = convert(self._org, _lead_convert(order, lead_id), user_id, options)
            ids = {"accountId": made.account_id, "contactId": made.contact_id, "leadId": lead_id}
            return {**ids, "opportunityId": made.opportunity_id, "success": True}

        failed = dict.fromkeys(("accountId", "contactId", "leadId", "opportunityId"))
        return self._each(request, "leadConverts", write, failed)

    def _merge(self, request: SoapRequest, user_id: str) -> list[Result]:
        options = _options(request)

        def write(order: Element) -> Result:
            master = next((each for name, each in children(order) if name == "masterRecord"), order)
            losers = [content(each) for name, each in children(order) if name == "recordToMergeIds"]
            ids = [_id(each, "recordToMergeIds") for each in losers]
            winner = _id(text(master, "Id") or text(master, "id"), "masterRecord")
            sobject = self._org.schema.of_id(winner)
            if sobject is None or any(self._org.schema.of_id(id) is not sobject for id in ids):
                raise SalesforceError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
            before = self._related(sobject.name, ids)
            fields = _fields(master)
            with self._org.tables.transaction():
                self._org.merge(sobject.name, winner, ids, user_id)
                if fields:
                    self._org.update(sobject.name, winner, fields, user_id, options)
            return {"id": winner, "mergedRecordIds": ids, "success": True, "updatedRelatedIds": before}

        return self._each(request, "request", write, {"id": None})

    def _related(self, sobject: str, losers: list[str]) -> list[str]:
        """Ids of the live records that a merge will give another parent."""
        found: set[str] = set()
        for child, reference in self._org.schema.children(sobject):
            if reference.name == "MasterRecordId" or not child.has("SystemModstamp"):
                continue
            alive = ' AND "IsDeleted" = 0' if child.has("IsDeleted") else ""
            for loser in losers:
                where = f"{quoted(reference.name)} = ?{alive}"
                found |= {row["Id"] for row in self._org.tables.select(child, where, (loser,))}
        return sorted(found)

    def _undelete(self, request: SoapRequest, user_id: str) -> list[Result]:
        def write(order: Element) -> Result:
            id = _id(content(order), "ids")
            self._org.undelete(id, user_id)
            return {"id": id, "success": True}

        return self._each(request, "ids", write, {"id": None})

    def _each(
        self, request: SoapRequest, name: str, write: Callable[[Element], Result], failed: Result
    ) -> list[Result]:
        """Carry out each order by itself; with AllOrNoneHeader one failure undoes all."""
        orders = only(request.arguments, name)
        if len(orders) > RECORDS_MAX:
            raise SalesforceError(
                "EXCEEDED_ID_LIMIT", f"record limit reached. cannot submit more than {RECORDS_MAX}"
            )
        results: list[Result] = []
        try:
            with self._org.tables.transaction():
                for order in orders:
                    results.append(self._one(order, write, failed))
                if flag(request.header("AllOrNoneHeader", "allOrNone")) and not all(
                    result["success"] for result in results
                ):
                    raise _UndoneError
        except _UndoneError:
            undone = SalesforceError(
                "ALL_OR_NONE_OPERATION_ROLLED_BACK",
                "Record rolled back because not all records were valid and the request was using AllOrNone header",
            )
            results = [_failure(failed, undone) if each["success"] else each for each in results]
        return results

    def _one(self, order: Element, write: Callable[[Element], Result], failed: Result) -> Result:
        try:
            with self._org.tables.transaction():
                return write(order)
        except SalesforceError as error:
            return _failure(failed, error)


def _failure(failed: Result, error: SalesforceError) -> Result:
    """A result's parts stand in the order of the alphabet, its errors among them."""
    errors = [dict(sorted(entry.items())) for entry in error.save_results()]
    return dict(sorted({**failed, "errors": errors, "success": False}.items()))


def _lead_convert(order: Element, lead_id: str) -> LeadConvert:
    return LeadConvert(
        lead_id=lead_id,
        converted_status=text(order, "convertedStatus") or "",
        account_id=_optional_id(text(order, "accountId"), "accountId"),
        contact_id=_optional_id(text(order, "contactId"), "contactId"),
        opportunity_name=text(order, "opportunityName"),
        owner_id=_optional_id(text(order, "ownerId"), "ownerId"),
        create_opportunity=not flag(text(order, "doNotCreateOpportunity")),
        overwrite_lead_source=flag(text(order, "overwriteLeadSource")),
    )


def _fields(record: Element) -> dict[str, Any]:
    """What a record in an envelope sets: its elements, and blanks for those in fieldsToNull."""
    given = [(name, content(each)) for name, each in children(record)]
    fields: dict[str, Any] = {name: value for name, value in given if name not in ("type", "Id", "id")}
    fields.pop("fieldsToNull", None)
    return fields | {value: None for name, value in given if name == "fieldsToNull" and value}


def _options(request: SoapRequest) -> SaveOptions:
    """SOAP assigns only when it is told to, unlike REST (SOAP API guide, "AssignmentRuleHeader")."""
    return SaveOptions(
        assign=flag(request.header("AssignmentRuleHeader", "useDefaultRule")),
        assignment_rule=_optional_id(request.header("AssignmentRuleHeader", "assignmentRuleId"), "rule"),
        allow_duplicates=flag(request.header("DuplicateRuleHeader", "allowSave")),
    )


def _optional_id(given: str | None, name: str) -> str | None:
    return None if given is None else _id(given, name)


def _id(given: str | None, name: str) -> str:
    id = full_id(given or "")
    if id is None:
        raise SalesforceError("MALFORMED_ID", f"malformed id {given}", [name])
    return id


def _check_version(version: str) -> None:
    try:
        check_version(version if "." in version else f"{version}.0")
    except SalesforceError:
        message = "Invalid Api version specified on URL"
        raise SalesforceError("UNSUPPORTED_API_VERSION", message) from None
