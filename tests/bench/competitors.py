"""The other ways to send the same email: raw boto3 and aiobotocore, django-anymail, django-ses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.bench.loopback import KEYS, Loopback

__all__ = ["CONTENT", "SENDER", "anymail", "configure_django", "django_ses", "raw", "raw_async"]

SENDER = "orders@example.com"
SUBJECT, BODY = "Your order", "Thank you. It is on its way."
CONTENT: dict[str, Any] = {"subject": SUBJECT, "body": BODY, "from_email": SENDER}


def parameters(number: int) -> dict[str, Any]:
    """Return the parameters of SESv2 for the message that all competitors send."""
    return {
        "FromEmailAddress": SENDER,
        "Destination": {"ToAddresses": [f"customer{number}@example.com"]},
        "Content": {"Simple": {"Subject": {"Data": SUBJECT}, "Body": {"Text": {"Data": BODY}}}},
    }


def raw(loopback: Loopback, threads: int) -> Callable[[int], None]:
    """Return a function that calls SendEmail for each message, in threads or in a loop."""
    import boto3
    from botocore.config import Config

    client = boto3.client(
        "sesv2", **loopback.client_options, config=Config(max_pool_connections=threads)
    )

    def send(number: int) -> None:
        client.send_email(**parameters(number))

    def send_all(count: int) -> None:
        if threads == 1:
            for number in range(count):
                send(number)
            return
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(send, range(count)))

    return send_all


def raw_template(loopback: Loopback, threads: int) -> Callable[[int], None]:
    """Return a function that calls SendEmail with a template for each recipient."""
    import boto3
    from botocore.config import Config

    client = boto3.client(
        "sesv2", **loopback.client_options, config=Config(max_pool_connections=threads)
    )

    def send(number: int) -> None:
        template = {"TemplateName": "order", "TemplateData": f'{{"name": "Customer {number}"}}'}
        client.send_email(**parameters(number) | {"Content": {"Template": template}})

    def send_all(count: int) -> None:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(send, range(count)))

    return send_all


def raw_async(loopback: Loopback, tasks: int) -> Callable[[int], None]:
    """Return a function that calls SendEmail for each message, in so many tasks."""
    from aiobotocore.config import AioConfig
    from aiobotocore.session import get_session

    async def send_all(count: int) -> None:
        room = asyncio.Semaphore(tasks)
        config = AioConfig(max_pool_connections=tasks)
        async with get_session().create_client(
            "sesv2", **loopback.client_options, config=config
        ) as client:

            async def send(number: int) -> None:
                async with room:
                    await client.send_email(**parameters(number))

            await asyncio.gather(*map(send, range(count)))

    return lambda count: asyncio.run(send_all(count))


def configure_django(loopback: Loopback) -> None:
    """Set up Django for both of its backends, without the pause of django-ses between messages."""
    import django
    from django.conf import settings

    settings.configure(
        ANYMAIL={
            "AMAZON_SES_CLIENT_PARAMS": loopback.client_options,
        },
        AWS_SES_ACCESS_KEY_ID=KEYS["aws_access_key_id"],
        AWS_SES_SECRET_ACCESS_KEY=KEYS["aws_secret_access_key"],
        AWS_SES_REGION_ENDPOINT_URL=loopback.url,
        AWS_SES_AUTO_THROTTLE=None,
        USE_SES_V2=True,
    )
    django.setup()


def anymail() -> Callable[[int], None]:
    from anymail.backends.amazon_ses import EmailBackend

    return _by_django(EmailBackend())


def django_ses() -> Callable[[int], None]:
    from django_ses import SESBackend

    return _by_django(SESBackend())


def _by_django(backend: Any) -> Callable[[int], None]:
    from django.core.mail import EmailMessage

    backend.open()

    def send_all(count: int) -> None:
        backend.send_messages(
            [
                EmailMessage(SUBJECT, BODY, SENDER, [f"customer{number}@example.com"])
                for number in range(count)
            ]
        )

    return send_all
