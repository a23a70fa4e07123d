"""The settings: environment and .env, read once, one documented list; secrets are hidden when printed.

Every name starts with FIELDLINE_; a group's members follow two underscores (FIELDLINE_SPOTIO__SECRET).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict, SettingsError

from sync.errors import SignInError, UsageError

SYSTEMS = ("spotio", "salesforce", "salesscreen")
SECRET_MIN = 32  # characters of FIELDLINE_SECRET_KEY
SPOTIO_HOOK = "/hooks/spotio"  # where SPOTIO's webhooks come to, below the public address

SALESFORCE_OBJECTS = (
    "User", "Group", "RecordType", "LeadStatus", "OpportunityStage",
    "Lead", "Account", "Contact", "Opportunity", "OpportunityContactRole",
    "OpportunityHistory", "OpportunityFieldHistory", "LeadHistory", "Task", "Event",
)  # fmt: skip


ROLES = ("admin", "manager", "analyst", "rep")


def _split(value: object) -> object:
    """Names from a comma-separated setting; a default is a tuple already."""
    if not isinstance(value, str):
        return value
    return tuple(name.strip() for name in value.split(",") if name.strip())


def _keys(value: SecretStr) -> tuple[str, ...]:
    """The keys of a setting: one, which may hold commas itself, or several with commas in between, each long enough."""
    whole = value.get_secret_value()
    several = tuple(part.strip() for part in whole.split(","))
    if all(len(part) >= SECRET_MIN for part in several):
        return several
    return (whole,) if whole else ()


def checked_url(url: str) -> str:
    """An https URL, or http on loopback (a stand-in); without a trailing slash."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"'{url}' is no web address; it should look like https://example.com")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError(f"'{url}' would send secrets unencrypted; use https")
    return url.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Access:
    """What a person's sign-in gives for now: where requests go, and the token that authorises them."""

    url: str
    token: str = field(repr=False)


class Grant(Protocol):
    """A person's lasting sign-in, from which one access comes after the other."""

    def access(self, stale: str | None = None) -> Access:
        """The access of now; another one when its token is `stale`. Raises SignInError when the sign-in was withdrawn."""


class SystemSettings(BaseModel):
    """The settings of one system, from the environment or from the connection that an admin made on the page."""

    _unusable: SignInError | None = PrivateAttr(default=None)

    def unusable(self, why: SignInError) -> Self:
        """The same, of a connection that is there and cannot be read."""
        copy = self.model_copy()
        copy._unusable = why
        return copy

    @property
    def connected(self) -> bool:
        """Whether there is a connection that a sign-in uses in the place of these settings, or fails with."""
        return self._unusable is not None

    def check(self) -> None:
        """Raise what keeps these settings from being used; asked before each sign-in."""
        if self._unusable is not None:
            raise SignInError(self._unusable.system, self._unusable.text, self._unusable.advice)


class SalesforceSettings(SystemSettings):
    url: str = Field("", description="The org's My Domain address, https://example.my.salesforce.com")
    client_id: str = Field("", description="Consumer key of the connected app (client credentials flow)")
    client_secret: SecretStr = Field(SecretStr(""), description="Consumer secret of the connected app")
    objects: Annotated[tuple[str, ...], NoDecode] = Field(
        SALESFORCE_OBJECTS, description="Objects to mirror, comma-separated; replaces the default list"
    )
    api_version: str = Field("62.0", pattern=r"^\d\d\.0$", description="Version of the REST API to speak")
    requests_per_second: float = Field(100, gt=0, description="Calls a second at most")
    concurrency: int = Field(8, ge=1, le=20, description="Calls under way at once at most")
    bulk_from: int = Field(
        50_000, ge=0, description="Rows from which a window is read with the Bulk API; 0 never"
    )
    reserve: int = Field(1000, ge=0, description="Daily calls of the org that are left to others")
    _grant: Grant | None = PrivateAttr(default=None)

    def granted(self, grant: Grant) -> Self:
        """The same, with a person's sign-in in the place of client credentials."""
        copy = self.model_copy()
        copy._grant = grant
        return copy

    @property
    def grant(self) -> Grant | None:
        """The person's sign-in to use; None with client credentials."""
        return self._grant

    @property
    def connected(self) -> bool:
        return super().connected or self._grant is not None

    @field_validator("objects", mode="before")
    @classmethod
    def _objects(cls, value: object) -> object:
        return _split(value)

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        return checked_url(value) if value else value


