#!/usr/bin/env python3
"""Plays a Sparkplug B edge node with one or more devices against an MQTT broker.

The messages are made by pysparkplug, so that what receives them is tried against another maker's bytes. A scenario is a
list of steps (--list prints all); --steps plays steps of your own instead of a scenario.

Each line on standard output is a JSON object. Its "event" is one of:
  connected     a session began; "will" is the NDEATH that the broker sends if the connection breaks
  sent          a message was published: topic, payload in hex, kind, seq, and
                  readings  what a receiver must come to hold by it
                  may       what a receiver may hold, but need not
                  nulls     metrics that have no value from then on
                  ends      the node or devices that are offline from then on
  lost          a message was made but not published, so that its seq is missing
  received      a command came; "problems" says what is wrong with it by the Sparkplug specification
  cut           the connection was broken without a DISCONNECT
  delivered     the broker sent the NDEATH; "stale" says that it belongs to an earlier session
  disconnected  the session ended with a DISCONNECT
  end           last line: all readings of the run without repetitions, the current value of each metric, the number of
                rebirths, and whether the node is online
A reading has node, device (null for the node's own metrics), metric, type, value, and timestamp in ms. A DateTime's
value is in ms too. "historical" is set if the value is an old one that must not replace the current one.

Exit status: 0 done, 1 no connection to the broker, 2 wrong arguments, 3 a receiver did not ask for a rebirth in time.
"""

import argparse
import datetime
import json
import math
import queue
import socket
import struct
import sys
import time

from pysparkplug import DBirth, DData, DDeath, DataType, Metadata, MessageType, Metric, NBirth, NData, NDeath, Topic
from pysparkplug import _protobuf as protobuf

from player import NoConnection, WrongSteps, connect, tell

REBIRTH = "Node Control/Rebirth"

SCENARIOS = {
    "plain": ("births with names and aliases, then data of every type, null, historical and with times of its own",
              "connect birth data data ndata typed null history times data end"),
    "rebirth": ("a rebirth whenever it is asked for; aliases change with each birth",
                "connect birth data await data end"),
    "death": ("a device dies and comes back, then the connection is cut and the broker sends the NDEATH",
              "connect birth data ddeath dbirth data cut"),
    "stale-death": ("the NDEATH of the first session comes after the NBIRTH of the second: it must be ignored",
                    "connect birth data connect birth data cut-old data end"),
    "gap": ("a message is lost, so that a receiver must ask for a rebirth",
            "connect birth data skip data await data end"),
    "late-join": ("data of a node whose births came too early for the receiver, which must ask for a rebirth",
                  "connect unborn data ndata await data end"),
    "duplicates": ("the same message twice: at QoS 0, at QoS 1 and with the DUP flag",
                   "connect birth data again data data-qos1 dup data end"),
    "restart": ("the node's connection is cut and it comes back with the next bdSeq",
                "connect birth data cut connect birth data end"),
    "wrap": ("more messages than there are sequence numbers: 0 follows 255",
             "connect birth data*270 end"),
    "rich": ("data sets, templates, arrays, files, properties, quality, and values that are none",
             "connect birth rich data end"),
}

STEPS = {
    "connect": "open a session with the next bdSeq; an open one stays open beside it",
    "birth": "NBIRTH and the DBIRTH of each device",
    "nbirth": "NBIRTH only",
    "dbirth": "the DBIRTH of each device",
    "unborn": "count births that nobody has seen",
    "data": "a DDATA of each device",
    "data-qos1": "the same at QoS 1",
    "ndata": "an NDATA of the node's own metrics",
    "typed": "DDATA with every type: the lowest, then the highest values",
    "null": "DDATA in which a metric loses its value",
    "history": "DDATA with historical values of the last hour, and a current one",
    "times": "DDATA whose metrics have times of their own, one metric twice",
    "rich": "DDATA with the metrics of the scenario 'rich', and odd ones",
    "again": "the last data once more, byte by byte",
    "dup": "the last data, which was at QoS 1, once more with the DUP flag and its packet identifier",
    "skip": "a DDATA that is lost",
    "ddeath": "DDEATH of each device",
    "await": "wait until a rebirth was asked for since the last birth or loss, and answer it",
    "wait=SECONDS": "wait, and answer rebirths meanwhile",
    "cut": "break the connection without a DISCONNECT and wait for the NDEATH",
    "cut-old": "the same for the session before the current one",
    "end": "NDEATH and DISCONNECT, as --end says",
}


def float32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


