"""The Salesforce stand-in: an org with real records behind REST, SOQL, Bulk API 2.0, the SOAP calls that REST lacks, and OAuth."""

from sync.sandbox.salesforce.errors import SalesforceError
from sync.sandbox.salesforce.org import Org
from sync.sandbox.salesforce.standin import SalesforceStandIn

__all__ = ["Org", "SalesforceError", "SalesforceStandIn"]
