"""The one error of the SPOTIO stand-in: `{"errors": {member: message}}` with a status, `_` for the whole entity."""


class SpotioError(Exception):
    """A request that is answered with `status`; without messages the answer has no body, as for a bad token.

    A validation error has no status of its own: the route answers it with the one its operation declares.
    """

    def __init__(self, errors: dict[str, str], status: int | None = None) -> None:
        self.errors, self.status = errors, status
        super().__init__("; ".join(f"{member}: {message}" for member, message in errors.items()))


def invalid(member: str, message: str) -> SpotioError:
    return SpotioError({member: message})


def not_found(what: str, key: str) -> SpotioError:
    return SpotioError({"_": f"{what} with id: {key} does not exist."}, 404)


def forbidden(message: str) -> SpotioError:
    return SpotioError({"_": message}, 403)