class Sensor:
    """A metric of the node or of a device, with its current value and that value's time in ms."""

    def __init__(self, name, kind, value, unit=None):
        self.name, self.kind, self.value, self.unit = name, kind, value, unit
        self.time = None
        self.alias = None


def node_sensors():
    return [
        Sensor("Supply/Voltage", DataType.DOUBLE, 12.75, "V"),
        Sensor("Uptime", DataType.UINT32, 60, "s"),
    ]


def device_sensors(number):
    return [
        Sensor("Water/Level", DataType.DOUBLE, 1.25 + number, "m"),
        Sensor("Air/Temperature", DataType.FLOAT, float32(-3.7), "°C"),
        Sensor("Battery", DataType.UINT8, 97, "%"),
        Sensor("Gas", DataType.UINT16, 412, "ppm"),
        Sensor("Pulses", DataType.UINT32, 3_000_000_000),
        Sensor("Total", DataType.UINT64, 2**53 + 1),
        Sensor("Tilt", DataType.INT8, -1),
        Sensor("Offset", DataType.INT16, -300),
        Sensor("Displacement", DataType.INT32, -70_000, "mm"),
        Sensor("Balance", DataType.INT64, -5_000_000_000),
        Sensor("Alarm", DataType.BOOLEAN, False),
        Sensor("State", DataType.STRING, "bereit – prêt"),
        Sensor("Serviced", DataType.DATETIME, None),
    ]


# The lowest and the highest values of each type. Times end on half seconds, which pysparkplug's fractions hold exactly.
EXTREMES = {
    "Water/Level": (-1.7976931348623157e308, 5e-324),
    "Air/Temperature": (float32(-3.4028234e38), float32(1e-45)),
    "Battery": (0, 2**8 - 1),
    "Gas": (0, 2**16 - 1),
    "Pulses": (0, 2**32 - 1),
    "Total": (0, 2**64 - 1),
    "Tilt": (-(2**7), 2**7 - 1),
    "Offset": (-(2**15), 2**15 - 1),
    "Displacement": (-(2**31), 2**31 - 1),
    "Balance": (-(2**63), 2**63 - 1),
    "Alarm": (False, True),
    "State": ("", 'quote " newline \n 水位'),
    "Serviced": (0, 1_700_000_000_500),
}


class Session:
    """An MQTT connection with the NDEATH of its bdSeq as will."""

    def __init__(self, player, number):
        arguments = player.arguments
        self.player, self.number = player, number
        self.topic = str(Topic(group_id=arguments.group, message_type=MessageType.NDEATH, edge_node_id=arguments.node))
        moment = None if arguments.bare_will else player.clock.next()
        self.will = NDeath(timestamp=moment, bd_seq_metric=self.metric(moment)).encode()
        self.name = f"{arguments.group}-{arguments.node}-{number}"
        self.client = connect(arguments, self.name, will=(self.topic, self.will))
        self.client.on_message = lambda client, data, message: player.inbox.put((self, message))
        commands = str(Topic(group_id=arguments.group, message_type=MessageType.NCMD, edge_node_id=arguments.node))
        subscribe(self.client, commands)
        tell("connected", client=self.name, bdSeq=number,
             will={"topic": self.topic, "payload": self.will.hex(), "qos": 1, "retain": False})

    def metric(self, moment):
        return Metric(timestamp=moment, name="bdSeq", datatype=DataType.INT64, value=self.number)

    def cut(self):
        self.client.socket().shutdown(socket.SHUT_RDWR)
        self.client.loop_stop()


class Clock:
    """Times in ms that always rise: from the clock, or from a given start by equal steps."""

    def __init__(self, start, step):
        self.start, self.step, self.last = start, step, None

    def next(self):
        if self.start is None:
            now = int(time.time() * 1000)
            self.last = now if self.last is None else max(now, self.last + 1)
        else:
            self.last = self.start if self.last is None else self.last + self.step
        return self.last


class NoRebirth(Exception):
    pass


def subscribe(client, topic):
    done = queue.Queue()
    client.on_subscribe = lambda client, data, number, codes: done.put(codes)
    client.subscribe(topic, qos=1)
    try:
        if max(done.get(timeout=10)) > 2:
            raise NoConnection(f"the broker refuses to subscribe to {topic}")
    except queue.Empty:
        raise NoConnection(f"the broker does not answer the subscription to {topic}") from None


