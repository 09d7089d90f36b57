"""The demo company's files, and how its customers get into the CRM's store."""

import asyncio
import sys
from pathlib import Path

import orjson
import structlog
from switchyard_common.errors import StartError

from switchyard_demo.company.crm_export import write_crm_import
from switchyard_demo.company.model import Company, OrderState
from switchyard_demo.company.showcase import showcase_orders

CUSTOMERS_FILE = "customers.jsonl"
EXAMPLES_FILE = "examples.json"


def write_files(company: Company, folder: Path) -> Path:
    """Writes the customers for the CRM's import and the chat page's examples.

    Returns the path of the customers' file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    examples = {
        "company": {"zh": company.name.zh, "en": company.name.en},
        "examples": chat_examples(company),
    }
    (folder / EXAMPLES_FILE).write_bytes(orjson.dumps(examples, option=orjson.OPT_INDENT_2))
    customers = folder / CUSTOMERS_FILE
    with customers.open("w", encoding="utf-8") as file:
        write_crm_import(company, file)
    structlog.stdlib.get_logger().info("company_written", folder=folder, customers=customers)
    return customers


def chat_examples(company: Company) -> dict[str, list[str]]:
    """What a visitor of the chat page may say, by language: an order that exists, and a wish."""
    shipped = {
        shown.customer.language: (shown.order.number, shown.phone_last4)
        for shown in showcase_orders(company)
        if shown.order.state is OrderState.SHIPPED
    }
    (zh_order, zh_digits), (en_order, en_digits) = shipped["zh"], shipped["en"]
    return {
        "zh": [f"我的订单{zh_order}到哪里了？", f"手机尾号{zh_digits}", "我要转人工客服"],
        "en": [
            f"Where is my order {en_order}?",
            f"My phone number ends in {en_digits}",
            "I would like to talk to a person",
        ],
    }


async def import_customers(file: Path, tenant: str, database_url: str) -> None:
    """Runs `switchyard crm import`. Raises StartError with its words if it fails."""
    program = Path(sys.executable).with_name("switchyard")
    process = await asyncio.create_subprocess_exec(
        *(str(program), "crm", "import", str(file)),
        *("--tenant", tenant, "--database-url", database_url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    words = said.decode(errors="replace").strip()
    if process.returncode:
        raise StartError(f"the customers could not be imported from {file}: {words}")
    structlog.stdlib.get_logger().info("customers_imported", result=words.splitlines()[-1])