class SpotioSettings(SystemSettings):
    url: str = Field("https://api.spotio2.com", description="Address of SPOTIO's API")
    client_id: str = Field("", description="Client id of the API key (Settings > Integrations > API Access)")
    secret: SecretStr = Field(SecretStr(""), description="Secret of the API key")
    requests_per_second: float = Field(
        4, gt=0, description="Calls a second at most (SPOTIO publishes no limit)"
    )
    concurrency: int = Field(2, ge=1, le=20, description="Calls under way at once at most")
    webhook_secret: SecretStr = Field(
        SecretStr(""), description="Company secret that signs webhooks; read from SPOTIO when empty"
    )

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        return checked_url(value)


class SalesScreenSettings(SystemSettings):
    url: str = Field("https://connect.salesscreen.com", description="Address of SalesScreen's API")
    api_key: SecretStr = Field(SecretStr(""), description="API key (Settings > Api Keys)")

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        return checked_url(value)


class ScheduleSettings(BaseModel):
    spotio_seconds: int = Field(60, ge=5, description="Seconds between two pulls of SPOTIO")
    salesforce_seconds: int = Field(300, ge=5, description="Seconds between two pulls of Salesforce")
    nightly_hour: int = Field(
        2, ge=0, le=23, description="Hour of the nightly reconciliation, in the time zone set"
    )
    timezone: str = Field(
        "UTC", description="Time zone of the schedule and of the console, as in Europe/Berlin"
    )

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        import zoneinfo

        if value not in zoneinfo.available_timezones():
            raise ValueError(f"'{value}' is no time zone; use a name like America/Denver")
        return value


class LogSettings(BaseModel):
    keep_days: int = Field(
        400, ge=30, description="Days for which lines of the log are kept; older ones are removed each night"
    )


class ExportSettings(BaseModel):
    folder: str = Field(
        "", description="Folder for the daily Parquet export of events and numbers; without it there is none"
    )
    hour: int = Field(4, ge=0, le=23, description="Hour of that export, in the time zone of the schedule")