class Player:
    def __init__(self, arguments, steps):
        self.arguments, self.steps = arguments, steps
        self.clock = Clock(arguments.start, arguments.step)
        self.inbox = queue.Queue()
        self.sessions = []
        self.bd_seq = arguments.bdseq
        self.seq = 0
        self.births = self.rounds = self.rebirths = self.answered = 0
        self.giving_birth = self.unknown = False
        self.own = node_sensors()
        self.devices = {name: device_sensors(number) for number, name in enumerate(arguments.device)}
        self.rich = "rich" in steps
        self.rich_aliases = {}
        self.last = None
        self.readings = {}
        self.current = {}
        self.online = False

    # What is sent

    def topic(self, kind, device=None):
        return str(Topic(group_id=self.arguments.group, message_type=kind, edge_node_id=self.arguments.node,
                         device_id=device))

    def reading(self, device, sensor, value, moment, **more):
        return {"node": self.arguments.node, "device": device, "metric": sensor.name, "type": TYPES[sensor.kind],
                "value": value, "timestamp": moment, **more}

    def metric(self, sensor, value, moment, birth=False, **more):
        """The metric of a sensor, as pysparkplug makes it: with name and alias in births, else with one of them."""
        if sensor.kind == DataType.DATETIME and value is not None:
            value = datetime.datetime.fromtimestamp(value / 1000, tz=datetime.timezone.utc)
        name = sensor.name if birth or sensor.alias is None else None
        return Metric(timestamp=moment, name=name, datatype=sensor.kind, value=value, alias=sensor.alias,
                      is_null=value is None, **more)

    def next_seq(self):
        number = self.seq
        self.seq = (self.seq + 1) % 256
        return number

    def publish(self, kind, device, payload, seq, qos=0, readings=(), may=(), nulls=(), ends=(), dup=False, note=None):
        topic = self.topic(kind, device)
        client = self.sessions[-1].client
        if dup:
            number = self.last["mid"]
            client._send_publish(number, topic.encode(), payload, qos, False, True)
            time.sleep(0.1)
        else:
            info = client.publish(topic, payload, qos=qos, retain=False)
            try:
                info.wait_for_publish(10)
                published = info.is_published()
            except (RuntimeError, ValueError):
                published = False
            if not published:
                raise NoConnection("the connection to the broker is gone")
            number = info.mid
        if not self.giving_birth:
            self.last = {"kind": kind, "device": device, "payload": payload, "seq": seq, "qos": qos, "mid": number,
                         "readings": readings, "may": may, "nulls": nulls, "births": self.births}
        facts = {"kind": str(kind), "topic": topic, "payload": payload.hex(), "qos": qos, "retain": False, "seq": seq}
        if dup:
            facts["dup"] = True
        if note:
            facts["note"] = note
        facts["readings"] = list(readings)
        for name, list_ in (("may", may), ("nulls", nulls), ("ends", ends)):
            if list_:
                facts[name] = list(list_)
        tell("sent", **facts)
        for reading in readings:
            self.hold(reading)
        for null in nulls:
            self.current.pop((null["device"], null["metric"]), None)
        self.pause(self.arguments.pause)

    def hold(self, reading):
        # Two values may have the same time, since a message's values may be a little older than the message.
        key = (reading["device"], reading["metric"], reading["timestamp"], repr(reading["value"]))
        self.readings[key] = reading
        key = (reading["device"], reading["metric"])
        if not reading.get("historical") and (key not in self.current
                                              or self.current[key]["timestamp"] <= reading["timestamp"]):
            self.current[key] = reading

    def send_birth(self, kind, device, sensors):
        """A birth: every metric with name, alias, type and current value, whose time is when it was measured."""
        now = self.clock.next()
        for sensor in sensors:
            if sensor.time is None or self.arguments.birth_times == "now":
                sensor.time = now - 20
        metrics = [self.metric(sensor, sensor.value, sensor.time, birth=True) for sensor in sensors]
        if device is None:
            metrics[:0] = [self.sessions[-1].metric(now),
                           Metric(timestamp=now, name=REBIRTH, datatype=DataType.BOOLEAN, value=False)]
        seq = self.next_seq()
        make = NBirth if device is None else DBirth
        payload = protobuf.Payload.FromString(make(timestamp=now, seq=seq, metrics=tuple(metrics)).encode())
        for metric in payload.metrics:
            for sensor in sensors:
                if metric.name == sensor.name and sensor.unit:
                    add_property(metric, "engUnit", DataType.STRING, sensor.unit)
        readings = [self.reading(device, s, s.value, s.time) for s in sensors if s.value is not None]
        nulls = [{"device": device, "metric": s.name, "timestamp": s.time} for s in sensors if s.value is None]
        may = []
        if self.rich and device is None:
            payload.metrics.append(template_definition(now))
        elif self.rich:
            may = add_rich(payload, self, device, now - 20, birth=True)
        self.publish(kind, device, payload.SerializeToString(), seq, readings=readings, may=may, nulls=nulls)

    def send_data(self, device, parts, qos=0, lost=False, change=None):
        """DDATA or NDATA. Each part is a sensor, its value, how many ms before the message it was measured, and whether
        it is historical."""
        now = self.clock.next()
        metrics, readings, nulls = [], [], []
        for sensor, value, before, historical in parts:
            moment = now - before
            more = {"is_historical": True} if historical else {}
            metrics.append(self.metric(sensor, value, moment, **more))
            if not historical:
                sensor.value, sensor.time = value, moment
            if value is None:
                nulls.append({"device": device, "metric": sensor.name, "timestamp": moment})
            else:
                readings.append(self.reading(device, sensor, value, moment,
                                             **({"historical": True} if historical else {})))
        seq = self.next_seq()
        make, kind = (NData, MessageType.NDATA) if device is None else (DData, MessageType.DDATA)
        payload = make(timestamp=now, seq=seq, metrics=tuple(metrics)).encode(
            include_dtypes=self.arguments.datatypes)
        may = []
        if change:
            message = protobuf.Payload.FromString(payload)
            more, may = change(message, now)
            readings = readings + more
            payload = message.SerializeToString()
        if lost:
            tell("lost", kind=str(kind), topic=self.topic(kind, device), payload=payload.hex(), seq=seq)
        elif self.unknown:
            self.publish(kind, device, payload, seq, qos, may=readings + may, nulls=nulls)
        else:
            self.publish(kind, device, payload, seq, qos, readings=readings, may=may, nulls=nulls)

    # What is received

    def pause(self, seconds):
        """Waits, and answers each rebirth that is asked for meanwhile."""
        end = time.monotonic() + seconds
        if self.giving_birth:
            time.sleep(seconds)
            return
        while True:
            try:
                session, message = self.inbox.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                return
            if self.sessions and session is self.sessions[-1]:
                self.take(message)

    def take(self, message):
        problems = []
        wanted = False
        try:
            payload = protobuf.Payload.FromString(message.payload)
        except Exception:
            problems.append("the payload is no Sparkplug B payload")
            payload = protobuf.Payload()
        if not payload.HasField("timestamp"):
            problems.append("the payload has no timestamp")
        if payload.HasField("seq"):
            problems.append("a command must have no seq")
        if message.retain:
            problems.append("a command must not be retained")
        if message.qos != 0:
            problems.append("a command must be sent at QoS 0")
        named = [metric for metric in payload.metrics if metric.name == REBIRTH]
        if not named:
            problems.append(f"there is no metric {REBIRTH}")
        for metric in named:
            if metric.HasField("alias"):
                problems.append(f"{REBIRTH} must have no alias")
            if metric.HasField("datatype") and metric.datatype != DataType.BOOLEAN:
                problems.append(f"{REBIRTH} is no Boolean")
            if metric.WhichOneof("value") != "boolean_value":
                problems.append("the value is no boolean_value")
            elif metric.boolean_value:
                wanted = True
            else:
                problems.append("the value is false")
        tell("received", kind="NCMD", topic=message.topic, payload=message.payload.hex(), qos=message.qos,
             retain=bool(message.retain), rebirth=wanted, problems=problems)
        if wanted:
            self.rebirths += 1
            self.birth()
            self.answered += 1

    # The steps

    def birth(self, node=True, devices=True):
        self.giving_birth = True
        if node:
            self.nbirth()
        if devices:
            for device, sensors in self.devices.items():
                self.send_birth(MessageType.DBIRTH, device, sensors)
        self.giving_birth = False

    def nbirth(self):
        self.seq = 0
        self.births += 1
        self.unknown = False
        self.online = True
        self.name_aliases()
        self.send_birth(MessageType.NBIRTH, None, self.own)

    def name_aliases(self):
        """Gives aliases that are unique for the node and its devices, from 0, and other ones in each birth."""
        number = 1000 * (self.births - 1)
        for sensors in (self.own, *self.devices.values()):
            for sensor in sensors:
                sensor.alias = None if self.arguments.no_aliases else number
                number += 1
        for device in self.devices:
            self.rich_aliases[device] = None if self.arguments.no_aliases else number
            number += 40

    def unborn(self):
        self.unknown = True
        self.births += 1
        self.name_aliases()
        self.seq = 1 + len(self.devices)

    def data(self, **more):
        self.rounds += 1
        n = self.rounds
        for number, (device, sensors) in enumerate(self.devices.items()):
            new = {
                "Water/Level": round(1.25 + number + 0.01 * n, 3),
                "Air/Temperature": float32(-3.7 + 0.3 * n),
                "Battery": 97 - n % 90,
                "Gas": 412 + 7 * n,
                "Tilt": -1 - n % 100,
                "Alarm": n % 2 == 1,
            }
            self.send_data(device, [(s, new[s.name], 20, False) for s in sensors if s.name in new], **more)

    def ndata(self):
        self.rounds += 1
        new = {"Supply/Voltage": round(12.75 - 0.05 * self.rounds, 3), "Uptime": 60 + self.rounds}
        self.send_data(None, [(s, new[s.name], 20, False) for s in self.own])

    def typed(self):
        for end in (0, 1):
            for device, sensors in self.devices.items():
                self.send_data(device, [(s, EXTREMES[s.name][end], 20, False) for s in sensors])

    def null(self):
        for device, sensors in self.devices.items():
            by_name = {s.name: s for s in sensors}
            self.send_data(device, [(by_name["Gas"], None, 20, False), (by_name["Water/Level"], 2.5, 20, False)])

    def history(self):
        for device, sensors in self.devices.items():
            by_name = {s.name: s for s in sensors}
            level, temperature = by_name["Water/Level"], by_name["Air/Temperature"]
            self.send_data(device, [
                (level, 3.125, 3_600_000, True), (level, 3.25, 2_400_000, True), (level, 3.375, 1_200_000, True),
                (temperature, float32(-8.1), 3_600_000, True), (temperature, float32(1.5), 20, False)])

    def times(self):
        for device, sensors in self.devices.items():
            by_name = {s.name: s for s in sensors}
            level = by_name["Water/Level"]
            self.send_data(device, [
                (level, 4.5, 500, False), (by_name["Air/Temperature"], float32(2.25), 400, False),
                (by_name["Battery"], 55, 300, False), (level, 4.75, 200, False), (by_name["Alarm"], True, 0, False)])

    def send_rich(self):
        for device, sensors in self.devices.items():
            def change(message, now):
                may = add_rich(message, self, device, now - 20, birth=False)
                readings, more = add_odd(message, self, device, sensors, now - 20)
                return readings, may + more
            self.send_data(device, [], change=change)

    def again(self, dup=False):
        last = self.last
        if last is None:
            raise WrongSteps("a copy must follow data")
        while last["births"] != self.births:  # A rebirth was asked for meanwhile: what came before it is no copy now.
            self.data(qos=last["qos"])
            last = self.last
        if dup and last["qos"] == 0:
            raise WrongSteps("the step dup must follow a message at QoS 1")
        self.publish(last["kind"], last["device"], last["payload"], last["seq"], last["qos"], last["readings"],
                     last["may"], last["nulls"], dup=dup, note="a copy: it brings no new readings")

    def ddeath(self):
        for device in self.devices:
            now, seq = self.clock.next(), self.next_seq()
            self.publish(MessageType.DDEATH, device, DDeath(timestamp=now, seq=seq).encode(), seq,
                         ends=[{"node": self.arguments.node, "device": device, "timestamp": now}])

    def ends(self):
        return [{"node": self.arguments.node, "device": device} for device in (None, *self.devices)]

    def wait_for_rebirth(self):
        end = time.monotonic() + self.arguments.wait
        while not self.answered:
            if time.monotonic() > end:
                raise NoRebirth(f"no receiver asked for a rebirth within {self.arguments.wait:g} s")
            self.pause(0.05)
        self.answered = 0

    def cut(self, old=False):
        """Breaks a connection, and waits with another one until the broker has sent its will."""
        if len(self.sessions) < 1 + old:
            raise WrongSteps(f"the step {'cut-old' if old else 'cut'} needs {1 + old} open sessions")
        session = self.sessions.pop(-2 if old else -1)
        watcher = connect(self.arguments, session.name + "-watcher")
        deaths = queue.Queue()
        watcher.on_message = lambda client, data, message: deaths.put(message)
        subscribe(watcher, session.topic)
        session.cut()
        tell("cut", client=session.name, bdSeq=session.number)
        try:
            message = deaths.get(timeout=self.arguments.wait)
        except queue.Empty:
            raise NoConnection("the broker did not send the NDEATH of the connection that was cut") from None
        if message.payload != session.will:
            raise NoConnection("the broker sent another NDEATH than that of the connection that was cut")
        facts = {"stale": True} if old else {"ends": self.ends()}
        tell("delivered", kind="NDEATH", topic=message.topic, payload=message.payload.hex(), qos=message.qos,
             retain=bool(message.retain), bdSeq=session.number, **facts)
        watcher.disconnect()
        watcher.loop_stop()
        if not old:
            self.online = False
        self.pause(self.arguments.pause)

    def end(self):
        if self.arguments.end == "cut":
            self.cut()
            return
        session = self.sessions[-1]
        if self.arguments.end == "death":
            self.publish(MessageType.NDEATH, None, session.will, None, ends=self.ends())
            self.online = False
        self.sessions.pop()
        session.client.disconnect()
        session.client.loop_stop()
        tell("disconnected", client=session.name, bdSeq=session.number)

    def open(self):
        self.sessions.append(Session(self, self.bd_seq))
        self.bd_seq = (self.bd_seq + 1) % 256
        self.unknown = False
        if self.arguments.primary_host:
            self.wait_for_host()

    def wait_for_host(self):
        topic = f"spBv1.0/STATE/{self.arguments.primary_host}"
        client = connect(self.arguments, self.sessions[-1].name + "-state")
        states = queue.Queue()
        client.on_message = lambda client, data, message: states.put(message)
        subscribe(client, topic)
        end = time.monotonic() + self.arguments.wait
        while True:
            try:
                message = states.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                raise NoConnection(f"the host {self.arguments.primary_host} is not online") from None
            try:
                online = json.loads(message.payload).get("online") is True
            except (ValueError, AttributeError):
                online = False
            tell("received", kind="STATE", topic=message.topic, payload=message.payload.hex(), qos=message.qos,
                 retain=bool(message.retain), online=online)
            if online:
                break
        client.disconnect()
        client.loop_stop()

    def play(self):
        for step in self.steps:
            if step in ("skip", "unborn", "birth", "nbirth"):
                self.answered = 0
            if step != "connect" and not self.sessions:
                raise WrongSteps(f"the step {step} needs an open session: connect first")
            if step.startswith("wait="):
                self.pause(float(step[5:]))
                continue
            {
                "connect": self.open,
                "birth": self.birth,
                "nbirth": lambda: self.birth(devices=False),
                "dbirth": lambda: self.birth(node=False),
                "unborn": self.unborn,
                "data": self.data,
                "data-qos1": lambda: self.data(qos=1),
                "ndata": self.ndata,
                "typed": self.typed,
                "null": self.null,
                "history": self.history,
                "times": self.times,
                "rich": self.send_rich,
                "again": self.again,
                "dup": lambda: self.again(dup=True),
                "skip": lambda: self.data(lost=True),
                "ddeath": self.ddeath,
                "await": self.wait_for_rebirth,
                "cut": self.cut,
                "cut-old": lambda: self.cut(old=True),
                "end": self.end,
            }[step]()
        tell("end", readings=list(self.readings.values()), current=list(self.current.values()),
             rebirths=self.rebirths, online=self.online)


