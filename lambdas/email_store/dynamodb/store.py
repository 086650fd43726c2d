"""DynamoDBEmailStore: the email store in one DynamoDB table. Each change is a conditional write.

pk=EMAIL#<email_id>       sk=EMAIL | CHUNK#<number> | RECIPIENT#<address> | EVENT#<time>#<event id>
                             | REPEAT#<open or click>#<address> | COUNTS#<time>#<shard>
                             | TO#<address>
pk=SUPPRESSION#<keyed hash of the address>  sk=SUPPRESSION
pk=RATE  sk=RATE
pk=ERASED#<keyed hash of the address>  sk=ERASED
pk=TEMPLATES              sk=<template_id>: written by `amsdal-mail templates push`

The index by_recipient (recipient, at) has an email by each recipient, in lower case: the item EMAIL
of an email with one recipient, a pointer TO#<address> for each of several, and RECIPIENT#<address>
of mail from outside this service. The index by_time (period, at) has EMAIL by the hour of its
request, RECIPIENT of mail from outside by the hour at which it was sent, and the suppressions.

The metrics in the same table are kept by `email_store.dynamodb.metrics`.
"""

from __future__ import annotations

from email_store.dynamodb.erasures import Erasures
from email_store.dynamodb.events import Events
from email_store.dynamodb.rate_note import RateNoteItem
from email_store.dynamodb.reads import Reads
from email_store.dynamodb.recipients import Recipients
from email_store.dynamodb.schedules import Schedules
from email_store.dynamodb.units import Units

__all__ = ["DynamoDBEmailStore"]


class DynamoDBEmailStore(Units, Schedules, Recipients, Events, RateNoteItem, Reads, Erasures):
    """An email store in the table `table_name`, with addresses hashed by `hashes`.

    All items but suppressions and the rate note expire after `retention`. DynamoDB deletes an
    expired item within some days, but an id can be used again as soon as its own item has expired.
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html

    Raises:
        StoreError: from each operation, when DynamoDB refuses the call or cannot be reached.
        RecordTooLargeError: DynamoDB refuses a record for its size.
    """
