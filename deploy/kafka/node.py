"""Apache Kafka from Maven Central: one node, broker and controller in one process (KRaft)."""

import asyncio
import re
import shutil
import subprocess
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp
from uuid import UUID, uuid4

from deploy.brokers import BrokerProcess, Launch
from deploy.processes import StartFailed, free_port

_HERE = Path(__file__).parent
CACHE_DIR = _HERE.parents[1] / ".cache" / "kafka"
_JAVA_AT_LEAST = 17
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={log_dir}
auto.create.topics.enable=false
default.replication.factor=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
broker.heartbeat.interval.ms=300
broker.session.timeout.ms=2000
group.min.session.timeout.ms=1000
message.max.bytes=33554432
"""


def why_not(cache_dir: Path = CACHE_DIR) -> str | None:
    """What keeps Apache Kafka from running here and how to get it, in one line; None if nothing."""
    if _java_version() < _JAVA_AT_LEAST:
        return f"Java {_JAVA_AT_LEAST} or later is missing: apt-get install openjdk-17-jre-headless"
    try:
        resolve(cache_dir)
    except StartFailed as problem:
        return str(problem)
    return None


def resolve(cache_dir: Path = CACHE_DIR) -> list[Path]:
    """The jars of the pinned version, fetched once by Maven and then found in `cache_dir`.

    Raises StartFailed with one line when Maven is missing or cannot fetch them.
    """
    pom = _HERE / "pom.xml"
    libs = cache_dir.resolve() / sha256(pom.read_bytes()).hexdigest()[:12]
    if not libs.is_dir():
        _fetch(pom, libs)
    return sorted(libs.glob("*.jar"))


def _fetch(pom: Path, libs: Path) -> None:
    """Fill `libs` in one step: it is complete when it is there, whoever else fetches."""
    maven = shutil.which("mvn")
    if maven is None:
        raise StartFailed("Maven is missing: apt-get install maven")
    libs.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(mkdtemp(dir=libs.parent, prefix="partial-"))
    command = [maven, "-q", "-B", "-f", str(pom), "dependency:copy-dependencies"]
    command.append(f"-DoutputDirectory={partial}")
    try:
        fetched = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if fetched.returncode != 0:
            raise StartFailed(
                "Maven could not fetch Apache Kafka: check the network and the mirror in"
                " ~/.m2/settings.xml, then run: mvn -f deploy/kafka/pom.xml dependency:resolve"
            )
        if not libs.is_dir():
            partial.rename(libs)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _java_version() -> int:
    """The feature release of the Java on the path; 0 when there is none."""
    java = shutil.which("java")
    if java is None:
        return 0
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)  # noqa: S603
    found = re.search(r'version "(\d+)', said.stderr + said.stdout)
    return int(found[1]) if found else 0


async def start_kafka(data_dir: Path, port: int | None = None) -> BrokerProcess:
    """A running node that keeps its log in `data_dir`, on `port` or, when None, on a free one.

    Topics are made only when asked for; a `restart` keeps log, groups and cluster id.
    Raises StartFailed.
    """
    port = port or free_port()
    log, launch = await asyncio.to_thread(_prepared, data_dir, port)
    return await BrokerProcess(port, log, lambda: launch).start()


def _prepared(data_dir: Path, port: int) -> tuple[Path, Launch]:
    """The node's log file and its command line, over storage that is formatted."""
    data_dir = data_dir.resolve()
    data_dir.mkdir(parents=True, exist_ok=True)
    properties, log_dir = data_dir / "server.properties", data_dir / "log"
    properties.write_text(
        _PROPERTIES.format(port=port, controller_port=free_port(), log_dir=log_dir)
    )
    java = _java(resolve())
    if not (log_dir / "meta.properties").exists():
        _format(java, properties)
    launch = Launch((*java, "kafka.Kafka", properties), _cluster_id(log_dir))
    return data_dir / "kafka.log", launch


def _java(jars: list[Path]) -> tuple[str, ...]:
    logging = f"-Dlog4j2.configurationFile={_HERE / 'log4j2.properties'}"
    memory = ("-Xmx512m",)
    return ("java", *memory, logging, "-cp", f"{jars[0].parent}/*")


def _format(java: tuple[str, ...], properties: Path) -> None:
    cluster_id = cluster_id_of(uuid4())
    tool = ("kafka.tools.StorageTool", "format", "--standalone", "-t", cluster_id)
    command = (*java, *tool, "-c", str(properties))
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise StartFailed(f"Kafka's storage could not be formatted: {done.stderr.strip()}")


def cluster_id_of(number: UUID) -> str:
    """A number as Kafka writes a cluster id; never with a dash first: that reads as an option."""
    first, *others = number.bytes
    return urlsafe_b64encode(bytes([first & 0x7F, *others])).decode().rstrip("=")


def _cluster_id(log_dir: Path) -> str:
    lines = (log_dir / "meta.properties").read_text().splitlines()
    return next(
        line.removeprefix("cluster.id=") for line in lines if line.startswith("cluster.id=")
    )


if __name__ == "__main__":
    # What `make kafka-test` asks first: nothing is printed where Kafka can run.
    print(why_not() or "", end="")  # noqa: T201 (a command's answer)
