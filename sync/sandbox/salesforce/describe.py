"""Describe answers from the schema: every key that a real org gives, for an object and for each of its fields."""

from __future__ import annotations

from typing import Any

from sync.sandbox.salesforce.org import Org
from sync.sandbox.salesforce.schema import NUMBERS, Field, Schema, SObject

MASTER_RECORD_TYPE = "012000000000000AAA"

_SOAP_TYPES = {
    "id": "tns:ID",
    "reference": "tns:ID",
    "boolean": "xsd:boolean",
    "int": "xsd:int",
    "double": "xsd:double",
    "currency": "xsd:double",
    "percent": "xsd:double",
    "date": "xsd:date",
    "datetime": "xsd:dateTime",
    "address": "urn:address",
    "anyType": "xsd:anyType",
}
_BYTES_A_CHARACTER = 3


def global_describe(schema: Schema, version: str) -> dict[str, Any]:
    """All objects of a schema, which is that of the org as the asking user sees it."""
    objects = [object_entry(sobject, version) for sobject in schema.objects.values()]
    return {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects}


def describe(org: Org, schema: Schema, sobject: SObject, version: str) -> dict[str, Any]:
    """The full describe of one object, both it and the schema as the asking user sees them."""
    entry = object_entry(sobject, version)
    path = entry["urls"]["sobject"]
    return {
        "actionOverrides": [],
        **entry,
        "childRelationships": _child_relationships(schema, sobject),
        "compactLayoutable": True,
        "defaultImplementation": None,
        "extendedBy": None,
        "extendsInterfaces": None,
        "fields": [describe_field(field) for field in sobject.visible()],
        "implementedBy": None,
        "implementsInterfaces": None,
        "listviewable": None,
        "lookupLayoutable": None,
        "namedLayoutInfos": [],
        "networkScopeFieldName": None,
        "recordTypeInfos": _record_types(org, sobject, path),
        "searchLayoutable": True,
        "sobjectDescribeOption": "FULL",
        "supportedScopes": [{"label": f"All {sobject.plural.lower()}", "name": "everything"}],
        "urls": {
            **entry["urls"],
            "uiDetailTemplate": "/{ID}",
            "uiEditTemplate": "/{ID}/e",
            "uiNewRecord": f"/{sobject.prefix}/e",
        },
    }


def object_entry(sobject: SObject, version: str) -> dict[str, Any]:
    """What the global describe says about one object."""
    able = {
        ability: ability in sobject.abilities
        for ability in (
            "createable",
            "updateable",
            "deletable",
            "undeletable",
            "mergeable",
            "queryable",
            "replicateable",
            "retrieveable",
            "searchable",
            "triggerable",
            "feedEnabled",
            "mruEnabled",
            "layoutable",
            "deepCloneable",
        )
    }
    path = f"/services/data/v{version}/sobjects/{sobject.name}"
    return {
        "activateable": False,
        "associateEntityType": "History" if sobject.name.endswith("History") else None,
        "associateParentEntity": None,
        **able,
        "custom": sobject.name.endswith("__c"),
        "customSetting": False,
        "deprecatedAndHidden": False,
        "hasSubtypes": False,
        "isInterface": False,
        "isSubtype": False,
        "keyPrefix": sobject.prefix,
        "label": sobject.label,
        "labelPlural": sobject.plural,
        "name": sobject.name,
        "urls": {
            "compactLayouts": f"{path}/describe/compactLayouts",
            "rowTemplate": f"{path}/{{ID}}",
            "approvalLayouts": f"{path}/describe/approvalLayouts",
            "listviews": f"{path}/listviews",
            "describe": f"{path}/describe",
            "quickActions": f"{path}/quickActions",
            "layouts": f"{path}/describe/layouts",
            "sobject": path,
        },
    }


