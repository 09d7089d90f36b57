"""`switchyard crm`: what a person does with customers and their store."""

import typer

from switchyard_crm.entrypoints.cli.check_connector import OpenChecking, add_check_connector
from switchyard_crm.entrypoints.cli.do_not_call import OpenNumberList, add_do_not_call
from switchyard_crm.entrypoints.cli.duplicates import (
    OpenSearching,
    SearchOrder,
    add_find_duplicates,
)
from switchyard_crm.entrypoints.cli.importing import ImportOrder, OpenImport, add_import
from switchyard_crm.entrypoints.cli.keys import OpenRewrapping, Rewrapping, add_rotate_keys
from switchyard_crm.entrypoints.cli.whois import whois

__all__ = ["ImportOrder", "Rewrapping", "SearchOrder", "make_app"]


def make_app(
    open_import: OpenImport,
    rewrapping: OpenRewrapping,
    searching: OpenSearching,
    number_list: OpenNumberList,
    checking: OpenChecking,
) -> typer.Typer:
    """The commands; what they need of the store is opened only when one of them runs."""
    app = typer.Typer(
        name="crm",
        help="Customers and their store. 客户及其存储。",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback()(_group)
    app.command()(whois)
    add_import(app, open_import)
    add_rotate_keys(app, rewrapping)
    add_find_duplicates(app, searching)
    add_do_not_call(app, number_list)
    add_check_connector(app, checking)
    return app


def _group() -> None:
    """Customers and their store."""
