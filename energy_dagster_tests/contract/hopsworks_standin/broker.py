"""Kafka: the mock broker inside librdkafka, and a reader that remembers how far it has read."""

import socket
from dataclasses import dataclass

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

SECONDS = 5.0
"""Longest wait for the broker, which is in this process."""


@dataclass(frozen=True)
class Row:
    """One encoded row of a topic, with the headers that say for whom it is."""

    headers: dict[str, bytes]
    value: bytes


class Broker:
    """A broker that lives as long as the process; its topics cannot be deleted, so their names are never used twice."""

    def __init__(self) -> None:
        self._cluster = Producer({"test.mock.num.brokers": 1, "log_level": 0})
        (broker,) = self._cluster.list_topics(timeout=SECONDS).brokers.values()
        self.address = f"{broker.host}:{broker.port}"
        self._bound = socket.socket()
        self._bound.bind(("127.0.0.1", 0))  # bound and never listened to: whoever connects is refused
        self.refused_address = f"127.0.0.1:{self._bound.getsockname()[1]}"
        self._read: dict[tuple[str, int], int] = {}

    def create_topic(self, name: str) -> None:
        """Asking the mock broker for a topic creates it."""
        self._cluster.list_topics(name, timeout=SECONDS)

    def unread(self, topic: str) -> tuple[list[Row], dict[tuple[str, int], int]]:
        """Rows that came after those marked as read, and what to mark once they are dealt with."""
        consumer = Consumer(
            {"bootstrap.servers": self.address, "group.id": f"stand-in-{topic}", "enable.auto.commit": False, "log_level": 0}
        )
        rows: list[Row] = []
        ends: dict[tuple[str, int], int] = {}
        try:
            for partition in consumer.list_topics(topic, timeout=SECONDS).topics[topic].partitions:
                low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=SECONDS)
                start = self._read.get((topic, partition), low)
                ends[topic, partition] = high
                if start < high:
                    consumer.assign([TopicPartition(topic, partition, start)])
                    rows += self._rows(consumer, count=high - start)
        finally:
            consumer.close()
        return rows, ends

    def mark_read(self, ends: dict[tuple[str, int], int]) -> None:
        """From now on rows start there."""
        self._read |= ends

    @staticmethod
    def _rows(consumer: Consumer, *, count: int) -> list[Row]:
        rows: list[Row] = []
        while len(rows) < count:
            messages = consumer.consume(count - len(rows), timeout=SECONDS)
            if not messages:
                raise TimeoutError(f"expected {count} rows from Kafka, found {len(rows)} within {SECONDS} s")
            for message in messages:
                if message.error():
                    raise KafkaException(message.error())
                rows.append(Row(headers=dict(message.headers() or []), value=message.value()))
        return rows