def _child_relationships(schema: Schema, sobject: SObject) -> list[dict[str, Any]]:
    return [
        {
            "cascadeDelete": reference.cascade,
            "childSObject": child.name,
            "deprecatedAndHidden": False,
            "field": reference.name,
            "junctionIdListNames": [],
            "junctionReferenceTo": [],
            "relationshipName": reference.children,
            "restrictedDelete": False,
        }
        for child, reference in schema.children(sobject.name)
        if not reference.hidden
    ]


def _record_types(org: Org, sobject: SObject, path: str) -> list[dict[str, Any]]:
    types = org.tables.select(org.sobject("RecordType"), '"SobjectType" = ?', (sobject.name,))
    found = [(row["Name"], row["DeveloperName"], row["Id"], row["IsActive"] == 1) for row in types]
    return [
        {
            "active": active,
            "available": True,
            "defaultRecordTypeMapping": id == MASTER_RECORD_TYPE,
            "developerName": developer_name,
            "master": id == MASTER_RECORD_TYPE,
            "name": name,
            "recordTypeId": id,
            "urls": {"layout": f"{path}/describe/layouts/{id}"},
        }
        for name, developer_name, id, active in [*found, ("Master", "Master", MASTER_RECORD_TYPE, True)]
    ]


def describe_field(field: Field) -> dict[str, Any]:
    """All keys of a field, in the order of the alphabet as the real answer has them."""
    flags, use = field.flags, field.use
    picks = [
        {
            "active": True,
            "defaultValue": value == field.default,
            "label": label,
            "validFor": None,
            "value": value,
        }
        for value, label in field.values
    ]
    sized = field.type not in NUMBERS and field.type not in ("boolean", "date", "datetime", "address")
    id_like = field.type in ("id", "reference")
    default = field.default if field.default is not None else (False if field.type == "boolean" else None)
    return {
        "aggregatable": "a" in use,
        "aiPredictionField": False,
        "autoNumber": False,
        "byteLength": 18 if id_like else field.length * _BYTES_A_CHARACTER if sized else 0,
        "calculated": "k" in flags,
        "calculatedFormula": None,
        "cascadeDelete": False,
        "caseSensitive": False,
        "compoundFieldName": field.part_of,
        "controllerName": None,
        "createable": "c" in flags,
        "custom": field.custom,
        "defaultValue": default,
        "defaultValueFormula": None,
        "defaultedOnCreate": "d" in flags or field.type == "boolean",
        "dependentPicklist": False,
        "deprecatedAndHidden": False,
        "digits": field.precision if field.type == "int" else 0,
        "displayLocationInDecimal": False,
        "encrypted": False,
        "externalId": "x" in flags,
        "extraTypeInfo": "plaintextarea" if field.type == "textarea" else field.extra,
        "filterable": "f" in use,
        "filteredLookupInfo": None,
        "formulaTreatNullNumberAsZero": False,
        "groupable": "g" in use,
        "highScaleNumber": False,
        "htmlFormatted": False,
        "idLookup": "l" in flags,
        "inlineHelpText": None,
        "label": field.label,
        "length": field.length if sized else 0,
        "mask": None,
        "maskType": None,
        "name": field.name,
        "nameField": "N" in flags,
        "namePointing": field.polymorphic,
        "nillable": "n" in flags,
        "permissionable": "p" in flags,
        "picklistValues": picks,
        "polymorphicForeignKey": field.polymorphic,
        "precision": field.precision if field.type in NUMBERS and field.type != "int" else 0,
        "queryByDistance": field.compound,
        "referenceTargetField": None,
        "referenceTo": list(field.to),
        "relationshipName": field.parent,
        "relationshipOrder": None,
        "restrictedDelete": False,
        "restrictedPicklist": "r" in flags,
        "scale": field.scale,
        "searchPrefilterable": field.type == "reference" and "n" in flags,
        "soapType": _SOAP_TYPES.get(field.type, "xsd:string"),
        "sortable": "s" in use,
        "type": field.type,
        "unique": "q" in flags,
        "updateable": "u" in flags,
        "writeRequiresMasterRead": False,
    }