# What pysparkplug has no API for is made with its protobuf classes.

TYPES = {
    DataType.INT8: "Int8", DataType.INT16: "Int16", DataType.INT32: "Int32", DataType.INT64: "Int64",
    DataType.UINT8: "UInt8", DataType.UINT16: "UInt16", DataType.UINT32: "UInt32", DataType.UINT64: "UInt64",
    DataType.FLOAT: "Float", DataType.DOUBLE: "Double", DataType.BOOLEAN: "Boolean", DataType.STRING: "String",
    DataType.DATETIME: "DateTime", DataType.TEXT: "Text", DataType.UUID: "UUID",
}


def add_property(metric, key, kind, value):
    metric.properties.keys.append(key)
    made = metric.properties.values.add()
    made.type = kind
    setattr(made, kind.field, value)


def template_definition(moment):
    metric = protobuf.Metric(name="PumpType", timestamp=moment, datatype=DataType.TEMPLATE)
    template = metric.template_value
    template.version = "1"
    template.is_definition = True
    template.metrics.add(name="Speed", datatype=DataType.DOUBLE, is_null=True)
    template.metrics.add(name="Running", datatype=DataType.BOOLEAN, is_null=True)
    template.parameters.add(name="Serial", type=DataType.STRING, string_value="")
    return metric


