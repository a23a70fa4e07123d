"""Set and take back targets. Rows are only ever added, each with who wanted it and when (data/kpi/targets.py)."""

from __future__ import annotations

from dataclasses import asdict

from console.context import context
from console.identity import require
from console.readers import kpi as numbers
from console.readers import now
from data import auditing
from data.kpi import targets
from data.kpi.targets import Period, Target


def set_target(
    kpi: str, period: Period, value: float | None, *, team: str | None = None, rep: str | None = None
) -> str | None:
    """Want this of a team, a rep or everybody, from the present period on; None takes it back.

    A manager sets targets for the teams they lead and the people in them. Gives what is wrong in a sentence, and then
    nothing was set.
    """
    person = require("admin", "manager")
    mine = numbers.choices()
    allowed = {option.id for option in (*mine.teams, *mine.reps)}
    if (team or rep) not in allowed and (person.role != "admin" or team or rep):
        return "You can set targets for the teams you lead and the people in them."
    target = Target(kpi, period, targets.first_of(period, numbers.today()), value, team, rep)
    try:
        targets.set_target(context().store, target, person.author, now())
    except ValueError as mistake:
        return str(mistake)
    whom = next(
        (option.name for option in (*mine.teams, *mine.reps) if option.id == (team or rep)), "everybody"
    )
    wanted = f"taken back, by {period}" if value is None else f"{value:,.10g} a {period}"
    auditing.write_down(
        context().store,
        person=person.author,
        what="target",
        text=f"Target of {numbers.definition(kpi).name}, {whom}: {wanted}",
        details=asdict(target),
        now=now(),
    )
    return None
