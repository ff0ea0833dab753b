"""`assign` and `depart`: what a dispatcher says of a vehicle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from commands.common import Settings, current_network, example, fail, open_engine, pass_settings

if TYPE_CHECKING:
    from transit.store.database import Connection


@click.command(epilog=example("python app.py assign BUS-3 --route biru", "python app.py assign BUS-3 --clear"))
@click.argument("vehicle")
@click.option("--route", help="The route_id that it serves.")
@click.option("--trip", help="The trip_id that it runs.")
@click.option("--clear", is_flag=True, help="Leave it to the matcher again.")
@pass_settings
def assign(settings: Settings, vehicle: str, route: str | None, trip: str | None, clear: bool) -> None:
    """Say which route or trip VEHICLE runs; evidence that it does not overrules this, and is reported."""
    from transit.store import assignments
    from transit.store.database import writing
    from transit.store.vehicles import load_vehicle_ids
    from transit.tracking.trip_choice import AssignmentHint

    if sum((route is not None, trip is not None, clear)) != 1:
        raise click.UsageError("give exactly one of --route, --trip and --clear")
    engine = open_engine(settings)
    network = current_network(engine)
    if route is not None and route not in network.routes:
        fail(f"There is no route {route!r}; there are: {', '.join(sorted(network.routes))}")
    if trip is not None and trip not in network.trips:
        fail(f"There is no trip {trip!r} in the loaded network (trips.txt, trip_id)")
    with writing(engine) as connection:
        is_assigned = any(row.vehicle_id == vehicle for row in assignments.load_current(connection, settings.clock()))
        if not (clear and is_assigned):  # an assignment can be taken back of a vehicle that nobody knows any more
            _refuse_unknown(connection, vehicle)
        is_heard = vehicle in load_vehicle_ids(connection)
        hint = None if clear else AssignmentHint(network.trips[trip].route_id if trip else route, trip)
        assignments.assign(connection, vehicle, hint, now=settings.clock())
        _record(connection, settings, "assigned", vehicle, trip or route or "")
    click.echo(f"{vehicle}: {'left to the matcher' if clear else f'assigned to {trip or route}'}")
    if not clear and not is_heard:
        click.echo(f"{vehicle} has not been heard yet: this counts from its first report on.")


@click.command(epilog=example("python app.py depart BUS-3 --at 07:15", "python app.py depart BUS-3 --clear"))
@click.argument("vehicle")
@click.option("--at", "time", metavar="HH:MM", help="When it leaves its first stop next, on the agency's clock.")
@click.option("--clear", is_flag=True, help="Leave it to the forecast again.")
@pass_settings
def depart(settings: Settings, vehicle: str, time: str | None, clear: bool) -> None:
    """Say when VEHICLE leaves its terminal next; what riders see follows within a second, until it has left."""
    from transit.forecasting.departure_orders import DepartureOrder, moment_of
    from transit.store import departure_orders
    from transit.store.database import writing
    from transit.store.vehicles import load_vehicle_ids

    if (time is None) == (not clear):
        raise click.UsageError("give exactly one of --at and --clear")
    engine = open_engine(settings)
    network = current_network(engine)
    now = settings.clock()
    with writing(engine) as connection:
        if time is None:
            if vehicle not in {order.vehicle_id for order in departure_orders.load_departure_orders(connection, now)}:
                _refuse_unknown(connection, vehicle)
            departure_orders.withdraw(connection, vehicle)
            _record(connection, settings, "adjustment_ended", f"hold-{vehicle}", "")
            click.echo(f"{vehicle}: left to the forecast")
            return
        _refuse_unknown(connection, vehicle)
        is_heard = vehicle in load_vehicle_ids(connection)
        try:
            departs_at = moment_of(time, now, network.timezone)
        except ValueError as error:
            fail(f"--at: {error}")
        departure_orders.say(connection, DepartureOrder(vehicle, departs_at, now))
        _record(connection, settings, "held", vehicle, departs_at.isoformat())
    click.echo(f"{vehicle}: leaves at {time}")
    if not is_heard:
        click.echo(f"{vehicle} has not been heard yet: this counts when it is seen to wait.")


def _record(connection: Connection, settings: Settings, action: str, subject: str, after: str) -> None:
    from transit.store.audit import COMMAND_LINE, Deed, record

    record(connection, Deed(person=COMMAND_LINE, action=action, subject=subject, after=after), now=settings.clock())


def _refuse_unknown(connection: Connection, vehicle: str) -> None:
    """Ends the command for a vehicle that was never heard and has no tracker."""
    from transit.store.trackers import load_tracker_map
    from transit.store.vehicles import load_vehicle_ids

    known = sorted({*load_vehicle_ids(connection), *load_tracker_map(connection).values()})
    if vehicle not in known:
        way = f"python app.py trackers map TRACKER {vehicle}"
        fail(f"There is no vehicle {vehicle!r}; there are: {', '.join(known) or 'none'}. A new one gets a tracker first: {way}")