def add_rich(payload, player, device, moment, birth):
    """Adds metrics of the types that hold more than one value. Gives the readings that a receiver may make of them."""
    first = player.rich_aliases[device]
    aliases = None if first is None else iter(range(first, first + 40))

    def add(name, kind, **value):
        metric = payload.metrics.add(timestamp=moment, **value)
        if birth or aliases is None:
            metric.name = name
        if aliases:
            metric.alias = next(aliases)
        if birth:
            metric.datatype = kind
        return metric

    data = add("Profile", DataType.DATASET).dataset_value
    data.num_of_columns = 2
    data.columns.extend(["Depth", "Temperature"])
    data.types.extend([DataType.DOUBLE, DataType.FLOAT])
    for depth, temperature in ((0.5, 11.25), (1.0, 9.5)):
        row = data.rows.add()
        row.elements.add(double_value=depth)
        row.elements.add(float_value=temperature)

    template = add("Pump", DataType.TEMPLATE).template_value
    template.template_ref = "PumpType"
    template.is_definition = False
    template.metrics.add(name="Speed", timestamp=moment, datatype=DataType.DOUBLE, double_value=1450.5)
    template.metrics.add(name="Running", timestamp=moment, datatype=DataType.BOOLEAN, boolean_value=True)
    template.parameters.add(name="Serial", type=DataType.STRING, string_value="P-7")

    add("Waves", DataType.FLOAT_ARRAY, bytes_value=DataType.FLOAT_ARRAY.encode((0.5, -0.25, 1.75)))
    add("Inputs", DataType.BOOLEAN_ARRAY, bytes_value=DataType.BOOLEAN_ARRAY.encode((True, False, True)))
    add("Raw", DataType.BYTES, bytes_value=bytes(range(8)))
    picture = add("Picture", DataType.FILE, bytes_value=b"\x89PNG\r\n")
    picture.metadata.CopyFrom(Metadata(content_type="image/png", size=6, file_name="a.png", file_type="png").to_pb())
    add("Serial", DataType.UUID, string_value="0e8f8ae6-5a0f-4c8e-9d2e-6b1df5c0a001")
    add("Remark", DataType.TEXT, string_value="two\nlines")
    add("Quality/Good", DataType.DOUBLE, double_value=7.5)
    add_property(payload.metrics[-1], "Quality", DataType.INT32, 192)
    add("Quality/Bad", DataType.DOUBLE, double_value=8.5)
    add_property(payload.metrics[-1], "Quality", DataType.INT32, 0)
    add("Quality/Stale", DataType.DOUBLE, double_value=9.5)
    add_property(payload.metrics[-1], "Quality", DataType.INT32, 500)
    add("NoNumber", DataType.FLOAT, float_value=math.nan)
    add("Infinite", DataType.DOUBLE, double_value=math.inf)
    passing = add("Passing", DataType.DOUBLE, double_value=6.5)
    passing.is_transient = True

    def may(name, kind, value, **more):
        return player.reading(device, Sensor(name, kind, value), value, moment, **more)

    return [
        may("Pump/Speed", DataType.DOUBLE, 1450.5), may("Pump/Running", DataType.BOOLEAN, True),
        may("Serial", DataType.UUID, "0e8f8ae6-5a0f-4c8e-9d2e-6b1df5c0a001"),
        may("Remark", DataType.TEXT, "two\nlines"), may("Quality/Good", DataType.DOUBLE, 7.5, quality=192),
        may("Quality/Bad", DataType.DOUBLE, 8.5, quality=0), may("Quality/Stale", DataType.DOUBLE, 9.5, quality=500),
        may("Passing", DataType.DOUBLE, 6.5, transient=True),
    ]


