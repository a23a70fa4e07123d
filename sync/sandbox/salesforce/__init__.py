"""The Salesforce stand-in: an org with real records behind the REST API, SOQL, OAuth and Bulk API 2.0 queries."""

from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.org import Org
from sync.sandbox.salesforce.standin import SalesforceStandIn

__all__ = ["Org", "SalesforceError", "SalesforceStandIn"]
