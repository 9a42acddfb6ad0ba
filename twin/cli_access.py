"""``regie user``, ``regie token`` and ``regie audit``: who may come into the régie of a state directory, and who did what."""

from __future__ import annotations

import getpass
import json
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

user_app = typer.Typer(help="People who may log in.", no_args_is_help=True)
token_app = typer.Typer(help="Keys for programs that use the API.", no_args_is_help=True)
audit_app = typer.Typer(help="The book of what people did.", no_args_is_help=True)

StateOption = Annotated[Path, typer.Option(help="State directory of a run.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one compact JSON line last.")]
NameArgument = Annotated[str, typer.Argument(help="Name, as the list shows it.")]
RoleOption = Annotated[str, typer.Option(help="viewer, crew, publisher, analyst, dispatcher, officer or admin.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(user_app, name="user")
    app.add_typer(token_app, name="token")
    app.add_typer(audit_app, name="audit")


# ---------------------------------------------------------------------------------------------- people


@user_app.command("add")
def user_add(
    name: NameArgument,
    state: StateOption,
    role: RoleOption = "viewer",
    ask: Annotated[bool, typer.Option("--ask", help="Ask for a password now, in place of printing one for one login.")] = False,
) -> None:
    """Let somebody in; prints a password for their first login, within 24 hours."""
    from dashboard.regie.access.people import People

    with _told():
        people, wanted = People(state), _role(role)
        people.check_new(name)
        secret = _secret(name, ask=ask)
        _note(state, "access.user_add", name, role=str(wanted))
        people.add(name, wanted, secret, once=not ask)
    if not ask:
        typer.echo(secret)


@user_app.command("list")
def user_list(state: StateOption, json_line: JsonOption = False) -> None:
    """List who may log in, with which role."""
    from dashboard.regie.access.people import People

    with _told():
        found = People(state).all().values()
    rows = [
        {
            "name": entry.name,
            "role": str(entry.role),
            "disabled": entry.disabled,
            "one_time_until": None if entry.once_until is None else entry.once_until.isoformat(),
        }
        for entry in found
    ]
    if json_line:
        _json({"people": rows})
        return
    for row in rows:
        note = "disabled" if row["disabled"] else f"one-time until {row['one_time_until']}" if row["one_time_until"] else ""
        typer.echo(f"{row['name']:<40} {row['role']:<11} {note}")


@user_app.command("role")
def user_role(name: NameArgument, state: StateOption, role: RoleOption) -> None:
    """Give somebody another role; open sessions have it within a second."""
    from dashboard.regie.access.people import People

    with _told():
        wanted, people = _role(role), People(state)
        _note(state, "access.role", name, role=str(wanted), before=str(people.known(name).role))
        people.set_role(name, wanted)


@user_app.command("disable")
def user_disable(
    name: NameArgument,
    state: StateOption,
    back: Annotated[bool, typer.Option("--back", help="Let them in again.")] = False,
) -> None:
    """Close the door for somebody, whoever vouches for them; open sessions end within a second."""
    from dashboard.regie.access.ledger import Ledger
    from dashboard.regie.access.people import People

    with _told():
        people = People(state)
        _note(state, "access.enable" if back else "access.disable", name)
        if back or people.get(name) is not None:
            people.disable(name, disabled=not back)
        else:
            people.bar(name)
        if not back:
            Ledger(state).end_sessions_of(name)


@user_app.command("password")
def user_password(
    name: NameArgument,
    state: StateOption,
    ask: Annotated[bool, typer.Option("--ask", help="Ask for a password now, in place of printing one for one login.")] = False,
) -> None:
    """Replace somebody's password; their sessions end. Prints a new one for one login, within 24 hours."""
    from dashboard.regie.access.people import People

    with _told():
        people = People(state)
        people.known(name)
        secret = _secret(name, ask=ask)
        _note(state, "access.password", name, one_time=not ask)
        people.set_password(name, secret, once=not ask)
    if not ask:
        typer.echo(secret)


# ---------------------------------------------------------------------------------------------- tokens


@token_app.command("add")
def token_add(
    label: Annotated[str, typer.Argument(help="What it is for.")],
    state: StateOption,
    role: RoleOption = "viewer",
    days: Annotated[float, typer.Option(min=0.01, max=730.0, help="How long it holds.")] = 90.0,
) -> None:
    """Make a key for a program; its secret is printed now and never again."""
    from dashboard.regie.access.ledger import Ledger

    with _told():
        ledger = Ledger(state)
        token, secret = ledger.issue(label[:40], _role(role), datetime.now(UTC), timedelta(days=days))
        try:
            _note(
                state, "access.token_add", token.id, label=token.label, role=str(token.role), expires=token.expires.isoformat()
            )
        except sqlite3.Error:
            ledger.revoke(token.id, datetime.now(UTC))
            raise
    typer.echo(secret)


@token_app.command("list")
def token_list(state: StateOption, json_line: JsonOption = False) -> None:
    """List tokens: what for, which role, until when."""
    from dashboard.regie.access.ledger import Ledger

    with _told():
        tokens, now = Ledger(state).tokens(), datetime.now(UTC)
    rows = [
        {
            "id": token.id,
            "label": token.label,
            "role": str(token.role),
            "expires": token.expires.isoformat(timespec="minutes"),
            "state": "revoked" if token.revoked_at is not None else "expired" if token.expires <= now else "holds",
        }
        for token in tokens
    ]
    if json_line:
        _json({"tokens": rows})
        return
    for row in rows:
        typer.echo(f"{row['id']}  {row['role']:<11} {row['state']:<8} until {row['expires']}  {row['label']}")


@token_app.command("revoke")
def token_revoke(token: Annotated[str, typer.Argument(help="Its id, as listed.")], state: StateOption) -> None:
    """End a token at once."""
    from dashboard.regie.access.ledger import Ledger

    with _told():
        ledger = Ledger(state)
        if not any(known.id == token and known.revoked_at is None for known in ledger.tokens()):
            _refuse(f"token {token}: there is none that holds; regie token list shows them")
        _note(state, "access.token_revoke", token)
        ledger.revoke(token, datetime.now(UTC))


# ---------------------------------------------------------------------------------------------- audit


@audit_app.command("verify")
def audit_verify(state: StateOption, json_line: JsonOption = False) -> None:
    """Walk the book's hash chain; a line that was altered, removed or put in between is named and exits with 1."""
    from dashboard.regie.book import Book

    fault: str | None = None
    lines, head = 0, ""
    with _told():
        try:
            lines, head = Book(state).verify()
        except ValueError as error:
            fault = str(error)
    if json_line:
        _json({"lines": lines, "head": head, "fault": fault})
    elif fault is None:
        typer.echo(f"{lines} {'line' if lines == 1 else 'lines'}, head {head}, intact")
    if fault is not None:
        typer.echo(f"regie: {fault}", err=True)
        raise typer.Exit(1)


@audit_app.command("show")
def audit_show(
    state: StateOption,
    kind: Annotated[str, typer.Option(help='Only lines of this room or kind: "access", "command.accept".')] = "",
    by: Annotated[str, typer.Option(help="Only lines of this person.")] = "",
    last: Annotated[int, typer.Option(min=1, help="How many, the newest.")] = 50,
    json_line: JsonOption = False,
) -> None:
    """Print the newest lines of the book, oldest first."""
    from dashboard.regie.access.audit import chosen, row
    from dashboard.regie.book import Book

    with _told():
        found = [row(line) for line in chosen(Book(state).lines(), kind=kind, by=by)[-last:]]
    if json_line:
        _json({"lines": found})
        return
    for line in found:
        params = json.dumps(line["params"], ensure_ascii=False) if line["params"] else ""
        typer.echo(f"{line['id']:>6} {line['at'][:19]} {line['by']} ({line['role']}): {line['kind']} {line['target']} {params}")


# ---------------------------------------------------------------------------------------------- inside


@contextmanager
def _told() -> Iterator[None]:
    """What fails inside is one line and exit code 2."""
    try:
        yield
    except (ValueError, OSError, sqlite3.Error) as error:
        _refuse(error)


def _secret(name: str, *, ask: bool) -> str:
    from dashboard.regie.access import passwords

    if not ask:
        return passwords.one_time()
    secret = getpass.getpass(f"password of {name}: ")
    weak = passwords.weakness(secret, name)
    if weak is not None:
        _refuse(f"this password is {weak}; at least {passwords.SHORTEST} characters, hard to guess, without the name")
    if getpass.getpass("once more: ") != secret:
        _refuse("the two passwords differ")
    return secret


def _role(text: str) -> Any:
    from dashboard.regie.access.roles import Role

    try:
        return Role(text)
    except ValueError:
        _refuse(f"--role {text}: expected one of {', '.join(Role)}")


def _note(state: Path, kind: str, target: str, **params: Any) -> None:
    from dashboard.regie.book import Book

    if not state.is_dir():
        _refuse(f"--state {state}: no such directory; start the loop first or correct the path")
    Book(state).write(datetime.now(UTC), f"{getpass.getuser()} (command line)", "-", kind, target, **params)


def _refuse(problem: object) -> NoReturn:
    typer.echo(f"regie: {problem}", err=True)
    raise typer.Exit(2)


def _json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, separators=(",", ":"), allow_nan=False) + "\n")