def add_odd(payload, player, device, sensors, moment):
    """Adds metrics as other makers write them, or that mean nothing. Gives the readings that must and may be held."""
    by_name = {s.name: s for s in sensors}

    def add(sensor, **value):
        key = {"name": sensor.name} if sensor.alias is None else {"alias": sensor.alias}
        return payload.metrics.add(**key, **value)

    # A negative number whose sign fills all 32 bits, as Java code writes it, instead of the type's bits only.
    add(by_name["Tilt"], timestamp=moment, int_value=2**32 - 5)
    add(by_name["Offset"], timestamp=moment, int_value=2**32 - 1234)
    # Neither a value nor is_null.
    add(by_name["Gas"], timestamp=moment)
    # No time of its own, so that only the payload's is there.
    add(by_name["Battery"], int_value=44)
    # Another field than the one of the type.
    add(by_name["Water/Level"], timestamp=moment, float_value=5.5)
    # Metrics that no birth has named.
    payload.metrics.add(alias=987_654_321, timestamp=moment, double_value=1)
    payload.metrics.add(name="Unborn", timestamp=moment, datatype=DataType.DOUBLE, double_value=2)
    # Neither name nor alias.
    payload.metrics.add(timestamp=moment, double_value=3)

    for name, value, at in (("Tilt", -5, moment), ("Offset", -1234, moment), ("Battery", 44, payload.timestamp),
                            ("Water/Level", 5.5, moment)):
        by_name[name].value, by_name[name].time = value, at
    return ([player.reading(device, by_name["Tilt"], -5, moment),
             player.reading(device, by_name["Offset"], -1234, moment),
             player.reading(device, by_name["Battery"], 44, payload.timestamp)],
            [player.reading(device, by_name["Water/Level"], 5.5, moment)])