class OidcSettings(BaseModel):
    metadata_url: str = Field(
        "",
        description="Where the provider describes itself, https://…/.well-known/openid-configuration; "
        "with it people sign in to the console",
    )
    client_id: str = Field("", description="Client id of Fieldline at the provider")
    client_secret: SecretStr = Field(SecretStr(""), description="Client secret of Fieldline at the provider")
    scopes: str = Field("openid email profile", description="Scopes to ask for, separated by blanks")
    role_claim: str = Field(
        "", description="Claim of the ID token that says the role; dots lead into nested ones"
    )
    roles: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="What in the claim makes which role, as `sales-leads=manager`, comma-separated, the first match "
        "counts; without any the claim holds the role's own name",
    )
    admins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="E-mails of people who are admins when neither claim nor list says otherwise"
    )
    trust_email: bool = Field(
        False, description="Whether an e-mail counts of which the provider does not say if it is verified"
    )

    @field_validator("roles", "admins", mode="before")
    @classmethod
    def _lists(cls, value: object) -> object:
        return _split(value)

    @field_validator("roles")
    @classmethod
    def _known_roles(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pair in value:
            claimed, _, role = pair.rpartition("=")
            if not claimed or role not in ROLES:
                raise ValueError(f"'{pair}' makes no role; write value=role with one of {', '.join(ROLES)}")
        return value

    @field_validator("admins")
    @classmethod
    def _lower(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(email.lower() for email in value)

    @field_validator("metadata_url")
    @classmethod
    def _url(cls, value: str) -> str:
        return checked_url(value) if value else value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        needed = {
            "METADATA_URL": self.metadata_url,
            "CLIENT_ID": self.client_id,
            "CLIENT_SECRET": self.client_secret.get_secret_value(),
        }
        missing = [f"FIELDLINE_OIDC__{name}" for name, value in needed.items() if not value]
        if 0 < len(missing) < len(needed):
            raise ValueError(f"a sign-in also needs {' and '.join(missing)}")
        if self.roles and not self.role_claim:
            raise ValueError("FIELDLINE_OIDC__ROLES needs FIELDLINE_OIDC__ROLE_CLAIM")
        return self

    @property
    def on(self) -> bool:
        """Whether people sign in."""
        return bool(self.metadata_url)

    def role_pairs(self) -> tuple[tuple[str, str], ...]:
        """The values of the claim and the roles they make, in order."""
        return tuple((pair.rpartition("=")[0], pair.rpartition("=")[2]) for pair in self.roles)


class Settings(BaseSettings):
    """All settings; `Settings.load()` reads them and turns a mistake into one clear sentence."""

    model_config = SettingsConfigDict(
        env_prefix="FIELDLINE_", env_nested_delimiter="__", env_file=".env", extra="ignore"
    )

    store: str = Field(
        "duckdb:///fieldline.duckdb", description="The store: duckdb:///relative or duckdb:////absolute"
    )
    store_memory_mb: int | None = Field(
        None,
        ge=100,
        description="Memory DuckDB may use in MB; by default a 200th of the machine's (128 to 1024), of a server and of commands that plan a 48th (256 to 1024)",
    )
    store_temp: str | None = Field(None, description="Folder to spill to; beside the store by default")
    host: str = Field("127.0.0.1", description="Address the server listens on")
    port: int = Field(8501, ge=1, le=65535, description="Port of console, webhooks and API")
    public_url: str = Field(
        "", description="Address under which people and SPOTIO reach this server, for sign-in and webhooks"
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Secret of this server, of 32 characters or more: what connections keep secret in the store is "
        "encrypted with it, and the key of its cookies is made from it; a new one, a comma and the former one change it. "
        "When empty, no connection can be stored, and a key for cookies is kept beside the store",
    )
    salesforce: SalesforceSettings = SalesforceSettings()
    spotio: SpotioSettings = SpotioSettings()
    salesscreen: SalesScreenSettings = SalesScreenSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    log: LogSettings = LogSettings()
    export: ExportSettings = ExportSettings()
    oidc: OidcSettings = OidcSettings()

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if any(len(key) < 32 for key in _keys(value)):
            raise ValueError(
                "it needs 32 characters or more, and each of several with commas in between does"
            )
        return value

    @field_validator("public_url")
    @classmethod
    def _public_url(cls, value: str) -> str:
        return checked_url(value) if value else value

    @classmethod
    def load(cls, **overrides: Any) -> Settings:
        """Read environment and .env; raises UsageError naming the setting and what is wrong with it."""
        try:
            return cls(**{name: value for name, value in overrides.items() if value is not None})
        except SettingsError as error:
            # Such as FIELDLINE_SPOTIO itself, which would have to be JSON; its members have names of their own.
            raise UsageError(
                f"The settings cannot be read: {error}.", "Set FIELDLINE_<GROUP>__<NAME> instead."
            ) from error
        except ValidationError as error:
            first = error.errors()[0]
            name = "FIELDLINE_" + "__".join(str(part).upper() for part in first["loc"])
            reason = first["msg"].removeprefix("Value error, ")
            raise UsageError(f"The setting {name} cannot be used: {reason}.") from error

    @property
    def secret_keys(self) -> tuple[str, ...]:
        """The keys of the secret setting, the one in use first; none when it is empty."""
        return _keys(self.secret_key)

    def of(self, system: str) -> SystemSettings:
        """The settings of one system."""
        found: SystemSettings = getattr(self, system)
        return found

    def missing(self, system: str) -> list[str]:
        """The settings without which `system` cannot be reached; empty when it is configured or connected."""
        if self.of(system).connected:
            return []
        needed = {
            "salesforce": {
                "URL": self.salesforce.url,
                "CLIENT_ID": self.salesforce.client_id,
                "CLIENT_SECRET": self.salesforce.client_secret.get_secret_value(),
            },
            "spotio": {
                "URL": self.spotio.url,
                "CLIENT_ID": self.spotio.client_id,
                "SECRET": self.spotio.secret.get_secret_value(),
            },
            "salesscreen": {
                "URL": self.salesscreen.url,
                "API_KEY": self.salesscreen.api_key.get_secret_value(),
            },
        }[system]
        return [f"FIELDLINE_{system.upper()}__{name}" for name, value in needed.items() if not value]

    def configured(self) -> tuple[str, ...]:
        """The systems whose settings are complete."""
        return tuple(system for system in SYSTEMS if not self.missing(system))


def documented() -> Iterator[tuple[str, str, str]]:
    """Every setting as (name, default, description), in order; the README's list is checked against it."""
    for name, info in Settings.model_fields.items():
        if isinstance(info.default, BaseModel):
            for inner, detail in type(info.default).model_fields.items():
                yield (
                    f"FIELDLINE_{name.upper()}__{inner.upper()}",
                    _shown(detail.default),
                    detail.description or "",
                )
        else:
            yield f"FIELDLINE_{name.upper()}", _shown(info.default), info.description or ""


def _shown(default: object) -> str:
    if isinstance(default, SecretStr) or default in ("", None, ()):
        return ""
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return ",".join(default)
    return str(default)