def read_steps(text):
    steps = []
    for word in text.split():
        name, _, times = word.partition("*")
        known = name in STEPS or (name.startswith("wait=") and name[5:].replace(".", "", 1).isdigit())
        if not known or name == "wait=SECONDS" or (times and not times.isdigit()):
            raise argparse.ArgumentTypeError(f"{word} is no step; --list prints them")
        steps += [name] * int(times or 1)
    return steps


def read_arguments():
    parser = argparse.ArgumentParser(
        description="Plays a Sparkplug B edge node. Prints what it sends, and what a receiver must come to hold, as "
        "JSON lines.")
    parser.add_argument("scenario", nargs="?", choices=SCENARIOS, help="what to play")
    parser.add_argument("--steps", type=read_steps, help="steps to play instead, such as 'connect birth data*3 end'")
    parser.add_argument("--list", action="store_true", help="print the scenarios and steps, and exit")
    parser.add_argument("--host", default="127.0.0.1", help="the broker's host (%(default)s)")
    parser.add_argument("--port", type=int, default=1883, help="the broker's port (%(default)s)")
    parser.add_argument("--group", default="plant", help="group ID (%(default)s)")
    parser.add_argument("--node", default="node1", help="edge node ID (%(default)s)")
    parser.add_argument("--device", action="append", help="device ID; may be given several times (dev1)")
    parser.add_argument("--bdseq", type=int, default=0, metavar="0..255",
                        help="bdSeq of the first session (%(default)s)")
    parser.add_argument("--primary-host", metavar="ID",
                        help="send nothing until this host's STATE says that it is online")
    parser.add_argument("--no-aliases", action="store_true", help="name metrics in data too, and use no aliases")
    parser.add_argument("--datatypes", action="store_true", help="put the data type into data too, as some nodes do")
    parser.add_argument("--birth-times", choices=("kept", "now"), default="kept",
                        help="time of values in later births: when they were measured, or the birth's (%(default)s)")
    parser.add_argument("--bare-will", action="store_true", help="leave the payload's timestamp out of the NDEATH")
    parser.add_argument("--end", choices=("death", "disconnect", "cut"), default="death",
                        help="how 'end' ends: with NDEATH and DISCONNECT, with DISCONNECT alone, or cut (%(default)s)")
    parser.add_argument("--start", type=int, metavar="MS",
                        help="time of the first message in ms since 1970; without it, the clock's")
    parser.add_argument("--step", type=int, default=1000, metavar="MS",
                        help="time from one message to the next, with --start (%(default)s)")
    parser.add_argument("--pause", type=float, default=0.05, metavar="SECONDS",
                        help="wait after each message (%(default)s)")
    parser.add_argument("--wait", type=float, default=30, metavar="SECONDS",
                        help="how long to wait for the broker or a receiver (%(default)s)")
    arguments = parser.parse_args()
    if arguments.list:
        for name, (what, steps) in SCENARIOS.items():
            print(f"{name:12} {what}\n{'':12}   {steps}")
        print()
        for name, what in STEPS.items():
            print(f"{name:12} {what}")
        sys.exit()
    if (arguments.scenario is None) == (arguments.steps is None):
        parser.error("give a scenario or --steps")
    if not 0 <= arguments.bdseq <= 255:
        parser.error("--bdseq must be from 0 to 255")
    arguments.device = arguments.device or ["dev1"]
    try:
        for device in arguments.device:
            Topic(group_id=arguments.group, message_type=MessageType.DDATA, edge_node_id=arguments.node,
                  device_id=device)
    except ValueError as error:
        parser.error(str(error))
    return arguments


def main():
    arguments = read_arguments()
    steps = arguments.steps or read_steps(SCENARIOS[arguments.scenario][1])
    player = Player(arguments, steps)
    try:
        player.play()
    except NoConnection as error:
        print(f"sparkplug-node: {error}", file=sys.stderr)
        sys.exit(1)
    except WrongSteps as error:
        print(f"sparkplug-node: {error}", file=sys.stderr)
        sys.exit(2)
    except NoRebirth as error:
        print(f"sparkplug-node: {error}", file=sys.stderr)
        sys.exit(3)


if __name__ == "__main__":
    main()
